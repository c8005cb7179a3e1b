"""How often one token may ask. Whoever asks more often hears when to come back, and costs next to nothing.

For each token one number is kept: the moment at which everything it was granted would be used up at the steady rate
(the "theoretical arrival time" of the generic cell rate algorithm). It is the same as a bucket that refills, without
anything that has to be refilled.
"""

import math

import trio

from schemas.problems import ProblemError, problem

MOST_NAMES = 4096
"""Names remembered; beyond it those who owe nothing are forgotten."""


class TooManyRequests(ProblemError):
    """429. ``wait`` is in seconds, until the same request would be granted."""

    def __init__(self, wait: float) -> None:
        self.wait = wait
        said = f"This token asks more often than its limit allows; nothing was done. Come back in {self.retry_after} s."
        super().__init__(problem(429, "too-many-requests", said).problem)

    @property
    def retry_after(self) -> int:
        """The value of the header: whole seconds, rounded up."""
        return max(1, math.ceil(self.wait))


class Rates:
    """``rate`` requests a second for each name, and ``burst`` at once; a ``rate`` of None grants everything."""

    def __init__(self, rate: float | None = None, burst: int = 1) -> None:
        self._step = None if rate is None else 1 / rate
        self._ahead = (burst - 1) * (self._step or 0.0)
        self._used_up: dict[str, float] = {}

    def must_grant(self, name: str) -> None:
        """Raises what :meth:`take` would; nothing is counted."""
        self._used_up_of(name, trio.current_time())

    def take(self, name: str) -> None:
        """One request of ``name``. Raises :class:`TooManyRequests`, and then it has not been counted."""
        if self._step is None:
            return
        now = trio.current_time()
        used_up = self._used_up_of(name, now)
        if len(self._used_up) >= MOST_NAMES:
            self._used_up = {other: moment for other, moment in self._used_up.items() if moment > now}
        self._used_up[name] = used_up + self._step

    def _used_up_of(self, name: str, now: float) -> float:
        used_up = max(self._used_up.get(name, now), now)
        if used_up - now > self._ahead + 1e-9:
            raise TooManyRequests(used_up - now - self._ahead)
        return used_up
