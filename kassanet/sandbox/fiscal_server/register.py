"""One register on the server: its archive, its standing, and the commit of a document or a packet.

The records decide and come first; the book follows in the same breath and is mended from them when it is opened.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from kassanet.sandbox.books import Lines
from kassanet.sandbox.fiscal_server.offline import (
    BOUNDS,
    check_chain,
    check_place,
    check_time,
    composed_number,
    revokes,
)
from kassanet.sandbox.fiscal_server.records import (
    BookLine,
    Committed,
    Entry,
    Record,
    RolledBack,
    sum_of,
)
from kassanet.sandbox.fiscal_server.registry import Place
from kassanet.sandbox.fiscal_server.rules import Judge, Refusal, ServerRules, blocked
from kassanet.sandbox.fiscal_server.seals import Opened
from kassanet.sandbox.fiscal_server.standing import Standing
from schemas.prro_answers import OfflineSession
from schemas.prro_check import Check
from schemas.prro_values import DocType, SubType
from transports.prro.documents import Document
from transports.prro.errors import ErrorCode

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Record).decode
_SEEDS = 10**15


class Counters:
    """One sequence of fiscal numbers, and one of sessions, for all registers."""

    def __init__(self, fiscal: int = 1_000_000, session: int = 5_000) -> None:
        self._fiscal = fiscal
        self._session = session

    def fiscal(self) -> str:
        self._fiscal += 1
        return str(self._fiscal)

    def session(self) -> OfflineSession:
        self._session += 1
        return OfflineSession(offline_session_id=self._session, offline_seed=1 + secrets.randbelow(_SEEDS))

    def seen(self, record: Record) -> None:
        """Go on after what was given before a restart."""
        if not isinstance(record, Committed):
            return
        for entry in record.entries:
            if entry.num_fiscal.isdecimal():
                self._fiscal = max(self._fiscal, int(entry.num_fiscal))
        if record.session is not None:
            self._session = max(self._session, record.session.offline_session_id)


class Register:
    """``clock`` is UNIX time. Whatever raises :class:`Refusal` has changed nothing."""

    def __init__(
        self,
        place: Place,
        rules: ServerRules,
        counters: Counters,
        clock: Callable[[], float],
        records: Lines,
        book: Lines,
    ) -> None:
        self.place = place
        self._rules = rules
        self._counters = counters
        self._clock = clock
        self._records = records
        self._book = book
        self.standing = Standing()
        self._by_fiscal: dict[str, Entry] = {}
        self._by_local: dict[int, Entry] = {}
        self._replay()

    def _replay(self) -> None:
        booked = sum(1 for _ in self._book)
        lines = 0
        for _, line in self._records:
            record = _DECODE(line)
            self._counters.seen(record)
            for told in self._told(record):
                lines += 1
                if lines > booked:
                    self._book.append(_ENCODE(told))
            self._count(record)

    def _count(self, record: Record) -> None:
        if isinstance(record, RolledBack):
            self._forget_last()
        else:
            for entry in record.entries:
                self._by_fiscal[entry.num_fiscal] = entry
                self._by_local[entry.document.head.local_number] = entry
        self.standing.apply(record, self._rules.chain)

    def _forget_last(self) -> None:
        entry = self._by_local.pop(self.standing.next_local - 1)
        del self._by_fiscal[entry.num_fiscal]

    def _commit(self, record: Record) -> None:
        """It is registered when this returns. Raises ``OSError`` and nothing has changed."""
        self._records.append(_ENCODE(record))
        lines = list(self._told(record))
        self._count(record)
        with suppress(OSError):  # the record stands; the next start mends the book
            for line in lines:
                self._book.append(_ENCODE(line))

    # -- the archive

    def find(self, num_fiscal: str) -> Entry | None:
        return self._by_fiscal.get(num_fiscal)

    def find_local(self, num_local: int) -> Entry | None:
        return self._by_local.get(num_local)

    def entries(self, numbers: Iterable[str]) -> list[Entry]:
        """Those of them that are here."""
        return [self._by_fiscal[number] for number in numbers if number in self._by_fiscal]

    def is_revoked(self, entry: Entry) -> bool:
        return entry.num_fiscal in self.standing.revoked

    def is_storned(self, entry: Entry) -> bool:
        return entry.num_fiscal in self.standing.storned

    # -- registering

    def register(self, document: Document, opened: Opened, message: bytes) -> tuple[Entry, OfflineSession | None]:
        """Register an online document. With the opening of a shift comes the offline session, if it may have one."""
        self._check_online(document)
        self._judge(self.standing).judge(document, opened.signatory)
        given: OfflineSession | None = None
        session = self.standing.session
        if isinstance(document, Check) and document.head.doc_type is DocType.OPEN_SHIFT and self.may_go_offline:
            given = self._counters.session() if session is None else None
        number = self._counters.fiscal()
        entry = self._entry(document, opened, message, number, self.standing)
        self._commit(Committed((entry,), session=given))
        return entry, self.session_of(document)

    def session_of(self, document: Document) -> OfflineSession | None:
        """What a ticket says of offline work: the session, when the document opened a shift."""
        session = self.standing.session
        if session is None or not isinstance(document, Check) or document.head.doc_type is not DocType.OPEN_SHIFT:
            return None
        return OfflineSession(offline_session_id=session.id, offline_seed=session.seed)

    @property
    def may_go_offline(self) -> bool:
        return self.place.register.offline

    def _check_online(self, document: Document) -> None:
        reason = blocked(self.place, self.standing, self._rules.limits, None)
        if reason is not None:
            raise Refusal(ErrorCode.DOCUMENT_VALIDATION_ERROR, reason)
        session = self.standing.session
        if document.head.offline or (isinstance(document, Check) and document.head.doc_type in BOUNDS):
            raise Refusal(ErrorCode.DOCUMENT_VALIDATION_ERROR, "Офлайн документи надсилаються пакетом")
        if session is not None and session.received:
            raise Refusal(ErrorCode.DOCUMENT_VALIDATION_ERROR, "Офлайн сесію не завершено")

    def _judge(self, standing: Standing) -> Judge:
        return Judge(self._rules, self.place, standing)

    def _entry(self, document: Document, opened: Opened, message: bytes, number: str, standing: Standing) -> Entry:
        shift = standing.shifts[-1].id + 1 if standing.shifts else 1
        if standing.shift is not None:
            shift = standing.shift.id
        elif not (isinstance(document, Check) and document.head.doc_type is DocType.OPEN_SHIFT):
            shift = 0
        return Entry(number, opened.content, message, opened.signatory, shift, self._clock())

    # -- packets

    def take_packet(self, documents: Sequence[tuple[Document, Opened, bytes]]) -> OfflineSession | None:
        """Register all of a packet, or none of it. The next session when the packet ended this one."""
        standing = self.standing.copy()
        entries: list[Entry] = []
        revoked: str | None = None
        given: OfflineSession | None = None
        for place, (document, opened, message) in enumerate(documents, 1):
            try:
                entry = self._offline_entry(standing, document, opened, message)
            except Refusal as refusal:
                raise Refusal(ErrorCode.PACKAGE_VALIDATION_ERROR, f"Документ {place}: {refusal.text}") from None
            if revokes(document):
                revoked = standing.last_online_money
            standing.advance(entry, self._rules.chain)
            entries.append(entry)
        if standing.session is None and entries and self.may_go_offline:
            given = self._counters.session()
        self._commit(Committed(tuple(entries), revoked, given))
        return given

    def _offline_entry(self, standing: Standing, document: Document, opened: Opened, message: bytes) -> Entry:
        number = composed_number(standing, document)
        check_place(standing, document)
        check_chain(standing, document, self._rules.chain)
        self._judge(standing).judge(document, opened.signatory)
        check_time(self.place, standing, document, self._rules.limits)
        return self._entry(document, opened, message, str(number), standing)

    def roll_back(self, session: OfflineSession, uid: str) -> bool:
        """Re-open the session that has just ended, when it is the one meant and nothing has come since."""
        ended = self.standing.ended
        meant = ended is not None and (ended.id, ended.seed) == (session.offline_session_id, session.offline_seed)
        if not (self._rules.rollback and meant and self.standing.end_is_last):
            return False
        self._commit(RolledBack(uid))
        return True

    # -- the book

    def _told(self, record: Record) -> Iterable[BookLine]:
        if isinstance(record, RolledBack):
            yield self._rolled_back()
            return
        for entry in record.entries:
            revoked = record.revoked if revokes(entry.document) else None
            yield book_line(entry, revoked=revoked)

    def _rolled_back(self) -> BookLine:
        """Told before it is counted: the end that is taken back is still the last document."""
        entry = self._by_local[self.standing.next_local - 1]
        return msgspec.structs.replace(book_line(entry), rolled_back=True)


def book_line(entry: Entry, revoked: str | None = None) -> BookLine:
    document = entry.document
    check = document if isinstance(document, Check) else None
    sub: SubType | None = None if check is None else check.head.sub_type
    return BookLine(
        num_local=document.head.local_number,
        num_fiscal=entry.num_fiscal,
        class_="ZRep" if check is None else "Check",
        doctype=None if check is None else int(check.head.doc_type),
        subtype=None if sub is None else int(sub),
        sum=sum_of(document),
        uid=document.head.uid,
        shift=entry.shift,
        offline=bool(document.head.offline),
        at=datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds"),
        revoked=revoked,
    )
