"""What a pinpad's procedures work with: the device, the journal, the clock and the settings, in one place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from actors.durable import durably
from actors.journal import Reader
from actors.pinpad.settings import PinpadSettings
from actors.runtime import Ref
from schemas.operations import OperationKind
from schemas.pinpad_records import StoredOperation
from schemas.pinpads import PinpadSpec
from schemas.records import NotFound, Write
from transports.pinpad import Pinpad as Device
from transports.pinpad import PinpadDriver

Answer = TypeVar("Answer")
Observer = Callable[[OperationKind, str, float], None]
"""Told the kind, how an operation came out (its status) and the seconds. Must not wait."""


def unobserved(kind: OperationKind, status: str, seconds: float) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Desk:
    """``clock`` is the injected wall clock (UNIX seconds, UTC).

    ``told`` holds the terminal id that the pinpad answered its check with, where none was set.

    ``unread`` counts for an unknown operation how often the pinpad answered its check and not the question after it.
    """

    id: int
    spec: PinpadSpec
    device: Device
    driver: PinpadDriver
    journal: Ref
    reader: Reader
    clock: Callable[[], float]
    settings: PinpadSettings
    observe: Observer = unobserved
    unread: dict[int, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @property
    def terminal_id(self) -> str | None:
        """As it was set, else as the terminal told it."""
        return self.spec.terminal_id or (self.told[0] if self.told else None)

    async def durably(self, write: Write[Answer]) -> Answer:
        """Ask the journal until it is on disk: :func:`actors.durable.durably`."""
        return await durably(self.journal, write)

    async def operation(self, operation_id: int) -> StoredOperation:
        """The operation as it is on disk; raises NotFound."""
        found = await self.reader.call(lambda store: store.operation(operation_id))
        if found is None or found.pinpad_id != self.id:
            raise NotFound(f"operation {operation_id}")
        return found

    def local(self, moment: float) -> datetime:
        """A UNIX time as the terminal's own clock shows it (no zone)."""
        zone = timezone(timedelta(hours=self.settings.utc_offset))
        return datetime.fromtimestamp(moment, zone).replace(tzinfo=None)

    def stamp(self, moment: float) -> str:
        """The same as ``YYYYMMDDhhmmss``."""
        return f"{self.local(moment):%Y%m%d%H%M%S}"
