"""Which passing topics are kept in the hub: those that somebody watches, and for a while those somebody watched.

Receipts and payments pass by the thousand; where nobody looks they are not even remembered. Who was cut off for a
moment can go on all the same, because following outlives the last watcher by a minute.
"""

from collections import Counter
from collections.abc import Iterable

import trio

from actors.hub import Hub

LINGER = 60.0
"""Seconds that a topic is followed on after its last watcher went."""


class Following:
    """Counts watchers by topic."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._watchers: Counter[str] = Counter()
        self._until: dict[str, float] = {}

    def add(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if not self._watchers[topic] and self._until.pop(topic, None) is None:
                self._hub.follow(topic)
            self._watchers[topic] += 1

    def remove(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._watchers[topic] -= 1
            if not self._watchers[topic]:
                del self._watchers[topic]
                self._until[topic] = trio.current_time() + LINGER

    def tidy(self) -> None:
        """Let go of what has lingered long enough; to be called now and then."""
        now = trio.current_time()
        for topic in [topic for topic, until in self._until.items() if until <= now]:
            del self._until[topic]
            self._hub.unfollow(topic)
