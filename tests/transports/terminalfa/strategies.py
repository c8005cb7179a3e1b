"""Hypothesis strategies for any struct of the protocol, drawn from its own layout."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from transports.terminalfa.commands.printing import BufferLine
from transports.terminalfa.layouts import Nested, Slot, Wire, slots
from transports.terminalfa.values import (
    Codec,
    Date3,
    Dt5,
    Flag,
    Fvln,
    Ipv4,
    Padded,
    Raw,
    Text,
    Uint,
    UnixDate,
    UnixTime,
    Vln,
)

LETTERS = "".join(bytes((code,)).decode("cp866") for code in (*range(0x21, 0x7F), *range(0x80, 0xFF)))


def texts(longest: int, shortest: int = 0) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=shortest, max_size=min(longest, 40))


def _minutes() -> st.SearchStrategy[datetime]:
    span = datetime(2256, 1, 1) - datetime(2000, 1, 1)
    return st.integers(0, int(span.total_seconds()) // 60 - 1).map(
        lambda minutes: datetime(2000, 1, 1) + timedelta(minutes=minutes)
    )


def values(codec: Codec[Any]) -> st.SearchStrategy[Any]:
    """Values that survive the journey there and back unchanged."""
    match codec:
        case Uint():
            return st.integers(0, 256**codec.size - 1)
        case Vln():
            return st.integers(0, 256**codec.limit - 1)
        case Fvln():
            return st.integers(0, 256**7 - 1)
        case Padded():
            return texts(codec.size, 1)
        case Text():
            return texts(codec.limit, max(1, codec.minimum))
        case Raw():
            return st.binary(min_size=codec.size or 1, max_size=codec.size or 60)
        case Nested():
            return wires(codec.inner).filter(lambda inner: inner.encode() != b"")  # empty is missing
        case _:
            return _PLAIN[type(codec)]()


_PLAIN: dict[type[Codec[Any]], Callable[[], st.SearchStrategy[Any]]] = {
    Flag: st.booleans,
    Dt5: _minutes,
    Date3: lambda: st.dates(date(2000, 1, 1), date(2255, 12, 31)),
    UnixDate: lambda: st.dates(date(1970, 1, 1), date(2106, 2, 6)),
    UnixTime: lambda: st.datetimes(datetime(1970, 1, 1), datetime(2106, 2, 6)).map(
        lambda at: at.replace(microsecond=0)
    ),
    Ipv4: lambda: st.ip_addresses(v=4).map(str),
}


@cache
def wires(layout: type[Wire]) -> st.SearchStrategy[Any]:
    """Any instance of a struct. Optional places are given from the front: a gap cannot be told on the wire."""
    fields = slots(layout)
    placed = [slot for slot in fields if slot.optional and not slot.tag]
    given = st.integers(0, len(placed)).map(lambda count: {slot.name for slot in placed[:count]})
    return given.flatmap(lambda names: st.builds(layout, **{slot.name: _field(slot, names) for slot in fields}))


def _field(slot: Slot, given: set[str]) -> st.SearchStrategy[Any]:
    if "Lines" in type(slot.codec).__name__:
        return st.lists(wires(BufferLine), max_size=3).map(tuple)
    if not slot.optional:
        return values(slot.codec)
    if slot.tag:
        return st.none() | values(slot.codec)
    return values(slot.codec) if slot.name in given else st.none()
