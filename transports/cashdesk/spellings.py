"""Other words for the same: what programs say where CashDesk's public text is silent, in the words of our schemas.

An error must name the field as its sender wrote it, so whatever was translated is translated back in paths.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from schemas.problems import FieldError

_TOP = {
    "goods": "products",
    "items": "products",
    "type": "action_type",
    "sum": "total_sum",
    "print_width": "width",
    "return_num_fiscal": "order_ret_num",
    "storno_num_fiscal": "order_storno_num",
}
_PRODUCT = {
    "quantity": "amount",
    "sum": "cost",
    "discount": "discount_sum",
    "unit": "unit_name",
    "excise_barcodes": "excise_labels",
}
_PAYMENT = {
    "form": "code",
    "type": "code",
    "payformcd": "code",
    "payformnm": "name",
    "sum_provided": "provided",
    "acquirer": "bank_name",
    "authorization": "auth_code",
    "pan": "card_mask",
}
_WITHIN = {"products": _PRODUCT, "payments": _PAYMENT}

_CODES = {"CASH": 0, "CARD": 1, "CASHLESS": 1, "PREPAYMENT": 2, "CREDIT": 3}

ACTIONS = {
    "OPEN_SHIFT": "open_shift",
    "CLOSE_SHIFT": "close_shift",
    "Z_REPORT": "close_shift",
    "SALE": "sale",
    "Z_SALE": "sale",
    "REALIZATION": "sale",
    "RETURN": "return",
    "Z_RETURN": "return",
    "REFUND": "return",
    "SERVICE_INPUT": "service_in",
    "SERVICE_IN": "service_in",
    "SERVICE_DEPOSIT": "service_in",
    "DEPOSIT": "service_in",
    "SERVICE_OUTPUT": "service_out",
    "SERVICE_OUT": "service_out",
    "SERVICE_ISSUE": "service_out",
    "ISSUE": "service_out",
}
"""Words of ``action_type`` by what they mean; the first of each meaning is the one that errors name."""


class Said(NamedTuple):
    """A body in our words, and how its sender called what was called otherwise: by our name, within ``""`` or a list.

    A field that is there under its own name wins over its other names.
    """

    values: dict[str, Any]
    names: dict[tuple[str, str], str]

    def located(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """The same errors, at the fields as they were sent."""
        return [replace(error, path=self._as_sent(error.path)) for error in errors]

    def _as_sent(self, path: str) -> str:
        outer, _, inner = path.partition(".")
        name, bracket, index = outer.partition("[")
        sent = self.names.get(("", name), name) + bracket + index
        if not inner:
            return sent
        field, bracket, index = inner.partition("[")
        return f"{sent}.{self.names.get((name, field), field)}{bracket}{index}"


def understood(raw: Mapping[str, Any]) -> Said:
    """A body as it was decoded, in the words of :mod:`schemas.cashdesk`; what is no object stays as it is."""
    names: dict[tuple[str, str], str] = {}
    values = _renamed(raw, _TOP, "", names)
    for list_name, table in _WITHIN.items():
        entries = values.get(list_name)
        if isinstance(entries, list):
            values[list_name] = [
                _renamed(entry, table, list_name, names) if isinstance(entry, dict) else entry for entry in entries
            ]
    for entry in _objects(values.get("payments")):
        entry["code"] = _code(entry.get("code"))
    return Said(values, names)


def action(word: str) -> str | None:
    """What an ``action_type`` means, None for an unknown one."""
    return ACTIONS.get(word.upper())


def words_for(*meanings: str) -> str:
    """The words to name in an error."""
    return ", ".join(next(word for word, meaning in ACTIONS.items() if meaning == each) for each in meanings)


def _renamed(
    raw: Mapping[str, Any], table: Mapping[str, str], place: str, names: dict[tuple[str, str], str]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in raw.items():
        ours = table.get(name, name)
        if ours != name and ours in raw:
            continue
        if ours != name:
            names[place, ours] = name
        values[ours] = value
    return values


def _objects(entries: object) -> list[dict[str, Any]]:
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _code(said: object) -> object:
    """Forms of payment may be words."""
    return _CODES.get(said.upper(), said) if isinstance(said, str) else said
