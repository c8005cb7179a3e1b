"""DER by hand, for what is written often and always alike.

A signature's envelope is a few dozen tags around values that are mostly constant for a key; building it through a
general ASN.1 library would take several times as long as signing. Reading what strangers made is asn1crypto's work.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from transports.dstu.errors import Malformed

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, UTF8 = 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    return tlv(SEQUENCE, b"".join(parts))


def set_of(parts: Iterable[bytes]) -> bytes:
    """In DER's order: that of the encodings."""
    return tlv(SET, b"".join(sorted(parts)))


def inside(number: int, *parts: bytes) -> bytes:
    """Constructed, context tag ``[number]``: explicit around whole values, implicit around their contents."""
    return tlv(0xA0 | number, b"".join(parts))


def integer(value: int) -> bytes:
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def octets(value: bytes) -> bytes:
    return tlv(OCTET_STRING, value)


def bits(value: bytes) -> bytes:
    return tlv(BIT_STRING, b"\0" + value)


def null() -> bytes:
    return tlv(NULL, b"")


def text(value: str) -> bytes:
    return tlv(UTF8, value.encode())


@cache
def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    return tlv(OID, b"".join(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(arc & 0x7F | 0x80)
    return bytes(reversed(digits))


def time(moment: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime after that (RFC 5652, 11.3). ``moment`` is in UTC; parts of seconds go."""
    if 1950 <= moment.year < 2050:
        return tlv(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(moment)


def generalized_time(moment: datetime) -> bytes:
    return tlv(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    return sequence(oid(dotted), parameters)


def attribute(dotted: str, *values: bytes) -> bytes:
    return sequence(oid(dotted), set_of(values))


def parts(encoded: bytes) -> list[bytes]:
    """The values inside a constructed one, each with its tag. ``encoded`` must be one whole value in DER."""
    start, end = _frame(encoded, 0)
    if end != len(encoded):
        raise Malformed("not DER: something follows the value")
    found = []
    while start < end:
        _, after = _frame(encoded, start)
        if after > end:
            raise Malformed("not DER: a value reaches over its frame")
        found.append(encoded[start:after])
        start = after
    return found


def content(encoded: bytes) -> bytes:
    """What is inside one value."""
    start, end = _frame(encoded, 0)
    if end != len(encoded):
        raise Malformed("not DER: something follows the value")
    return encoded[start:end]


def _frame(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the value at ``at`` begins and ends."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise Malformed("not DER: a value without a length, or a tag of several bytes")
    size, start = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        if not 0 < count <= 4 or start + count > len(data):
            raise Malformed("not DER: an indefinite or impossible length")
        size, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + size > len(data):
        raise Malformed("not DER: cut off")
    return start, start + size
