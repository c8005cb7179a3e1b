"""Payments between channels, billings and registers, in words that no dialect owns.

A channel (a bank, a terminal network, an acquirer) asks, a billing credits, a register fiscalizes. Each dialect
translates its own spelling to these requests and these answers, so whoever decides about money never sees XML.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

TxnId = Annotated[str, Meta(pattern=r"^[0-9A-Za-z._:/-]{1,64}\Z")]
"""A payment's number as its channel gives it: the key of everything that happens to it."""

Outcome = Literal[
    "ok",
    "temporary",
    "not_finished",
    "bad_account",
    "no_account",
    "inactive",
    "forbidden",
    "technical",
    "too_small",
    "too_big",
    "cannot_check",
    "cannot_cancel",
    "bad_signature",
    "bad_request",
    "bad_txn",
    "bad_sum",
    "bad_date",
    "refused",
]
"""How a request of a channel ended. Only ``ok`` is success; ``temporary`` and ``not_finished`` invite a repeat."""

UNDECIDED: frozenset[Outcome] = frozenset({"temporary", "not_finished"})
"""Outcomes after which the same request is to be sent again."""


class Payer(Struct, frozen=True, omit_defaults=True):
    """Who paid, as far as the channel tells: for the copy of the receipt."""

    email: str | None = None
    phone: str | None = None
    name: str | None = None


class CheckAccount(Struct, frozen=True, omit_defaults=True):
    """May this account be paid to? ``sum`` in kopecks where the channel names one; nothing is owed by asking."""

    account: str
    sum: int | None = None
    txn_id: str | None = None
    service: str | None = None


class Pay(Struct, frozen=True, omit_defaults=True):
    """Money has come. ``sum`` in kopecks; ``at`` is the channel's own clock, most of which name no zone.

    ``details`` are the channel's further fields, as they came.
    """

    txn_id: str
    account: str
    sum: int
    at: datetime | None = None
    service: str | None = None
    payer: Payer = Payer()
    details: dict[str, str] = {}


class CancelPayment(Struct, frozen=True, omit_defaults=True):
    """Take a payment back. ``sum`` in kopecks where the channel names it; ``txn_id`` is the payment's own number."""

    txn_id: str
    account: str | None = None
    sum: int | None = None


class VerifyPayment(Struct, frozen=True):
    """What became of a payment?"""

    txn_id: str


class Refund(Struct, frozen=True):
    """Money of payment ``payment_id`` has gone back to the payer: ``sum`` in kopecks, maybe a part of it."""

    txn_id: str
    payment_id: str
    sum: int


ChannelRequest = CheckAccount | Pay | CancelPayment | VerifyPayment | Refund


class Subscriber(Struct, frozen=True, omit_defaults=True):
    """What a billing tells of an account at ``check``, for the payer's eyes. Sums in kopecks."""

    name: str | None = None
    address: str | None = None
    balance: int | None = None
    recommended: int | None = None
    info: str | None = None


class ChannelAnswer(Struct, frozen=True, omit_defaults=True):
    """What a channel is told, before its dialect.

    ``prv_txn`` is our number of the payment, ``sum`` its kopecks, ``registered_at`` when it was first taken: a repeat
    carries those of the first time and says ``repeated``.
    """

    outcome: Outcome
    comment: str = ""
    txn_id: str | None = None
    prv_txn: str | None = None
    sum: int | None = None
    registered_at: datetime | None = None
    repeated: bool = False
    subscriber: Subscriber | None = None


Decision = Literal["ok", "refused", "temporary", "unknown"]
"""What a billing's answer decides. ``refused`` is for good; ``unknown``: the money may or may not be credited."""


class BillingAnswer(Struct, frozen=True, omit_defaults=True):
    """What a billing said, classed. ``code`` is its own word for it, ``outcome`` that word in ours.

    ``repeated``: the billing had this payment already, and answers with the first number.
    """

    decision: Decision
    outcome: Outcome
    code: str = ""
    comment: str = ""
    prv_txn: str | None = None
    repeated: bool = False
    subscriber: Subscriber | None = None
