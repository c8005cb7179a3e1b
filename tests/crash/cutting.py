"""A wire between two processes that breaks now and then, after any number of bytes, in either direction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from random import Random

import trio

LONGEST_LIFE = 30_000
"""Bytes after which a connection that is to break has broken: a few signatures."""


class CuttingWire:
    """Passes on what comes to ``port``; ``share`` of its connections break. ``cuts`` counts those that did."""

    def __init__(self, target: int, share: float, random: Random) -> None:
        self.port = 0
        self.cuts = 0
        self._target = target
        self._share = share
        self._random = random

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async with trio.open_nursery() as nursery:
            [listener] = await nursery.start(partial(trio.serve_tcp, self._attend, 0, host="127.0.0.1"))
            self.port = listener.socket.getsockname()[1]
            task_status.started()

    async def _attend(self, near: trio.SocketStream) -> None:
        try:
            far = await trio.open_tcp_stream("127.0.0.1", self._target)
        except OSError:
            return  # nobody there: serve_tcp closes the near end
        async with far, near:
            breaks = self._random.random() < self._share
            left = [self._random.randrange(1, LONGEST_LIFE) if breaks else 1 << 62]
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._carry, near, far, left, nursery.cancel_scope)
                nursery.start_soon(self._carry, far, near, left, nursery.cancel_scope)

    async def _carry(
        self, source: trio.SocketStream, sink: trio.SocketStream, left: list[int], both: trio.CancelScope
    ) -> None:
        try:
            while piece := await source.receive_some():
                await sink.send_all(piece[: left[0]])
                left[0] -= len(piece)
                if left[0] <= 0:
                    self.cuts += 1
                    break
        except trio.BrokenResourceError:
            pass
        both.cancel()


@asynccontextmanager
async def cutting_wire(target: int, share: float, random: Random) -> AsyncIterator[CuttingWire]:
    """One that carries as long as it lasts."""
    wire = CuttingWire(target, share, random)
    async with trio.open_nursery() as nursery:
        await nursery.start(wire.serve)
        yield wire
        nursery.cancel_scope.cancel()
