"""How long a register stays out: pauses that double while it keeps failing, and end with the first document."""

from random import Random

from actors.kkt.settings import KktSettings


class Faults:
    """Counts in a row: failed connections, the register's own faults, transient refusals."""

    def __init__(self, settings: KktSettings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self.clear()

    def clear(self) -> None:
        self._connections = 0
        self._faults = 0
        self._transient = 0

    def connected(self) -> None:
        self._connections = 0

    def reconnect_pause(self) -> float:
        """Seconds until the next try to reach the register, with jitter: a rack behind one switch comes back."""
        self._connections += 1
        pause = _doubled(self._settings.reconnect_first, self._connections, self._settings.reconnect_limit)
        return pause * self._random.uniform(0.8, 1.2)

    def recheck_pause(self) -> float:
        """Seconds until a register that is out of rotation is looked at again."""
        self._faults += 1
        return _doubled(self._settings.recheck_interval, self._faults, self._settings.recheck_limit)

    def transient_pause(self) -> float | None:
        """Seconds to wait after a transient refusal; ``None`` when there were too many in a row."""
        self._transient += 1
        if self._transient > self._settings.transient_retries:
            return None
        return self._settings.transient_pause * self._transient


def _doubled(first: float, times: int, limit: float) -> float:
    # The power is bounded so that no number of failures overflows.
    return float(min(limit, first * 2 ** min(times - 1, 32)))
