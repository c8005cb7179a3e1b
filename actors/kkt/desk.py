"""What a register's procedures work with: the device, the journal, the clock and the settings, in one place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from actors.durable import durably
from actors.journal import Reader
from actors.kkt.settings import KktSettings
from actors.runtime import Ref
from schemas.records import Write
from transports.register import Register

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Doubt:
    """What is remembered of an attempt between two tries to settle it; ``since`` in UNIX seconds."""

    since: float
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """``clock`` is the injected wall clock (UNIX seconds, UTC). ``doubts`` are the attempts not settled yet."""

    eip: str
    register: Register
    journal: Ref
    reader: Reader
    clock: Callable[[], float]
    settings: KktSettings
    doubts: dict[int, Doubt] = field(default_factory=dict)

    async def durably(self, write: Write[Answer]) -> Answer:
        """Ask the journal until it is on disk: :func:`actors.durable.durably`."""
        return await durably(self.journal, write)

    def local(self, moment: float) -> datetime:
        """A UNIX time as the register's own clock shows it (no zone)."""
        zone = timezone(timedelta(hours=self.settings.utc_offset))
        return datetime.fromtimestamp(moment, zone).replace(tzinfo=None)
