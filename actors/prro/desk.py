"""What a register's procedures work with: the tax service, the signer, the journal, the clock, in one place."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
class Hand:
    """What is done in a key's name. ``sign`` stamps its signature for online documents, ``sign_offline`` need not;
    both raise what went wrong."""

    server: FiscalServer
    sign: Sign
    sign_offline: Sign


@dataclass(slots=True)
class PrroDesk:
    """``stored`` is the register that documents are made for; :meth:`take` follows what is on disk. ``hands`` gives the
    hand of a key, ``on_change`` hears of a register that has another key, cashier or desk than before.

    ``clock`` is the injected wall clock (UNIX seconds, UTC).
    """

    stored: StoredPrro
    hands: Callable[[str], Hand]
    journal: Ref
    reader: Reader
    clock: Callable[[], float]
    settings: PrroSettings
    on_change: Callable[[StoredPrro], None] = lambda row: None
    _hand: Hand = field(init=False)

    def __post_init__(self) -> None:
        self._hand = self.hands(self.stored.key_id)

    @property
    def id(self) -> int:
        return self.stored.id

    @property
    def desk(self) -> Desk:
        return self.stored.desk

    @property
    def server(self) -> FiscalServer:
        """The tax service, asked in the key's name."""
        return self._hand.server

    def take(self, row: StoredPrro) -> None:
        """From now on documents are made as this row says."""
        former, self.stored = self.stored, row
        if row.key_id != former.key_id:
            self._hand = self.hands(row.key_id)
        if (row.key_id, row.cashier, row.desk) != (former.key_id, former.cashier, former.desk):
            self.on_change(row)

    @contextmanager
    def trying(self, key_id: str) -> Iterator[None]:
        """Ask with another key; afterwards it is the register's own again, which by then may be this one."""
        self._hand = self.hands(key_id)
        try:
            yield
        finally:
            self._hand = self.hands(self.stored.key_id)

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
            return await (self._hand.sign_offline if offline else self._hand.sign)(content)
        except NotSigned:
            raise
        except Exception as error:
            raise NotSigned(f"{type(error).__name__}: {error}", "agent-away") from error

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)
