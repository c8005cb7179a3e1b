"""Channels, billings and routes of a bench, made over HTTP as an operator makes them."""

from collections.abc import Mapping
from typing import Any

from bench.estate import INN, Estate
from bench.result import NotReal

TEMPLATE: dict[str, Any] = {
    "tax_system": "usn_income",
    "items": [{"name": "Услуги связи, л/с {account}", "vat": "none"}],
}


def make(estate: Estate, what: str, said: Mapping[str, Any]) -> None:
    """One part; ``inn``, ``circuit`` and ``receipt`` are filled in where a route or a channel needs them."""
    whole = {"inn": INN, **said} if what != "billings" else dict(said)
    if what == "routes":
        whole = {"circuit": estate.circuit, "receipt": TEMPLATE, **whole}
    with estate.client() as client:
        answer = client.post(f"/api/v1/{what}", json=whole)
    if answer.status_code != 201:
        raise NotReal(f"{what}: {answer.status_code} {answer.text[:300]}")
