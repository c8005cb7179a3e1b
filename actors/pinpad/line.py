"""The line before a pinpad: what waits for its turn, what must be settled first, and who waits for the outcome."""

from collections import deque

import trio
from msgspec import Struct

from actors.runtime import Envelope


class Waiting(Struct, frozen=True):
    """An accepted operation. ``holder`` is the sale that asked for it."""

    operation_id: int
    accepted_at: float
    holder: str | None = None


class Line:
    """``current`` is the operation in hand; ``unsettled`` come before everything that waits."""

    def __init__(self) -> None:
        self.current: int | None = None
        self.waiting: deque[Waiting] = deque()
        self.unsettled: deque[int] = deque()
        self._heirs: dict[int, list[Envelope]] = {}
        self._rung = trio.Event()

    @property
    def busy(self) -> bool:
        return self.current is not None or bool(self.waiting) or bool(self.unsettled)

    def knows(self, operation_id: int) -> bool:
        """Whether it is on its way here."""
        return operation_id in (self.current, *self.unsettled) or any(
            each.operation_id == operation_id for each in self.waiting
        )

    def join(self, waiting: Waiting) -> None:
        self.waiting.append(waiting)
        self.ring()

    def leave(self, operation_id: int) -> bool:
        """Whether it was waiting, and now is not."""
        found = next((each for each in self.waiting if each.operation_id == operation_id), None)
        if found is not None:
            self.waiting.remove(found)
        return found is not None

    def stale(self, before: float) -> list[Waiting]:
        """Take out what has waited since before that time."""
        found = [each for each in self.waiting if each.accepted_at < before]
        for each in found:
            self.waiting.remove(each)
        return found

    def ring(self) -> None:
        """Something is to be looked at."""
        self._rung.set()

    async def rung(self) -> None:
        await self._rung.wait()
        self._rung = trio.Event()

    def wait_for(self, operation_id: int, envelope: Envelope) -> None:
        self._heirs.setdefault(operation_id, []).append(envelope)

    def over(self, operation_id: int) -> None:
        """It is not on its way any more: whoever waits for it hears so."""
        for envelope in self._heirs.pop(operation_id, ()):
            envelope.answer(None)
