"""Cutting the stream: any chunks, empty pieces, no end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.privatbank.frames import LONGEST, Decoder, TooLong, encode
from transports.privatbank.messages import request

TEXTS = st.lists(st.binary(min_size=1, max_size=40).map(lambda data: data.replace(b"\x00", b"0")), max_size=8)


def test_the_first_ping_as_the_bank_writes_it() -> None:
    """The worked example of the specification: a zero, the compact request, a zero."""
    example = bytes.fromhex("007b226d6574686f64223a2250696e67446576696365222c2273746570223a307d00")
    assert b"\x00" + request("PingDevice") == example
    assert Decoder().feed(example) == [b'{"method":"PingDevice","step":0}']


@given(TEXTS, st.data())
def test_chunks_make_no_difference(texts: list[bytes], data: st.DataObject) -> None:
    wire = b"\x00" + b"".join(encode(text) + b"\x00" * data.draw(st.integers(0, 2)) for text in texts)
    decoder, found = Decoder(), []
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        found += decoder.feed(wire[:size])
        wire = wire[size:]
    assert found == texts


def test_what_never_ends_is_given_up() -> None:
    decoder = Decoder()
    assert decoder.feed(b"x" * LONGEST) == []
    with pytest.raises(TooLong):
        decoder.feed(b"x")


def test_a_message_that_is_too_long_is_refused_whole_too() -> None:
    with pytest.raises(TooLong):
        Decoder().feed(b"x" * (LONGEST + 1) + b"\x00")
