"""The software registers: which exist, and the actors that live for them. Durable first, then here, then an actor.

Like :mod:`kassanet.fleet` for registers in boxes: routes ask this, actors never do. Who signs is handed in by key, so
it makes no difference whether the agent runs in this process or at an integrator's.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog
from msgspec.structs import replace

from actors.hub import Hub
from actors.journal import Reader
from actors.prro import Hand, Prro, PrroDesk, PrroSettings
from actors.prro.face import TOPIC
from actors.runtime import ChildSpec, Ref, StartFailed, Supervisor
from kassanet.fleet import to_the_end
from schemas.prro import Desk, Operation
from schemas.prro_change import Change, PrroChange
from schemas.prro_commands import GoOffline, GoOnline, Perform, PrroState, Turn, Unblock, XReport
from schemas.prro_records import AddPrro, RemovePrro, StoredDocument, StoredPrro
from schemas.records import NotFound
from transports.prro.client import FiscalServer, Sign, Unwrap
from transports.prro.documents import Document, decode
from transports.prro.packets import PacketRules
from transports.prro.wire import Wire

log = structlog.get_logger(__name__)

BRANCH = "prros"
"""The branch of the tree under which they live."""

CAPACITY = 256
STOP_WITHIN = 35.0
"""Seconds for the document in hand: longer than an exchange with the tax service lasts."""

SWITCHED_OFF = "no tax_server in [prro]: it makes nothing, delivers nothing and does not close its shift"

PATIENCE = 120.0
"""Seconds that a caller waits at most, unless said otherwise; whoever gives up asks again with the same key."""


class Signers(Protocol):
    """Who signs with a key: with a time stamp for what goes out online, and without."""

    def stamped(self, key_id: str) -> Sign: ...

    def bare(self, key_id: str) -> Sign: ...


class TaxService:
    """How the tax service is reached and its signatures opened; ``packets`` bound what is sent at once."""

    def __init__(self, wire: Wire, unwrap: Unwrap, packets: PacketRules | None = None) -> None:
        self.wire = wire
        self.unwrap = unwrap
        self.packets = packets

    def client(self, sign: Sign) -> FiscalServer:
        return FiscalServer(self.wire, sign, self.unwrap, packets=self.packets)


class Prros:
    """Rows by id, and their actors. Every method runs in the Trio thread; the tree has a branch :data:`BRANCH`."""

    def __init__(
        self,
        root: Supervisor,
        reader: Reader,
        hub: Hub,
        settings: PrroSettings,
        clock: Callable[[], float],
        tax_service: TaxService,
        signers: Signers,
        patience: float = PATIENCE,
    ) -> None:
        self.rows: dict[int, StoredPrro] = {}
        self._root = root
        self._journal: Ref = root.ref("journal")
        self._reader = reader
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._tax_service = tax_service
        self._signers = signers
        self._patience = patience

    async def start(self) -> None:
        """Read the table and start an actor for each. A second call goes on where the first one failed."""
        for row in await self._reader.call(lambda store: store.prros()):
            if row.id not in self.rows:
                await self._start(row)

    async def leave(self) -> None:
        """Software registers are switched off. Those that exist are shown as blocked, which calls somebody."""
        for row in await self._reader.call(lambda store: store.prros()):
            state = PrroState(id=row.id, register=row.desk.register, condition="blocked", reason=SWITCHED_OFF)
            self._hub.publish(TOPIC, str(row.id), state, inn=row.desk.tin)
            log.error("prro_switched_off", register=row.desk.register, hint=SWITCHED_OFF)

    # -- reading ----------------------------------------------------------------------------------

    def row(self, register_id: int) -> StoredPrro:
        """Whose it is, and its key; the rest is as it was when the actor was started. Raises NotFound."""
        try:
            return self.rows[register_id]
        except KeyError:
            raise NotFound(f"there is no register {register_id}") from None

    def by_number(self, register: int) -> StoredPrro:
        """By fiscal number. Raises NotFound."""
        for row in self.rows.values():
            if row.desk.register == register:
                return row
        raise NotFound(f"there is no register with the fiscal number {register}")

    def state(self, register_id: int) -> PrroState:
        row = self.row(register_id)
        state = self._hub.last(TOPIC, str(register_id))
        if isinstance(state, PrroState):
            return state
        return PrroState(id=row.id, register=row.desk.register, condition="settling", reason="not started yet")

    async def document(self, register_id: int, document_id: int) -> StoredDocument:
        """Raises NotFound."""
        found = await self._reader.call(lambda store: store.prro_document(document_id))
        if found is None or found.register_id != register_id:
            raise NotFound(f"document {document_id}")
        return found

    async def by_key(self, register_id: int, external_id: str) -> StoredDocument:
        """The document that a key has become. Raises NotFound."""
        found = await self._reader.call(lambda store: store.prro_document_by_key(register_id, external_id))
        if found is None:
            raise NotFound(f"register {register_id} has no document {external_id}")
        return found

    # -- asking -----------------------------------------------------------------------------------

    async def perform(
        self,
        register_id: int,
        operation: Operation,
        external_id: str | None = None,
        cashier: str | None = None,
        timeout: float | None = None,
    ) -> StoredDocument:
        """See :class:`schemas.prro_commands.Perform`; raises AskTimedOut when it takes longer."""
        asked = Perform(external_id, operation, cashier)
        return await self.actor(register_id).ask(asked, timeout=timeout or self._patience)

    async def x_report(self, register_id: int) -> Document:
        """What the shift has come to so far. Raises Conflict ``shift`` when none is open."""
        return decode(await self.actor(register_id).ask(XReport(), timeout=self._patience))

    async def turn(self, register_id: int) -> None:
        """Returns when everything that was asked of the register before has been done, or given up."""
        await self.actor(register_id).ask(Turn(), timeout=self._patience)

    async def go_offline(self, register_id: int) -> None:
        await self.actor(register_id).ask(GoOffline(), timeout=self._patience)

    async def go_online(self, register_id: int) -> None:
        await self.actor(register_id).ask(GoOnline(), timeout=self._patience)

    async def unblock(self, register_id: int) -> None:
        await self.actor(register_id).ask(Unblock(), timeout=self._patience)

    def actor(self, register_id: int) -> Ref:
        """Raises NotFound."""
        self.row(register_id)
        return self._root.ref(f"prro/{register_id}")

    # -- changing ---------------------------------------------------------------------------------

    @to_the_end
    async def add(self, desk: Desk, key_id: str, cashier: str | None = None) -> StoredPrro:
        """Raises Conflict ``prro_exists``."""
        register_id = await self._journal.ask(AddPrro(desk, key_id, cashier, self._clock()))
        row = await self._reader.call(lambda store: store.prro(register_id))
        assert row is not None
        if row.id not in self.rows:
            await self._start(row)
        return row

    async def change(self, register_id: int, change: PrroChange, subject: str | None = None) -> StoredPrro:
        """See :class:`schemas.prro_change.Change`. Raises NotFound, AskTimedOut: it may be changed later still, where
        the actor had begun. It does all of it, so nobody who hangs up has to be held here."""
        await self.actor(register_id).ask(Change(change, subject), timeout=self._patience)
        return self.row(register_id)

    @to_the_end
    async def remove(self, register_id: int) -> None:
        """Raises Conflict ``prro_busy`` while it is offline, its shift is open, or a document is not settled."""
        row = self.row(register_id)
        await self._root.branch(BRANCH).stop_child(f"prro/{register_id}")
        try:
            await self._journal.ask(RemovePrro(register_id, self._clock()))
        except Exception:
            await self._start(row)
            raise
        del self.rows[register_id]
        self._hub.forget(TOPIC, str(register_id))

    # -- actors -----------------------------------------------------------------------------------

    async def _start(self, row: StoredPrro) -> None:
        spec = ChildSpec(
            f"prro/{row.id}", partial(self._make, row.id), kind="prro", capacity=CAPACITY, stop_within=STOP_WITHIN
        )
        self.rows[row.id] = row
        try:
            await self._root.branch(BRANCH).start_child(spec)
        except StartFailed as failed:
            del self.rows[row.id]
            raise failed.__cause__ or failed from None

    def _make(self, register_id: int) -> Prro:
        desk = PrroDesk(
            self.rows[register_id],
            hands=self._hand,
            journal=self._journal,
            reader=self._reader,
            clock=self._clock,
            settings=self._settings,
            on_change=self._took,
        )
        return Prro(desk, self._hub)

    def _hand(self, key_id: str) -> Hand:
        stamped = self._signers.stamped(key_id)
        return Hand(self._tax_service.client(stamped), stamped, self._signers.bare(key_id))

    def _took(self, row: StoredPrro) -> None:
        """The register's actor has found another key, cashier or desk on disk."""
        self.rows[row.id] = row


def shown(document: StoredDocument) -> Document:
    """The document as it is registered, with its fiscal number: for texts, pages and links."""
    found = decode(document.xml)
    return replace(found, head=replace(found.head, fiscal_number=document.fiscal_number))
