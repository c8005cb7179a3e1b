"""What a process must arrange to serve a thousand registers for months: descriptors, and a collector that lets it.

Modules, actors and tables live as long as the process. A full collection walks all of them, and nothing else happens
meanwhile: some 50 ms in which no register is served, again and again. Frozen, they are passed over; and because
what a receipt leaves behind is freed by its reference counts, the collector need not look as often either.
"""

import gc
import resource

from kassanet.systemd import notify

THRESHOLDS = (10_000, 10, 10)
"""Objects in excess of those freed before the young ones are looked through; Python's own figure is 700."""


class Standing:
    """To be given as ``task_status`` to what reports that it stands."""

    def started(self, value: object = None) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        notify("READY=1")


def allow_descriptors() -> None:
    """Use what the system grants: each register at work is a connection, and many systems begin at 1,024 in all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
