"""What a register's procedures work with: the tax service, the signer, the journal, the clock, in one place."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from actors.durable import durably
from actors.journal import Reader
from actors.prro.settings import PrroSettings
from actors.runtime import Ref
from schemas.prro import Desk
from schemas.prro_commands import NotSigned
from schemas.prro_records import StoredDocument, StoredPrro
from schemas.records import NotFound, Write
from transports.prro.client import FiscalServer

Answer = TypeVar("Answer")
Sign = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class PrroDesk:
    """``sign`` stamps its signature for online documents, ``sign_offline`` need not; both raise what went wrong.

    ``clock`` is the injected wall clock (UNIX seconds, UTC).
    """

    id: int
    desk: Desk
    server: FiscalServer
    sign: Sign
    sign_offline: Sign
    journal: Ref
    reader: Reader
    clock: Callable[[], float]
    settings: PrroSettings

    async def durably(self, write: Write[Answer]) -> Answer:
        """Ask the journal until it is on disk: :func:`actors.durable.durably`."""
        return await durably(self.journal, write)

    async def row(self) -> StoredPrro:
        """The register as it is on disk; raises NotFound."""
        found = await self.reader.call(lambda store: store.prro(self.id))
        if found is None:
            raise NotFound(f"register {self.id}")
        return found

    async def document(self, document_id: int) -> StoredDocument:
        """Raises NotFound."""
        found = await self.reader.call(lambda store: store.prro_document(document_id))
        if found is None:
            raise NotFound(f"document {document_id}")
        return found

    async def signed(self, content: bytes, *, offline: bool) -> bytes:
        """Raises :class:`NotSigned` with the agent's own words, whatever went wrong there."""
        try:
            return await (self.sign_offline if offline else self.sign)(content)
        except NotSigned:
            raise
        except Exception as error:
            raise NotSigned(f"{type(error).__name__}: {error}", "agent-away") from error

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)
