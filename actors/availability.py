"""Whether the journal can be written now, for everyone who must know without asking it: intake, readiness, readers."""

import trio


class Availability:
    """Shared by the journal's lives and its readers; read it any time, from Trio's thread.

    ``reason`` says why not, for the operator.
    """

    def __init__(self) -> None:
        self.available = False
        self.reason: str | None = "the journal has not been opened yet"
        self._doubts: str | None = None
        self._changed = trio.Event()

    def up(self) -> None:
        """The journal writes; unless a doubt came while it was being made to."""
        if self._doubts is None:
            self._become(True, None)

    def down(self, reason: str) -> None:
        """It does not, because of ``reason``."""
        self._become(False, reason)

    def doubt(self, reason: str) -> None:
        """A reader met what cannot be: nothing is written until the journal has looked into it."""
        self._doubts = reason
        self.down(reason)

    def take_doubts(self) -> str | None:
        """The doubts, which are now the caller's to look into."""
        doubts, self._doubts = self._doubts, None
        return doubts

    async def wait(self, available: bool) -> None:
        """Return once the journal can be written (or, for False, cannot)."""
        while self.available is not available:
            await self._changed.wait()

    def _become(self, available: bool, reason: str | None) -> None:
        self.available = available
        self.reason = reason
        self._changed.set()
        self._changed = trio.Event()
