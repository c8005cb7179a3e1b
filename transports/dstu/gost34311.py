"""GOST 34.311-95, the hash of Ukrainian signatures: GOST R 34.11-94 with ДКЕ №1 and a zero start vector.

All that happens in a step besides four encryptions is linear, so pure Python does it by tables: for each byte of a
block the 256-bit value that it becomes after 12 + 62, 62 or 61 turns of the shift register.
"""

import hmac
from collections.abc import Callable, Iterable
from functools import cache, partial, reduce
from operator import getitem, xor
from struct import Struct
from typing import NamedTuple

from transports.dstu.backend import NATIVE
from transports.dstu.gost28147 import DKE1, block, forward, tables

SIZE = BLOCK = 32
_HALVES = Struct("<2I")
_C3 = bytes.fromhex("00ff00ff00ff00ffff00ff00ff00ff0000ffff00ff0000ffff000000ffff00ff")
_EVERY_BYTE = [slice(at, None, 8) for at in range(8)]
_ALL = (1 << 256) - 1
_LINEAR_C3 = int.from_bytes(_C3, "little")


def gost34311(data: bytes, sbox: bytes = DKE1) -> bytes:
    """The digest, 32 bytes."""
    if NATIVE:
        return bytes(NATIVE.gost34311(data, sbox))
    return in_python(data, sbox)


def hmac_gost34311(key: bytes, data: bytes) -> bytes:
    """HMAC over this hash, whose block has 32 bytes."""
    key = key.ljust(BLOCK, b"\0") if len(key) <= BLOCK else gost34311(key)
    inner = gost34311(key.translate(_INNER) + data)
    return gost34311(key.translate(_OUTER) + inner)


def pbkdf2(password: bytes, salt: bytes, iterations: int, size: int = SIZE) -> bytes:
    """PBKDF2 (RFC 8018, 5.2) over that HMAC."""
    parts = -(-size // SIZE)
    return b"".join(_pbkdf2_part(password, salt, iterations, number) for number in range(1, parts + 1))[:size]


def _pbkdf2_part(password: bytes, salt: bytes, iterations: int, number: int) -> bytes:
    mac = partial(hmac_gost34311, password) if NATIVE else _keyed_in_python(password)
    made = mac(salt + number.to_bytes(4, "big"))
    total = int.from_bytes(made, "big")
    for _ in range(iterations - 1):
        made = mac(made)
        total ^= int.from_bytes(made, "big")
    return total.to_bytes(SIZE, "big")


def _keyed_in_python(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC whose two blocks of key are hashed once, and not for every one of ten thousand rounds."""
    key = key.ljust(BLOCK, b"\0") if len(key) <= BLOCK else in_python(key)
    inner, outer = (_absorbed(_START, key.translate(pad), DKE1) for pad in (_INNER, _OUTER))

    def mac(data: bytes) -> bytes:
        return _finished(_absorbed(outer, _finished(_absorbed(inner, data, DKE1), DKE1), DKE1), DKE1)

    return mac


_INNER = bytes(value ^ 0x36 for value in range(256))
_OUTER = bytes(value ^ 0x5C for value in range(256))
same = hmac.compare_digest


def in_python(data: bytes, sbox: bytes = DKE1) -> bytes:
    """The same without the compiled part."""
    return _finished(_absorbed(_START, data, sbox), sbox)


class _State(NamedTuple):
    chained: int
    total: int
    size: int


_START = _State(0, 0, 0)


def _absorbed(state: _State, data: bytes, sbox: bytes) -> _State:
    """After more data; what came before must have been whole blocks."""
    chained, total, size = state
    for at in range(0, len(data), BLOCK):
        message = int.from_bytes(data[at : at + BLOCK], "little")
        chained = _step(chained, message, sbox)
        total += message
    return _State(chained, total, size + len(data))


def _finished(state: _State, sbox: bytes) -> bytes:
    chained = _step(state.chained, state.size * 8, sbox)
    return _step(chained, state.total & _ALL, sbox).to_bytes(SIZE, "little")


def _step(state: int, message: int, sbox: bytes) -> int:
    made = tables(sbox)
    halves = _HALVES.iter_unpack(state.to_bytes(BLOCK, "little"))
    mixed = b"".join(
        _HALVES.pack(*block(forward(key), made, *pair)) for key, pair in zip(_keys(state, message), halves, strict=True)
    )
    return (
        _linear(74, mixed)
        ^ _linear(62, message.to_bytes(BLOCK, "little"))
        ^ _linear(61, state.to_bytes(BLOCK, "little"))
    )


def _keys(u: int, v: int) -> Iterable[bytes]:
    yield _p(u ^ v)
    for constant in (0, _LINEAR_C3, 0):
        u = _a(u) ^ constant
        v = _a(_a(v))
        yield _p(u ^ v)


def _a(value: int) -> int:
    """(y4, y3, y2, y1) becomes (y1 + y2, y4, y3, y2), y1 the lowest 64 bits."""
    return value >> 64 | ((value ^ value >> 64) & 0xFFFFFFFFFFFFFFFF) << 192


def _p(value: int) -> bytes:
    source = value.to_bytes(BLOCK, "little")
    return b"".join([source[places] for places in _EVERY_BYTE])


def _linear(turns: int, source: bytes) -> int:
    return reduce(xor, map(getitem, _byte_tables(turns), source))


@cache
def _byte_tables(turns: int) -> list[list[int]]:
    bits = [_turned(1 << bit, turns) for bit in range(256)]
    return [_spanned(bits[at : at + 8]) for at in range(0, 256, 8)]


def _spanned(bits: list[int]) -> list[int]:
    """Every sum of these eight."""
    made = [0]
    for bit in bits:
        made += [bit ^ each for each in made]
    return made


def _turned(value: int, turns: int) -> int:
    words = [value >> 16 * at & 0xFFFF for at in range(16)]
    for _ in range(turns):
        words = [*words[1:], words[0] ^ words[1] ^ words[2] ^ words[3] ^ words[12] ^ words[15]]
    return sum(word << 16 * at for at, word in enumerate(words))
