"""Journal records of sales: each step of the saga is on disk before the next begins.

Like those of receipts (:mod:`schemas.records`) each write answers its replay as it answered the first time.
"""

from msgspec import Struct

from schemas.records import Write
from schemas.sales import SaleStatus


class AcceptSale(Write["AcceptedSale"], frozen=True):
    """Insert unless ``(circuit_id, external_id)`` exists. :class:`Conflict` ``receipt_exists`` for a receipt's key.

    ``body`` is the request's JSON, ``receipt`` the canonical JSON of its receipt, both with their digests.
    """

    circuit_id: int
    external_id: str
    integration_id: int | None
    pinpad_id: int | None
    charge: int
    total: int
    currency: str
    digest: bytes
    body: bytes
    receipt: bytes
    receipt_digest: bytes
    at: float


class AcceptedSale(Struct, frozen=True):
    """``created`` false: the key existed; ``same`` then tells whether the content was equal."""

    sale_id: int
    status: SaleStatus
    created: bool
    same: bool = True


class MoveSale(Write[None], frozen=True):
    """From ``before`` to ``status``; Conflict ``status`` when it is in neither.

    ``operation_id`` and ``receipt_id`` are kept once they are known.
    """

    sale_id: int
    before: SaleStatus
    status: SaleStatus
    reason: str | None
    at: float
    operation_id: int | None = None
    receipt_id: int | None = None


class AbortSale(Write[None], frozen=True):
    """Somebody wants it taken back. Conflict ``status`` when it has ended or waits for a person."""

    sale_id: int
    by: str
    at: float


class ResolveSale(Write[None], frozen=True):
    """A person's verdict on a sale in ``manual``."""

    sale_id: int
    status: SaleStatus
    reason: str
    by: str
    at: float


class StoredSale(Struct, frozen=True):
    """A sale's row."""

    id: int
    circuit_id: int
    external_id: str
    integration_id: int | None
    pinpad_id: int | None
    status: SaleStatus
    revision: int
    charge: int
    total: int
    currency: str
    operation_id: int | None
    receipt_id: int | None
    aborted_at: float | None
    accepted_at: float
    changed_at: float
    reason: str | None
    digest: bytes
    body: bytes
    receipt: bytes
    receipt_digest: bytes


class SaleFilter(Struct, frozen=True):
    """``before_id`` is the cursor of a listing that goes from new to old; ``inn`` keeps to one organisation."""

    circuit_id: int | None = None
    pinpad_id: int | None = None
    status: SaleStatus | None = None
    external_id: str | None = None
    inn: str | None = None
    before_id: int | None = None
    limit: int = 50
