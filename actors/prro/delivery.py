"""Where a register stands with the tax service: sending, settling, going offline and coming back.

A document whose answer was lost is settled before anything else is made online. When the tax service is away the
register may begin an offline session instead; then such a document is *owed* or *replaced*: it keeps its local number,
and its own bytes go out, and are answered, before the session is delivered. So the sequence has no gap, whichever way
the lost request went.
"""

from datetime import UTC, datetime

import structlog

from actors.prro.desk import PrroDesk
from actors.prro.face import Face, Standing
from actors.prro.making import Making, content, moves_money, operation_of
from schemas.prro import OfflineEnd, Operation
from schemas.prro_answers import OfflineSession, RegistrarState
from schemas.prro_commands import Away, Condition, OutOfService
from schemas.prro_records import (
    AdoptState,
    BlockPrro,
    EndDocument,
    EndSession,
    SetAside,
    SignAgain,
    StoredDocument,
    StoredPrro,
)
from transports.prro.client import CommandLost, CommandRefused, Stored, not_signed
from transports.prro.documents import decode
from transports.prro.limits import Left, Span, left, month_seconds
from transports.prro.outcomes import Delivered, DocumentOutcome, Foreign, Refused, Registered, Unknown

log = structlog.get_logger(__name__)
MONTH = 32 * 86_400.0
SILENT = "the tax service does not answer"


