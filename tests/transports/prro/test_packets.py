"""Packets and compressed bodies."""

import gzip
import itertools
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.prro.compression import NotCompressed, TooLarge, compress, decompress
from transports.prro.packets import BadPacket, PacketRules, decode_packet, encode_packet, split

DOCUMENTS = st.lists(st.binary(min_size=1, max_size=50), max_size=30)


@given(DOCUMENTS, st.sampled_from(["little", "big"]))
def test_there_and_back(documents: list[bytes], order: str) -> None:
    assert decode_packet(encode_packet(documents, order), order) == documents  # type: ignore[arg-type]  # two words


def test_the_lowest_byte_first() -> None:
    assert encode_packet([b"abc"]) == b"\x03\0\0\0abc"
    assert encode_packet([b"abc"], "big") == b"\0\0\0\x03abc"


@given(st.binary(max_size=60))
def test_garbage_is_a_packet_or_a_bad_one(data: bytes) -> None:
    try:
        documents = decode_packet(data)
    except BadPacket:
        return
    assert encode_packet(documents) == data


@given(DOCUMENTS, st.integers(1, 5), st.integers(60, 200))
def test_split_keeps_order_and_bounds(documents: list[bytes], most: int, room: int) -> None:
    rules = PacketRules(documents=most, bytes=room + 10, envelope=10)
    packets = [list(packet) for packet in split(documents, rules)]
    assert [document for packet in packets for document in packet] == documents
    assert all(0 < len(packet) <= most and len(encode_packet(packet)) <= room for packet in packets)
    for packet, following in itertools.pairwise(packets):
        assert len(packet) == most or len(encode_packet([*packet, following[0]])) > room


def test_a_document_that_fits_nowhere() -> None:
    with pytest.raises(BadPacket, match="document 2"):
        list(split([b"a", bytes(500)], PacketRules(bytes=300, envelope=100)))


@given(st.binary(max_size=500))
def test_compression_there_and_back(data: bytes) -> None:
    assert decompress(compress(data), len(data)) == data
    assert compress(data) == compress(data)


@pytest.mark.parametrize("made", [gzip.compress, zlib.compress, lambda data: zlib.compress(data)[2:-4]])
def test_whatever_it_is_called(made: Callable[[bytes], bytes]) -> None:
    assert decompress(made(b"document" * 20), 1000) == b"document" * 20
    with pytest.raises(TooLarge):
        decompress(made(bytes(10**6)), 10**6 - 1)
    with pytest.raises(NotCompressed):
        decompress(made(b"document" * 20)[:-1][:12], 1000)


@given(st.binary(max_size=50))
def test_garbage_does_not_unpack(data: bytes) -> None:
    try:
        decompress(data, 100)
    except (NotCompressed, TooLarge):
        return
