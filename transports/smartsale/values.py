"""Single values: numbers, texts and bytes, and the ``id | length | data`` items that carry them.

``encode`` raises :class:`Unfit` for a value that the protocol cannot carry, ``decode`` raises :class:`Malformed` for
bytes that cannot be what they claim. Numbers are ASCII decimal; terminals pad them with zeros, so they are compared as
numbers and never as text.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

Value = TypeVar("Value")
ENCODING = "cp1251"
_DIGITS = 18
_ITEM = 3


class Unfit(ValueError):
    """A value that the protocol cannot carry; ``expected`` says what it can."""

    def __init__(self, message: str, expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected


class Malformed(ValueError):
    """Bytes that cannot be what they claim. The message never shows them."""


class Codec(Generic[Value]):
    """One kind of value."""

    def encode(self, value: Value) -> bytes:
        raise NotImplementedError

    def decode(self, data: bytes) -> Value:
        raise NotImplementedError


class Number(Codec[int]):
    """A decimal without sign of up to ``digits`` digits. Padding in front (zeros) or around (spaces, NUL) is read."""

    def __init__(self, digits: int = _DIGITS) -> None:
        self._digits = digits

    def encode(self, value: int) -> bytes:
        if not 0 <= value < 10**self._digits:
            raise Unfit(f"{value} is out of range", f"0…{10**self._digits - 1}")
        return str(value).encode()

    def decode(self, data: bytes) -> int:
        digits = data.strip(b" \0")
        if not digits.isdigit():
            raise Malformed("not a decimal number")
        significant = digits.lstrip(b"0")
        if len(significant) > _DIGITS:
            raise Malformed(f"a number of {len(significant)} digits")
        return int(significant or b"0")


class Text(Codec[str]):
    """CP1251. What that code page lacks is refused when sent; the one byte that it leaves free is read as U+FFFD."""

    def encode(self, value: str) -> bytes:
        try:
            return value.encode(ENCODING)
        except UnicodeEncodeError as error:
            raise Unfit(f"{value[error.start]!r} cannot be sent", "characters of CP1251") from None

    def decode(self, data: bytes) -> str:
        return data.decode(ENCODING, "replace").rstrip("\0")


class Opaque(Codec[bytes]):
    """Bytes that are not ours to read."""

    def encode(self, value: bytes) -> bytes:
        return value

    def decode(self, data: bytes) -> bytes:
        return data


def read_items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """``id (1) | length (2, little-endian) | data`` one after another; raises :class:`Malformed` where they do not end
    with the bytes.
    """
    at = 0
    while at < len(data):
        end = at + _ITEM + int.from_bytes(data[at + 1 : at + _ITEM], "little")
        if at + _ITEM > len(data) or end > len(data):
            raise Malformed(f"field {data[at]} is longer than what is left")
        yield data[at], data[at + _ITEM : end]
        at = end


def write_item(number: int, data: bytes) -> bytes:
    """Raises :class:`Unfit` for data that its two bytes of length cannot count."""
    if len(data) > 0xFFFF:
        raise Unfit(f"field {number} takes {len(data)} bytes", "at most 65535 bytes")
    return bytes((number,)) + len(data).to_bytes(2, "little") + data
