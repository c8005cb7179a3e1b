"""How much of their time registers spend making documents while receipts wait, next to a bare loop for each register.

Only the time of the document itself counts as used. Seen from the registers' side, in their books: a register that
stands idle between two documents could have made more. Both processes of a round share the machine's cores, so the
bare loop, in the same round and on the same registers, shows what the machine would have allowed.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import Popen

from msgspec import Struct

from bench.books import Made, made
from bench.estate import Estate
from bench.processes import cpu_seconds, running
from bench.result import NotReal, Result, rounded

TARGET = 0.97
LOST = 0.03
SPARE = 1.3
"""More receipts than the registers can make, so that the queue never runs dry."""


class Rack(Struct, frozen=True):
    """``count`` registers that take ``seconds`` for a document, watched for ``window`` seconds."""

    count: int
    seconds: float
    window: float

    @property
    def name(self) -> str:
        return f"{self.count}x{self.seconds:g}s"

    @property
    def settling(self) -> float:
        """Until everybody is at work and the first rush has spread."""
        return 3 * self.seconds + 2 + self.count / 200

    @property
    def receipts(self) -> int:
        return int(self.count * (self.settling + self.window) / self.seconds * SPARE) + 2 * self.count


class Seen(Struct):
    """What one window showed; processor seconds are for each document."""

    made: Made
    own_cpu: float
    sandbox_cpu: float


def measure(rack: Rack, rounds: int) -> tuple[Seen, Seen]:
    """The best windows of the service and of the bare loop, taken in turns on one sandbox."""
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as folder:
        estate = Estate(Path(folder), rack.count)
        with estate.sandbox(rack.seconds) as sandboxes:
            ours, floors = [], []
            for number in range(rounds):
                ours.append(_service_round(estate, rack, sandboxes, number))
                floors.append(_floor_round(estate, rack, sandboxes))
    return max(ours, key=_utilisation), max(floors, key=_utilisation)


def _utilisation(seen: Seen) -> float:
    return seen.made.utilisation


def _service_round(estate: Estate, rack: Rack, sandboxes: Sequence[Popen[bytes]], number: int) -> Seen:
    with estate.service() as service:
        if not number:
            estate.build()
        estate.post(f"round-{number}", rack.receipts)
        seen = _watch(estate, rack, service, sandboxes)
        with estate.client() as client:
            if not client.get(f"{estate.receipts}?status=queued&limit=1").json()["receipts"]:
                raise NotReal("the queue ran dry")
    return seen


def _floor_round(estate: Estate, rack: Rack, sandboxes: Sequence[Popen[bytes]]) -> Seen:
    words = ["bench.floor_fleet", "127.0.0.1", str(estate.kkt_port), str(rack.count)]
    with running(words, estate.folder / "floor.log") as loop:
        return _watch(estate, rack, loop, sandboxes)


def _watch(estate: Estate, rack: Rack, own: Popen[bytes], sandboxes: Sequence[Popen[bytes]]) -> Seen:
    time.sleep(rack.settling)
    since, before = time.time(), _used(own, sandboxes)
    time.sleep(rack.window)
    until, after = time.time(), _used(own, sandboxes)
    if own.poll() is not None:
        raise NotReal("it ended by itself")
    found = made(estate.books, rack.count, since, until, rack.seconds)
    return Seen(found, *((late - early) / found.documents for early, late in zip(before, after, strict=True)))


def _used(own: Popen[bytes], sandboxes: Sequence[Popen[bytes]]) -> tuple[float, float]:
    return cpu_seconds(own.pid), sum(cpu_seconds(sandbox.pid) for sandbox in sandboxes)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=2, help="windows of each at 100 registers (2)")
    parser.add_argument("--long", action="store_true", help="also 10,000 registers of 10 s: takes ten minutes more")


def run(options: argparse.Namespace) -> Result:
    hundred, thousand = Rack(100, 1, 25), Rack(1000, 10, 50)
    larger = [Rack(1000, 1, 25)]
    if options.long:
        larger.append(Rack(10_000, 10, 60))
    ours, floor = measure(hundred, options.rounds)
    slow_ours, slow_floor = measure(thousand, 1)
    details: dict[str, object] = {hundred.name: shown(ours, floor), thousand.name: shown(slow_ours, slow_floor)}
    for rack in larger:
        details[rack.name] = beyond(rack)
    return Result(
        name="fleet",
        value=ours.made.utilisation,
        floor=floor.made.utilisation,
        unit="made/possible",
        target=TARGET,
        limits={
            f"lost at {hundred.name}": (1 - ours.made.utilisation, LOST),
            f"lost at {thousand.name}": (1 - slow_ours.made.utilisation, LOST),
        },
        details=details,
    )


def beyond(rack: Rack) -> dict[str, object]:
    """A rack that this machine may be too small for: then that is what is told, and the other figures stand."""
    try:
        return shown(*measure(rack, 1))
    except NotReal as reason:
        return {"too_much": str(reason)}


def shown(ours: Seen, floor: Seen) -> dict[str, object]:
    return {
        "ratio": round(ours.made.utilisation / floor.made.utilisation, 3),
        "utilisation": [round(each.made.utilisation, 4) for each in (ours, floor)],
        "documents": [ours.made.documents, floor.made.documents],
        "gap_p50_ms": [rounded(each.made.gap_p50) for each in (ours, floor)],
        "gap_p99_ms": [rounded(each.made.gap_p99) for each in (ours, floor)],
        "cpu_ms_a_document": [rounded(1000 * each.own_cpu) for each in (ours, floor)],
        "sandbox_cpu_ms_a_document": [rounded(1000 * each.sandbox_cpu) for each in (ours, floor)],
    }
