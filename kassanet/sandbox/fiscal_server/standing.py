"""Where a register stands: its next number, its shift, its offline session. Small, so that a packet can be tried on a
copy before any of it counts.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kassanet.sandbox.fiscal_server.records import Committed, Entry, Record, RolledBack, is_money, moment_of
from schemas.prro_answers import OfflineSession
from schemas.prro_check import Check
from schemas.prro_values import DocType, SubType
from schemas.prro_zrep import ZRep
from transports.prro.chain import ChainRules, Link, is_link, link_hash
from transports.prro.documents import Document
from transports.prro.limits import Span, kyiv


@dataclass(slots=True)
class Shift:
    """A shift; times are Kyiv's with a zone. ``entries`` are the fiscal numbers of its documents, in order."""

    id: int
    opening: str
    opened: datetime
    signatory: str
    name: str
    testing: bool
    first_local: int
    entries: list[str] = field(default_factory=list)
    z_report: str | None = None
    last_is_report: bool = False
    closing: str | None = None
    closed: datetime | None = None
    close_signatory: str | None = None
    close_name: str | None = None


@dataclass(slots=True)
class Session:
    """An offline session: given, perhaps begun. ``received`` counts its documents."""

    id: int
    seed: int
    received: int = 0
    began: datetime | None = None
    last_money: datetime | None = None
    last_hash: str | None = None

    @property
    def span(self) -> Span | None:
        """None until a document that moves money came: then it has no duration."""
        if self.began is None:
            return None
        return Span(self.began, max(self.began, self.last_money or self.began))


@dataclass(slots=True)
class Standing:
    """All of it. ``finished`` are the durations of ended sessions, ``ended`` the last one, until it is moot."""

    next_local: int = 1
    last_fiscal: str | None = None
    last_check: str | None = None
    last_online_money: str | None = None
    shift: Shift | None = None
    shifts: list[Shift] = field(default_factory=list)
    session: Session | None = None
    ended: Session | None = None
    end_is_last: bool = False
    rolled_back_by: str | None = None
    finished: list[Span] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    storned: set[str] = field(default_factory=set)

    def copy(self) -> "Standing":
        return deepcopy(self)

    def apply(self, record: Record, rules: ChainRules) -> None:
        """Count a commit in."""
        if isinstance(record, RolledBack):
            self._roll_back(record.uid)
            return
        for entry in record.entries:
            self.advance(entry, rules)
        self.settle(record)

    def settle(self, record: Committed) -> None:
        """What a commit says beside its documents."""
        if record.revoked is not None:
            self.revoked.add(record.revoked)
        if record.session is not None:
            self.give(record.session)

    def give(self, session: OfflineSession) -> None:
        self.session = Session(session.offline_session_id, session.offline_seed)

    def advance(self, entry: Entry, rules: ChainRules) -> None:
        """Count one document in."""
        document = entry.document
        self.next_local = document.head.local_number + 1
        self.last_fiscal = entry.num_fiscal
        self.end_is_last = False
        if document.head.offline:
            self._offline(document, entry, rules)
        elif is_money(document):
            self.last_online_money = entry.num_fiscal
        if isinstance(document, ZRep):
            self._report(entry)
        else:
            self._check(document, entry)

    def _report(self, entry: Entry) -> None:
        if self.shift is not None:
            self.shift.entries.append(entry.num_fiscal)
            self.shift.z_report = entry.num_fiscal
            self.shift.last_is_report = True

    def _check(self, check: Check, entry: Entry) -> None:
        head = check.head
        if head.doc_type is DocType.OPEN_SHIFT:
            self._open(check, entry)
        if self.shift is not None:
            self.shift.entries.append(entry.num_fiscal)
            if check.is_money:
                self.shift.last_is_report = False
        if head.sub_type is SubType.CHECK_STORNO and head.storno_of is not None:
            self.storned.add(head.storno_of)
        elif check.is_money:
            self.last_check = entry.num_fiscal
        if head.doc_type is DocType.CLOSE_SHIFT:
            self._close(check, entry)

    def _open(self, check: Check, entry: Entry) -> None:
        self.shift = Shift(
            entry.shift,
            entry.num_fiscal,
            moment(check),
            entry.signatory.key_id,
            entry.signatory.name,
            bool(check.head.testing),
            check.head.local_number,
        )
        self.shifts.append(self.shift)

    def _close(self, check: Check, entry: Entry) -> None:
        shift = self.shift
        if shift is not None:
            shift.closing, shift.closed = entry.num_fiscal, moment(check)
            shift.close_signatory, shift.close_name = entry.signatory.key_id, entry.signatory.name
        self.shift = None

    def _offline(self, document: Document, entry: Entry, rules: ChainRules) -> None:
        session = self.session
        if session is None:
            return
        session.received += 1
        kind = document.head.doc_type if isinstance(document, Check) else None
        if kind is DocType.OFFLINE_BEGIN:
            session.began = moment(document)
            self.rolled_back_by = None
        elif kind is DocType.OFFLINE_END:
            self._end(session)
        elif is_money(document):
            session.last_money = moment(document)
        if is_link(document, rules):
            session.last_hash = link_hash(Link(entry.xml, entry.signed), rules)

    def _end(self, session: Session) -> None:
        span = session.span
        if span is not None:
            self.finished.append(span)
        self.ended, self.end_is_last = session, True
        self.session = None

    def _roll_back(self, uid: str) -> None:
        """The session goes on as if OfflineEnd had never come; that document is forgotten by the archive too."""
        session = self.ended
        assert session is not None, "nothing to roll back"
        session.received -= 1
        self.session, self.ended, self.end_is_last = session, None, False
        self.next_local -= 1
        self.rolled_back_by = uid
        if session.span is not None:
            self.finished.pop()
        if self.shift is not None:
            self.shift.entries.pop()


def moment(document: Document) -> datetime:
    """A document's time, with Kyiv's zone, in UTC."""
    return moment_of(document).replace(tzinfo=kyiv()).astimezone(UTC)


def replayed(records: Iterable[Record], rules: ChainRules) -> Standing:
    """The standing after all of these."""
    standing = Standing()
    for record in records:
        standing.apply(record, rules)
    return standing
