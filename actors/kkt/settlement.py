"""Which document of an FN, if any, is the one that an unknown attempt made.

Pure: it is given what the archive told and what the journal knows, and it never guesses. The register that made the
attempt has been fenced before the archive was read, so the documents after ``fd_before`` are all there will be.

1. A document of another kind, total, payments, items or buyer is not ours.
2. What the archive did not tell (it cuts long documents, and may drop tags) decides nothing.
3. A mark in tag 1192 excludes when it differs from the one we sent, and prefers when it equals it; its absence
   says nothing.
4. A document that already answers another receipt is not free.
5. A document that fits in everything but its time, or that cannot be read at all, makes the case a person's.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.kkt import ArchivedDocument, ArchivedItem
from schemas.receipts import CORRECTIONS, Item, ReceiptRequest, quantity_thousandths

TIME_TOLERANCE = timedelta(minutes=10)
"""A register's clock may drift; further away than this a fitting document is doubtful, not ours and not absent."""


class Absent(Struct, frozen=True):
    """No document after the attempt's predecessor can be this receipt."""


class Found(Struct, frozen=True):
    """Exactly one free document is this receipt."""

    document: ArchivedDocument


class Doubtful(Struct, frozen=True):
    """A person must decide; ``reason`` says why."""

    reason: str


Finding = Absent | Found | Doubtful


def mark_of(receipt_id: int) -> str:
    """The mark put into tag 1192 where the receipt leaves room for one: at most 16 characters."""
    return f"k{receipt_id:x}"


def expected_mark(receipt: ReceiptRequest, receipt_id: int) -> str:
    """What tag 1192 of our document holds, if the register kept it."""
    return receipt.additional_check_props or mark_of(receipt_id)


def settle(
    receipt: ReceiptRequest,
    receipt_id: int,
    documents: Sequence[ArchivedDocument],
    unreadable: Collection[int],
    claimed: Collection[int],
    began: datetime,
    now: datetime,
) -> Finding:
    """Decide from the documents after the attempt's predecessor. ``began`` and ``now`` are the register's local time.

    ``unreadable`` are FDs in that window that the archive would not give.
    """
    fitting = [document for document in documents if fits(receipt, receipt_id, document)]
    free = [document for document in fitting if document.fd not in claimed]
    if unreadable:
        return Doubtful(f"the archive does not give FD {', '.join(map(str, sorted(unreadable)))}")
    if not free:
        return Absent()
    chosen = _by_mark(receipt, receipt_id, free)
    if len(chosen) > 1:
        return Doubtful(f"{len(chosen)} documents fit: FD {', '.join(str(document.fd) for document in chosen)}")
    [document] = chosen
    if not began - TIME_TOLERANCE <= document.at <= now + TIME_TOLERANCE:
        return Doubtful(f"FD {document.fd} fits but is dated {document.at:%d.%m.%Y %H:%M}")
    return Found(document)


def _by_mark(receipt: ReceiptRequest, receipt_id: int, free: Sequence[ArchivedDocument]) -> Sequence[ArchivedDocument]:
    expected = expected_mark(receipt, receipt_id)
    return [document for document in free if document.mark == expected] or free


def fits(receipt: ReceiptRequest, receipt_id: int, document: ArchivedDocument) -> bool:
    """Whether nothing that the archive tells speaks against this document being the receipt."""
    return (
        _same_kind(receipt, document)
        and _agrees(document.total, receipt.total)
        and _agrees(document.payments, receipt.payments)
        and _agrees(document.mark, expected_mark(receipt, receipt_id))
        and _same_customer(receipt, document)
        and _same_items(receipt, document)
    )


def _same_kind(receipt: ReceiptRequest, document: ArchivedDocument) -> bool:
    expected = "correction" if receipt.kind in CORRECTIONS else "receipt"
    return document.kind == expected and _agrees(document.receipt_kind, receipt.kind)


def _agrees(told: object, expected: object) -> bool:
    return told is None or told == expected


def _same_customer(receipt: ReceiptRequest, document: ArchivedDocument) -> bool:
    contact = receipt.customer.contact if receipt.customer else None
    return contact is None or _agrees(document.customer, contact)


def _same_items(receipt: ReceiptRequest, document: ArchivedDocument) -> bool:
    # A correction carries no items on the wire (only sums by rate), whatever the request says.
    if document.items is None or receipt.kind in CORRECTIONS:
        return True
    if document.complete and len(document.items) != len(receipt.items):
        return False
    if len(document.items) > len(receipt.items):
        return False
    return all(_same_item(item, archived) for item, archived in zip(receipt.items, document.items, strict=False))


def _same_item(item: Item, archived: ArchivedItem) -> bool:
    # Names are not compared letter by letter: the register's code page substitutes characters.
    return archived.price == item.price and archived.quantity == quantity_thousandths(item.quantity)
