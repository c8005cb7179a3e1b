"""How old what a subscriber sees is: 100 and 1,000 sockets, 1,000 registers that change, next to bare prepared frames.

Synthetic: the hub is changed by the bench (``bench/stream_service.py``), everything between hub and socket is real. A
service without registers, so what they cost and what they lose by being watched is not in these figures.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path

import trio

from bench.processes import cpu_seconds, last_line, running
from bench.result import NotReal, Result
from bench.stream_clients import Hearing, listen
from bench.stream_service import TOKEN

AT_ONCE = 50
"""Sockets that connect at the same time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registers", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1000.0, help="changes a second, over all registers")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--many", type=int, default=1000, help="sockets of the second measurement")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        few = measure("stream_service", TOKEN, 100, options, log)
        floor = measure("floor_stream", "", 100, options, log)
        many = measure("stream_service", TOKEN, options.many, options, log)
        many_floor = measure("floor_stream", "", options.many, options, log)
    return Result(
        name="stream",
        value=few["p99_ms"],
        floor=floor["p99_ms"],
        unit="ms p99",
        direction="cost",
        limits={
            "p99_ms_100_sockets": (few["p99_ms"], 300.0),
            f"p99_ms_{options.many}_sockets": (many["p99_ms"], 1000.0),
        },
        details={"sockets_100": few, f"sockets_{options.many}": many, f"floor_{options.many}": many_floor},
    )


def measure(module: str, token: str, sockets: int, options: argparse.Namespace, log: Path) -> dict[str, float]:
    """One service, so many sockets, for so long."""
    with running([f"bench.{module}", str(options.registers), str(options.rate)], log) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotReal(f"{module} did not start: {last_line(log)}")
        hearing, cpu = trio.run(_hear, int(line), token, sockets, options.seconds, partial(cpu_seconds, process.pid))
    if len(hearing.arrivals) < 2 or hearing.messages < sockets:
        raise NotReal(f"{hearing.messages} messages came to {sockets} sockets")
    return {
        "p50_ms": round(hearing.staleness(0.50) * 1000),
        "p99_ms": round(hearing.staleness(0.99) * 1000),
        "messages_a_second": round(hearing.messages / options.seconds),
        "megabytes_a_second": round(hearing.bytes / options.seconds / 1e6),
        "cpu": round(cpu / options.seconds, 2),
    }


async def _hear(port: int, token: str, sockets: int, seconds: float, cpu: partial[float]) -> tuple[Hearing, float]:
    hearing, gate = Hearing(), trio.CapacityLimiter(AT_ONCE)
    async with trio.open_nursery() as nursery:
        async with trio.open_nursery() as connecting:

            async def connect() -> None:
                async with gate:
                    await nursery.start(listen, port, token, hearing)

            for _ in range(sockets):
                connecting.start_soon(connect)
        await trio.sleep(2.0)  # snapshots are out of the way
        before = cpu()
        hearing.listening = True
        await trio.sleep(seconds)
        hearing.listening = False
        used = cpu() - before
        nursery.cancel_scope.cancel()
    return hearing, used
