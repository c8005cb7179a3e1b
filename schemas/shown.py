"""How a stored receipt is shown: one conversion, so that what GET answers and what a callback carries never differ."""

from datetime import UTC, datetime

import msgspec

from schemas.receipts import Fiscal, Moment, Receipt, Status
from schemas.rows import StoredCallback, StoredReceipt
from schemas.sale_records import StoredSale
from schemas.sales import ENDED, Sale

_encoder = msgspec.json.Encoder()


def shown(stored: StoredReceipt) -> Receipt:
    """The receipt as integrators see it; without its request once retention dropped that."""
    receipt = Receipt(
        id=stored.id,
        circuit_id=stored.circuit_id,
        external_id=stored.external_id,
        status=stored.status,
        revision=stored.revision,
        kind=stored.kind,
        total=stored.total,
        accepted_at=_utc(stored.accepted_at),
        changed_at=_utc(stored.changed_at),
        reason=stored.reason,
        kkt=stored.eip,
        fiscal=stored.fiscal,
        window=stored.window,
    )
    return msgspec.structs.replace(receipt, request=msgspec.Raw(stored.body)) if stored.body else receipt


def shown_json(stored: StoredReceipt) -> bytes:
    """The body of a callback."""
    return _encoder.encode(shown(stored))


def shown_sale(stored: StoredSale, fiscal: Fiscal | None = None) -> Sale:
    """The sale as tills see it; ``fiscal`` is its receipt's document."""
    return Sale(
        id=stored.id,
        external_id=stored.external_id,
        circuit_id=stored.circuit_id,
        status=stored.status,
        revision=stored.revision,
        total=stored.total,
        charge=stored.charge,
        accepted_at=_utc(stored.accepted_at),
        changed_at=_utc(stored.changed_at),
        currency=stored.currency,
        pinpad_id=stored.pinpad_id,
        operation_id=stored.operation_id,
        receipt_id=stored.receipt_id,
        reason=stored.reason,
        aborting=stored.aborted_at is not None and stored.status not in ENDED,
        fiscal=fiscal,
    )


class Acknowledged(msgspec.Struct, frozen=True):
    """The answer to a posted receipt: it is on disk."""

    id: int
    external_id: str
    status: Status
    circuit_id: int


class ReceiptPage(msgspec.Struct, frozen=True):
    """A page of a listing, from new to old. ``next_cursor`` asks for the page after it; None: this was the last."""

    receipts: tuple[Receipt, ...]
    next_cursor: int | None


class ShownCallback(msgspec.Struct, frozen=True, omit_defaults=True):
    """A notice to an integrator. ``state``: ``delivered``, ``waiting`` (until ``next_at``) or ``given_up``."""

    id: int
    revision: int
    url: str
    state: str
    tries: int
    next_at: Moment | None = None
    delivered_at: Moment | None = None
    last_error: str | None = None


def shown_callback(stored: StoredCallback) -> ShownCallback:
    """The notice as integrators see it, without its key and body."""
    delivered, waiting = stored.delivered_at, stored.next_at
    return ShownCallback(
        id=stored.id,
        revision=stored.revision,
        url=stored.url,
        state="delivered" if delivered is not None else "waiting" if waiting is not None else "given_up",
        tries=stored.tries,
        next_at=_utc(waiting) if waiting is not None and delivered is None else None,
        delivered_at=_utc(delivered) if delivered is not None else None,
        last_error=stored.last_error,
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
