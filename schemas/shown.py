"""How a stored receipt is shown: one conversion, so that what GET answers and what a callback carries never differ."""

from datetime import UTC, datetime

import msgspec

from schemas.receipts import Receipt
from schemas.rows import StoredReceipt

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
    # An empty Raw is no JSON: the field must keep its default to be left out.
    return msgspec.structs.replace(receipt, request=msgspec.Raw(stored.body)) if stored.body else receipt


def shown_json(stored: StoredReceipt) -> bytes:
    """The body of a callback."""
    return _encoder.encode(shown(stored))


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
