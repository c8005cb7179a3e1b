"""What a billing's answer decides, and the two mistakes that must not be made with it.

To take a lost answer for a refusal gives money back that was credited; to take it for success makes a receipt for
nothing. So *ok* needs an answer that names this payment and its own success code, *refused* a code that the protocol
calls fatal, and everything else (a wrong status, broken XML, another payment's number, a code of no table) is
*unknown*. Only before the request was sent is a failure *temporary*: that is the caller's to know.
"""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote_from_bytes

from msgspec import Struct, field

from schemas.payments import UNDECIDED, BillingAnswer, CancelPayment, CheckAccount, Outcome, Pay, Subscriber
from transports.channels.dialect import Method

OK_STATUS = 200


class Question(Struct, frozen=True):
    """A request to a billing, without its address. ``query`` is encoded already; ``headers`` are added to the usual."""

    method: Method
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class BillingDialect(Protocol):
    """A billing's language. ``now`` is the wall clock in seconds, for signatures."""

    def check(self, request: CheckAccount, now: float) -> Question: ...

    def pay(self, request: Pay, now: float) -> Question:
        """``request.at`` must be set and stay the same at every repeat."""

    def cancel(self, request: CancelPayment, now: float) -> Question | None:
        """None where the billing's protocol has no word for it."""

    def numbered(self, txn_id: str) -> bool:
        """Whether the billing can take this as a payment's number."""

    def decode(self, request: CheckAccount | Pay | CancelPayment, status: int, body: bytes) -> BillingAnswer:
        """Never raises: what cannot be read is *unknown*."""


def unknown(why: str, code: str = "") -> BillingAnswer:
    """An answer that decides nothing."""
    return BillingAnswer("unknown", "not_finished", code, why)


def classed(
    outcome: Outcome,
    code: str,
    comment: str = "",
    prv_txn: str | None = None,
    *,
    repeated: bool = False,
    subscriber: Subscriber | None = None,
) -> BillingAnswer:
    """An answer with a code that its protocol lists."""
    if outcome == "ok":
        return BillingAnswer("ok", outcome, code, comment, prv_txn, repeated, subscriber)
    return BillingAnswer("temporary" if outcome in UNDECIDED else "refused", outcome, code, comment)


def query(pairs: Mapping[str, str | None], encoding: str = "utf-8") -> str:
    """``a=1&b=2``; what is None is left out. Raises ``UnicodeEncodeError`` for text the encoding lacks."""
    return "&".join(
        f"{name}={quote_from_bytes(value.encode(encoding), safe='')}"
        for name, value in pairs.items()
        if value is not None
    )
