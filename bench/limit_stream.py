"""How old what a subscriber sees is: 100 and 1,000 sockets, 1,000 registers that change, next to bare prepared frames.

The figure itself is synthetic: the hub is changed by the bench (``bench/stream_service.py``), everything between hub
and socket is real. What registers lose by being watched is measured on a whole service: ``bench/stream_fleet.py``.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path

from bench import stream_fleet
from bench.processes import cpu_seconds, last_line, running
from bench.result import NotReal, Result
from bench.stream_clients import Hearing, hear
from bench.stream_service import TOKEN

TRIES = 2
LOST = 0.05
"""Of what registers make unwatched, at most."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registers", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1000.0, help="changes a second, over all registers")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each window (10)")
    parser.add_argument("--rounds", type=int, default=3, help="windows of the fleet for each number of sockets (3)")
    parser.add_argument("--many", type=int, default=1000, help="sockets of the second measurement")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        few, floor = in_turns(100, options, log)
        many, many_floor = in_turns(options.many, options, log)
    fleet = stream_fleet.measure(options.rounds, options.seconds, options.many)
    unwatched = fleet["unwatched"]["utilisation"]
    kept = {name: round(fleet[name]["utilisation"] / unwatched, 3) for name in fleet}
    return Result(
        name="stream",
        value=few["p99_ms"],
        floor=floor["p99_ms"],
        unit="ms p99",
        direction="cost",
        limits={
            "p99_ms_100_sockets": (few["p99_ms"], 300.0),
            f"p99_ms_{options.many}_sockets": (many["p99_ms"], 1000.0),
            "fleet lost to 100 sockets": (round(1 - kept["100"], 3), LOST),
            f"fleet lost to {options.many} sockets": (round(1 - kept[f"{options.many}"], 3), LOST),
        },
        details={
            "fleet_kept": kept,
            "sockets_100": few,
            f"sockets_{options.many}": many,
            f"floor_{options.many}": many_floor,
            "fleet": fleet,
        },
    )


def in_turns(sockets: int, options: argparse.Namespace, log: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The service's best window and the bare loop's: neighbours on the machine only make what is heard older."""
    pairs = [
        (measure("stream_service", TOKEN, sockets, options, log), measure("floor_stream", "", sockets, options, log))
        for _ in range(TRIES)
    ]
    ours, bare = zip(*pairs, strict=True)
    return min(ours, key=_p99), min(bare, key=_p99)


def _p99(found: dict[str, float]) -> float:
    return found["p99_ms"]


def measure(module: str, token: str, sockets: int, options: argparse.Namespace, log: Path) -> dict[str, float]:
    """One service, so many sockets, for so long."""
    with running([f"bench.{module}", str(options.registers), str(options.rate)], log) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotReal(f"{module} did not start: {last_line(log)}")
        hearing, own_cpu = Hearing(), partial(cpu_seconds, process.pid)
        cpu = hear(int(line), token, sockets, options.seconds, hearing, own_cpu, ("kkt",))
    if len(hearing.arrivals) < 2 or hearing.messages < sockets:
        raise NotReal(f"{hearing.messages} messages came to {sockets} sockets")
    return {
        "p50_ms": round(hearing.staleness(0.50) * 1000),
        "p99_ms": round(hearing.staleness(0.99) * 1000),
        "messages_a_second": round(hearing.messages / options.seconds),
        "megabytes_a_second": round(hearing.bytes / options.seconds / 1e6),
        "cpu": round(cpu / options.seconds, 2),
    }
