"""JSON Schema from the structs that decode and encode: so what is described is what is done."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.receipts import ReceiptRequest

_REF = "#/components/schemas/{name}"
_ROLE = re.compile(r":\w+:`~?([^`]+)`")


def schemas_of(kinds: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A schema for each type, in order, and the named ones that they refer to."""
    schemas, named = msgspec.json.schema_components(kinds, schema_hook=_anything, ref_template=_REF)
    if "Receipt" in named:
        wanted = [*kinds, ReceiptRequest]
        schemas, named = msgspec.json.schema_components(wanted, schema_hook=_anything, ref_template=_REF)
    components = {name: _readable(schema) for name, schema in sorted(named.items())}
    if "Receipt" in components:  # it carries the posted bytes as they are
        components["Receipt"]["properties"]["request"] = {"$ref": _REF.format(name="ReceiptRequest")}
    return [_readable(schema) for schema in schemas[: len(kinds)]], components


def _anything(kind: type) -> dict[str, Any]:
    """``object`` in a field: facts of an actor, whatever they are."""
    if kind is object:
        return {"description": "Anything."}
    raise NotImplementedError


def _readable(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Python's dialects of patterns and of docstrings turned into those of the reader."""
    if isinstance(schema, list):
        return [_readable(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _readable(value) for key, value in schema.items()}
    if isinstance(found.get("pattern"), str):
        found["pattern"] = found["pattern"].replace(r"\Z", "$")
    if isinstance(found.get("description"), str):
        found["description"] = plain(found["description"])
    return found


def plain(text: str) -> str:
    """A docstring as Markdown: no roles, single backticks, no indentation."""
    lines = [line.strip() for line in _ROLE.sub(r"`\1`", text).replace("``", "`").splitlines()]
    return "\n".join(lines).strip()
