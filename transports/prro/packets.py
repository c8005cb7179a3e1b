"""Packets of ``/fs/pck``: documents made offline, each signed, one after another with their lengths before them.

The service's text says "4 bytes" and not in which order; one working client writes the lowest first, so that is the
default of a setting.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

ByteOrder = Literal["little", "big"]
LENGTH = 4


class BadPacket(Exception):
    """Bytes that are not a packet."""


class PacketRules(Struct, frozen=True):
    """``bytes`` bound the whole message before compression; ``envelope`` of them are kept for its own signature."""

    documents: int = 100
    bytes: int = 200_000
    envelope: int = 16_384
    order: ByteOrder = "little"

    @property
    def room(self) -> int:
        """Bytes for documents and their lengths."""
        return self.bytes - self.envelope


def encode_packet(documents: Sequence[bytes], order: ByteOrder = "little") -> bytes:
    return b"".join(len(document).to_bytes(LENGTH, order) + document for document in documents)


def decode_packet(data: bytes, order: ByteOrder = "little") -> list[bytes]:
    """The documents of a packet; raises :class:`BadPacket`."""
    documents: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + LENGTH
        end = start + int.from_bytes(data[position:start], order)
        if start > len(data) or end > len(data) or end == start:
            raise BadPacket(f"document {len(documents) + 1} is not whole")
        documents.append(data[start:end])
        position = end
    return documents


def split(documents: Sequence[bytes], rules: PacketRules) -> Iterator[Sequence[bytes]]:
    """The fewest packets that keep the order; raises :class:`BadPacket` for a document that fits in none."""
    first = size = 0
    for place, document in enumerate(documents):
        needs = LENGTH + len(document)
        if needs > rules.room:
            raise BadPacket(f"document {place + 1} has {len(document)} bytes; a packet has room for {rules.room}")
        if place - first == rules.documents or size + needs > rules.room:
            yield documents[first:place]
            first, size = place, 0
        size += needs
    if first < len(documents):
        yield documents[first:]
