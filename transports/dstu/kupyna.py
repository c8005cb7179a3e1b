"""Kupyna-256 (DSTU 7564:2014), the newer hash of Ukrainian signatures: by dstu_core, or in Python without it.

The state is eight columns of eight bytes. Python keeps a column in one integer, and does the substitution, the shift of
rows and the mixing of columns of a round at once: by a table for each row of what one byte adds to its column.
"""

from functools import cache

from transports.dstu.backend import CORE

_ROUNDS, _BLOCK = 10, 64
_MIXING = (0x01, 0x01, 0x05, 0x01, 0x08, 0x06, 0x07, 0x04)
_POLYNOMIAL = 0x11D
_MASK = (1 << 64) - 1
_BOXES = tuple(
    bytes.fromhex(text)
    for text in (
        "a8435f066b756c5971df879517f0d8096df31dcbc94d2caf79e097fd6f4b45393edda34fb4b69a0e1fbf15e149d293c6"
        "92729e61d163faeef419d5ad58a4bba1dcf2833742e47a329cccab4a8f6e04272ee7e25a9616232bc265660fbca94741"
        "3448fcb76a88a55386f95bdb387bc31e2233242836c7b23b8e77baf5149f08559b4cfe605cda1846cd7d21b03f1b89ff"
        "eb84693a9dd7d3706740b5de5d3091b1781101e5006898a0c502a6742d0ba276b3becebdaee98a311cecf19994aaf626"
        "2fefe88c3503d47ffb05c15e90203d82f7ea0a0d7ef8501ac40757b83c62e3c8ac526410d0d9130c122951b9cfd6738d"
        "8154c0ed4e44a72a8525e6ca7c8b5680",
        "cebbeb92eacb13c1e93ad6b2d29017f8421556b4651c8843c55c36baf557678d31f664589ef422aa750f02b1df6d734d"
        "7c262ef7085d443e9f14c8ae5410d8bc1a6b69f3bd33abfad19b684e169591ee4c638e5bcc3c19a181497bd96f3760ca"
        "e72b48fd9645fc41120d79e5898ce32030dcb76c4ab53f97d4622d06a4a5835f2adac9007ea255bf11d59ccf0e0a3d51"
        "7d931bfec44709860b8f9d6a07b9b0981832714bef3b70a0e440ffc3a9e678f98b46801e38e1b8a8e00c23761d252405"
        "f16e94289a84e8a34f77d385e252f282507a2f7453b361af3935decd1f99acad722cddd087be5ea6ec04c60334fbdb59"
        "b6c201f05aeda766217f8a27c7c029d7",
        "93d99ab5982245fcba6adf029fdc51594a172bc294f4bba362e471d4cd7016e1493cc0d85c9bad8553a17ac82de0d172"
        "a62cc4e37678b7b4093b0e414cdeb29025a5d7031100c32e92ef4e129d7dcb3510d54f9e4da955c6d07b1897d336e648"
        "56818f77cc9cb9e2acb82f15a47cda381e0b05d6146e6c7e66fdb1e560af5e3387c9f05d6d3f888dc7f71de9eced8029"
        "27cf99a8500f3724283095d23e5b4083b369571f071c8abc20ebce8eabee31a273f9ca3a1afb0dc1fefaf26fbd96dd43"
        "52b608f3aebe19893226b0ea4b6484826bf579bf015f75631b233d682a65e891f6ff1358f1470a7fc5a7e7615a064644"
        "4204a0db398654aa8c34218bf80c7467",
        "688dca4d734b4e2ad45226b3541e191f2203463d2d4a5383138ab7d52579f5bd582f0d02ed519e11f23e555ed1163c66"
        "705df34540cce8945608ce1a3ad2e1dfb5386e0ee5f4f986e94fd68523cf32993114aeeec848d330a19241b118c42c71"
        "724415fd37be5faa9b88d8ab899cfa60eabc620c24a6a8ec6720db7c28ddac5b347e10f17b8f63a0059a437721bf2709"
        "c39fb6d729c2ebc0a48b8c1dfbffc1b2972ef865f67507044933e4d9b9d042c76c90008e6f5001c5da473fcd69a2e27a"
        "a7c6930f0a06e62b96a31caf6a128439e7b082f7fe9d875c8135deb4a5fc80efcbbb6b76ba5a7d780b95e3ad74983b36"
        "646ddcf059a94c177f91b8c9571be061",
    )
)


def kupyna256(data: bytes) -> bytes:
    """The digest, 32 bytes."""
    return bytes(CORE.kupyna256(data)) if CORE else in_python(data)


def in_python(data: bytes) -> bytes:
    """The same without dstu_core."""
    padded = data + b"\x80"
    padded += bytes(-(len(padded) + 12) % _BLOCK) + (len(data) * 8).to_bytes(12, "little")
    state = [_BLOCK, *[0] * 7]  # the start vector: the size of the state in bytes
    for at in range(0, len(padded), _BLOCK):
        block = [int.from_bytes(padded[column : column + 8], "little") for column in range(at, at + _BLOCK, 8)]
        added, xored = _permuted_by_sum(block), _permuted_by_xor(_xor(state, block))
        state = _xor(state, _xor(added, xored))
    last = _xor(state, _permuted_by_xor(state))
    return b"".join(column.to_bytes(8, "little") for column in last)[-32:]


def _xor(left: list[int], right: list[int]) -> list[int]:
    return [a ^ b for a, b in zip(left, right, strict=True)]


def _permuted_by_xor(state: list[int]) -> list[int]:
    for number in range(_ROUNDS):
        state = _mixed([column ^ place << 4 ^ number for place, column in enumerate(state)])
    return state


def _permuted_by_sum(state: list[int]) -> list[int]:
    for number in range(_ROUNDS):
        state = _mixed(
            [
                column + (0x00F0F0F0F0F0F0F3 | (7 - place << 4 ^ number) << 56) & _MASK
                for place, column in enumerate(state)
            ]
        )
    return state


def _mixed(state: list[int]) -> list[int]:
    """Row r moves r columns on; then each byte goes through its box and into its column's sums."""
    t0, t1, t2, t3, t4, t5, t6, t7 = _tables()
    return [
        t0[state[place] & 255]
        ^ t1[state[place - 1] >> 8 & 255]
        ^ t2[state[place - 2] >> 16 & 255]
        ^ t3[state[place - 3] >> 24 & 255]
        ^ t4[state[place - 4] >> 32 & 255]
        ^ t5[state[place - 5] >> 40 & 255]
        ^ t6[state[place - 6] >> 48 & 255]
        ^ t7[state[place - 7] >> 56]
        for place in range(8)
    ]


@cache
def _tables() -> list[list[int]]:
    return [[_spread(_BOXES[row % 4][byte], row) for byte in range(256)] for row in range(8)]


def _spread(value: int, row: int) -> int:
    return sum(_times(_MIXING[(row - to) % 8], value) << 8 * to for to in range(8))


def _times(left: int, right: int) -> int:
    product = 0
    while left:
        product ^= right * (left & 1)
        left, right = left >> 1, right << 1 ^ _POLYNOMIAL * (right >> 7)
    return product
