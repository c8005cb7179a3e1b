"""Receipts for tests, varied by keyword."""

import msgspec

from schemas.commands import Job
from schemas.receipts import ReceiptRequest


def receipt(**changes: object) -> ReceiptRequest:
    """A sale of one service for 500.00, or what ``changes`` make of it."""
    raw = {
        "external_id": "order-1001",
        "kind": "sell",
        "tax_system": "usn_income",
        "customer": {"email": "buyer@shop.example"},
        "items": [{"name": "Интернет 100 Мбит/с", "price": 50000, "quantity": "1", "vat": "none"}],
        "payments": {"cashless": 50000},
    }
    return msgspec.convert({**raw, **changes}, ReceiptRequest)


def job(receipt_id: int, *, failed_on: tuple[str, ...] = (), **changes: object) -> Job:
    """A queued receipt in memory."""
    return Job(receipt_id, receipt(external_id=f"order-{receipt_id}", **changes), 0.0, failed_on)
