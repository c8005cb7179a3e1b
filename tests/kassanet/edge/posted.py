"""Receipts as integrators post them, for the tests of the edge."""

import json
from typing import Any

from hypothesis import strategies as st


def receipt(**changes: object) -> dict[str, Any]:
    """A plain receipt with some fields changed; None removes one."""
    said: dict[str, Any] = {
        "external_id": "order-1001",
        "kind": "sell",
        "tax_system": "usn_income",
        "customer": {"email": "a@b.example"},
        "items": [item()],
        "payments": {"cashless": 50000},
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def item(**changes: object) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": "Интернет 100 Мбит/с, ноябрь",
        "price": 50000,
        "quantity": "1",
        "vat": "none",
        "method": "full_payment",
        "subject": "service",
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def encoded(**changes: object) -> bytes:
    return json.dumps(receipt(**changes), ensure_ascii=False).encode()


_NAMES = st.sampled_from(
    [*receipt(), *item(), "correction", "agent", "supplier", "sum", "type", "date", "cash", "phones", "inn", "odd"]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["sell", "sell_correction", "1", "0", "1.5", "order", "self", "2026-11-01", "none", "osn"])
)
GARBAGE = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=6), max_leaves=20
)
