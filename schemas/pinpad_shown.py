"""How a stored operation is shown: without the bytes that were sent, and without whatever it never held."""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from schemas.operations import Operation, PinpadAnswer
from schemas.pinpad_records import StoredOperation


class OperationPage(Struct, frozen=True):
    """A page of a listing, from new to old. ``next_cursor`` asks for the page after it; None: this was the last."""

    operations: tuple[Operation, ...]
    next_cursor: int | None


def shown_operation(stored: StoredOperation) -> Operation:
    """The operation as tills see it."""
    return Operation(
        id=stored.id,
        pinpad_id=stored.pinpad_id,
        external_id=stored.external_id,
        kind=stored.kind,
        status=stored.status,
        revision=stored.revision,
        accepted_at=_utc(stored.accepted_at),
        changed_at=_utc(stored.changed_at),
        currency=stored.currency,
        performed=stored.performed,
        amount=stored.amount,
        of=stored.of,
        number=stored.number,
        reason=stored.reason,
        returned=stored.returned,
        voids=stored.voids,
        result=None if stored.result is None else msgspec.json.decode(stored.result, type=PinpadAnswer),
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
