"""Payments as people and programs are shown them, and what they may post about one."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schemas.payment_records import Credit, PaymentKind, Policy, StoredPayment
from schemas.payments import Outcome, Payer, TxnId
from schemas.receipts import Correction
from schemas.routes import Slug

Account = Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,62}[^\x00-\x20\x7f])?\Z")]
Sum = Annotated[int, Meta(ge=1, le=10**12)]
Reason = Annotated[str, Meta(min_length=1, max_length=1024)]

PaymentStatus = Literal[
    "crediting", "unknown", "fiscalizing", "manual", "stuck", "done", "not_fiscalized", "cancelled", "give_back",
    "given_back",
]  # fmt: skip
"""Where a payment stands, in one word. ``crediting``, ``unknown``: the billing has to answer, in the latter case what
it did already; ``fiscalizing``: the register has; ``manual``, ``stuck``: a person has, about the receipt or about the
credit that was to follow it. ``give_back``: the payer is owed the money. The others are ends.
"""


class NewPayment(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/payments``: the billing (or any program) says that money came. ``sum`` in kopecks.

    ``txn_id`` is its own number of the payment: the same again is the same payment.
    """

    txn_id: TxnId
    channel: Slug
    account: Account
    sum: Sum
    at: datetime | None = None
    service: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    payer: Payer = Payer()


class NewRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/payments/{id}/refund``. ``sum`` in kopecks; all of it where it is not given."""

    txn_id: TxnId
    sum: Sum | None = None


class NewCorrection(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/payments/{id}/correction``."""

    txn_id: TxnId
    sum: Sum | None = None
    correction: Correction | None = None


class PaymentVerdict(Struct, frozen=True, forbid_unknown_fields=True):
    """A person says what the billing has, where it cannot be got to say so itself."""

    verdict: Literal["credited", "refused"]
    reason: Reason
    prv_txn: Annotated[str, Meta(max_length=64)] | None = None


class GivenBack(Struct, frozen=True, forbid_unknown_fields=True):
    """The payer has the money again."""

    reason: Reason


class Payment(Struct, frozen=True, omit_defaults=True):
    """``status`` sums up: ``credit`` is how it stands with the billing, ``receipt`` with the register; ``give_back``
    with the payer.

    ``prv_txn`` is the billing's number, ``billing_txn`` ours that it heard. Sums in kopecks.
    """

    id: int
    channel: str
    txn_id: str
    kind: PaymentKind
    inn: str
    account: str
    sum: int
    route: str
    policy: Policy
    status: PaymentStatus
    credit: Credit
    receipt: str
    accepted_at: datetime
    changed_at: datetime
    of_id: int | None = None
    service: str | None = None
    paid_at: str | None = None
    billing: str | None = None
    billing_txn: str | None = None
    circuit_id: int | None = None
    receipt_id: int | None = None
    give_back: Literal["owed", "done"] | None = None
    tries: int = 0
    prv_txn: str | None = None
    outcome: Outcome | None = None
    answer: str | None = None


class PaymentPage(Struct, frozen=True):
    """``next_cursor`` None: there is no further page."""

    payments: tuple[Payment, ...]
    next_cursor: int | None


class Brought(Struct, frozen=True, omit_defaults=True):
    """What became of a line of a bank file. ``what``: ``paid`` (or would be), ``skipped``, ``ask`` (a person)."""

    line: int
    what: Literal["paid", "skipped", "ask"]
    sum: int
    account: str | None = None
    reason: str | None = None
    why: str | None = None
    route: str | None = None
    payment_id: int | None = None
    key: str | None = None


class BroughtTotal(Struct, frozen=True, omit_defaults=True):
    """The end of a file: how many lines, and kopecks, became what. Together they are the whole file."""

    lines: int
    received: int
    paid: int
    paid_sum: int
    skipped: dict[str, int]
    skipped_sum: int
    dry_run: bool
    survey: Any = None


def status_of(row: StoredPayment) -> PaymentStatus:
    """One word for credit, receipt and give-back together."""
    if row.give_back:
        return "give_back" if row.give_back == 1 else "given_back"
    if row.credit == "cancelled":
        return "cancelled"
    if row.credit in ("due", "unknown"):
        return "crediting" if row.credit == "due" else "unknown"
    if row.receipt == "manual":
        return "manual"
    if row.receipt in ("refused", "cancelled"):
        return "stuck" if row.credit == "waiting" else "not_fiscalized"
    return "done" if row.receipt in ("fiscalized", "none", "dropped") else "fiscalizing"


def shown_payment(row: StoredPayment) -> Payment:
    """The row without what only the journal needs."""
    return Payment(
        id=row.id,
        channel=row.channel,
        txn_id=row.txn_id,
        kind=row.kind,
        inn=row.inn,
        account=row.account,
        sum=row.sum,
        route=row.route,
        policy=row.policy,
        status=status_of(row),
        credit=row.credit,
        receipt=row.receipt,
        accepted_at=datetime.fromtimestamp(row.accepted_at, UTC),
        changed_at=datetime.fromtimestamp(row.changed_at, UTC),
        of_id=row.of_id,
        service=row.service,
        paid_at=row.paid_at,
        billing=row.billing,
        billing_txn=row.billing_txn,
        circuit_id=row.circuit_id,
        receipt_id=row.receipt_id,
        give_back={1: "owed", 2: "done"}.get(row.give_back),  # type: ignore[arg-type]  # the two words
        tries=row.tries,
        prv_txn=row.prv_txn,
        outcome=row.outcome,
        answer=row.answer,
    )
