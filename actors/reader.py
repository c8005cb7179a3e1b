"""Reading what is durable, beside the journal and never behind it: own connections, own threads, own limit."""

import math
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import trio

from actors.availability import Availability
from actors.store import StoreReader, StoreUnavailable

Answer = TypeVar("Answer")


class Reader:
    """A few store readers shared by everyone; whoever comes while all are in use waits its turn.

    ``open_reader`` makes one store reader and may be called ``connections`` times.
    """

    def __init__(
        self, open_reader: Callable[[], StoreReader], availability: Availability, connections: int = 2
    ) -> None:
        self._readers = [open_reader() for _ in range(connections)]
        self._availability = availability
        self._turn = trio.CapacityLimiter(connections)
        self._threads = trio.CapacityLimiter(math.inf)  # the turn already limits them

    async def call(self, ask: Callable[[StoreReader], Answer]) -> Answer:
        """Run ``ask`` with a store reader in a thread: ``await reader.call(lambda store: store.receipt(5))``.

        Raises :class:`StoreUnavailable` when the store cannot tell.
        """
        async with self._turn:
            store = self._readers.pop()
            try:
                return await trio.to_thread.run_sync(partial(ask, store), limiter=self._threads)
            except StoreUnavailable as trouble:
                if trouble.distrusted:
                    self._availability.doubt(trouble.reason)
                raise
            finally:
                self._readers.append(store)

    async def aclose(self) -> None:
        """Close the connections; to be called when nobody reads any more."""
        for store in self._readers:
            await trio.to_thread.run_sync(store.close, limiter=self._threads)
