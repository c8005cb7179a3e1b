"""JSON of commands and their answers, read as loosely as the service's own text spells it.

The same number stands in quotes in one answer and without them in the next, sums are decimals, enumerations are names
or numbers, and times come in ISO 8601 or as ``/Date(1539723599000)/``. All of it is brought to the one form that the
structs have, by their annotations, before they are checked.
"""

import datetime
import json
import re
import types
from decimal import Decimal
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from schemas.prro_values import Places
from transports.prro.errors import spelled
from transports.prro.layouts import places_of

Kind = TypeVar("Kind", bound=Struct)
_JAVASCRIPT = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")


class BadAnswer(Exception):
    """JSON that is not what was to be said."""


def decode_json(data: bytes, kind: type[Kind]) -> Kind:
    """Raises :class:`BadAnswer`."""
    try:
        return msgspec.convert(_shaped(_loaded(data), kind), kind, strict=False)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise BadAnswer(f"not a {kind.__name__}: {error}") from None


def encode_json(answer: Struct) -> bytes:
    """An answer as the service spells it."""
    return msgspec.json.encode(_told(answer))


def _loaded(data: bytes) -> object:
    return json.loads(data.decode("utf-8-sig"), parse_float=Decimal)


@cache
def _hints(kind: type[Struct]) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}


def _shaped(value: object, hint: Any) -> object:  # noqa: ANN401 - any annotation
    if value is None:
        return None
    hint = _given(hint)
    places = places_of(hint)
    if places is not None:
        return _units(value, places)
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(plain) is tuple and isinstance(value, list):
        return [_shaped(entry, get_args(plain)[0]) for entry in value]
    if not isinstance(plain, type):
        return value
    if issubclass(plain, Struct):
        return _parts(value, plain)
    return _plain(value, plain)


def _given(hint: Any) -> Any:  # noqa: ANN401 - as above
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(member for member in get_args(hint) if member is not types.NoneType)
    return hint


def _parts(value: object, kind: type[Struct]) -> object:
    """Fields that are null are left to their defaults: the service writes null where it has nothing to say."""
    if not isinstance(value, dict):
        return value
    hints = _hints(kind)
    return {
        name: _shaped(entry, hints[name]) if name in hints else entry
        for name, entry in value.items()
        if entry is not None
    }


def _plain(value: object, plain: type) -> object:
    if plain is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if issubclass(plain, IntEnum) and isinstance(value, str):
        return _member(value, plain)
    if plain is datetime.datetime and isinstance(value, str):
        return _moment(value)
    if plain is bool and isinstance(value, str):
        return value.strip().lower()
    return value


def _units(value: object, places: Places) -> int:
    """A decimal as its integer; digits beyond its places must be zeros."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"{value!r} is not a number")
    scaled = Decimal(value).scaleb(places.most)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{value} has more than {places.most} places")
    return int(scaled)


def _member(text: str, kind: type[IntEnum]) -> int:
    for member in kind:
        if text.strip() in (spelled(member.name), str(member.value)):
            return member.value
    raise ValueError(f"{text!r} is not a known {kind.__name__}")


def _moment(text: str) -> str:
    """JavaScript's spelling as ISO 8601; a time without an offset is left as it is."""
    found = _JAVASCRIPT.fullmatch(text)
    if found is None:
        return text
    return datetime.datetime.fromtimestamp(int(found[1]) / 1000, datetime.UTC).isoformat()


def _told(answer: Struct) -> dict[str, object]:
    """The other way: sums as decimals, enumerations by name."""
    hints = _hints(type(answer))
    told = {}
    for field in msgspec.structs.fields(type(answer)):
        value = getattr(answer, field.name)
        told[field.encode_name] = _told_value(value, _given(hints[field.encode_name]))
    return told


def _told_value(value: Any, hint: Any) -> object:  # noqa: ANN401 - as above
    if value is None:
        return None
    places = places_of(hint)
    if places is not None:
        return float(Decimal(value).scaleb(-places.most))
    if isinstance(value, Struct):
        return _told(value)
    if isinstance(value, tuple):
        return [_told_value(entry, None) for entry in value]
    return spelled(value.name) if isinstance(value, IntEnum) else value
