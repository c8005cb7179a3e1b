"""What the service's process does once everything stands: it tells the garbage collector what is there to stay.

Modules, actors and tables live as long as the process. A full collection walks all of them, and nothing else happens
meanwhile: some 50 ms in which no register is served, again and again. Frozen, they are passed over; and because
what a receipt leaves behind is freed by its reference counts, the collector need not look as often either.
"""

import gc

THRESHOLDS = (10_000, 10, 10)
"""Objects in excess of those freed before the young ones are looked through; Python's own figure is 700."""


class Standing:
    """To be given as ``task_status`` to what reports that it stands."""

    def started(self, value: object = None) -> None:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
