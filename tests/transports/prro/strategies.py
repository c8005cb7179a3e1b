"""Hypothesis strategies for every struct of the tax service's documents, drawn from the structs themselves."""

from collections.abc import Callable
from datetime import date, datetime, time
from enum import IntEnum
from functools import cache
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from transports.prro.layouts import Slot, slots
from transports.prro.values import CLOCK, DAY, MOMENT, Choice, Codec, Decimal, Truth, Whole, Words

Kind = TypeVar("Kind", bound=Struct)
LETTERS = "".join(
    letter
    for code in (0x09, 0x0A, 0x0D, *range(0x20, 0x7F), *range(0x80, 0x98), *range(0x99, 0x100))
    for letter in bytes((code,)).decode("windows-1251")
)
_TINS = st.sampled_from(["12345", "12345678", "1234567890", "АБ123456"])
_PATTERNED = {
    "TIN": _TINS,
    "IPN": st.sampled_from(["0", "123456", "123456789012", "ЄЯ123456"]),
    "RECIPIENTIPN": st.just("0"),
    "PAYERIPN": st.just("702189118289"),
    "UKTZED": st.sampled_from(["2008999100", "20089991", "200899", "00123", "2008"]),
    "DKPP": st.sampled_from(["11.22", "11.22.3", "11.22.33", "11.22.33-4", "11.22.33-44", "11.22.33-44.55"]),
}


def texts(longest: int | None) -> st.SearchStrategy[str]:
    return st.text(LETTERS, max_size=min(longest or 20, 20))


def _moments() -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)).map(lambda moment: moment.replace(microsecond=0))


def values(slot: Slot) -> st.SearchStrategy[Any]:
    codec = slot.codec
    if slot.element in _PATTERNED:
        return _PATTERNED[slot.element]
    match codec:
        case Words():
            return texts(codec._longest)
        case Whole():
            return st.integers(codec._least if codec._least is not None else -9, codec._most or 10**12)
        case Decimal():
            return st.integers(-(10**15) + 1, 10**15 - 1)
        case Choice():
            kinds: type[IntEnum] = codec._kind
            return st.sampled_from(list(kinds))
        case Truth():
            return st.booleans()
    assert codec is not None
    return _STAMPS[codec]()


_STAMPS: dict[Codec, Callable[[], st.SearchStrategy[date | time]]] = {
    MOMENT: _moments,
    DAY: lambda: st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    CLOCK: lambda: st.times().map(lambda clock: clock.replace(microsecond=0)),
}


@cache
def structs(kind: type[Kind]) -> st.SearchStrategy[Kind]:
    """Any value of a struct that its schema allows."""
    required = {slot.attribute: _slot(slot) for slot in slots(kind) if slot.required}
    optional = {slot.attribute: _slot(slot) for slot in slots(kind) if not slot.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda found: _choice(kind(**found)))


def _slot(slot: Slot) -> st.SearchStrategy[Any]:
    if slot.part is not None:
        return structs(slot.part)
    if slot.rows is not None:
        return st.lists(structs(slot.rows), min_size=1, max_size=2).map(tuple)
    return values(slot)


def _choice(part: Kind) -> Kind:
    """UKTZED and DKPP exclude each other."""
    if getattr(part, "uktzed", None) is not None and getattr(part, "dkpp", None) is not None:
        return msgspec.structs.replace(part, dkpp=None)
    return part
