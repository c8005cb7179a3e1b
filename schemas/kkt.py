"""Registers: what a driver reads from one, and what the world is shown of it."""

from datetime import datetime, timedelta, timezone
from typing import Literal

from msgspec import Struct

from schemas.receipts import Kind, Payments

MOSCOW = timezone(timedelta(hours=3))
"""The clock zone of a register unless a setting says otherwise."""

DocumentKind = Literal[
    "registration",
    "reregistration",
    "open_shift",
    "close_shift",
    "receipt",
    "correction",
    "settlement_report",
    "close_fn",
    "other",
]


class Identity(Struct, frozen=True):
    """Who the device says it is: read at activation, compared ever after."""

    serial: str
    fn: str
    rnm: str
    inn: str
    modes: int
    tax_systems: int
    agents: int


class FnStatus(Struct, frozen=True):
    """The fiscal storage in one exchange. ``last_fd`` counts every document, ``current_document`` 0 is none."""

    fn: str
    phase: int
    current_document: int
    shift_is_open: bool
    flags: int
    last_fd: int
    last_document_at: datetime | None


class DeviceStatus(Struct, frozen=True):
    """The box around the fiscal storage. ``printer`` 0 is in order; ``clock`` is the register's local time."""

    serial: str
    clock: datetime | None
    fatal_error: bool
    printer: int
    fn_present: bool


class OfdStatus(Struct, frozen=True):
    """Documents waiting for the fiscal data operator."""

    unsent: int
    first_fd: int
    first_at: datetime | None


class ShiftStatus(Struct, frozen=True):
    """``receipts`` made in the open shift (or in the one closed last)."""

    is_open: bool
    number: int
    receipts: int


class Validity(Struct, frozen=True):
    """Until when the fiscal storage lives."""

    expires: datetime | None
    reregistrations_left: int


class ShiftDocument(Struct, frozen=True):
    """The answer to a committed opening or closing of a shift."""

    shift: int
    fd: int
    fpd: int


class Committed(Struct, frozen=True):
    """The answer to a committed receipt. Old firmware leaves out ``at`` and ``shift``."""

    receipt_number: int
    fd: int
    fpd: int
    at: datetime | None
    shift: int | None


class ArchivedItem(Struct, frozen=True):
    """An item as the archive tells it; ``quantity`` in thousandths."""

    name: str
    price: int
    quantity: int


class ArchivedDocument(Struct, frozen=True):
    """A document read back from the fiscal storage.

    ``None`` means that the archive did not tell (it cuts long documents at its limit, and may drop tags);
    ``complete`` is false when the document was cut, and then ``items`` are only the first ones.
    """

    fd: int
    fpd: int
    kind: DocumentKind
    at: datetime
    receipt_kind: Kind | None = None
    total: int | None = None
    shift: int | None = None
    receipt_number: int | None = None
    payments: Payments | None = None
    items: tuple[ArchivedItem, ...] | None = None
    customer: str | None = None
    mark: str | None = None
    complete: bool = False


Level = Literal["ok", "warning", "critical"]

Condition = Literal["inactive", "connecting", "ready", "busy", "settling", "unreachable", "out_of_rotation"]


class Concern(Struct, frozen=True):
    """One thing about a register that a person should know. ``code`` is stable, ``text`` is for reading."""

    code: str
    level: Level
    text: str


class KktState(Struct, frozen=True):
    """The live state of one register, as kept, shown and streamed."""

    eip: str
    type: str
    circuit_id: int
    condition: Condition
    level: Level = "ok"
    reason: str | None = None
    concerns: tuple[Concern, ...] = ()
    read_at: float | None = None
    identity: Identity | None = None
    fn: FnStatus | None = None
    device: DeviceStatus | None = None
    ofd: OfdStatus | None = None
    shift: ShiftStatus | None = None
    shift_opened_at: float | None = None
    fn_expires: datetime | None = None
    receipt_id: int | None = None
    documents: int = 0
