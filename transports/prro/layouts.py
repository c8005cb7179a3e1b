"""From a struct to its element: which child comes where, and how its value is spelled.

Everything is read from the struct itself, once: the order of its fields is the order of the schema, the name of a
field is its element, its annotation is its kind of value. So a document can neither be written nor read in a way that
its struct does not say.
"""

import types
from datetime import date, datetime, time
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from schemas.prro_values import Places
from transports.prro.values import CLOCK, DAY, MOMENT, Choice, Codec, Decimal, Truth, Whole, Words


class Slot(NamedTuple):
    """A child element: a value (``codec``), one part (``part``), or rows of one kind (``rows``)."""

    attribute: str
    element: str
    required: bool
    codec: Codec | None = None
    part: type[Struct] | None = None
    rows: type[Struct] | None = None
    least: int = 0


@cache
def slots(kind: type[Struct]) -> tuple[Slot, ...]:
    """The children of a struct's element, in their order."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        _slot(field.name, field.encode_name, field.required, hints[field.name])
        for field in msgspec.structs.fields(kind)
    )


def _slot(attribute: str, element: str, required: bool, hint: Any) -> Slot:  # noqa: ANN401 - any annotation
    hint = _given(hint)
    plain, meta = _noted(hint)
    if get_origin(plain) is tuple:
        return Slot(attribute, element, required, rows=get_args(plain)[0], least=meta.min_length or 0)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return Slot(attribute, element, required, part=hint)
    return Slot(attribute, element, required, codec=_codec(hint))


def _given(hint: Any) -> Any:  # noqa: ANN401 - as above
    """``X`` of ``X | None``."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (member for member in get_args(hint) if member is not types.NoneType)
    return hint


def _codec(hint: Any) -> Codec:  # noqa: ANN401 - as above
    plain, meta = _noted(hint)
    if issubclass(plain, IntEnum):
        return Choice(plain)
    places = places_of(hint)
    if places is not None:
        return Decimal(places.most, exact=places.exact, limit=int(meta.le or 0))
    if plain is int:
        return Whole(_whole(meta.ge), _whole(meta.le))
    if plain is str:
        return Words(meta.max_length, meta.pattern)
    return _PLAIN[plain]


def _noted(hint: Any) -> tuple[Any, Meta]:  # noqa: ANN401 - as above
    """The plain type of an annotation, and its limits."""
    plain, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    return plain, next((note for note in notes if isinstance(note, Meta)), Meta())


def places_of(hint: Any) -> Places | None:  # noqa: ANN401 - as above
    """Where the decimal point of a value stands, None when it is no decimal."""
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((note for note in notes if isinstance(note, Places)), None)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


_PLAIN: dict[type, Codec] = {bool: Truth(), datetime: MOMENT, date: DAY, time: CLOCK}
