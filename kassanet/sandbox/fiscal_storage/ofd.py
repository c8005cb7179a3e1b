"""The queue of documents on their way to the fiscal data operator (OFD).

Every document waits for a confirmation; they come in order. No timer runs: what has been confirmed is worked out
from the clock whenever somebody looks, so that a thousand storages cost nothing while they are silent.
"""

from collections import deque


class OfdQueue:
    """Documents without a confirmation, oldest first, as (FD, UNIX time of its making)."""

    def __init__(self) -> None:
        self.confirmed = 0
        self._waiting: deque[tuple[int, float]] = deque()

    def push(self, fd: int, moment: float) -> None:
        self._waiting.append((fd, moment))

    def confirm_until(self, fd: int) -> None:
        while self._waiting and self._waiting[0][0] <= fd:
            self.confirmed = self._waiting.popleft()[0]

    def settle(self, now: float, seconds: float | None) -> bool:
        """Confirm what is at least ``seconds`` old (``None``: the OFD is silent); tell whether anything moved."""
        if seconds is None:
            return False
        before = self.confirmed
        while self._waiting and now - self._waiting[0][1] >= seconds:
            self.confirmed = self._waiting.popleft()[0]
        return self.confirmed != before

    @property
    def oldest(self) -> int | None:
        """FD of the first document that waits."""
        return self._waiting[0][0] if self._waiting else None

    def waiting_for(self, now: float) -> float:
        """Seconds that the oldest document has been waiting; 0 when none waits."""
        return now - self._waiting[0][1] if self._waiting else 0.0

    def __len__(self) -> int:
        return len(self._waiting)
