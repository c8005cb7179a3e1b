"""Structs of values: a command's data is described once, by the annotations of its struct.

A field annotated with a codec stands at its place (``fd: U32``); a field annotated with a :class:`Tag` is a TLV. A
field that may be None is optional: at the end of a positional layout it may be missing (old firmware), as a TLV it is
left out. An empty optional TLV is read as None, because drivers send empty TLVs for what they do not have.
"""

import types
import typing
from functools import cache
from typing import Any, NamedTuple, Self

import msgspec
from msgspec import Struct

from transports.terminalfa.tlv import decode_tlvs, encode_tlv
from transports.terminalfa.values import Codec, Malformed, Missing, Unfit, Value


class Tag:
    """Marks a field as the TLV ``tag`` with a value of ``codec``."""

    def __init__(self, tag: int, codec: Codec[Any]) -> None:
        self.tag = tag
        self.codec = codec


class Fault(NamedTuple):
    """A field that cannot be carried: its name (dots into nested structs), what is wrong, what was expected."""

    field: str
    message: str
    expected: str


class Slot(Struct, frozen=True):
    """One field of a layout; ``tag`` 0 is a place, not a TLV. ``optional``: None is not sent."""

    name: str
    codec: Any
    tag: int
    optional: bool
    required: bool

    def encode(self, value: object) -> bytes:
        data: bytes = self.codec.encode(value)
        return encode_tlv(self.tag, data) if self.tag else data


class Wire(Struct, frozen=True):
    """A struct that knows its bytes."""

    def encode(self) -> bytes:
        """The bytes of all fields; raises :class:`Unfit`."""
        pieces = []
        for slot in slots(type(self)):
            value = getattr(self, slot.name)
            if value is not None or not slot.optional:
                pieces.append(slot.encode(value))
        return b"".join(pieces)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Raises :class:`Malformed` when ``data`` cannot be of this layout."""
        layout = slots(cls)
        if layout and layout[0].tag:
            return cls(**_tagged(layout, data))
        return cls(**_placed(layout, data))

    def faults(self) -> list[Fault]:
        """Everything that keeps this struct from being encoded."""
        return [fault for slot in slots(type(self)) for fault in _faults(slot, getattr(self, slot.name))]


class Nested(Codec[Value]):
    """A value that is a struct of TLVs itself (STLV)."""

    def __init__(self, inner: type[Value]) -> None:
        assert issubclass(inner, Wire)
        self.inner: Any = inner

    def encode(self, value: Value) -> bytes:
        data: bytes = typing.cast("Any", value).encode()
        return data

    def decode(self, data: bytes) -> Value:
        value: Value = self.inner.decode(data)
        return value


@cache
def slots(layout: type[Wire]) -> tuple[Slot, ...]:
    """The fields of a struct in the order of their bytes."""
    hints = typing.get_type_hints(layout, include_extras=True)
    return tuple(_slot(field, hints[field.name]) for field in msgspec.structs.fields(layout))


def _slot(field: msgspec.structs.FieldInfo, hint: object) -> Slot:
    parts = typing.get_args(hint) if typing.get_origin(hint) in (types.UnionType, typing.Union) else (hint,)
    mark = next(meta for part in parts for meta in getattr(part, "__metadata__", ()))
    optional = types.NoneType in parts
    if isinstance(mark, Tag):
        return Slot(field.name, mark.codec, mark.tag, optional, field.required)
    return Slot(field.name, mark, 0, optional, field.required)


def _placed(layout: tuple[Slot, ...], data: bytes) -> dict[str, Any]:
    """Values by place. What is left over, or missing from a field that is not optional, makes it another layout."""
    values: dict[str, Any] = {}
    position = 0
    for slot in layout:
        if slot.optional and position == len(data):
            break
        end = len(data) if slot.codec.size is None else position + slot.codec.size
        values[slot.name] = slot.codec.decode(data[position:end])
        position = end
    if position < len(data):
        raise Malformed(f"{len(data)} bytes where {position} are possible")
    return values


def _tagged(layout: tuple[Slot, ...], data: bytes) -> dict[str, Any]:
    """Values by tag; tags that we do not know are passed over."""
    found = {tlv.tag: tlv.value for tlv in decode_tlvs(data) if tlv.value}
    values = {slot.name: slot.codec.decode(found[slot.tag]) for slot in layout if slot.tag in found}
    for slot in layout:
        if slot.required and slot.name not in values:
            raise Missing(f"no tag {slot.tag}")
    return values


def _faults(slot: Slot, value: object) -> list[Fault]:
    if value is None and slot.optional:
        return []
    if isinstance(value, Wire):
        return [fault._replace(field=f"{slot.name}.{fault.field}") for fault in value.faults()]
    try:
        slot.codec.encode(value)
    except Unfit as unfit:
        return [Fault(slot.name, unfit.message, unfit.expected)]
    return []
