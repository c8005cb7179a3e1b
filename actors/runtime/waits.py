"""How long messages waited before they were taken, gathered for each kind of actor.

A clock read for every message would cost as much as passing it, so one message of a mailbox is timed at a time: the
next that comes, and when that one is taken while others wait, the last of those from that moment on. So a burst, a
backlog and a slow handler all show, and a mailbox that is told millions of messages a second hardly notices.
"""

from bisect import bisect_left
from collections.abc import Sequence

BOUNDS: Sequence[float] = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300)
"""Seconds; the upper ends of the buckets. Beyond the last there is one more."""


class Waits:
    """A histogram: ``counts`` by bucket, ``total`` in seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds
