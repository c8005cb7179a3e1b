"""A sale: a card payment and its receipt as one thing, which ends as both or as neither.

The receipt is validated before anything is charged, and a register is kept for it. Cash needs no pinpad; in a mixed
sale the cashless part of the receipt's payments is what the card is charged.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.operations import Currency
from schemas.receipts import Fiscal, Moment

SaleStatus = Literal[
    "accepted",
    "charging",
    "unknown",
    "charged",
    "fiscalizing",
    "pending",
    "reversing",
    "manual",
    "done",
    "refused",
    "failed",
    "aborted",
    "reversed",
]
"""Where a sale stands, durably.

* ``accepted`` - on disk; nothing was asked of anybody.
* ``charging`` - the pinpad is asked. ``unknown`` - whether the card was charged is being found out, or a person must.
* ``charged`` - the bank approved; the receipt is not queued yet.
* ``fiscalizing`` - the receipt is on its way, and the pinpad is kept. ``pending`` - paid, the receipt is still on its
  way, and the pinpad serves others.
* ``reversing`` - there will be no receipt: the payment is being taken back.
* ``manual`` - paid, no receipt, and the payment could not be taken back: a person must.
* ``done`` - paid and fiscalized. ``refused`` - the card, or a receipt without a card, was refused. ``failed`` - it
  could not begin. ``aborted`` - taken back before anything was charged. ``reversed`` - charged and taken back.
"""

ENDED: frozenset[SaleStatus] = frozenset({"done", "refused", "failed", "aborted", "reversed"})

ABORTABLE: frozenset[SaleStatus] = frozenset(
    {"accepted", "charging", "unknown", "charged", "fiscalizing", "pending", "reversing"}
)
"""In ``fiscalizing`` and ``pending`` only as long as no register has the receipt."""


class SaleRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """``POST /api/v1/sales``.

    * ``receipt`` is a receipt as the circuit takes it, of kind ``sell``; its ``external_id`` is the sale's.
    * ``pinpad_id`` is needed when a part is paid ``cashless``.
    * ``currency`` is the first that the pinpad takes where it is not said.
    * ``print_slip`` prints the bank's slip on the register before the receipt; where that fails, the payment is taken
      back.
    * ``time_limit`` in seconds: how long the customer has at the pinpad.
    """

    external_id: Annotated[str, Meta(min_length=1, max_length=128)]
    circuit_id: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    receipt: msgspec.Raw
    pinpad_id: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    currency: Currency | None = None
    print_slip: bool = False
    time_limit: Annotated[float, Meta(ge=1, le=3600)] | None = None


class Sale(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A sale as kassanet shows it. ``charge`` is the card's part of ``total``, both in kopecks.

    ``operation_id`` names the card payment on its pinpad, ``receipt_id`` the receipt; ``fiscal`` is its document.
    """

    id: int
    external_id: str
    circuit_id: int
    status: SaleStatus
    revision: int
    total: int
    charge: int
    accepted_at: Moment
    changed_at: Moment
    currency: str = "643"
    pinpad_id: int | None = None
    operation_id: int | None = None
    receipt_id: int | None = None
    reason: str | None = None
    aborting: bool = False
    fiscal: Fiscal | None = None


class SaleStep(Struct, frozen=True):
    """One change of a sale's status; ``at`` is UNIX seconds."""

    revision: int
    status: SaleStatus
    at: float
    detail: str | None
