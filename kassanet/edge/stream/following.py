"""Which circuits' receipts are kept in the hub: those that somebody watches, and for a while those somebody watched.

Receipts pass by the thousand; where nobody looks they are not even remembered. Who was cut off for a moment can go on
all the same, because following outlives the last watcher by a minute.
"""

from collections import Counter
from collections.abc import Iterable

import trio

from actors.hub import Hub

LINGER = 60.0
"""Seconds that a circuit is followed on after its last watcher went."""


class Following:
    """Counts watchers by circuit."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._watchers: Counter[int] = Counter()
        self._until: dict[int, float] = {}

    def add(self, circuits: Iterable[int]) -> None:
        for circuit_id in circuits:
            if not self._watchers[circuit_id] and self._until.pop(circuit_id, None) is None:
                self._hub.follow(f"receipts:{circuit_id}")
            self._watchers[circuit_id] += 1

    def remove(self, circuits: Iterable[int]) -> None:
        for circuit_id in circuits:
            self._watchers[circuit_id] -= 1
            if not self._watchers[circuit_id]:
                del self._watchers[circuit_id]
                self._until[circuit_id] = trio.current_time() + LINGER

    def tidy(self) -> None:
        """Let go of what has lingered long enough; to be called now and then."""
        now = trio.current_time()
        for circuit_id in [circuit_id for circuit_id, until in self._until.items() if until <= now]:
            del self._until[circuit_id]
            self._hub.unfollow(f"receipts:{circuit_id}")
