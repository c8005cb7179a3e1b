"""GOST 28147-89, the block cipher under the hash and under the key containers, with any S-box.

A block has 8 bytes, a key 32, everything little-endian. Pure Python uses two tables of 65,536 entries for each S-box,
which hold the substitution and the turn by 11 bits; they are made when an S-box is first met (some 40 ms).
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from struct import Struct

from transports.dstu.backend import NATIVE

BLOCK, KEY = 8, 32
NO_IV = bytes(BLOCK)
DKE1 = bytes.fromhex(
    "a9d6eb45f13c708280c4967b231f5eadf658eba4c037291d38d96bf025ca4e17"
    "f8e9720dc615b43a28975f0bc1dea36438b564ea2c179fd0123e6db8fac57904"
)
"""ДКЕ №1: eight rows of sixteen entries, two in a byte, the row of the lowest nibble first."""

Tables = tuple[list[int], list[int]]
KeyWords = tuple[int, ...]
_KEY_WORDS, _HALVES = Struct("<8I"), Struct("<2I")


def ecb_encrypt(key: bytes, data: bytes, sbox: bytes = DKE1) -> bytes:
    """Whole blocks, each by itself. ValueError for other lengths."""
    _check(key, sbox, NO_IV, len(data) % BLOCK)
    if NATIVE:
        return bytes(NATIVE.ecb_encrypt(key, sbox, NO_IV, data))
    return _each_block(forward(key), data, sbox)


def ecb_decrypt(key: bytes, data: bytes, sbox: bytes = DKE1) -> bytes:
    _check(key, sbox, NO_IV, len(data) % BLOCK)
    if NATIVE:
        return bytes(NATIVE.ecb_decrypt(key, sbox, NO_IV, data))
    return _each_block(backward(key), data, sbox)


def cfb_encrypt(key: bytes, iv: bytes, data: bytes, sbox: bytes = DKE1) -> bytes:
    """Cipher feedback; ``data`` of any length."""
    _check(key, sbox, iv)
    if NATIVE:
        return bytes(NATIVE.cfb_encrypt(key, sbox, iv, data))
    return _feedback(key, iv, data, sbox, lambda given, made: made)


def cfb_decrypt(key: bytes, iv: bytes, data: bytes, sbox: bytes = DKE1) -> bytes:
    _check(key, sbox, iv)
    if NATIVE:
        return bytes(NATIVE.cfb_decrypt(key, sbox, iv, data))
    return _feedback(key, iv, data, sbox, lambda given, made: given)


def _check(key: bytes, sbox: bytes, iv: bytes, rest: int = 0) -> None:
    if (len(key), len(sbox), len(iv), rest) != (KEY, 64, BLOCK, 0):
        raise ValueError("a key has 32 bytes, an S-box 64, a block and a start value 8")


@lru_cache(maxsize=8)
def tables(sbox: bytes) -> Tables:
    """For the lower and the upper halfword of a sum: what they become, already turned.

    The upper one is there twice, for sums that carry into the next bit: cheaper than cutting them off.
    """
    rows = [[entry for both in sbox[at : at + 8] for entry in (both >> 4, both & 15)] for at in range(0, 64, 8)]
    nibbles = [[_turned(value << 4 * place) for value in row] for place, row in enumerate(rows)]
    return _halfword(nibbles[:4]), _halfword(nibbles[4:]) * 2


def _halfword(nibbles: list[list[int]]) -> list[int]:
    low = [a | b for b in nibbles[1] for a in nibbles[0]]
    high = [a | b for b in nibbles[3] for a in nibbles[2]]
    return [a | b for b in high for a in low]


def _turned(word: int) -> int:
    return (word << 11 | word >> 21) & 0xFFFFFFFF


def forward(key: bytes) -> KeyWords:
    """The order of the key's words in encryption."""
    words = _KEY_WORDS.unpack(key)
    return (*words * 3, *reversed(words))


def backward(key: bytes) -> KeyWords:
    words = _KEY_WORDS.unpack(key)
    return (*words, *tuple(reversed(words)) * 3)


def block(schedule: KeyWords, made: Tables, low: int, high: int) -> tuple[int, int]:
    """One block as two halves."""
    lower, upper = made
    pairs = iter(schedule)
    for first, second in zip(pairs, pairs, strict=True):
        turn = low + first
        high ^= lower[turn & 0xFFFF] ^ upper[turn >> 16]
        turn = high + second
        low ^= lower[turn & 0xFFFF] ^ upper[turn >> 16]
    return high, low


def _each_block(schedule: KeyWords, data: bytes, sbox: bytes) -> bytes:
    made = tables(sbox)
    return b"".join(_HALVES.pack(*block(schedule, made, *halves)) for halves in _HALVES.iter_unpack(data))


def _feedback(key: bytes, iv: bytes, data: bytes, sbox: bytes, fed: Callable[[bytes, bytes], bytes]) -> bytes:
    return bytes(chain.from_iterable(_feedback_blocks(forward(key), iv, data, tables(sbox), fed)))


def _feedback_blocks(
    schedule: KeyWords, iv: bytes, data: bytes, made: Tables, fed: Callable[[bytes, bytes], bytes]
) -> Iterator[bytes]:
    for at in range(0, len(data), BLOCK):
        given = data[at : at + BLOCK]
        gamma = _HALVES.pack(*block(schedule, made, *_HALVES.unpack(iv)))
        result = bytes(one ^ other for one, other in zip(given, gamma, strict=False))
        yield result
        iv = fed(given, result)  # a short block is the last one
