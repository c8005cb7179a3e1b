"""Frames: every vector, every cut, noise around and inside, and nothing that could make the decoder raise."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.terminalfa.vectors import FAILURES, MODEL_REPLY, REPLIES, REQUESTS
from transports.terminalfa.frames import (
    MAX_DATA,
    MAX_FRAME,
    PREAMBLE,
    BadCrc,
    BadLength,
    Event,
    Frame,
    FrameDecoder,
    Garbage,
    encode_frame,
)

FRAMES = [
    bytes.fromhex(text)
    for text in [
        *(sent.frame for sent in REQUESTS),
        *(answered.frame for answered in [*REPLIES, MODEL_REPLY]),
        *(frame for _, _, frame in FAILURES),
    ]
]

heads = st.integers(0, 255)
noise = st.binary(max_size=40).filter(lambda data: 0xB6 not in data)
frames = st.builds(Frame, heads, st.binary(max_size=60))


def decoded(*pieces: bytes) -> list[Event]:
    decoder = FrameDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.flush()


def encoded(frame: Frame) -> bytes:
    return encode_frame(frame.head, frame.data)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame[:8].hex(" "))
def test_vectors_are_decoded_and_encoded_again(frame: bytes) -> None:
    [event] = decoded(frame)
    assert isinstance(event, Frame)
    assert encoded(event) == frame


def test_check_value_of_the_crc() -> None:
    # 29B1 over the ASCII digits; here as LEN "12", command "3" and data to fit the layout of a frame.
    from binascii import crc_hqx

    assert crc_hqx(b"123456789", 0xFFFF) == 0x29B1


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame[:8].hex(" "))
def test_every_cut_of_a_vector_gives_the_same_frame(frame: bytes) -> None:
    whole = decoded(frame)
    for cut in range(1, len(frame)):
        assert decoded(frame[:cut], frame[cut:]) == whole
        assert not [event for event in decoded(frame[:cut]) if isinstance(event, Frame)]


@given(st.lists(frames, max_size=4), st.lists(noise, min_size=5, max_size=5))
def test_byte_by_byte_with_noise_between(sent: list[Frame], between: list[bytes]) -> None:
    stream = b"".join(quiet + encoded(frame) for quiet, frame in zip(between, sent, strict=False)) + between[-1]
    events = decoded(*(bytes((byte,)) for byte in stream))
    assert [event for event in events if isinstance(event, Frame)] == sent
    assert sum(_size(event) for event in events) == len(stream)


@given(noise.filter(bool), frames)
def test_noise_is_located(before: bytes, frame: Frame) -> None:
    assert decoded(before, encoded(frame), before) == [
        Garbage(0, before),
        frame,
        Garbage(len(before) + len(encoded(frame)), before),
    ]


@given(frames, st.data())
def test_a_flipped_bit_never_gives_a_frame_and_the_next_one_is_found(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encoded(frame))
    wire[data.draw(st.integers(0, len(wire) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    follower = Frame(0x01, b"follower")
    found = [event for event in decoded(bytes(wire), encoded(follower)) if isinstance(event, Frame)]
    assert found[-1] == follower
    assert frame not in found[:-1]


@given(st.lists(st.binary(max_size=80), max_size=12))
def test_random_bytes_never_raise_and_every_byte_is_accounted_for(pieces: list[bytes]) -> None:
    events = decoded(*pieces)
    assert sum(_size(event) for event in events) == sum(map(len, pieces))


@given(st.lists(st.sampled_from([PREAMBLE, b"\xb6", b"\x29", b"\x00\x01", b"\x00\x00", b"\xff"]), max_size=30))
def test_torn_preambles_never_raise_and_are_accounted_for(pieces: list[bytes]) -> None:
    events = decoded(*pieces)
    assert sum(_size(event) for event in events) == sum(map(len, pieces))
    assert all(before.offset <= after.offset for before, after in pairwise(_located(events)))


def _size(event: Event) -> int:
    if isinstance(event, Frame):
        return len(event.data) + 7
    return len(event.data) if isinstance(event, Garbage) else len(PREAMBLE)


def _located(events: list[Event]) -> list[Garbage | BadCrc | BadLength]:
    return [event for event in events if not isinstance(event, Frame)]


def test_a_wrong_crc_is_an_event() -> None:
    wire = bytearray(encode_frame(0x01))
    wire[-1] ^= 1
    assert decoded(bytes(wire)) == [BadCrc(0, bytes(wire)), Garbage(2, bytes(wire[2:]))]


@pytest.mark.parametrize("length", [0, 1025, 0xFFFF])
def test_an_impossible_length_is_an_event_at_once(length: int) -> None:
    assert FrameDecoder().feed(PREAMBLE + length.to_bytes(2, "big"))[0] == BadLength(0, length)


def test_the_longest_frame() -> None:
    wire = encode_frame(0x3A, bytes(MAX_DATA))
    assert len(wire) == MAX_FRAME == 1030
    assert decoded(wire) == [Frame(0x3A, bytes(MAX_DATA))]
    with pytest.raises(ValueError, match="1024 bytes"):
        encode_frame(0x3A, bytes(MAX_DATA + 1))


def test_pending_tells_of_a_torn_frame() -> None:
    decoder = FrameDecoder()
    seen = [decoder.pending]
    assert decoder.feed(b"\xb6\x29\x00") == []
    seen.append(decoder.pending)
    assert decoder.flush() == [Garbage(0, b"\xb6\x29\x00")]
    seen.append(decoder.pending)
    assert decoder.feed(encode_frame(1)) == [Frame(1)]
    assert seen == [False, True, False]
