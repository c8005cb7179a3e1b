"""Operations of a pinpad: what a till asks for, what came of it, and every step between the two.

Amounts are integer kopecks (minor units of the currency), ``1…999 999 999 999``. Card numbers stand here masked only;
whatever else identifies a card never reaches these structs.
"""

import hashlib
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.receipts import Moment

OperationKind = Literal[
    "payment",
    "void",
    "refund",
    "settlement",
    "full_report",
    "short_report",
    "receipt_copy",
    "connection_check",
    "emergency_void",
    "preauthorisation",
    "completion",
    "top_up",
    "cash_withdrawal",
    "balance",
    "card_data",
]

CHARGES: frozenset[OperationKind] = frozenset(
    {"payment", "preauthorisation", "completion", "top_up", "cash_withdrawal"}
)
"""What moves money (or reserves it) anew: blocked while an outcome on the pinpad is not known."""

REVERSALS: frozenset[OperationKind] = frozenset({"void", "refund", "emergency_void"})
"""What gives money back."""

FINANCIAL: frozenset[OperationKind] = CHARGES | REVERSALS
"""What changes the bank's ledger: a lost answer leaves it *unknown*. The other kinds may simply be asked again."""

OperationStatus = Literal[
    "accepted",
    "sending",
    "received",
    "approved",
    "refused",
    "failed",
    "cancelled",
    "unknown",
    "manual",
    "reversed",
]
"""Where an operation stands, durably.

* ``accepted`` - on disk, waiting for its turn; nothing was sent.
* ``sending`` - the intent is on disk, and the first byte may be out.
* ``received`` - the result is on disk; that the pinpad was told so is not yet.
* ``approved`` and ``refused`` - the pinpad said so and was told that we know.
* ``failed`` - nothing was sent, or a mere question got no answer: nothing happened. ``cancelled`` - taken back before
  anything was sent.
* ``unknown`` - something was sent and no definite answer is known: being settled.
* ``manual`` - a person must decide. ``reversed`` - had been approved, or may have been, and was wholly taken back.
"""

FINISHED: frozenset[OperationStatus] = frozenset({"approved", "refused", "failed", "cancelled", "reversed"})

Stage = Literal[
    "connecting",
    "sent",
    "accepted",
    "working",
    "card",
    "pin",
    "host",
    "printing",
    "result",
    "acknowledged",
    "settling",
]
"""What happens at the pinpad right now, as far as it tells: shown live, never relied upon.

``sent``: the request is out; ``accepted``: the pinpad acknowledged it; ``working``: it asks to wait without saying
for what; ``card``, ``pin``, ``host``, ``printing``: for whom it waits; ``result``: the final frame came.
"""

Amount = Annotated[int, Meta(ge=1, le=999_999_999_999)]
Currency = Annotated[str, Meta(pattern=r"^[0-9]{3}\Z")]
Rrn = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,12}\Z")]
AuthCode = Annotated[str, Meta(pattern=r"^[0-9A-Za-z ]{1,8}\Z")]


class OperationRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An operation as posted to ``/api/v1/pinpads/{id}/operations``.

    * ``amount`` is needed by everything that moves money except an emergency void; a void or refund of ``of`` may leave
      it out and then means the whole of what is left.
    * ``of`` is the operation of ours that is voided, refunded, completed or added to (a pre-authorisation with ``of``
      is incremental). What was made elsewhere is named by ``rrn``, ``auth_code`` and ``original_amount``.
    * ``forced`` takes ``void`` or ``refund`` literally; otherwise the settlement boundary chooses between them.
    * ``receipt_number`` chooses the slip of a ``receipt_copy``; none means the last one.
    * ``currency`` is the operation's of ``of`` where it is not said, and else the first that the pinpad takes.
    * ``time_limit`` in seconds: how long the till waits before it gives the operation up.
    """

    external_id: Annotated[str, Meta(min_length=1, max_length=128)]
    kind: OperationKind
    amount: Amount | None = None
    currency: Currency | None = None
    of: Annotated[int, Meta(ge=1)] | None = None
    rrn: Rrn | None = None
    auth_code: AuthCode | None = None
    original_amount: Amount | None = None
    receipt_number: Annotated[int, Meta(ge=1, le=999_999_999)] | None = None
    forced: bool = False
    time_limit: Annotated[float, Meta(ge=1, le=3600)] | None = None


class FullRequest(OperationRequest, frozen=True, kw_only=True):
    """With the currency that was found out. Roubles are left out where it is written: so stand requests on disk that
    are older than other currencies, and their digests.
    """

    currency: Currency = "643"


def full(request: OperationRequest, currency: str) -> FullRequest:
    """``currency``: what is meant where the request does not say it."""
    said: dict[str, Any] = msgspec.structs.asdict(request)
    return FullRequest(**said | {"currency": request.currency or currency})


def content_digest(request: FullRequest) -> bytes:
    """Equal for requests that ask for the same; how long the till waits is no part of that."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(request, time_limit=None))).digest()


class Slips(Struct, frozen=True, omit_defaults=True):
    """The texts to be printed, lines separated by ``\\n``; PANs in them are masked."""

    customer: str | None = None
    merchant: str | None = None


class Totals(Struct, frozen=True, omit_defaults=True):
    """What a settlement or report counts, where the terminal tells: amounts in kopecks."""

    debit_amount: int | None = None
    debit_count: int | None = None
    credit_amount: int | None = None
    credit_count: int | None = None
    voided_debit_amount: int | None = None
    voided_debit_count: int | None = None
    voided_credit_amount: int | None = None
    voided_credit_count: int | None = None


Verdict = Literal["approved", "refused", "offline", "undefined"]
"""What a final answer says: ``offline`` is done without the bank (SA 39 = 17), ``undefined`` says nothing definite."""


class PinpadAnswer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The final answer of a pinpad, whatever protocol it speaks; ``None`` where it did not tell.

    ``status`` is the terminal's own code (SA field 39), ``response_code`` the bank's (field 15). ``host_at`` is the
    host's local time ``YYYYMMDDhhmmss`` as it came. ``number`` is the cash-side number (SA field 26) that came back,
    ``slip_number`` the terminal's own. ``pan`` is masked by the driver. ``balance`` is in kopecks.
    """

    verdict: Verdict
    status: int | None = None
    text: str | None = None
    amount: int | None = None
    currency: str | None = None
    rrn: str | None = None
    auth_code: str | None = None
    response_code: str | None = None
    pan: str | None = None
    card_type: str | None = None
    number: int | None = None
    slip_number: str | None = None
    host_at: str | None = None
    terminal_id: str | None = None
    merchant_id: str | None = None
    batch: str | None = None
    balance: int | None = None
    slips: Slips = Slips()
    totals: Totals | None = None


class Operation(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An operation as kassanet shows it. ``revision`` grows with every change of ``status``.

    ``performed`` is the kind that was sent, where the settlement boundary chose another than the asked ``kind``.
    ``returned`` is how much of ``amount`` has been given back. ``voids`` counts emergency voids tried for it.
    """

    id: int
    pinpad_id: int
    external_id: str
    kind: OperationKind
    status: OperationStatus
    revision: int
    accepted_at: Moment
    changed_at: Moment
    currency: str = "643"
    performed: OperationKind | None = None
    amount: int | None = None
    of: int | None = None
    number: int | None = None
    reason: str | None = None
    returned: int = 0
    voids: int = 0
    result: PinpadAnswer | None = None


class OperationStep(Struct, frozen=True):
    """One change of an operation's status; ``at`` is UNIX seconds."""

    revision: int
    status: OperationStatus
    at: float
    detail: str | None
