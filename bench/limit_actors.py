"""What an idle supervised actor costs: resident memory, and the time to start and stop ten thousand in order.

Each becomes ready before the next one starts, and they are stopped in reverse order, each with its own time.
"""

import argparse
import gc
from functools import partial
from time import perf_counter

import trio

from actors.runtime import Actor, ChildSpec, Supervisor
from bench.apart import apart
from bench.memory import resident
from bench.neighbours import neighbours, tidy
from bench.result import NotReal, Result
from schemas.messages import Request

COUNT = 10_000
LARGER = 100_000
BYTES = 12 * 1024
SECONDS = 3.0


class Name(Request[str], frozen=True):
    """Answers with the actor's own name."""


class Idle(Actor):
    """Does nothing until it is asked who it is."""

    async def receive(self, message: object) -> object:
        return self.context.name


def specs(count: int) -> list[ChildSpec]:
    return [ChildSpec(f"idle/{number}", Idle) for number in range(count)]


async def _measure(count: int) -> dict[str, float]:
    gc.collect()
    before, begun = resident(), perf_counter()
    tree = Supervisor("root", children=specs(count))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        up = perf_counter() - begun
        size = (resident() - before) / count
        real = await _real(tree, count)
        begun = perf_counter()
        tree.stop()
    stop = perf_counter() - begun
    return {"bytes": size, "up_seconds": up, "stop_seconds": stop, "real": real and not tree.registry.all()}


async def _real(tree: Supervisor, count: int) -> bool:
    """Every actor runs, and a hundred of them answer by name."""
    running = sum(child.state == "running" for child in tree.tree().children)
    sample = [f"idle/{number}" for number in range(0, count, max(1, count // 100))]
    return running == count and [await tree.ref(name).ask(Name()) for name in sample] == sample


def measure(count: int) -> dict[str, float]:
    """Bytes of resident memory for each, seconds to start all and to stop all."""
    return trio.run(partial(_measure, count))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Result:
    ours = [apart("bench.limit_actors", "measure", COUNT) for _ in range(options.rounds)]
    larger, floor_larger = (apart(f"bench.{module}", "measure", LARGER) for module in ("limit_actors", "floor_actors"))
    floors = [apart("bench.floor_actors", "measure", COUNT) for _ in range(options.rounds)]
    if not all(found["real"] for found in [*ours, larger]):
        raise NotReal("not every actor ran, answered and stopped")
    value, floor = _least(ours, "bytes"), _least(floors, "bytes")
    up, stop = _least(ours, "up_seconds"), _least(ours, "stop_seconds")
    return Result(
        name="actors",
        value=value,
        floor=floor,
        unit="bytes/actor",
        direction="cost",
        limits={"bytes": (value, BYTES), "up_seconds": (up, SECONDS), "stop_seconds": (stop, SECONDS)},
        details={
            "floor_seconds": tidy([_least(floors, "up_seconds"), _least(floors, "stop_seconds")]),
            f"at_{LARGER}": tidy({key: larger[key] for key in ("bytes", "up_seconds", "stop_seconds")}),
            f"floor_at_{LARGER}": tidy(floor_larger),
            "neighbours": neighbours("actors"),
        },
    )


def _least(found: list[dict[str, float]], key: str) -> float:
    return min(each[key] for each in found)
