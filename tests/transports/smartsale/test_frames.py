"""Frames: every vector, every cut, noise around and inside, and nothing that could make the decoder raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.smartsale.vectors import BY_NAME, PACKETS, WORKED, Worked
from transports.smartsale.crc import crc16
from transports.smartsale.frames import (
    ACK,
    EOT,
    MAX_BODY,
    NAK,
    BadHeader,
    Control,
    Damaged,
    Event,
    Frame,
    FrameDecoder,
    Garbage,
    Packet,
    encode_frame,
    encode_packet,
    encode_split,
)
from transports.smartsale.message import Message

WAIT = BY_NAME["wait"].frame
every_worked_frame = pytest.mark.parametrize("worked", WORKED, ids=lambda worked: worked.name)

bodies = st.binary(max_size=60)
numbers = st.integers(0, 99).map(lambda number: str(number).encode())
controls = st.sampled_from([ACK, NAK, EOT, 0x05]).map(Control)
sendable = st.one_of(controls, st.builds(Frame, bodies), st.builds(Packet, numbers, bodies))
noise = st.binary(max_size=30).map(lambda data: bytes(byte for byte in data if byte not in (1, 2, 4, 5, 6, 0x15)))


def decoded(*pieces: bytes) -> list[Event]:
    decoder = FrameDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.flush()


def encoded(event: Event) -> bytes:
    if isinstance(event, Control):
        return bytes((event.byte,))
    return encode_packet(event) if isinstance(event, Packet) else encode_frame(_frame(event).body)


def _frame(event: Event) -> Frame:
    assert isinstance(event, Frame)
    return event


def single_bytes(stream: bytes) -> list[bytes]:
    return [bytes((byte,)) for byte in stream]


def bitwise_crc(data: bytes) -> int:
    """The definition, without a table."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x8005 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def test_check_value_of_the_crc() -> None:
    assert crc16(b"123456789") == 0xFEE8
    assert crc16(WAIT[:-2]) == 0xA5C2


@given(st.binary(max_size=200))
def test_the_crc_is_the_one_defined(data: bytes) -> None:
    assert crc16(data) == bitwise_crc(data)


@every_worked_frame
def test_vectors_are_decoded_and_encoded_again(worked: Worked) -> None:
    [event] = decoded(worked.frame)
    assert Message.decode(_frame(event).body) == worked.message
    assert worked.message.frame() == worked.frame


@every_worked_frame
def test_every_cut_of_a_vector_gives_the_same_frame(worked: Worked) -> None:
    whole = decoded(worked.frame)
    for cut in range(1, len(worked.frame)):
        assert decoded(worked.frame[:cut], worked.frame[cut:]) == whole
        torn = decoded(worked.frame[:cut])
        assert torn[0] == Damaged(0, "torn")
        assert not [event for event in torn if isinstance(event, Frame | Control)], (
            "a torn frame holds nothing to believe"
        )


def test_a_split_message_is_joined() -> None:
    first, last = decoded(*PACKETS)
    assert isinstance(first, Packet)
    assert isinstance(last, Packet)
    assert (first.is_last, last.is_last) == (False, True)
    assert encode_frame(first.chunk + last.chunk) == BY_NAME["joined from two packets"].frame
    assert [encode_packet(first), encode_packet(last)] == PACKETS


@pytest.mark.parametrize(
    ("number", "is_last"),
    [(b"0", True), (b"00", True), (b"1", False), (b"10", False), (b"01", False), (b"\x02", True), (b"", True)],
)
def test_which_packet_is_the_last(number: bytes, is_last: bool) -> None:
    assert Packet(number, b"").is_last is is_last


@given(st.binary(max_size=300), st.integers(1, 50))
def test_whatever_is_split_is_joined(body: bytes, chunk: int) -> None:
    packets = [event for event in decoded(*encode_split(body, chunk)) if isinstance(event, Packet)]
    assert b"".join(packet.chunk for packet in packets) == body
    assert [packet.is_last for packet in packets] == [False] * (len(packets) - 1) + [True]


@given(st.lists(sendable, max_size=5), st.lists(noise, min_size=6, max_size=6))
def test_byte_by_byte_with_noise_between(sent: list[Event], between: list[bytes]) -> None:
    stream = b"".join(quiet + encoded(event) for quiet, event in zip(between, sent, strict=False)) + between[-1]
    events = decoded(*single_bytes(stream))
    assert [event for event in events if not isinstance(event, Garbage)] == sent
    assert sum(event.size for event in events) == len(stream)


@given(noise.filter(bool), st.builds(Frame, bodies))
def test_noise_is_located(before: bytes, frame: Frame) -> None:
    assert decoded(before + encoded(frame) + before) == [
        Garbage(0, before),
        frame,
        Garbage(len(before) + frame.size, before),
    ]


