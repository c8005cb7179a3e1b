"""How much nonsense, or how many subscriptions, one client may send: a bucket that refills."""

import trio


class Allowance:
    """``most`` at once, then ``per_second``."""

    def __init__(self, most: float, per_second: float) -> None:
        self._most = most
        self._per_second = per_second
        self._left = most
        self._at = trio.current_time()

    def take(self) -> bool:
        """Whether one more is all right."""
        now = trio.current_time()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