class Delivery:
    """``row`` is the register as it is on disk, read again after each write."""

    def __init__(self, desk: PrroDesk, face: Face) -> None:
        self._desk = desk
        self._face = face
        self._making = Making(desk)
        self._fresh: set[int] = set()
        """Documents of this life of which no byte was sent: their numbers may be given back."""

        self._spans: tuple[int | None, list[Span]] | None = None
        self.row: StoredPrro

    async def load(self) -> None:
        """Read the register anew and show it."""
        self.row = await self._desk.row()
        self._desk.take(self.row)
        self._face.show(self.row, await self._stands())

    async def _stands(self) -> Standing:
        waiting, ended = len(await self._open()), False
        if self.is_offline:
            last = await self._last_of_session()
            waiting, ended = waiting + _place(last), _is_end(last)
        now = _utc(self._desk.clock())
        return Standing(
            self._condition(waiting, ended), waiting, await self._left(), month_seconds(await self._earlier(), now)
        )

    def _condition(self, waiting: int, ended: bool) -> Condition:
        if self.row.blocked is not None:
            return "blocked"
        if self.is_offline:
            return "returning" if ended else "offline"
        return "settling" if waiting else "online"

    async def _open(self) -> list[StoredDocument]:
        return list(await self._desk.reader.call(lambda store: store.prro_open_documents(self._desk.id)))

    async def _of_session(self) -> list[StoredDocument]:
        session = self.row.session
        assert session is not None
        found = await self._desk.reader.call(lambda store: store.prro_session_documents(self._desk.id, session))
        return list(found)

    async def _last_of_session(self) -> StoredDocument | None:
        """It tells how many there are, too: all of them are thousands, and this is looked at with each of them."""
        session = self.row.session
        assert session is not None
        return await self._desk.reader.call(lambda store: store.prro_session_last(self._desk.id, session))

    # -- sending ----------------------------------------------------------------------------------

    async def send(self, document: StoredDocument) -> DocumentOutcome:
        """Deliver a stored document and write down what became of it. Unknown leaves it as it is.

        Raises :class:`OutOfService` when it is the register, or its key, that is refused: the document is withdrawn.
        """
        outcome = await self._deliver(document)
        match outcome:
            case Registered():
                await self._end(document, outcome)
            case Refused(verdict="document"):
                await self._refuse(document, outcome)
            case Refused() if outcome.verdict != "check":
                await self.withdraw(document, outcome.text)
                raise OutOfService(f"the tax service refuses the register: {outcome.text} (code {outcome.code})")
            case Foreign():
                log.error("foreign_writer", register=self._desk.desk.register, number=document.local_number)
            case _:
                pass
        return outcome

    async def refuse(self, document: StoredDocument, outcome: Refused) -> None:
        """The refusal stands."""
        await self._refuse(document, outcome)

    async def withdraw(self, document: StoredDocument, reason: str) -> None:
        """It was never registered and never will be under this number, which is free again."""
        write = EndDocument(document.id, "withdrawn", self._desk.clock(), reason=reason)
        await self._desk.durably(write)
        await self.load()

    async def _deliver(self, document: StoredDocument) -> DocumentOutcome:
        stored = Stored(decode(document.xml), document.signed, fresh=document.id in self._fresh)
        outcome = await self._desk.server.deliver(stored)
        if not (isinstance(outcome, Unknown) and outcome.unreached):
            self._fresh.discard(document.id)
        return outcome

    async def _end(self, document: StoredDocument, outcome: Registered) -> None:
        given = outcome.session
        replaced = document.status == "replaced"
        await self._desk.durably(
            EndDocument(
                document.id,
                "replaced" if replaced else "registered",
                self._desk.clock(),
                fiscal_number=outcome.fiscal_number,
                session=None if given is None else given.offline_session_id,
                seed=None if given is None else given.offline_seed,
                revoked=replaced or outcome.revoked,
            )
        )
        self._fresh.discard(document.id)
        await self.load()

    async def _refuse(self, document: StoredDocument, outcome: Refused) -> None:
        write = EndDocument(document.id, "refused", self._desk.clock(), code=outcome.code, reason=outcome.text)
        await self._desk.durably(write)
        await self.load()

    def made(self, document: StoredDocument) -> None:
        """It was just put on disk; nothing of it was sent yet."""
        self._fresh.add(document.id)

    async def settle(self) -> None:
        """Find out what became of the document that is open, if one is. Raises :class:`Away` when that fails."""
        for document in await self._open():
            if document.status != "stored":
                continue
            outcome = await self.send(document)
            if isinstance(outcome, Refused) and outcome.verdict == "check":
                await self._refuse(document, outcome)
            elif isinstance(outcome, Foreign):
                await self.withdraw(document, outcome.text)
                await self.adopt()
            elif isinstance(outcome, Unknown):
                self._face.settling(outcome.reason)
                raise Away(f"document {document.local_number} is unknown: {outcome.reason}")

    # -- where the tax service sees us ------------------------------------------------------------

    async def adopt(self) -> None:
        """Take over numbers, shift and session from the tax service. Raises :class:`OutOfService`, and
        :class:`NotSigned` when it could not even be asked."""
        try:
            state = await self._state()
        except OutOfService as trouble:
            lost = trouble.__cause__
            raise (not_signed(lost) if isinstance(lost, CommandLost) else None) or trouble from trouble
        opened = self.row.shift_opened_at if state.is_open else None
        if state.is_open and (opened is None or state.first_local_num != self.row.shift_first):
            opened = self._desk.clock()  # somebody else's: at least from now on it is counted
        await self._desk.durably(
            AdoptState(
                self._desk.id,
                state.next_local_num,
                opened,
                state.first_local_num,
                state.z_rep_present,
                state.offline_session_id,
                state.offline_seed,
                self._desk.clock(),
            )
        )
        await self.load()

    async def _state(self) -> RegistrarState:
        try:
            state = await self._desk.server.state(self._desk.desk.register)
        except (CommandLost, CommandRefused) as trouble:
            raise OutOfService(f"the tax service does not say where the register stands: {trouble}") from trouble
        if state is None:
            raise OutOfService("the tax service does not know the register")
        return state

    # -- offline ----------------------------------------------------------------------------------

    @property
    def is_offline(self) -> bool:
        return self.row.offline_since is not None

    async def _left(self) -> Left | None:
        """What is left of offline work, None while online."""
        if self.row.offline_since is None:
            return None
        return await self._left_from(self.row.offline_since)

    async def _left_from(self, began: float) -> Left:
        return left(_utc(began), _utc(self._desk.clock()), await self._earlier(), self._desk.settings.limits)

    async def _earlier(self) -> list[Span]:
        """The finished sessions of late; they are read again when another session is the present one."""
        since = self._desk.clock() - MONTH
        if self._spans is None or self._spans[0] != self.row.session:
            sessions = await self._desk.reader.call(lambda store: store.prro_sessions(self._desk.id, since))
            spans = [
                Span(_utc(each.began), _utc(each.last_money or each.began))
                for each in sessions
                if each.session != self.row.session
            ]
            self._spans = self.row.session, spans
        return self._spans[1]

    async def go_offline(self, reason: str, *, by_hand: bool = False) -> list[StoredDocument]:
        """Begin an offline session; answers what was made again in it. Raises :class:`OutOfService` where none may.

        What is still open keeps its number and is delivered before the session, unless nothing of it was ever sent.
        """
        row = self.row
        if row.blocked is not None or row.session is None or row.next_local == 0:
            raise OutOfService(row.blocked or "no offline session was given to the register")
        if (await self._left_from(self._desk.clock())).is_over:
            raise OutOfService("the offline hours of this month are used up")
        aside = [(document, self._set_aside(document)) for document in await self._open()]
        made = await self._making.beginning(row, aside, by_hand=by_hand)
        log.warning("offline_begun", register=self._desk.desk.register, session=row.session, reason=reason)
        await self.load()
        return made

    def _set_aside(self, document: StoredDocument) -> SetAside:
        if document.id in self._fresh:
            return SetAside(document.id, "withdrawn", "the tax service could not be reached")
        again = self._desk.settings.reissue and moves_money(operation_of(document))
        return SetAside(document.id, "replaced" if again else "owed", SILENT)

    async def make_offline(
        self, operation: Operation, key: str | None = None, digest: bytes = b"", cashier: str | None = None
    ) -> StoredDocument:
        """Raises :class:`OutOfService` when the hours are used up; an end may come at any time."""
        remaining = await self._left()
        if remaining is not None and remaining.is_over and not isinstance(operation, OfflineEnd):
            raise OutOfService(f"the offline hours of this {remaining.limit} are used up")
        made = await self._making.offline(self.row, operation, key, digest or content(operation), cashier)
        await self.load()
        return made

    async def come_back(self) -> None:
        """End the session and deliver it. Raises :class:`OutOfService` with what is in the way."""
        if not await self._desk.server.is_there():
            raise OutOfService(SILENT)
        if not _is_end(await self._last_of_session()):
            await self._state()
            await self.make_offline(OfflineEnd())
        await self._deliver_owed()
        await self._deliver_session()

    async def _deliver_owed(self) -> None:
        for document in await self._open():
            outcome = await self._deliver(document)
            if isinstance(outcome, Registered):
                await self._end(document, outcome)
            elif isinstance(outcome, Unknown):
                raise OutOfService(f"document {document.local_number} is unknown: {outcome.reason}")
            else:
                await self._block(f"document {document.local_number} cannot be delivered: {outcome.text}")

    async def _deliver_session(self) -> None:
        session, seed = self.row.session, self.row.seed
        assert session is not None
        assert seed is not None
        await self._revoke_where_replaced()
        signed = [each.signed for each in await self._of_session()]
        asked = OfflineSession(offline_session_id=session, offline_seed=seed)
        outcome = await self._desk.server.deliver_session(self._desk.desk.register, asked, signed)
        if isinstance(outcome, Unknown):
            raise OutOfService(outcome.reason)
        if not isinstance(outcome, Delivered):
            await self._block(f"offline session {session} is refused: {outcome.text}")
            return
        following = outcome.session
        next_session = None if following is None else following.offline_session_id
        next_seed = None if following is None else following.offline_seed
        await self._desk.durably(EndSession(self._desk.id, session, next_session, next_seed, self._desk.clock()))
        log.warning("offline_ended", register=self._desk.desk.register, session=session, documents=len(signed))
        await self.load()

    async def _revoke_where_replaced(self) -> None:
        """The document before the session was made again within it: its beginning takes the first one back."""
        begin = (await self._of_session())[0]
        before = begin.local_number - 1
        found = await self._desk.reader.call(lambda store: store.prro_documents_since(self._desk.id, before))
        if not found or found[0].local_number != before or found[0].status != "replaced":
            return
        document = decode(begin.xml)
        if getattr(document.head, "revoke_last_online", None):
            return
        xml, signed = await self._making.revoking(begin)
        await self._desk.durably(SignAgain(begin.id, xml, signed, self._desk.clock()))

    async def _block(self, reason: str) -> None:
        log.error("prro_blocked", register=self._desk.desk.register, reason=reason)
        await self._desk.durably(BlockPrro(self._desk.id, reason, self._desk.clock()))
        await self.load()
        raise OutOfService(reason)

    async def unblock(self) -> None:
        await self._desk.durably(BlockPrro(self._desk.id, None, self._desk.clock()))
        await self.load()


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _place(last: StoredDocument | None) -> int:
    return 0 if last is None else last.place or 0


def _is_end(last: StoredDocument | None) -> bool:
    return last is not None and last.kind == "offline_end"
