"""Who waits for which receipt: told by the hub, in one pass for all sales however many changes there were."""

from collections.abc import Iterator
from contextlib import contextmanager

import trio
from msgspec import Struct

from actors.hub import Hub

PASS_SECONDS = 0.02
"""At most one pass in that time: a busy estate changes a thousand receipts a second, and none of ours."""


class ReceiptWatch:
    """``run`` is a task of the actor; ``moved`` waits for one receipt."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rung = trio.Event()
        self._waiting: dict[tuple[str, str], tuple[Struct | None, trio.Event]] = {}

    async def run(self) -> None:
        end = self._hub.listen(self._ring)
        try:
            while True:
                await self._rung.wait()
                self._rung = trio.Event()
                self._look()
                await trio.sleep(PASS_SECONDS)
        finally:
            end()

    def _ring(self) -> None:
        if self._waiting:
            self._rung.set()

    def _look(self) -> None:
        for (topic, key), (seen, event) in self._waiting.items():
            if self._hub.last(topic, key) is not seen:
                event.set()

    @contextmanager
    def moved(self, circuit_id: int, receipt_id: int) -> Iterator[trio.Event]:
        """An event that is set when the receipt moves from now on."""
        topic, key = f"receipts:{circuit_id}", str(receipt_id)
        self._hub.follow(topic)
        event = trio.Event()
        self._waiting[topic, key] = self._hub.last(topic, key), event
        try:
            yield event
        finally:
            del self._waiting[topic, key]
            self._hub.unfollow(topic)
