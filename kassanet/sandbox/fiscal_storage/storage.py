"""The fiscal storage (FN): the legal memory of a register, modelled without any I/O of its own.

It knows no wire protocol, so every simulated register type can hold one. What must survive goes to ``records``
before it counts, and into the book in the same breath.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from kassanet.sandbox.books import Lines, MemoryLines
from kassanet.sandbox.fiscal_storage.book import Book
from kassanet.sandbox.fiscal_storage.documents import Facts, compose
from kassanet.sandbox.fiscal_storage.records import (
    CORRECTION_KINDS,
    FORM_KINDS,
    FORMS,
    RECEIPT_KINDS,
    Confirmed,
    Current,
    Document,
    Draft,
    FnError,
    FnFault,
    Form,
    Kind,
    Phase,
    Record,
    Registration,
    Reset,
)
from kassanet.sandbox.fiscal_storage.rules import (
    Limits,
    lead,
    objection,
    reregistrations_left,
    to_minute,
    warning_flags,
)
from kassanet.sandbox.fiscal_storage.state import Shift, State

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Record).decode


def _memory_book(_generation: int) -> Lines:
    return MemoryLines()


class FiscalStorage:
    """One fiscal storage. Times handed in are the register's local ones (naive); ``clock`` is UNIX time (UTC).

    ``book`` opens the book of a generation: a test storage that is reset begins a new one. ``zone`` is only for
    the times in the book. Methods that form a document raise :class:`FnError`, and then nothing has changed.
    """

    def __init__(
        self,
        serial: str,
        clock: Callable[[], float],
        *,
        limits: Limits | None = None,
        records: Lines | None = None,
        book: Callable[[int], Lines] = _memory_book,
        zone: tzinfo = UTC,
    ) -> None:
        self.serial = serial
        self.clock = clock
        self.limits = limits or Limits()
        self._zone = zone
        self._records: Lines = MemoryLines() if records is None else records
        self._open_book = book
        self._generation = 0
        self._state = self._fresh()
        for position, line in self._records:
            self._replay(_DECODE(line), position)
        self.book = self._new_book()

    def _fresh(self) -> State:
        return State(timedelta(days=self.limits.lifetime_days))

    def _replay(self, record: Record, position: int) -> None:
        if isinstance(record, Reset):
            self._generation += 1
            self._state = self._fresh()
        else:
            self._state.apply(record, position)

    def _new_book(self) -> Book:
        book = Book(self._open_book(self._generation), self._archived, self._zone)
        book.mend(self.last_fd)
        return book

    # -- what it shows

    @property
    def phase(self) -> Phase:
        self.settle()
        return self._state.phase

    @property
    def current(self) -> Current:
        """The document being formed."""
        return self._state.current

    @property
    def has_data(self) -> bool:
        """Whether the register has passed content of the document being formed."""
        return self._state.has_data

    @has_data.setter
    def has_data(self, value: bool) -> None:
        self._state.has_data = value

    @property
    def shift(self) -> Shift:
        return self._state.shift

    @property
    def registration(self) -> Registration | None:
        return self._state.registration

    @property
    def is_new(self) -> bool:
        """Nothing was ever made on it: a test storage that was reset is ready again, but not new."""
        return self._generation == 0 and self.last_fd == 0

    @property
    def registrations(self) -> int:
        """Registration and re-registrations made."""
        return len(self._state.registration_fds)

    @property
    def reregistrations_left(self) -> int:
        return reregistrations_left(self._state, self.limits)

    @property
    def expires(self) -> datetime | None:
        return self._state.expires

    @property
    def last_fd(self) -> int:
        return self._state.last_fd

    @property
    def last_at(self) -> datetime | None:
        """Time of the last document."""
        return self._state.last_at

    @property
    def unsent(self) -> int:
        """Documents without the OFD's confirmation."""
        self.settle()
        return len(self._state.ofd)

    @property
    def first_unsent(self) -> Document | None:
        self.settle()
        oldest = self._state.ofd.oldest
        return self._archived(oldest) if oldest else None

    def flags(self, at: datetime) -> int:
        """Warning flags as the status command shows them."""
        self.settle()
        return warning_flags(self._state, self.limits, at, self.clock())

    def confirmation(self, fd: int) -> bytes | None:
        """The OFD's 18-byte sign under a document, None while it waits."""
        self.settle()
        if not 1 <= fd <= self._state.ofd.confirmed:
            return None
        return hashlib.blake2b(f"{self.serial}/{fd}".encode(), digest_size=18, person=b"ofd").digest()

    # -- the archive

    def document(self, fd: int) -> Document | None:
        return self._archived(fd) if 1 <= fd <= self.last_fd else None

    def documents(self) -> Iterator[Document]:
        """All documents, oldest first."""
        return map(self._archived, range(1, self.last_fd + 1))

    def registration_report(self, number: int) -> Document | None:
        """The registration (1) or one of the re-registrations after it."""
        reports = self._state.registration_fds
        return self._archived(reports[number - 1]) if 1 <= number <= len(reports) else None

    def _archived(self, fd: int) -> Document:
        record = _DECODE(self._records.read(self._state.positions[fd - 1]))
        assert isinstance(record, Document)
        return record

    # -- forming documents

    def power_on(self) -> None:
        """After a power cut: the document being formed is gone and the inner timer starts anew."""
        self._state.power_on()

    def check(self, current: Current, at: datetime) -> None:
        """Raise what the rules have against making this document now."""
        self.settle()
        fault = objection(self._state, self.limits, current, at, self.clock())
        if fault is not None:
            raise FnError(fault)

    def begin(self, current: Current, at: datetime) -> None:
        """Start forming a document."""
        if self.current is not Current.NONE:
            raise FnError(FnFault.STATE)
        self.check(current, at)
        self._state.current = current
        self._state.has_data = False

    def cancel(self) -> None:
        """Drop the document being formed; nothing to drop is fine."""
        self._state.current = Current.NONE
        self._state.has_data = False

    def commit(self, draft: Draft, at: datetime) -> Document:
        """Make the document being formed. When this returns it exists; when it raises it does not."""
        if self.current is Current.NONE:
            raise FnError(FnFault.STATE)
        self.check(self.current, at)
        document = self._compose(FORMS[self.current], draft, at)
        if len(document.tlv) > self.limits.document_bytes:
            raise FnError(FnFault.TLV_TOO_BIG)
        try:
            position = self._records.append(_ENCODE(document))
        except OSError as error:
            raise FnError(FnFault.FAILURE) from error
        self._state.apply(document, position)
        self._state.timer = lead(at, self.clock())
        self.cancel()
        with suppress(OSError):  # the document stands; the next line mends the book
            self.book.write(document)
        return document

    def _compose(self, form: Form, draft: Draft, at: datetime) -> Document:
        facts = self._facts(form, draft, at)
        fpd, tlv = compose(form, facts, draft)
        return Document(
            fd=facts.fd,
            fpd=fpd,
            form=form,
            kind=_kind(form, draft.settlement),
            at=facts.at,
            moment=self.clock(),
            shift=facts.shift,
            tlv=tlv,
            receipt=facts.receipt,
            settlement=draft.settlement,
            total=draft.total,
            payments=draft.payments,
            mark=draft.mark,
            registration=draft.registration,
            reason=draft.reason,
            unsent=facts.unsent,
            first_unsent_at=facts.first_unsent_at,
        )

    def _facts(self, form: Form, draft: Draft, at: datetime) -> Facts:
        registration = draft.registration or self.registration
        assert registration is not None, "the rules let nothing be made before the registration"
        shift = self.shift
        oldest = self.first_unsent if form not in (Form.RECEIPT, Form.CORRECTION) else None
        return Facts(
            serial=self.serial,
            registration=registration,
            fd=self.last_fd + 1,
            at=to_minute(at),
            shift=shift.number + (form is Form.OPEN_SHIFT),
            receipt=shift.receipts + 1 if form in (Form.RECEIPT, Form.CORRECTION) else 0,
            shift_documents=shift.documents + 1,
            shift_receipts=shift.receipts,
            unsent=self.unsent,
            first_unsent_fd=oldest.fd if oldest else 0,
            first_unsent_at=oldest.at if oldest else None,
            flags=self.flags(at),
            keep_mark=self.limits.archive_mark,
        )

    def reset(self) -> None:
        """Make a test storage new: documents, registration and book start over."""
        self._records.append(_ENCODE(Reset()))
        self._generation += 1
        self._state = self._fresh()
        self.book = self._new_book()

    def settle(self) -> None:
        """Take in what the OFD has confirmed by now."""
        if self._state.ofd.settle(self.clock(), self.limits.ofd_seconds):
            with suppress(OSError):  # asked again after a restart, the OFD confirms again
                self._records.append(_ENCODE(Confirmed(self._state.ofd.confirmed)))
            self._state.retire()


def _kind(form: Form, settlement: int) -> Kind:
    if form is Form.RECEIPT:
        return RECEIPT_KINDS[settlement]
    return CORRECTION_KINDS[settlement] if form is Form.CORRECTION else FORM_KINDS[form]
