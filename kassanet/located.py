"""Names every wrong field of a document at once.

msgspec stops at the first mistake, which is right for the fast path and wrong for the person who has five. So whoever
decodes tries msgspec first, and only when that refuses walks the same types a second time with :func:`locate`.
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from schemas.problems import FieldError

MOST = 100
"""Errors named for one document; more would only be noise."""


def locate(kind: Any, value: object) -> list[FieldError]:  # noqa: ANN401 - any type that msgspec understands
    """Every reason why ``value`` (as decoded from JSON or TOML) is not a ``kind``; empty when it is one."""
    errors = [error for _, error in zip(range(MOST), _walk(_described(kind), value, ""), strict=False)]
    return errors or _last_resort(kind, value)


@lru_cache(maxsize=256)
def _described(kind: Any) -> inspect.Type:  # noqa: ANN401
    return inspect.type_info(kind)


def _last_resort(kind: Any, value: object) -> list[FieldError]:  # noqa: ANN401
    """What msgspec itself says, should it know a rule that the walk does not."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        return [FieldError(path.rstrip("`").lstrip("."), message)]
    return []


def _walk(kind: inspect.Type, value: object, path: str) -> Iterator[FieldError]:
    walker = _WALKERS.get(type(kind), _leaf)
    return walker(kind, value, path)


def _struct(kind: inspect.StructType, value: object, path: str) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        yield _wrong_type(kind, value, path)
        return
    fields = {field.encode_name: field for field in kind.fields}
    if kind.forbid_unknown_fields:
        for key in value.keys() - fields.keys() - {kind.tag_field}:
            yield FieldError(_under(path, key), "unknown field", _instead(key, list(fields)))
    for name, field in fields.items():
        if name in value:
            yield from _walk(field.type, value[name], _under(path, name))
        elif field.required:
            yield FieldError(_under(path, name), "missing", expected(field.type))


def _union(kind: inspect.UnionType, value: object, path: str) -> Iterator[FieldError]:
    """Every union of ours is something or none; a wider one is judged by its first kind."""
    some = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
    if value is None and len(some) < len(kind.types):
        return
    structs = [member for member in some if isinstance(member, inspect.StructType) and member.tag_field]
    tagged: dict[object, inspect.StructType] = {member.tag: member for member in structs}
    if len(tagged) == len(some):
        yield from _named(tagged, value, path)
        return
    found = [list(_walk(member, value, path)) for member in some]
    if all(found):
        yield from min(found, key=len)


def _named(kinds: Mapping[object, inspect.StructType], value: object, path: str) -> Iterator[FieldError]:
    """Structs that name themselves in a field: the one that is named is the one that is meant."""
    field = str(next(iter(kinds.values())).tag_field)
    if not isinstance(value, dict):
        yield FieldError(path, f"is {_CALLED.get(type(value), 'something else')}", "an object")
        return
    name = value.get(field)
    if isinstance(name, str | int) and name in kinds:
        yield from _struct(kinds[name], value, path)
        return
    message = "is not one of the known values" if field in value else "missing"
    yield FieldError(_under(path, field), message, "one of " + ", ".join(map(str, kinds)))


def _sequence(kind: inspect.VarTupleType | inspect.ListType, value: object, path: str) -> Iterator[FieldError]:
    if not isinstance(value, list | tuple):
        yield _wrong_type(kind, value, path)
        return
    if not _within(len(value), kind.min_length, kind.max_length):
        yield FieldError(path, f"has {len(value)} entries", expected(kind))
    for index, entry in enumerate(value):
        yield from _walk(kind.item_type, entry, f"{path}[{index}]")


def _mapping(kind: inspect.DictType, value: object, path: str) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        yield _wrong_type(kind, value, path)
        return
    for key, entry in value.items():
        yield from (
            FieldError(error.path, "unknown name", error.expected)
            for error in _walk(kind.key_type, key, _under(path, key))
        )
        yield from _walk(kind.value_type, entry, _under(path, key))


def _text(kind: inspect.StrType, value: object, path: str) -> Iterator[FieldError]:
    if not isinstance(value, str):
        yield _wrong_type(kind, value, path)
    elif not _within(len(value), kind.min_length, kind.max_length):
        yield FieldError(path, f"is {len(value)} characters long", expected(kind))
    elif kind.pattern is not None and re.search(kind.pattern, value) is None:
        yield FieldError(path, "is not of the right form", expected(kind))


def _number(kind: inspect.IntType | inspect.FloatType, value: object, path: str) -> Iterator[FieldError]:
    right = int if isinstance(kind, inspect.IntType) else int | float
    if isinstance(value, bool) or not isinstance(value, right):
        yield _wrong_type(kind, value, path)
        return
    above = (kind.ge is None or value >= kind.ge) and (kind.gt is None or value > kind.gt)
    below = (kind.le is None or value <= kind.le) and (kind.lt is None or value < kind.lt)
    if not (above and below):
        yield FieldError(path, "is out of range", expected(kind))


def _literal(kind: inspect.LiteralType, value: object, path: str) -> Iterator[FieldError]:
    if isinstance(value, bool) or not isinstance(value, str | int):
        yield _wrong_type(kind, value, path)
    elif value not in kind.values:
        yield FieldError(path, "is not one of the known values", expected(kind))


def _leaf(kind: inspect.Type, value: object, path: str) -> Iterator[FieldError]:
    python = _PLAIN.get(type(kind))
    if python is None:
        return
    try:
        msgspec.convert(value, python)
    except msgspec.ValidationError:
        yield FieldError(path, "is not of the right form", expected(kind))


def expected(kind: inspect.Type) -> str:
    """What a field of this type wants, for people: ``text of 1 to 64 characters``."""
    if isinstance(kind, inspect.UnionType):
        return " or ".join(expected(member) for member in kind.types if not isinstance(member, inspect.NoneType))
    if isinstance(kind, inspect.LiteralType):
        return "one of " + ", ".join(str(value) for value in kind.values)
    if isinstance(kind, inspect.StrType):
        return f"text{_bounds(kind.min_length, kind.max_length, ' characters')}{_form(kind.pattern)}"
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        name = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        return f"{name}{_bounds(kind.ge, kind.le, '')}" + (f" above {kind.gt}" if kind.gt is not None else "")
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return f"a list{_bounds(kind.min_length, kind.max_length, ' entries')}"
    return _NAMES.get(type(kind), "a value of its type")


def _bounds(low: float | None, high: float | None, unit: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f" of at least {low}{unit}"
    return f" of {low or 0} to {high}{unit}"


def _form(pattern: str | None) -> str:
    return "" if pattern is None else " matching " + pattern.removeprefix("^").removesuffix(r"\Z")


def _wrong_type(kind: inspect.Type, value: object, path: str) -> FieldError:
    return FieldError(path, f"is {_CALLED.get(type(value), 'something else')}", expected(kind))


def _within(size: int, low: int | None, high: int | None) -> bool:
    return (low is None or size >= low) and (high is None or size <= high)


def _under(path: str, key: object) -> str:
    """Keys come from outside, so an endless one is cut."""
    name = str(key)[:64]
    return f"{path}.{name}" if path else name


def _instead(key: object, known: list[str]) -> str:
    near = get_close_matches(str(key)[:64], known, n=1)
    return f"perhaps {near[0]}" if near else "one of " + ", ".join(known)


_CALLED: dict[type, str] = {
    str: "text",
    bool: "a truth value",
    int: "a whole number",
    float: "a number with a fraction",
    list: "a list",
    dict: "an object",
    type(None): "null",
}

_NAMES: dict[type, str] = {
    inspect.StructType: "an object",
    inspect.DictType: "an object",
    inspect.RawType: "an object",
    inspect.BoolType: "true or false",
    inspect.BytesType: "bytes in Base64",
    inspect.DateType: "a date, YYYY-MM-DD",
    inspect.TimeType: "a time, HH:MM:SS",
}

_PLAIN: dict[type, object] = {
    inspect.BoolType: bool,
    inspect.BytesType: bytes,
    inspect.DateType: datetime.date,
    inspect.TimeType: datetime.time,
}

_WALKERS: dict[type, Callable[..., Iterator[FieldError]]] = {
    inspect.StructType: _struct,
    inspect.UnionType: _union,
    inspect.VarTupleType: _sequence,
    inspect.ListType: _sequence,
    inspect.DictType: _mapping,
    inspect.StrType: _text,
    inspect.IntType: _number,
    inspect.FloatType: _number,
    inspect.LiteralType: _literal,
}
