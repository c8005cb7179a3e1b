"""What a receipt must satisfy beyond the types of its fields.

Each rule names the fields it judges, so that a receipt with a wrong e-mail still hears that its payments do not add
up: a rule is skipped only when one of its own fields is the wrong one (:func:`broken_in_part`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from schemas.problems import FieldError
from schemas.receipts import CORRECTIONS, Item, ReceiptRequest

MOST_KOPECKS = 10**12
"""The bound of :data:`schemas.receipts.Kopecks`, here for sums that are reckoned rather than given."""


def broken(receipt: ReceiptRequest) -> list[FieldError]:
    """Every rule that a well-typed receipt breaks."""
    return [error for _, rule in RULES for error in rule(receipt)]


def broken_in_part(raw: dict[str, Any], wrong: Iterable[FieldError]) -> list[FieldError]:
    """The rules broken by a receipt of which some fields are already known to be wrong."""
    paths = {re.sub(r"\[\d+\]", "[]", error.path) for error in wrong}
    receipt = _salvaged(raw)
    return [error for needs, rule in RULES if not _touched(needs, paths) for error in rule(receipt)]


def _quantities(receipt: ReceiptRequest) -> Iterator[FieldError]:
    for index, item in enumerate(receipt.items):
        if item.quantity.strip("0.") == "":
            yield FieldError(f"items[{index}].quantity", "is nothing", "a quantity above 0")


def _sums(receipt: ReceiptRequest) -> Iterator[FieldError]:
    totals = [item.total for item in receipt.items]
    for index, total in enumerate(totals):
        if total > MOST_KOPECKS:
            yield FieldError(f"items[{index}]", f"costs {total} kopecks", f"at most {MOST_KOPECKS}")
    total, paid = sum(totals), receipt.payments.total
    if total > MOST_KOPECKS:
        yield FieldError("items", f"cost {total} kopecks together", f"at most {MOST_KOPECKS}")
    if paid != total:
        yield FieldError("payments", f"add up to {paid} kopecks", f"exactly the total of the items, {total}")


def _correction(receipt: ReceiptRequest) -> Iterator[FieldError]:
    correction = receipt.correction
    if receipt.kind not in CORRECTIONS:
        if correction is not None:
            yield FieldError("correction", "stands in a receipt that corrects nothing", f"none for {receipt.kind}")
    elif correction is None:
        yield FieldError("correction", "missing", f"the reason of a {receipt.kind}: type, date and, by order, number")
    elif correction.type == "order" and correction.number is None:
        yield FieldError("correction.number", "missing", "the number of the order")


def _agents(receipt: ReceiptRequest) -> Iterator[FieldError]:
    """FFD wants the principal named wherever an agent sells (tags 1222 → 1224, 1226)."""
    if receipt.supplier is not None:
        return
    for index, item in enumerate(receipt.items):
        if (item.agent or receipt.agent) is not None and item.supplier is None:
            yield FieldError(f"items[{index}].supplier", "missing", "the supplier for whom the agent sells")


RULES: Sequence[tuple[Sequence[str], Callable[[ReceiptRequest], Iterable[FieldError]]]] = (
    (("items[].quantity",), _quantities),
    (("items[].price", "items[].quantity", "items[].sum", "payments"), _sums),
    (("kind", "correction"), _correction),
    (("items[].agent", "items[].supplier", "agent", "supplier"), _agents),
)


def _touched(needs: Sequence[str], wrong: set[str]) -> bool:
    """Whether a wrong field is one of the needed ones, lies in one, or holds one."""
    return any(_holds(path, need) or _holds(need, path) for path in wrong for need in needs)


def _holds(outer: str, inner: str) -> bool:
    return outer in ("", inner) or (inner.startswith(outer) and inner[len(outer)] in ".[")


def _salvaged(raw: dict[str, Any]) -> ReceiptRequest:
    """A receipt made of the parts that can be read; rules never look at the others."""
    entries = raw.get("items")
    items = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    fields = _readable(ReceiptRequest, raw)
    fields["items"] = tuple(Item(**_readable(Item, entry)) for entry in items)
    return ReceiptRequest(**fields)


def _readable(kind: type[msgspec.Struct], raw: dict[str, Any]) -> dict[str, Any]:
    """The fields of ``raw`` that convert, by name; None for required ones that do not."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.name in raw:
            try:
                found[field.name] = msgspec.convert(raw[field.name], field.type)
                continue
            except msgspec.ValidationError:
                pass
        if field.required:
            found[field.name] = None
    return found
