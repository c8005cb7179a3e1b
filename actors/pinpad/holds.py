"""Who keeps a pinpad for itself, and how many open sales its settlement must wait for: durable first, then here."""

from collections.abc import Iterable

from actors.pinpad.desk import Desk
from schemas.pinpad_records import HoldPinpad, ReleasePinpad, StoredHold


class Holds:
    """``until`` None: the sale only keeps the settlement waiting."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._until: dict[str, float | None] = {}

    def adopt(self, rows: Iterable[StoredHold]) -> None:
        """What is on disk."""
        self._until = {row.holder: row.until for row in rows}

    def __len__(self) -> int:
        return len(self._until)

    @property
    def holder(self) -> str | None:
        """Who keeps it now."""
        now = self._desk.clock()
        return next((holder for holder, until in self._until.items() if until is not None and until > now), None)

    def bars(self, holder: str | None) -> bool:
        """Whether somebody else than ``holder`` keeps it."""
        return self.holder not in (None, holder)

    async def take(self, holder: str, seconds: float) -> None:
        """Raises Conflict ``pinpad_held``."""
        now = self._desk.clock()
        await self._desk.journal.ask(HoldPinpad(self._desk.id, holder, now + seconds, now))
        self._until[holder] = now + seconds

    async def release(self, holder: str, *, is_open: bool) -> None:
        """On disk in any case: a hold may be there whose write was not answered in time."""
        await self._desk.journal.ask(ReleasePinpad(self._desk.id, holder, is_open, self._desk.clock()))
        if not is_open:
            self._until.pop(holder, None)
        elif holder in self._until:
            self._until[holder] = None

    def names(self) -> str:
        return ", ".join(self._until)