@given(st.sampled_from(WORKED), st.data())
def test_a_flipped_bit_gives_neither_a_frame_nor_a_control_byte(worked: Worked, data: st.DataObject) -> None:
    wire = bytearray(worked.frame)
    wire[data.draw(st.integers(1, len(wire) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    events = decoded(bytes(wire))
    assert not [event for event in events if isinstance(event, Frame | Control | Packet)]
    assert isinstance(events[0], Damaged)


@given(st.sampled_from(WORKED), st.data())
def test_a_lost_byte_leaves_no_frame_and_the_next_one_is_found(worked: Worked, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(worked.frame) - 1))
    decoder = FrameDecoder()
    broken = decoder.feed(worked.frame[:at] + worked.frame[at + 1 :]) + decoder.flush()
    assert not [event for event in broken if isinstance(event, Frame | Packet)]
    assert decoder.feed(WAIT) == [Frame(WAIT[3:-2])]


@given(st.sampled_from(WORKED), st.data())
def test_a_doubled_byte_leaves_the_same_frame_or_none(worked: Worked, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(worked.frame) - 1))
    decoder = FrameDecoder()
    broken = decoder.feed(worked.frame[:at] + worked.frame[at:][:1] + worked.frame[at:]) + decoder.flush()
    found = [event for event in broken if isinstance(event, Frame | Packet)]
    assert found in ([], [Frame(worked.message.encode())])
    assert decoder.feed(WAIT) == [Frame(WAIT[3:-2])]


@given(st.sampled_from(WORKED))
def test_a_damaged_frame_hides_no_frame_that_follows_at_once(worked: Worked) -> None:
    spoilt = worked.frame[:-1] + bytes((worked.frame[-1] ^ 1,))
    found = [event for event in decoded(spoilt + worked.frame) if isinstance(event, Frame)]
    assert found == [Frame(worked.message.encode())]


@given(st.lists(st.binary(max_size=80), max_size=12))
def test_random_bytes_never_raise_and_every_byte_is_accounted_for(pieces: list[bytes]) -> None:
    events = decoded(*pieces)
    assert sum(event.size for event in events) == sum(map(len, pieces))


@given(
    st.lists(st.sampled_from([b"\1", b"\2", b"\6", b"\x15", b"\4\0", b"\0\0", b"\xff", *PACKETS, WAIT]), max_size=30)
)
def test_torn_frames_and_loose_bytes_never_raise_and_are_accounted_for(pieces: list[bytes]) -> None:
    events = decoded(*pieces)
    assert sum(event.size for event in events) == sum(map(len, pieces))


@pytest.mark.parametrize("damage", [WAIT[:-1] + b"\0", b"\2\xff\xff"], ids=["crc", "length"])
def test_control_bytes_behind_damage_are_not_believed_until_the_line_was_quiet(damage: bytes) -> None:
    decoder = FrameDecoder(longest=1000)
    damaged, waiting = decoder.feed(damage)[0], decoder.pending
    assert isinstance(damaged, Damaged)
    assert waiting
    assert not [event for event in decoder.feed(bytes((NAK,))) if isinstance(event, Control)]
    decoder.flush()
    waiting = decoder.pending
    assert not waiting
    assert decoder.feed(bytes((NAK,))) == [Control(NAK)]


def test_control_bytes_are_believed_again_behind_a_whole_frame() -> None:
    wire = encode_frame(bytes((0x00, 0x03, 0x00, 0x31, 0x32, 0x33)))
    events = FrameDecoder().feed(wire[:-1] + bytes((wire[-1] ^ 0x40, NAK)) + wire + bytes((NAK,)))
    assert events[-2:] == [Frame(wire[3:-2]), Control(NAK)]
    assert events.count(Control(NAK)) == 1


def test_a_frame_longer_than_is_believed_is_damaged_at_once() -> None:
    assert FrameDecoder(longest=4).feed(WAIT)[0] == Damaged(0, "length")


def test_the_longest_frame() -> None:
    body = bytes(MAX_BODY)
    assert decoded(encode_frame(body)) == [Frame(body)]
    with pytest.raises(ValueError, match="65536 bytes"):
        encode_frame(body + b"\0")


@pytest.mark.parametrize(
    "tags", ["", "ff 00", "02 00 01", "03 00 01 00 00"], ids=["none", "long", "short", "no number"]
)
def test_a_packet_without_a_number_is_none(tags: str) -> None:
    content = bytes.fromhex(tags)
    framed = b"\1" + len(content).to_bytes(2, "little") + content
    wire = framed + crc16(framed).to_bytes(2, "big")
    assert decoded(wire) == [BadHeader(0, wire)]


@pytest.mark.parametrize(
    "event",
    [Frame(b"SECRET"), Packet(b"1", b"SECRET"), Garbage(0, b"SECRET"), BadHeader(0, b"SECRET"), Damaged(3, "crc")],
)
def test_no_event_shows_bytes(event: Event) -> None:
    assert "SECRET" not in repr(event)
    assert type(event).__name__ in repr(event)


def test_control_bytes_show_their_names() -> None:
    assert list(map(repr, decoded(b"\4\5\6\x15"))) == ["Control(EOT)", "Control(ENQ)", "Control(ACK)", "Control(NAK)"]
