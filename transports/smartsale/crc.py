"""CRC-16 of this protocol: polynomial 8005, start 0, not reflected, no final xor (BUYPASS; ``123456789`` gives FEE8).

The standard library has another polynomial only. A start of 0 gives two liberties: the table can take 16 bits at a
step, and a zero byte in front, which makes the number of bytes even, changes nothing.
"""

from array import array
from struct import unpack

_POLYNOMIAL = 0x8005


def _table() -> "array[int]":
    """What each 16 bits leave behind. The function is linear, so 16 single bits give all the others by xor."""
    table, bit = [0], _POLYNOMIAL
    for _ in range(16):
        table += [known ^ bit for known in table]
        bit = bit << 1 & 0xFFFF ^ (_POLYNOMIAL if bit & 0x8000 else 0)
    return array("H", table)


_TABLE = _table()


def crc16(data: bytes) -> int:
    """The CRC of everything from STX or SOH to the last byte before the CRC itself."""
    even = b"\0" + data if len(data) % 2 else data
    crc = 0
    for word in unpack(f">{len(even) // 2}H", even):
        crc = _TABLE[crc ^ word]
    return crc
