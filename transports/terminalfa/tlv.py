"""TLVs: tag UINT16, length UINT16 (of the value only), value; little-endian. A value may be a list of TLVs itself."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from transports.terminalfa.values import Malformed

HEADER = 4


class Tlv(NamedTuple):
    """One tag with its value, which may be empty."""

    tag: int
    value: bytes


def encode_tlv(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(2, "little") + len(value).to_bytes(2, "little") + value


def encode_tlvs(tlvs: Iterable[Tlv]) -> bytes:
    return b"".join(encode_tlv(tag, value) for tag, value in tlvs)


def decode_tlvs(data: bytes) -> list[Tlv]:
    """All TLVs of ``data``; raises :class:`Malformed` when the last one is not whole."""
    tlvs, whole = decode_cut_tlvs(data)
    if not whole:
        raise Malformed(f"the last of {len(tlvs) + 1} TLVs is cut")
    return tlvs


def decode_cut_tlvs(data: bytes) -> tuple[list[Tlv], bool]:
    """The whole TLVs at the head of ``data``, and whether nothing was left behind them.

    The archive cuts long documents at its limit, in the middle of a TLV as it comes.
    """
    tlvs = list(_whole(data))
    used = sum(HEADER + len(tlv.value) for tlv in tlvs)
    return tlvs, used == len(data)


def _whole(data: bytes) -> Iterator[Tlv]:
    position = 0
    while position + HEADER <= len(data):
        start = position + HEADER
        end = start + int.from_bytes(data[position + 2 : start], "little")
        if end > len(data):
            return
        yield Tlv(int.from_bytes(data[position : position + 2], "little"), data[start:end])
        position = end
