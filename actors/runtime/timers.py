"""One timer service for the whole tree, on Trio's clock.

A cancel scope around each ask would halve its speed, and a task for each timer would cost kilobytes. Here a timer
is an entry in a heap; one task sleeps until the earliest. Entries that were settled before their time (nearly every
ask) stay until the heap has doubled and is then swept, which costs a constant for each entry.
"""

import heapq
from collections.abc import Callable
from itertools import count
from math import inf
from typing import Protocol

import trio

SWEEP_AT = 1024


class Alarm(Protocol):
    """What a timer rings. Ringing must not raise, and once ``settled`` does nothing."""

    settled: bool

    def fire(self) -> None: ...


class Timer:
    """One call at one time; returned by ``call_later`` and ``tell_later``."""

    __slots__ = ("_callback", "settled")

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback
        self.settled = False

    def fire(self) -> None:
        callback, self._callback = self._callback, None
        self.settled = True
        if callback is not None:
            callback()

    def cancel(self) -> None:
        """The call will not happen; after it has happened this does nothing."""
        self._callback = None
        self.settled = True


class Timers:
    """``run`` in one task; until it runs, timers only gather."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Alarm]] = []
        self._order = count()
        self._sweep_at = SWEEP_AT
        self._sleep: trio.CancelScope | None = None

    def call_at(self, deadline: float, alarm: Alarm) -> None:
        heap = self._heap
        heapq.heappush(heap, (deadline, next(self._order), alarm))
        if heap[0][2] is alarm and self._sleep is not None:
            self._sleep.deadline = deadline
        if len(heap) > self._sweep_at:
            self._sweep()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback)
        if seconds != inf:
            self.call_at(trio.current_time() + seconds, timer)
        return timer

    async def run(self) -> None:
        """Ring timers until cancelled."""
        while True:
            with trio.CancelScope(deadline=self._heap[0][0] if self._heap else inf) as self._sleep:
                await trio.sleep_forever()
            self._ring()

    def _ring(self) -> None:
        now = trio.current_time()
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2].fire()

    def _sweep(self) -> None:
        self._heap[:] = [entry for entry in self._heap if not entry[2].settled]
        heapq.heapify(self._heap)
        self._sweep_at = max(SWEEP_AT, 2 * len(self._heap))
