"""Compressed bodies: after signing on the way out, before anything else on the way in, and never beyond a bound.

Real gzip is sent. One client sends zlib's format under that name, so a reader goes by the bytes, not by the label.
"""

import gzip
import zlib

KNOWN = frozenset({"gzip", "deflate"})
_EITHER = 32 + zlib.MAX_WBITS


class TooLarge(Exception):
    """More bytes come out than are allowed."""


class NotCompressed(Exception):
    """Bytes that no known compression made, or half of what one made."""


def compress(data: bytes) -> bytes:
    """As ``Content-Encoding: gzip``; the same bytes for the same data."""
    return gzip.compress(data, 6, mtime=0)


def decompress(data: bytes, most: int) -> bytes:
    """gzip, zlib or bare deflate, at most ``most`` bytes of it."""
    try:
        return _inflate(data, _EITHER, most)
    except zlib.error:
        pass
    try:
        return _inflate(data, -zlib.MAX_WBITS, most)
    except zlib.error as error:
        raise NotCompressed(str(error)) from None


def _inflate(data: bytes, window: int, most: int) -> bytes:
    machine = zlib.decompressobj(window)
    plain = machine.decompress(data, most + 1)
    if len(plain) > most:
        raise TooLarge(f"more than {most} bytes")
    if not machine.eof:
        raise NotCompressed("the end is missing")
    return plain
