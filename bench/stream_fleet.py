"""What being watched costs a fleet: registers at work while sockets are open and reading, next to nobody watching.

One service and one rack of simulated registers, in turns: nobody, 100 sockets, 1,000 sockets, and 1,000 sockets of a
bare loop that writes frames as large as the service's beside it. The last shows what the machine has left for registers
when anybody at all writes and reads that much on it. Every socket follows all registers and all receipts.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import Popen

from msgspec import Struct
from msgspec.structs import asdict

from bench.books import made
from bench.estate import Estate
from bench.floor_stream import TICK
from bench.processes import cpu_seconds, last_line, running
from bench.result import NotReal, rounded
from bench.stream_clients import AT, SETTLING, Hearing, hear

REGISTERS = 100
DOCUMENT_SECONDS = 1.0
CHANGE_BYTES = 790
"""Of one change in the bare loop's messages."""

SPARE = 1.5
"""More receipts than the registers can make, so that the queue never runs dry."""

WARM_UP = 5.0


class Window(Struct):
    """One window: what the registers made of what they could, and what the sockets heard meanwhile."""

    utilisation: float
    gap_p99_ms: float
    cpu: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    kilobytes_a_second: float = 0.0
    messages_a_second: float = 0.0


def measure(rounds: int, seconds: float, many: int) -> dict[str, dict[str, float]]:
    """What ``rounds`` windows of each showed, by what was watched."""
    kinds = {"unwatched": 0, "100": 100, f"{many}": many}
    found: dict[str, list[Window]] = {name: [] for name in (*kinds, "bare")}
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as folder:
        estate = Estate(Path(folder), REGISTERS)
        with estate.sandbox(DOCUMENT_SECONDS), estate.service() as service:
            estate.build()
            windows = rounds * len(found) * (seconds + SETTLING + 4) + WARM_UP
            estate.post("fleet", int(REGISTERS * windows / DOCUMENT_SECONDS * SPARE))
            time.sleep(WARM_UP)
            for _ in range(rounds):
                for name, sockets in kinds.items():
                    found[name].append(_watched(estate, service, sockets, seconds))
                found["bare"].append(_beside_bare(estate, service, many, seconds, found[f"{many}"][-1]))
            _check_queue(estate)
    return {name: _shown(windows) for name, windows in found.items()}


def _watched(estate: Estate, service: Popen[bytes], sockets: int, seconds: float) -> Window:
    topics = ("kkt", f"receipts:{estate.circuit}")
    return _window(estate, service, estate.port, estate.token, sockets, seconds, topics)


def _beside_bare(estate: Estate, service: Popen[bytes], sockets: int, seconds: float, like: Window) -> Window:
    """The bare loop writes as many bytes in each message as the service did."""
    size = 1000 * like.kilobytes_a_second / max(1.0, like.messages_a_second)
    with bare(size, estate.folder / "bare.log") as port:
        return _window(estate, service, port, "", sockets, seconds, ())


@contextmanager
def bare(size: float, log: Path) -> Iterator[int]:
    """:mod:`bench.floor_stream` with so many changes that its messages are of that size; its port."""
    registers = max(1, round(size / CHANGE_BYTES))
    with running(["bench.floor_stream", f"{registers}", f"{registers / TICK}"], log) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotReal(f"the bare loop did not start: {last_line(log)}")
        yield int(line)


def _window(
    estate: Estate, service: Popen[bytes], port: int, token: str, sockets: int, seconds: float, topics: tuple[str, ...]
) -> Window:
    hearing = Hearing(AT, time.time)
    cpu = hear(port, token, sockets, seconds, hearing, partial(cpu_seconds, service.pid), topics)
    if service.poll() is not None:
        raise NotReal("the service ended by itself")
    if sockets and hearing.messages < sockets:
        raise NotReal(f"{hearing.messages} messages came to {sockets} sockets")
    registers = made(estate.books, REGISTERS, hearing.began, hearing.ended, DOCUMENT_SECONDS)
    window = Window(registers.utilisation, registers.gap_p99, cpu / seconds)
    window.messages_a_second = hearing.messages / seconds
    window.kilobytes_a_second = hearing.bytes / seconds / 1000
    if token and sockets:
        window.p50_ms, window.p99_ms = 1000 * hearing.staleness(0.5), 1000 * hearing.staleness(0.99)
    return window


def _check_queue(estate: Estate) -> None:
    with estate.client() as client:
        if not client.get(f"{estate.receipts}?status=queued&limit=1").json()["receipts"]:
            raise NotReal("the queue ran dry")


def _shown(windows: Sequence[Window]) -> dict[str, float]:
    """The window in which the registers made most, for neighbours only take away; of what was heard the median.

    Figures that were not measured are left out.
    """
    best = max(windows, key=lambda window: window.utilisation)
    heard = {name: median(getattr(window, name) for window in windows) for name in ("p50_ms", "p99_ms")}
    return {name: rounded(value) for name, value in (asdict(best) | heard).items() if value}
