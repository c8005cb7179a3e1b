"""Journals with so many receipts waiting in them, to measure what a long journal costs."""

import os
import time
from hashlib import sha256

import msgspec

from kassanet.store.sqlite import Opening, SqliteStore
from schemas.receipts import Customer, Item, Payments, ReceiptRequest
from schemas.records import AcceptReceipt, AcceptReceipts, CreateCircuit

AT_ONCE = 1000


def receipt(circuit_id: int = 1) -> AcceptReceipt:
    """A receipt of about 400 bytes, with a key that stands nowhere near the last one in its index."""
    key = os.urandom(16).hex()
    items = tuple(Item(f"Услуга связи {part}", 25_000, "1", "none", subject="service") for part in "аб")
    buyer = Customer(email=f"{key[:12]}@buyers.example")
    request = ReceiptRequest(key, "sell", "usn_income", items, Payments(cashless=50_000), buyer)
    body = msgspec.json.encode(request)
    return AcceptReceipt(circuit_id, None, key, "sell", 50_000, sha256(body).digest(), body, None, time.time())


def fill(opening: Opening, receipts: int) -> int:
    """Make a circuit and let so many receipts wait in it; returns its id."""
    store = SqliteStore.open(opening)
    try:
        [circuit_id] = store.commit([CreateCircuit("5190114620", f"with {receipts}", None, time.time())])
        assert isinstance(circuit_id, int)
        for first in range(0, receipts, AT_ONCE):
            batch = tuple(receipt(circuit_id) for _ in range(min(AT_ONCE, receipts - first)))
            store.commit([AcceptReceipts(batch)])
    finally:
        store.close()
    return circuit_id
