"""A message: fields in the order in which they came or go, known ones typed, unknown ones kept.

The order means nothing (the maker's own library writes 67 behind 70), so values are looked up by field. A field that
stands twice with different values answers no question: taking either one would be a guess about money.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from transports.smartsale.fields import FIELDS, OPERATION, PAN, Field
from transports.smartsale.frames import encode_frame
from transports.smartsale.values import Malformed, read_items, write_item

Value = TypeVar("Value")
_SHOWN = 40


class Message:
    """Fields as ``(number, bytes)``. Immutable; equal when the same fields stand in the same order."""

    def __init__(self, items: Iterable[tuple[int, bytes]] = ()) -> None:
        self.items = tuple(items)

    @classmethod
    def of(cls, values: dict[Field[Any], Any]) -> "Message":
        """Typed values, those that are None left out; raises Unfit for what the protocol cannot carry."""
        return cls((field.number, field.encode(value)) for field, value in values.items() if value is not None)

    @classmethod
    def decode(cls, body: bytes) -> "Message":
        """The body of a frame; raises :class:`Malformed` where its lengths do not add up."""
        return cls(read_items(body))

    def encode(self) -> bytes:
        """The body of a frame."""
        return b"".join(write_item(number, data) for number, data in self.items)

    def frame(self) -> bytes:
        """A whole frame, as it travels; raises ValueError when it is too long."""
        return encode_frame(self.encode())

    def get(self, field: Field[Value]) -> Value | None:
        """None when the field is missing or empty; raises Malformed for a value that is none, or two values."""
        found = {data for number, data in self.items if number == field.number and data}
        if len(found) > 1:
            raise Malformed(f"field {field.number} stands {len(found)} times with different values")
        try:
            return field.decode(found.pop()) if found else None
        except Malformed as error:
            raise Malformed(f"field {field.number}: {error}") from None

    def raw(self, number: int) -> bytes | None:
        """The bytes of any field, known or not; of its first where it stands twice."""
        return next((data for each, data in self.items if each == number), None)

    def with_value(self, field: Field[Value], value: Value) -> "Message":
        """The same with one field replaced where it stands, or added at the end."""
        data = field.encode(value)
        if self.raw(field.number) is None:
            return Message((*self.items, (field.number, data)))
        return Message((number, data if number == field.number else old) for number, old in self.items)

    @property
    def operation(self) -> int | None:
        """Field 25, what the message is about; raises Malformed."""
        return self.get(OPERATION)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.items == other.items

    def __hash__(self) -> int:
        return hash(self.items)

    def __repr__(self) -> str:
        """For logs: no secret, no bytes of fields that are not known."""
        return f"Message({', '.join(self._shown())})"

    def _shown(self) -> Iterator[str]:
        for number, data in self.items:
            field = FIELDS.get(number)
            yield f"{number}: {len(data)} bytes" if field is None else f"{field.name}={_shown(field, data)}"


def masked_pan(pan: str) -> str:
    """The last four digits of a card's number and nothing else of it."""
    return "*" * max(0, len(pan) - 4) + (pan[-4:] if len(pan) >= 12 else "*" * min(4, len(pan)))


def _shown(field: Field[Any], data: bytes) -> str:
    if field is PAN:
        return masked_pan(PAN.decode(data))
    if field.secret or field.is_opaque:
        return f"<{len(data)} bytes>"
    try:
        return repr(field.decode(data))[:_SHOWN]
    except Malformed as error:
        return f"<{error}>"
