"""A receipt's move from one status to the next, as those who watch live are told: light, because there are many."""

from msgspec import Struct

from schemas.receipts import Fiscal, Kind, Status
from schemas.rows import StoredReceipt


class ReceiptMoved(Struct, frozen=True, omit_defaults=True):
    """Where a receipt is now. Told after it is on disk; ``revision`` grows with every move, ``at`` is UNIX time."""

    id: int
    circuit_id: int
    external_id: str
    status: Status
    revision: int
    kind: Kind
    total: int
    at: float
    reason: str | None = None
    kkt: str | None = None
    fiscal: Fiscal | None = None


def moved(stored: StoredReceipt) -> ReceiptMoved:
    """The last move of a receipt that is read from the store."""
    return ReceiptMoved(
        id=stored.id,
        circuit_id=stored.circuit_id,
        external_id=stored.external_id,
        status=stored.status,
        revision=stored.revision,
        kind=stored.kind,
        total=stored.total,
        at=stored.changed_at,
        reason=stored.reason,
        kkt=stored.eip,
        fiscal=stored.fiscal,
    )
