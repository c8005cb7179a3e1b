"""Journal records of payments: the writes that make each step durable, and the rows read back.

Like those of receipts (:mod:`schemas.records`) each write answers its replay as it answered the first time. A payment
and its receipt meet in one transaction: what is credited owes its receipt in the same instant, so nothing can die in
between.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from schemas.payments import Outcome
from schemas.records import AcceptReceipt, Write

PartKind = Literal["channel", "billing", "route"]
PaymentKind = Literal["pay", "refund", "correction"]
Credit = Literal["none", "waiting", "due", "unknown", "done", "refused", "cancelled"]
Policy = Literal["credit_then_fiscalize", "fiscalize_then_credit", "credit_only", "fiscalize_only"]


class StoredPart(Struct, frozen=True):
    """A channel, a billing or a route as it was posted."""

    kind: PartKind
    name: str
    body: bytes


class StoredPayment(Struct, frozen=True):
    """A payment's row. ``receipt`` is none, waiting (for the credit), dropped, or its receipt's status.

    ``billing_txn`` is the number under which the billing knows it; ``give_back`` 1: owed to the payer, 2: given back.
    """

    id: int
    channel: str
    txn_id: str
    kind: PaymentKind
    of_id: int | None
    inn: str
    account: str
    sum: int
    service: str | None
    paid_at: str | None
    route: str
    policy: Policy
    billing: str | None
    billing_txn: str | None
    circuit_id: int | None
    receipt_id: int | None
    credit: Credit
    receipt: str
    give_back: int
    tries: int
    next_at: float
    prv_txn: str | None
    outcome: Outcome | None
    answer: str | None
    accepted_at: float
    changed_at: float
    body: bytes

    @property
    def undecided(self) -> bool:
        """Whether the billing has still to decide."""
        return self.credit in ("due", "unknown")


class PaymentStep(Struct, frozen=True, omit_defaults=True):
    """A line of a payment's history: what happened, when, who said so, and in which words."""

    event: str
    at: float
    by: str | None = None
    answer: str | None = None


class PaymentFilter(Struct, frozen=True):
    """``state``: ``open`` (the billing has to be asked), ``give_back`` (owed to payers), ``given_back``, ``stuck``
    (fiscalized first, and that failed). ``before_id`` is the cursor of a listing from new to old.
    """

    channel: str | None = None
    billing: str | None = None
    account: str | None = None
    txn_id: str | None = None
    inn: str | None = None
    of_id: int | None = None
    kind: PaymentKind | None = None
    state: Literal["open", "give_back", "given_back", "stuck"] | None = None
    before_id: int | None = None
    limit: int = 50


class Backlog(Struct, frozen=True):
    """What a billing still has to be asked: how many payments, since when the oldest waits."""

    billing: str
    payments: int
    oldest_at: float


class PaymentCounts(Struct, frozen=True):
    """Payments that need somebody: ``undecided`` by channel and credit, how many and how much is ``owed`` to payers,
    and those ``stuck`` because their receipt was refused before their credit.
    """

    undecided: Mapping[tuple[str, str], int]
    owed: int
    owed_sum: int
    stuck: int


class SavePart(Write[None], frozen=True):
    """Make or replace."""

    kind: PartKind
    name: str
    body: bytes
    at: float


class RemovePart(Write[None], frozen=True):
    """:class:`Conflict` ``in_use`` while a billing has payments to decide."""

    kind: PartKind
    name: str
    at: float


class AcceptPayment(Write["PaymentAccepted"], frozen=True):
    """Insert unless ``(channel, txn_id)`` exists. Answers :class:`PaymentAccepted`.

    ``billing_txn`` is the number that the billing should hear where no other payment has it there; else, or where the
    billing cannot take it (None), it hears one of ours. ``receipt`` is queued at once, or when the billing has credited
    the payment, as the policy says.
    """

    kind: PaymentKind
    channel: str
    txn_id: str
    of_id: int | None
    inn: str
    account: str
    sum: int
    service: str | None
    paid_at: str | None
    route: str
    policy: Policy
    billing: str | None
    billing_txn: str | None
    circuit_id: int | None
    receipt: AcceptReceipt | None
    body: bytes
    at: float


class AcceptPayments(Write["list[object]"], frozen=True):
    """Many at once: answers one :class:`PaymentAccepted` or exception for each, in order."""

    payments: tuple[AcceptPayment, ...]


class PaymentAccepted(Struct, frozen=True):
    """``created`` false: the key existed; ``same`` then tells whether account, sum and kind were equal."""

    payment: StoredPayment
    created: bool
    same: bool = True


class PaymentCredited(Write[None], frozen=True):
    """The billing has it. A receipt that waited for this is queued in the same transaction.

    :class:`Conflict` ``credit`` when it was decided otherwise.
    """

    payment_id: int
    prv_txn: str | None
    answer: str
    by: str
    at: float


class PaymentRefused(Write[None], frozen=True):
    """The billing will never have it: not fiscalized where that was to follow, and owed to the payer."""

    payment_id: int
    outcome: Outcome
    answer: str
    by: str
    at: float


class PaymentTried(Write[None], frozen=True):
    """The billing was asked and nothing is decided. ``unknown``: it may have been credited all the same."""

    payment_id: int
    unknown: bool
    answer: str
    next_at: float
    by: str
    at: float


class PaymentTakenBack(Write[None], frozen=True):
    """The credit is undone. Where a receipt was or may be made, ``refund`` is queued with it."""

    payment_id: int
    refund: AcceptReceipt | None
    answer: str
    by: str
    at: float


class PaymentNoted(Write[None], frozen=True):
    """A line of the history that changes nothing: what the channel was told."""

    payment_id: int
    event: Literal["notified", "repeated"]
    answer: str
    by: str
    at: float


class AccountChecked(Write[None], frozen=True):
    """What was answered to a channel that asked whether it may take money; the payment's history will begin with it."""

    channel: str
    account: str
    answer: str
    by: str | None
    at: float


class GaveBack(Write[None], frozen=True):
    """The payer has the money again; :class:`Conflict` ``give_back`` where none was owed."""

    payment_id: int
    reason: str
    by: str
    at: float


class BeginFile(Write[int], frozen=True):
    """A bank file is being taken in; answers the number under which its end is told."""

    sha256: str
    channel: str
    name: str
    by: str
    at: float


class EndFile(Write[None], frozen=True):
    """``report`` is JSON."""

    file_id: int
    report: bytes
    at: float


class StoredFile(Struct, frozen=True):
    """A bank file that was brought; ``ended_at`` None: its taking in was cut off, and can be repeated."""

    id: int
    sha256: str
    channel: str
    name: str
    at: float
    by: str
    ended_at: float | None
    report: bytes | None
