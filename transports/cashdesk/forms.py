"""Bodies as forms (``application/x-www-form-urlencoded``): CashDesk takes them beside JSON, 1 and 0 for true and false.

How it spells lists in them is not public, so the commonest way is read: ``products[0][name]=…``. Values stay text:
whoever converts them must not be strict.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

MOST_FIELDS = 50_000
_NAME = re.compile(r"(\w+)((?:\[\w+\]){0,4})\Z", re.ASCII)


def read_form(body: bytes) -> dict[str, Any]:
    """The form as JSON would have it. Raises ``ValueError`` naming what cannot be read."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(
        body.decode(), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=MOST_FIELDS
    ):
        _put(found, name, value)
    return {name: _listed(value) for name, value in found.items()}


def _put(found: dict[str, Any], name: str, value: str) -> None:
    parts = _NAME.match(name)
    if parts is None:
        raise ValueError(f"the name {name[:64]!r} is none: name, or name[0][name]")
    *outer, last = [parts[1], *re.findall(r"\[(\w+)\]", parts[2])]
    place = found
    for each in outer:
        place = place.setdefault(each, {})
        if not isinstance(place, dict):
            raise ValueError(f"{name[:64]!r} stands within a value")
    if last in place:
        raise ValueError(f"{name[:64]!r} is there twice")
    place[last] = value


def _listed(value: Any) -> Any:  # noqa: ANN401 - as JSON
    """What is numbered is a list, in the order of its numbers."""
    if not isinstance(value, dict):
        return value
    entries = {name: _listed(entry) for name, entry in value.items()}
    if all(name.isdecimal() for name in entries):
        return [entries[name] for name in sorted(entries, key=int)]
    return entries
