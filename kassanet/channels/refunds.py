"""What comes after a payment: receipts of refunds and corrections, made from the receipt that the payment made.

The items of the first receipt are what was sold, so they are what is given back; a part of the sum can only be given
back of a receipt with one item, for nobody but a person knows which of several it was.
"""

from datetime import date
from typing import Literal

import msgspec

from actors.journal import Reader
from kassanet.edge.intake import Intake, Objections, no_objections
from schemas.payment_records import StoredPayment
from schemas.problems import problem
from schemas.receipts import Correction, Item, Payments, ReceiptRequest
from schemas.records import AcceptReceipt

Follower = Literal["refund", "correction"]
NOT_MADE = frozenset({"refused", "cancelled"})
"""What became of a receipt that is no document and never will be."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ReceiptRequest).decode


async def receipt_back(
    reader: Reader,
    row: StoredPayment,
    kind: Follower,
    amount: int,
    external_id: str,
    at: float,
    correction: Correction | None = None,
    objections: Objections = no_objections,
) -> AcceptReceipt:
    """The receipt that follows a payment's receipt. Raises ``ProblemError`` 409 where there is none to follow."""
    receipt_id = row.receipt_id
    stored = None if receipt_id is None else await reader.call(lambda store: store.receipt(receipt_id))
    if stored is None or stored.body is None:
        raise problem(409, "no-receipt", f"Payment {row.id} has no receipt whose content is kept.")
    if kind == "refund" and stored.status in NOT_MADE:
        raise problem(409, "no-receipt", f"The receipt of payment {row.id} was {stored.status}: nothing was sold.")
    first = _decode(stored.body)
    followed = _followed(first, kind, amount, external_id, correction)
    return Intake(stored.circuit_id, None, objections).record(_encode(followed), at)


def _followed(
    first: ReceiptRequest, kind: Follower, amount: int, external_id: str, correction: Correction | None
) -> ReceiptRequest:
    items = first.items if amount == first.total else (_part(first, amount),)
    payment = next(
        name for name in ("cashless", "cash", "prepaid", "credit", "counter") if getattr(first.payments, name)
    )
    if kind == "correction" and correction is None:
        correction = Correction("self", date.today())
    return msgspec.structs.replace(
        first,
        external_id=external_id,
        kind="sell_refund" if kind == "refund" else "sell_correction",
        items=items,
        payments=Payments(**{payment: amount}),
        correction=correction,
        customer=first.customer if kind == "refund" else None,  # a correction is handed to nobody
    )


def _part(first: ReceiptRequest, amount: int) -> Item:
    if len(first.items) != 1:
        raise problem(409, "several-items", "Which of several items a part of the sum is for cannot be told.")
    if amount > first.total:
        raise problem(409, "too-much", f"The receipt is of {first.total} kopecks only.")
    return msgspec.structs.replace(first.items[0], price=amount, quantity="1", sum=None)
