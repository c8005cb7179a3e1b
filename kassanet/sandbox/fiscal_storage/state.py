"""The state of a fiscal storage: nothing but what its records add up to.

Replaying the records of a file gives the same state as living through them, because both go through ``apply``.
"""

from array import array
from datetime import datetime, timedelta

from kassanet.sandbox.fiscal_storage.ofd import OfdQueue
from kassanet.sandbox.fiscal_storage.records import (
    Confirmed,
    Current,
    Document,
    Form,
    Phase,
    Registration,
)

EPOCH = datetime(1970, 1, 1)


class Shift:
    """The open shift, or the one closed last. ``receipts`` counts receipts and corrections, ``documents`` all."""

    def __init__(self, number: int = 0, opened_at: datetime = EPOCH) -> None:
        self.number = number
        self.opened_at = opened_at
        self.is_open = number > 0
        self.receipts = 0
        self.documents = 0


class State:
    """What a storage remembers. ``positions`` finds each document in the records by its FD - 1.

    ``current``, ``has_data`` and ``timer`` die with the power: the document being formed, whether the register has
    passed any of its content, and how far the register's clock led the storage's own timer at the last document.
    """

    def __init__(self, lifetime: timedelta) -> None:
        self.phase = Phase.READY
        self.registration: Registration | None = None
        self.registration_fds: list[int] = []
        self.expires: datetime | None = None
        self.shift = Shift()
        self.ofd = OfdQueue()
        self.last_at: datetime | None = None
        self.positions = array("Q")
        self._lifetime = lifetime
        self.power_on()

    def power_on(self) -> None:
        self.current = Current.NONE
        self.has_data = False
        self.timer: float | None = None

    @property
    def last_fd(self) -> int:
        return len(self.positions)

    def apply(self, record: Document | Confirmed, position: int) -> None:
        if isinstance(record, Document):
            self._apply_document(record, position)
        else:
            self.ofd.confirm_until(record.fd)
            self.retire()

    def retire(self) -> None:
        """A closed storage whose last document is confirmed only serves its archive."""
        if self.phase is Phase.POST_FISCAL and not len(self.ofd):
            self.phase = Phase.ARCHIVE

    def _apply_document(self, document: Document, position: int) -> None:
        self.positions.append(position)
        self.last_at = document.at
        self.ofd.push(document.fd, document.moment)
        self._count(document)
        if document.registration is not None:
            self._register(document.registration, document)
        if document.form is Form.CLOSE_FN:
            self.phase = Phase.POST_FISCAL

    def _count(self, document: Document) -> None:
        if document.form is Form.OPEN_SHIFT:
            self.shift = Shift(document.shift, document.at)
        self.shift.documents += 1
        self.shift.receipts += 1 if document.receipt else 0
        if document.form is Form.CLOSE_SHIFT:
            self.shift.is_open = False

    def _register(self, registration: Registration, document: Document) -> None:
        self.registration = registration
        self.registration_fds.append(document.fd)
        self.phase = Phase.FISCAL
        if self.expires is None:
            self.expires = document.at.replace(hour=0, minute=0) + self._lifetime
