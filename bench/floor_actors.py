"""The floor of an idle actor: a bare task that sleeps on its own memory channel, in one nursery."""

import gc
from functools import partial
from time import perf_counter

import trio
from trio.testing import wait_all_tasks_blocked

from bench.memory import resident


async def idle(channel: trio.MemoryReceiveChannel[object]) -> None:
    async for _ in channel:
        pass


async def _measure(count: int) -> dict[str, float]:
    gc.collect()
    before, begun = resident(), perf_counter()
    ends = [trio.open_memory_channel[object](64) for _ in range(count)]
    async with trio.open_nursery() as nursery:
        for _, receive in ends:
            nursery.start_soon(idle, receive)
        await wait_all_tasks_blocked()
        up = perf_counter() - begun
        size, begun = (resident() - before) / count, perf_counter()
        nursery.cancel_scope.cancel()
    return {"bytes": size, "up_seconds": up, "stop_seconds": perf_counter() - begun}


def measure(count: int) -> dict[str, float]:
    """Bytes of resident memory for each, seconds to start all and to cancel all."""
    return trio.run(partial(_measure, count))
