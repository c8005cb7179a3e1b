"""Single values: numbers, dates and texts as bytes.

Each codec turns one value both ways. ``encode`` raises :class:`Unfit` for a value that the protocol cannot carry,
``decode`` raises :class:`Malformed` for bytes that cannot be what they claim. ``size`` is the fixed number of bytes,
None where the value takes whatever is left. The aliases at the end annotate the fields of command structs.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Generic, TypeVar

from transports.terminalfa.text import NotEncodable, decode_text, encode_text

Value = TypeVar("Value")
_POWERS: tuple[int, ...] = tuple(10**power for power in range(16))


class Unfit(ValueError):
    """A value that the protocol cannot carry; ``expected`` says what it can."""

    def __init__(self, message: str, expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected


class Malformed(ValueError):
    """Bytes that cannot be what they claim."""


class Missing(Malformed):
    """Something that must be there is not."""


class Codec(Generic[Value]):
    """One kind of value. ``size`` None: as many bytes as there are."""

    size: int | None = None

    def encode(self, value: Value) -> bytes:
        raise NotImplementedError

    def decode(self, data: bytes) -> Value:
        raise NotImplementedError

    def _demand_size(self, data: bytes) -> None:
        if len(data) != self.size:
            raise Malformed(f"{len(data)} bytes, expected {self.size}")


class Uint(Codec[int]):
    """An unsigned little-endian number of fixed size."""

    def __init__(self, size: int) -> None:
        self.size: int = size

    def encode(self, value: int) -> bytes:
        try:
            return value.to_bytes(self.size, "little")
        except OverflowError:
            raise Unfit(f"{value} is out of range", f"0…{256**self.size - 1}") from None

    def decode(self, data: bytes) -> int:
        self._demand_size(data)
        return int.from_bytes(data, "little")


class Flag(Codec[bool]):
    """One byte, 00 or 01."""

    size = 1

    def encode(self, value: bool) -> bytes:
        return b"\1" if value else b"\0"

    def decode(self, data: bytes) -> bool:
        self._demand_size(data)
        return data != b"\0"


class Vln(Codec[int]):
    """An unsigned little-endian number of minimal length; zero is one byte. Zero-padded longer ones are read too."""

    def __init__(self, limit: int = 6) -> None:
        self.limit = limit

    def encode(self, value: int) -> bytes:
        if not 0 <= value < 256**self.limit:
            raise Unfit(f"{value} is out of range", f"0…{256**self.limit - 1}")
        return value.to_bytes((value.bit_length() + 7) // 8 or 1, "little")

    def decode(self, data: bytes) -> int:
        if not data or any(data[self.limit :]):
            raise Malformed(f"{len(data)} bytes, expected 1…{self.limit}")
        return int.from_bytes(data, "little")


class Fvln(Codec[int]):
    """A decimal in thousandths on our side: places after the point in the first byte, then a VLN mantissa.

    More than three places can come only from someone else's document; they are rounded half up.
    """

    def __init__(self, limit: int = 8) -> None:
        self._mantissa = Vln(limit - 1)

    def encode(self, value: int) -> bytes:
        places = 3
        while places and value % 10 == 0:
            value //= 10
            places -= 1
        return bytes((places,)) + self._mantissa.encode(value)

    def decode(self, data: bytes) -> int:
        if len(data) < 2 or data[0] > 18:
            raise Malformed(f"not a decimal: {data.hex(' ')}")
        mantissa, places = self._mantissa.decode(data[1:]), data[0]
        if places <= 3:
            return mantissa * _POWERS[3 - places]
        divisor = _POWERS[places - 3]
        return (mantissa + divisor // 2) // divisor


class Dt5(Codec[datetime | None]):
    """Local date and time to the minute; five zero bytes, or no possible date, are None."""

    size = 5

    def encode(self, value: datetime | None) -> bytes:
        if value is None:
            return bytes(5)
        return bytes((_short_year(value), value.month, value.day, value.hour, value.minute))

    def decode(self, data: bytes) -> datetime | None:
        self._demand_size(data)
        try:
            return datetime(2000 + data[0], data[1], data[2], data[3], data[4])
        except ValueError:
            return None


class Date3(Codec[date | None]):
    """A date; three zero bytes, or no possible date, are None."""

    size = 3

    def encode(self, value: date | None) -> bytes:
        return bytes(3) if value is None else bytes((_short_year(value), value.month, value.day))

    def decode(self, data: bytes) -> date | None:
        self._demand_size(data)
        try:
            return date(2000 + data[0], data[1], data[2])
        except ValueError:
            return None


class UnixTime(Codec[datetime]):
    """Local wall-clock time, written as if it were UTC: that is how every client fills it."""

    size = 4

    def encode(self, value: datetime) -> bytes:
        return Uint(4).encode(int(value.replace(tzinfo=UTC).timestamp()))

    def decode(self, data: bytes) -> datetime:
        self._demand_size(data)
        return datetime.fromtimestamp(int.from_bytes(data, "little"), UTC).replace(tzinfo=None)


class UnixDate(Codec[date]):
    """A date as the UnixTime of its midnight."""

    size = 4

    def encode(self, value: date) -> bytes:
        return UnixTime().encode(datetime(value.year, value.month, value.day))

    def decode(self, data: bytes) -> date:
        return UnixTime().decode(data).date()


class Text(Codec[str]):
    """CP866 text of ``minimum``…``limit`` bytes. The limit binds us; a longer text is read as it came."""

    def __init__(self, limit: int, minimum: int = 0) -> None:
        self.limit = limit
        self.minimum = minimum

    def encode(self, value: str) -> bytes:
        data = encoded(value)
        if not self.minimum <= len(data) <= self.limit:
            raise Unfit(f"takes {len(data)} bytes on this register", f"{self.minimum}…{self.limit} bytes in CP866")
        return data

    def decode(self, data: bytes) -> str:
        return decode_text(data)


class Padded(Codec[str]):
    """Text of fixed size, padded with spaces on the right (ИНН, РНМ, serial numbers)."""

    def __init__(self, size: int) -> None:
        self.size: int = size

    def encode(self, value: str) -> bytes:
        data = encoded(value)
        if len(data) > self.size:
            raise Unfit(f"takes {len(data)} bytes on this register", f"at most {self.size} bytes in CP866")
        return data.ljust(self.size)

    def decode(self, data: bytes) -> str:
        self._demand_size(data)
        return decode_text(data).rstrip(" \0")


class Raw(Codec[bytes]):
    """Bytes that the protocol does not explain."""

    def __init__(self, size: int | None = None) -> None:
        self.size = size

    def encode(self, value: bytes) -> bytes:
        if self.size not in (None, len(value)):
            raise Unfit(f"{len(value)} bytes", f"{self.size} bytes")
        return value

    def decode(self, data: bytes) -> bytes:
        if self.size is not None:
            self._demand_size(data)
        return data


class Ipv4(Codec[str]):
    """An address in network order: the maker's document says little-endian, live drivers read big-endian."""

    size = 4

    def encode(self, value: str) -> bytes:
        parts = value.split(".")
        if len(parts) != 4 or not all(part.isdecimal() and int(part) < 256 for part in parts):
            raise Unfit(f"{value!r} is no address", "four numbers with dots")
        return bytes(map(int, parts))

    def decode(self, data: bytes) -> str:
        self._demand_size(data)
        return ".".join(map(str, data))


def encoded(text: str) -> bytes:
    """CP866 bytes; raises :class:`Unfit` and not the text module's own error."""
    try:
        return encode_text(text)
    except NotEncodable as error:
        raise Unfit(str(error), "characters of CP866 or with a substitute") from error


def _short_year(value: date) -> int:
    if not 2000 <= value.year <= 2255:
        raise Unfit(f"year {value.year} is out of range", "2000…2255")
    return value.year - 2000


U8 = Annotated[int, Uint(1)]
U16 = Annotated[int, Uint(2)]
U32 = Annotated[int, Uint(4)]
U40 = Annotated[int, Uint(5)]
Bool = Annotated[bool, Flag()]
Money = Annotated[int, Vln()]
Moment = Annotated[datetime | None, Dt5()]
Day = Annotated[date | None, Date3()]
Inn = Annotated[str, Padded(12)]
Rnm = Annotated[str, Padded(20)]
AnyText = Annotated[str, Text(1023)]
Bytes = Annotated[bytes, Raw()]
Address = Annotated[str, Ipv4()]
