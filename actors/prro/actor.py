"""The register's actor: what it does with each message, one after another.

It is the only one who gives out local numbers, so the order of its mailbox is the order of its documents. A caller
waits while a document is signed and delivered; one who does not wait any longer asks again with the same key.
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import ClassVar
from uuid import UUID

import structlog

from actors.hub import Hub
from actors.prro.changing import Changing
from actors.prro.delivery import SILENT, Delivery
from actors.prro.desk import PrroDesk
from actors.prro.face import Face
from actors.prro.making import Making, content
from actors.prro.timetable import closes_at
from actors.runtime import Actor
from schemas.problems import FieldError
from schemas.prro import CloseShift, OfflineBegin, OfflineEnd, OpenShift, Operation, ZReport
from schemas.prro_change import Change
from schemas.prro_commands import (
    Away,
    CannotBeMade,
    GoOffline,
    GoOnline,
    NotSigned,
    NotStamped,
    OutOfService,
    Perform,
    PrroTick,
    Turn,
    Unblock,
    XReport,
)
from schemas.prro_records import StoredDocument
from schemas.prro_zrep import ZRep
from schemas.records import Conflict, NotFound
from transports.prro.composing import Heading, compose
from transports.prro.documents import encode
from transports.prro.objections import objections
from transports.prro.outcomes import DocumentOutcome, Foreign, Refused, Unknown

log = structlog.get_logger(__name__)
_OWN = (OfflineBegin, OfflineEnd, ZReport)
"""The register makes these itself: a Z report with the closing, bounds of a session with :class:`GoOffline`."""


class Prro(Actor):
    """One software register."""

    answers: ClassVar[tuple[type[Exception], ...]] = (Conflict, NotFound, CannotBeMade, NotSigned, OutOfService)

    def __init__(self, desk: PrroDesk, hub: Hub) -> None:
        self._desk = desk
        self._face = Face(desk, hub)
        self._delivery = Delivery(desk, self._face)
        self._making = Making(desk)
        self._changing = Changing(desk, self._delivery)
        self._handlers: dict[type, Callable[..., Awaitable[object]]] = {
            Perform: self._perform,
            XReport: self._x_report,
            Turn: self._turn,
            GoOffline: self._go_offline,
            GoOnline: self._go_online,
            Unblock: self._unblock,
            Change: self._changing.change,
            PrroTick: self._tick,
        }

    async def started(self) -> None:
        await self._delivery.load()
        self.context.tell_later(0.0, PrroTick())

    async def receive(self, message: object) -> object:
        return await self._handlers[type(message)](message)

    def describe(self) -> dict[str, object]:
        state = self._face.state
        return {"register": state.register, "condition": state.condition, "reason": state.reason}

    # -- documents --------------------------------------------------------------------------------

    async def _perform(self, message: Perform) -> StoredDocument:
        operation, key = message.operation, message.external_id
        digest = hashlib.sha256(content(operation)).digest()
        repeated = await self._repeated(key, digest)
        if repeated is not None:
            return repeated
        if isinstance(operation, _OWN):
            raise CannotBeMade((FieldError("kind", "is made by the register itself", "another kind"),))
        wrong = objections(operation, self._desk.desk)
        if wrong:
            raise CannotBeMade(wrong)
        await self._must_be_ready()
        if isinstance(operation, CloseShift):
            return await self._close_shift(key, digest, message.cashier)
        return await self._make(operation, key, digest, message.cashier)

    async def _repeated(self, key: str | None, digest: bytes) -> StoredDocument | None:
        """The first document of this key; one whose outcome is not known is looked after before it is shown."""
        found = await self._by_key(key)
        if found is None:
            return None
        if found.digest != digest:
            raise Conflict("other_content", f"{key} was asked before with other content", f"document {found.id}")
        if found.status == "stored":
            await self._settled_or_offline()
            found = await self._by_key(key)
        return found

    async def _by_key(self, key: str | None) -> StoredDocument | None:
        if key is None:
            return None
        return await self._desk.reader.call(lambda store: store.prro_document_by_key(self._desk.id, key))

    async def _must_be_ready(self) -> None:
        """Settled and numbered, online or offline. Raises :class:`OutOfService`."""
        row = self._delivery.row
        if row.blocked is not None:
            raise OutOfService(row.blocked)
        if self._delivery.is_offline:
            if self._face.state.condition == "returning":
                await self._delivery.come_back()
            return
        await self._settled_or_offline()
        if self._delivery.row.next_local == 0:
            await self._delivery.adopt()

    async def _settled_or_offline(self) -> None:
        try:
            await self._delivery.settle()
        except Away as reason:
            if not self._desk.settings.offline:
                raise
            await self._delivery.go_offline(str(reason))

    async def _make(
        self, operation: Operation, key: str | None = None, digest: bytes = b"", cashier: str | None = None
    ) -> StoredDocument:
        """Twice at most: numbers and shift may be other ones than we thought, and then they are read anew."""
        digest = digest or hashlib.sha256(content(operation)).digest()
        for last in (False, True):
            await self._shift_for(operation, cashier)
            if self._delivery.is_offline:
                return await self._delivery.make_offline(operation, key, digest, cashier)
            try:
                document = await self._making.online(self._delivery.row, operation, key, digest, cashier)
            except NotStamped as reason:  # whoever is cut off from the authority is most likely cut off from all
                if not self._desk.settings.offline:
                    raise
                await self._delivery.go_offline(str(reason))
                return await self._delivery.make_offline(operation, key, digest, cashier)
            self._delivery.made(document)
            outcome = await self._delivery.send(document)
            if await self._is_at_odds(document, outcome, last=last):
                continue
            if isinstance(outcome, Unknown):
                return await self._unknown(document, outcome)
            return await self._desk.document(document.id)
        raise OutOfService("another program makes documents for this register")

    async def _shift_for(self, operation: Operation, cashier: str | None) -> None:
        """Shifts open by themselves; those who open or close one must find it as they need it.

        Nothing but its closing may follow a report: a closing that stopped half way is finished first.
        """
        is_open = self._delivery.row.shift_opened_at is not None
        if isinstance(operation, OpenShift | CloseShift | ZReport):
            if is_open == isinstance(operation, OpenShift):
                text = "the shift is open already" if is_open else "the shift is closed"
                raise Conflict("shift", text, str(self._desk.desk.register))
            return
        if is_open and self._delivery.row.shift_reported:
            await self._must(await self._make(CloseShift(), cashier=cashier))
        if self._delivery.row.shift_opened_at is None:
            with suppress(Conflict):  # it was open after all, as the tax service said on the way
                await self._must(await self._make(OpenShift(), cashier=cashier))

    async def _is_at_odds(self, document: StoredDocument, outcome: DocumentOutcome, *, last: bool) -> bool:
        """Whether it was refused for numbers or a shift that are not as we thought: they are read anew."""
        if isinstance(outcome, Refused) and outcome.verdict == "check" and last:
            await self._delivery.refuse(document, outcome)
            return False
        if not isinstance(outcome, Foreign | Refused) or (isinstance(outcome, Refused) and outcome.verdict != "check"):
            return False
        await self._delivery.withdraw(document, outcome.text)
        await self._delivery.adopt()
        return True

    async def _unknown(self, document: StoredDocument, outcome: Unknown) -> StoredDocument:
        """The tax service is away: make it offline, where that is allowed; else it stays as it is."""
        self._face.settling(outcome.reason)
        if not self._desk.settings.offline:
            return document
        try:
            made = await self._delivery.go_offline(outcome.reason)
        except (OutOfService, NotSigned) as reason:
            self._face.settling(str(reason))
            return document
        return made[0] if made else await self._desk.document(document.id)

    async def _must(self, document: StoredDocument) -> None:
        """A document that others stand on: they cannot be made when it was not."""
        if document.status == "refused":
            raise OutOfService(f"{document.kind} was refused: {document.reason}")
        if document.status == "stored":
            raise OutOfService(f"{document.kind} is unknown: {SILENT}")

    async def _close_shift(self, key: str | None, digest: bytes, cashier: str | None) -> StoredDocument:
        if self._delivery.row.shift_opened_at is not None and not self._delivery.row.shift_reported:
            await self._must(await self._make(ZReport(), cashier=cashier))
        return await self._make(CloseShift(), key, digest, cashier)

    async def _x_report(self, message: XReport) -> bytes:
        row = self._delivery.row
        if row.shift_opened_at is None:
            raise Conflict("shift", "the shift is closed", str(self._desk.desk.register))
        heading = Heading(UUID(int=0), self._desk.now(), max(row.next_local, 1), row.cashier)
        blank = compose(ZReport(), self._desk.desk, heading)
        assert isinstance(blank, ZRep)
        return encode(await self._making.totals(row, blank.head))

    async def _turn(self, message: Turn) -> None:
        pass

    # -- online, offline --------------------------------------------------------------------------

    async def _go_offline(self, message: GoOffline) -> None:
        if not self._delivery.is_offline:
            await self._delivery.go_offline("by hand", by_hand=True)

    async def _go_online(self, message: GoOnline) -> None:
        if self._delivery.is_offline:
            await self._delivery.come_back()

    async def _unblock(self, message: Unblock) -> None:
        await self._delivery.unblock()
        if not self._delivery.is_offline:
            await self._delivery.settle()
            await self._delivery.adopt()

    # -- time -------------------------------------------------------------------------------------

    async def _tick(self, message: PrroTick) -> None:
        """Each step may find the tax service away, or the agent; what fails is told and tried at the next tick."""
        self.context.tell_later(self._until_next_look(), PrroTick())
        try:
            await self._delivery.load()
            if self._delivery.row.blocked is not None:
                return
            if not self._delivery.is_offline:
                await self._delivery.settle()
            elif not self._delivery.row.by_hand or self._face.state.condition == "returning":
                await self._delivery.come_back()
            await self._close_when_due()
        except OutOfService as reason:
            self._face.complain(str(reason))
            await self._close_offline_when_due()
        except (NotSigned, Conflict) as reason:
            log.error("prro_tick", register=self._desk.desk.register, reason=str(reason))
            self._face.complain(str(reason))

    def _until_next_look(self) -> float:
        """A tick, or less where the shift closes before that: thousands of them scattered over seconds stay so."""
        tick, due = self._desk.settings.tick, self._due()
        ahead = tick if due is None else due - self._desk.clock()
        return ahead if 0 < ahead < tick else tick

    def _due(self) -> float | None:
        """When the shift closes by itself."""
        opened_at = self._delivery.row.shift_opened_at
        if opened_at is None:
            return None
        return closes_at(self._desk.desk.register, opened_at, self._desk.settings)

    async def _close_offline_when_due(self) -> None:
        """Midnight does not wait for the tax service."""
        if self._delivery.is_offline and self._face.state.condition == "offline":
            try:
                await self._close_when_due()
            except (OutOfService, NotSigned) as reason:
                self._face.complain(str(reason))

    async def _close_when_due(self) -> None:
        due = self._due()
        if due is None or self._desk.clock() < due:
            return
        closed = await self._close_shift(None, b"", None)
        log.info("shift_closed_by_itself", register=self._desk.desk.register, status=closed.status)
        await self._must(closed)
