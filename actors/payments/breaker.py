"""A circuit breaker: a billing that does not answer is left alone for a while, and then asked once.

Closed, everything passes. After ``threshold`` failures in a row it opens: nothing passes for a while. Then one may try;
its success closes the breaker, its failure opens it again for twice as long.
"""

from collections.abc import Callable
from random import Random
from typing import Literal

State = Literal["closed", "open", "trying"]


class Breaker:
    """``clock`` is monotonic; waits in seconds, each ± a fifth so that a fleet of services does not knock together."""

    def __init__(
        self,
        clock: Callable[[], float],
        random: Random,
        *,
        threshold: int = 5,
        first_wait: float = 1.0,
        longest_wait: float = 60.0,
    ) -> None:
        self._clock = clock
        self._random = random
        self._threshold = threshold
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._wait = first_wait
        self._open_until: float | None = None
        self._trying = False
        self.failures = 0

    @property
    def state(self) -> State:
        if self._open_until is None:
            return "closed"
        return "trying" if self._trying or self._clock() >= self._open_until else "open"

    @property
    def room(self) -> float:
        """How many may be asked now: any number, one, or none."""
        if self._open_until is None:
            return float("inf")
        return 0.0 if self._trying or self._clock() < self._open_until else 1.0

    @property
    def opens_in(self) -> float:
        """Seconds until somebody may try again."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def began(self) -> None:
        """Somebody is being asked."""
        self._trying = self._open_until is not None

    def succeeded(self) -> None:
        """An answer came, whatever it said."""
        self.failures, self._open_until, self._trying, self._wait = 0, None, False, self._first_wait

    def gave_up(self) -> None:
        """Whoever asked did not wait for the answer; another may try."""
        self._trying = False

    def failed(self) -> None:
        """No answer came, or none that could be read."""
        self.failures += 1
        was_trying, self._trying = self._trying, False
        if self._open_until is None and self.failures < self._threshold:
            return
        if was_trying:
            self._wait = min(2 * self._wait, self._longest_wait)
        self._open_until = self._clock() + self._wait * self._random.uniform(0.8, 1.2)
