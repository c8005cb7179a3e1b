"""What a fiscal storage keeps: its documents and the words for their kinds, phases and refusals.

These structs are the lines of the storage's memory file, so a field that is added needs a default.
"""

from datetime import datetime
from enum import IntEnum
from typing import Literal

import msgspec

from schemas.receipts import Payments


class Phase(IntEnum):
    """A mask that only grows: each phase keeps the bits of the one before it."""

    READY = 1
    FISCAL = 3
    POST_FISCAL = 7
    ARCHIVE = 15


class Current(IntEnum):
    """The document being formed, as the storage's status names it."""

    NONE = 0x00
    REGISTRATION = 0x01
    OPEN_SHIFT = 0x02
    RECEIPT = 0x04
    CLOSE_SHIFT = 0x08
    CLOSE_FN = 0x10
    REREGISTRATION_OF_FN = 0x12
    REREGISTRATION = 0x13
    CORRECTION = 0x14
    SETTLEMENT_REPORT = 0x17


class Form(IntEnum):
    """Codes of document forms (decimal in the format's own tables)."""

    REGISTRATION = 1
    REREGISTRATION = 11
    OPEN_SHIFT = 2
    SETTLEMENT_REPORT = 21
    RECEIPT = 3
    CORRECTION = 31
    CLOSE_SHIFT = 5
    CLOSE_FN = 6


FORMS = {
    Current.REGISTRATION: Form.REGISTRATION,
    Current.OPEN_SHIFT: Form.OPEN_SHIFT,
    Current.RECEIPT: Form.RECEIPT,
    Current.CLOSE_SHIFT: Form.CLOSE_SHIFT,
    Current.CLOSE_FN: Form.CLOSE_FN,
    Current.REREGISTRATION_OF_FN: Form.REREGISTRATION,
    Current.REREGISTRATION: Form.REREGISTRATION,
    Current.CORRECTION: Form.CORRECTION,
    Current.SETTLEMENT_REPORT: Form.SETTLEMENT_REPORT,
}

SHIFT_DOCUMENTS = frozenset({Current.RECEIPT, Current.CORRECTION})
"""Documents that live inside a shift and are bound by its 24 hours."""

Kind = Literal[
    "registration",
    "reregistration",
    "open_shift",
    "close_shift",
    "settlement_report",
    "close_fn",
    "sell",
    "sell_refund",
    "buy",
    "buy_refund",
    "sell_correction",
    "buy_correction",
]

FORM_KINDS: dict[Form, Kind] = {
    Form.REGISTRATION: "registration",
    Form.REREGISTRATION: "reregistration",
    Form.OPEN_SHIFT: "open_shift",
    Form.SETTLEMENT_REPORT: "settlement_report",
    Form.CLOSE_SHIFT: "close_shift",
    Form.CLOSE_FN: "close_fn",
}
RECEIPT_KINDS: dict[int, Kind] = {1: "sell", 2: "sell_refund", 3: "buy", 4: "buy_refund"}
CORRECTION_KINDS: dict[int, Kind] = {1: "sell_correction", 3: "buy_correction"}


class FnFault(IntEnum):
    """The storage's own answer codes. A register passes them on or maps them to its own."""

    STATE = 0x02
    FAILURE = 0x03
    CRYPTO = 0x04
    LIFE_ENDED = 0x05
    ARCHIVE_FULL = 0x06
    TIME = 0x07
    NO_DATA = 0x08
    VALUE = 0x09
    TLV_TOO_BIG = 0x10
    RESOURCE_ENDED = 0x12
    OFD_STORAGE_FULL = 0x14
    OFD_WAIT = 0x15
    SHIFT_EXPIRED = 0x16
    TIME_DIFFERS = 0x17


class FnError(Exception):
    """The storage refused; nothing changed."""

    def __init__(self, fault: FnFault) -> None:
        super().__init__(fault.name)
        self.fault = fault


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """For whom and how the storage works: what the registration document says. ``modes`` etc. are bit masks."""

    inn: str
    rnm: str
    kkt_serial: str
    modes: int
    tax_systems: int
    agents: int
    user: str = ""
    address: str = ""
    place: str = ""
    machine_number: str = ""
    sender_email: str = ""
    ofd_inn: str = ""
    ofd_name: str = ""

    @property
    def has_vending_data(self) -> bool:
        return bool(self.address and self.place and self.machine_number)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a register hands over to be made a document.

    ``body`` are the encoded TLVs after the storage's own head; ``settlement`` is 1…4 (tag 1054) for receipts and
    corrections; ``total`` and ``payments`` in kopecks.
    """

    body: bytes = b""
    settlement: int = 0
    total: int = 0
    payments: Payments | None = None
    mark: str | None = None
    registration: Registration | None = None
    reason: int = 0


class Document(msgspec.Struct, frozen=True, kw_only=True, tag="document", omit_defaults=True):
    """A committed document. ``at`` is the register's local time (no zone); ``moment`` the UNIX time of the commit.

    ``tlv`` is the whole document as the archive gives it out.
    """

    fd: int
    fpd: int
    form: Form
    kind: Kind
    at: datetime
    moment: float
    shift: int
    tlv: bytes
    receipt: int = 0
    settlement: int = 0
    total: int = 0
    payments: Payments | None = None
    mark: str | None = None
    registration: Registration | None = None
    reason: int = 0
    unsent: int = 0
    first_unsent_at: datetime | None = None


class Confirmed(msgspec.Struct, frozen=True, tag="confirmed"):
    """The fiscal data operator has confirmed every document up to ``fd``."""

    fd: int


class Reset(msgspec.Struct, frozen=True, tag="reset"):
    """A test storage was made new: the documents before this line are gone."""


Record = Document | Confirmed | Reset
