"""Documents of the fiscal storage's archive, as the exactly-once rules read them: what was not told stays None.

``30`` tells type, time, number, sign and total and is never cut. ``3A`` tells the rest as TLVs, but is cut at its
limit, in the middle of a TLV or between two, and may drop tags. So nothing is concluded from an absence: payments
count only when they add up to the total, items are *complete* only when they do, too.
"""

from collections.abc import Sequence
from datetime import datetime

from schemas.kkt import ArchivedDocument, ArchivedItem, DocumentKind
from schemas.receipts import Kind, Payments, cost
from transports.terminalfa.commands.archive import DETAILS, FoundDocument, ReceiptDetails, ShiftDetails
from transports.terminalfa.layouts import Wire
from transports.terminalfa.text import decode_text
from transports.terminalfa.tlv import Tlv, decode_cut_tlvs, decode_tlvs
from transports.terminalfa.values import Fvln, Malformed, UnixTime, Vln

CUT_FROM = 1019
"""From so many bytes on a document that ends between two TLVs may have been cut there: the limit is 1024 with the
result byte or without, and another TLV needs at least 4."""

KINDS: dict[int, DocumentKind] = {
    1: "registration",
    11: "reregistration",
    2: "open_shift",
    21: "settlement_report",
    3: "receipt",
    31: "correction",
    4: "receipt",
    41: "correction",
    5: "close_shift",
    6: "close_fn",
    # The maker's list does not say whether these codes are decimal (as the list of forms is) or hexadecimal. Read as
    # hexadecimal they collide with none of the above, so both are understood.
    0x11: "reregistration",
    0x21: "settlement_report",
    0x31: "correction",
    0x41: "correction",
}
_HEXADECIMAL = {0x11: 11, 0x21: 21, 0x31: 31, 0x41: 41}
_RECEIPT_KINDS: dict[int, Kind] = {1: "sell", 2: "sell_refund", 3: "buy", 4: "buy_refund"}
_CORRECTION_KINDS: dict[int, Kind] = {1: "sell_correction", 3: "buy_correction"}
_PAYMENT_TAGS = {"cash": 1031, "cashless": 1081, "prepaid": 1215, "credit": 1216, "counter": 1217}


def kind_of(found: FoundDocument) -> DocumentKind:
    """What kind of document the archive's type code means."""
    return KINDS.get(found.type, "other")


def archived(found: FoundDocument, tlvs: bytes | None = None) -> ArchivedDocument:
    """The document told by ``30`` and, where it was read, ``3A``; raises :class:`Malformed` when the two contradict."""
    if found.at is None and tlvs is None:
        raise Malformed(f"FD {found.fd} has no date")
    details = _details(found)
    kind = kind_of(found)
    if kind not in ("receipt", "correction"):
        shift = details.shift if isinstance(details, ShiftDetails) else None
        return ArchivedDocument(found.fd, found.fpd, kind, _moment(found, {}), shift=shift, complete=True)
    return _receipt(found, kind, details if isinstance(details, ReceiptDetails) else None, tlvs)


def fpd_of(value: bytes) -> int:
    """Tag 1077: six bytes, of which the last four are the number, big-endian (little-endian everywhere else)."""
    if len(value) != 6:
        raise Malformed(f"FPD of {len(value)} bytes")
    return int.from_bytes(value[2:], "big")


def fpd_tlv(fpd: int) -> Tlv:
    """The mirror of :func:`fpd_of`: ``31 04`` in front, as captured."""
    return Tlv(1077, b"\x31\x04" + fpd.to_bytes(4, "big"))


def _receipt(
    found: FoundDocument, kind: DocumentKind, details: ReceiptDetails | None, data: bytes | None
) -> ArchivedDocument:
    tlvs, whole = decode_cut_tlvs(data or b"")
    told = {tlv.tag: tlv.value for tlv in tlvs if tlv.value}
    _demand_same(found, told)
    total = details.total if details else _number(told, 1020)
    payments = _payments(told, total)
    items = _items(tlvs) if kind == "receipt" and data else None
    ended = whole and CUT_FROM > len(data or b"") > 0 and payments is not None
    return ArchivedDocument(
        found.fd,
        found.fpd,
        kind,
        _moment(found, told),
        receipt_kind=_receipt_kind(kind, details.kind if details else _number(told, 1054)),
        total=total,
        shift=_number(told, 1038),
        receipt_number=_number(told, 1042),
        payments=payments,
        items=items,
        customer=_text(told, 1008),
        mark=_text(told, 1192),
        complete=ended and (kind == "correction" or _add_up(items, total)),
    )


def _demand_same(found: FoundDocument, told: dict[int, bytes]) -> None:
    fd, sign = _number(told, 1040), told.get(1077)
    if fd not in (None, found.fd) or (sign is not None and fpd_of(sign) != found.fpd):
        raise Malformed(f"the archive answered another document than FD {found.fd}")


def _details(found: FoundDocument) -> Wire | None:
    layout = DETAILS.get(_HEXADECIMAL.get(found.type, found.type))
    try:
        return layout.decode(found.details) if layout else None
    except Malformed:
        return None  # a newer layout: what it would have told stays unknown


def _moment(found: FoundDocument, told: dict[int, bytes]) -> datetime:
    if found.at is not None:
        return found.at
    if 1012 in told:
        return UnixTime().decode(told[1012])
    raise Malformed(f"FD {found.fd} has no date")


def _receipt_kind(kind: DocumentKind, code: int | None) -> Kind | None:
    return (_CORRECTION_KINDS if kind == "correction" else _RECEIPT_KINDS).get(code or 0)


def _payments(told: dict[int, bytes], total: int | None) -> Payments | None:
    """The five sums, if they add up to the total: one that is missing was either zero or cut off."""
    payments = Payments(**{name: _number(told, tag) or 0 for name, tag in _PAYMENT_TAGS.items()})
    return payments if any(tag in told for tag in _PAYMENT_TAGS.values()) and payments.total == total else None


def _items(tlvs: Sequence[Tlv]) -> tuple[ArchivedItem, ...] | None:
    try:
        return tuple(_item(tlv.value) for tlv in tlvs if tlv.tag == 1059)
    except (Malformed, KeyError):
        return None  # tags were dropped: nothing certain can be said of the items


def _item(data: bytes) -> ArchivedItem:
    told = {tlv.tag: tlv.value for tlv in decode_tlvs(data)}
    return ArchivedItem(decode_text(told[1030]), Vln().decode(told[1079]), Fvln().decode(told[1023]))


def _add_up(items: Sequence[ArchivedItem] | None, total: int | None) -> bool:
    return items is not None and sum(cost(item.price, item.quantity) for item in items) == total


def _number(told: dict[int, bytes], tag: int) -> int | None:
    return int.from_bytes(told[tag], "little") if tag in told else None


def _text(told: dict[int, bytes], tag: int) -> str | None:
    """Without the padding that registers add; an empty text was not told."""
    return decode_text(told.get(tag, b"")).rstrip(" \0") or None
