"""Section 7.1: documents read back from the fiscal storage."""

from typing import Annotated

from transports.terminalfa.commands.request import Anything, Request, command
from transports.terminalfa.layouts import Wire
from transports.terminalfa.values import U8, U16, U32, U40, Bool, Bytes, Inn, Malformed, Moment, Raw, Rnm


class FoundDocument(Wire, frozen=True):
    """The answer to ``30``; ``details`` by type are in :data:`DETAILS`."""

    type: U8
    confirmed: Bool
    at: Moment
    fd: U32
    fpd: U32
    details: Bytes = b""


class RegistrationDetails(Wire, frozen=True):
    """Types 1 and 11; ``reason`` only in 11."""

    inn: Inn
    rnm: Rnm
    tax_systems: U8
    modes: U8
    reason: U8 | None = None


class ShiftDetails(Wire, frozen=True):
    shift: U16


class ReceiptDetails(Wire, frozen=True):
    """``kind`` 1…4 and the total in kopecks, of receipts and corrections."""

    kind: U8
    total: U40


class ClosingDetails(Wire, frozen=True):
    inn: Inn
    rnm: Rnm


class SettlementDetails(Wire, frozen=True):
    unsent: U32
    first_at: Moment


DETAILS: dict[int, type[Wire]] = {
    1: RegistrationDetails,
    11: RegistrationDetails,
    2: ShiftDetails,
    5: ShiftDetails,
    3: ReceiptDetails,
    31: ReceiptDetails,
    4: ReceiptDetails,
    41: ReceiptDetails,
    6: ClosingDetails,
    21: SettlementDetails,
}
"""Layout of ``details`` by document form code (decimal). 4 and 41 are receipt and correction on a strict form (БСО);
the maker's document describes neither, their likeness to 3 and 31 is an inference."""


class ConfirmationAnswer(Wire, frozen=True):
    at: Moment
    signature: Annotated[bytes, Raw(18)]
    fd: U32


class RegistrationResult(Wire, frozen=True):
    """The answer to ``33``: 47 bytes, or 48 with the reason when a report number was given."""

    at: Moment
    inn: Inn
    rnm: Rnm
    tax_systems: U8
    modes: U8
    fd: U32
    fpd: U32
    reason: U8 | None = None

    def encode(self) -> bytes:
        head = _ResultHead(self.at, self.inn, self.rnm, self.tax_systems, self.modes).encode()
        reason = b"" if self.reason is None else bytes((self.reason,))
        return head + reason + _ResultTail(self.fd, self.fpd).encode()

    @classmethod
    def decode(cls, data: bytes) -> "RegistrationResult":
        if len(data) not in (47, 48):
            raise Malformed(f"{len(data)} bytes, expected 47 or 48")
        head, tail = _ResultHead.decode(data[:39]), _ResultTail.decode(data[-8:])
        reason = data[39] if len(data) == 48 else None
        return cls(head.at, head.inn, head.rnm, head.tax_systems, head.modes, tail.fd, tail.fpd, reason)


class _ResultHead(Wire, frozen=True):
    at: Moment
    inn: Inn
    rnm: Rnm
    tax_systems: U8
    modes: U8


class _ResultTail(Wire, frozen=True):
    fd: U32
    fpd: U32


class TlvHead(Wire, frozen=True):
    """``form`` is a document form code, ``length`` the size of all TLVs that ``36`` will give."""

    form: U16
    length: U16


class DocumentAnswer(Wire, frozen=True):
    """A list of TLVs, cut at the archive's limit in the middle of one as it comes."""

    tlvs: Bytes


@command(0x30)
class FindDocument(Request[FoundDocument], frozen=True):
    fd: U32


@command(0x31)
class PrintConfirmation(Request[ConfirmationAnswer], frozen=True):
    fd: U32


@command(0x33)
class ReadRegistrationResult(Request[RegistrationResult], frozen=True):
    report: U8 | None = None


@command(0x35)
class BeginTlvs(Request[TlvHead], frozen=True):
    fd: U32


@command(0x36)
class NextTlv(Request[DocumentAnswer], frozen=True):
    """One TLV of the document named with ``35``."""


@command(0x39)
class PrintCopy(Request[Anything], frozen=True):
    fd: U32


@command(0x3A)
class ReadDocument(Request[DocumentAnswer], frozen=True):
    fd: U32


@command(0x3B)
class ReadRegistrationReport(Request[DocumentAnswer], frozen=True):
    """``report`` counts from 1."""

    report: U8
