"""The tape beside a link: it hears both ways, forgets the oldest, and changes nothing."""

import trio

from transports.link import ByteStream
from transports.memory import MemoryDialer
from transports.tape import KEPT_BYTES, PIECE_COST, Tape, TapedDialer


def tape_at(moments: list[float]) -> Tape:
    return Tape(lambda: moments[0])


def test_what_lies_between_two_moments() -> None:
    moments = [1.0]
    tape = tape_at(moments)
    for at, data in ((1.0, b"a"), (2.0, b"b"), (3.0, b"c")):
        moments[0] = at
        tape.note(data, sent=at < 3)
    assert [(piece.data, piece.sent) for piece in tape.between(2.0, 3.0)] == [(b"b", True), (b"c", False)]
    assert (tape.reaches(1.5), tape.reaches(0.5)) == (True, False)


def test_the_oldest_goes_however_small_the_pieces_are() -> None:
    moments = [0.0]
    tape = tape_at(moments)
    for number in range(5000):
        moments[0] = float(number)
        tape.note(b"x", sent=True)
    kept = tape.between(0.0, 5000.0)
    assert len(kept) == KEPT_BYTES // (PIECE_COST + 1)
    assert kept[-1].at == 4999
    assert not tape.reaches(0.0)
    tape.note(b"y" * (KEPT_BYTES + 1), sent=True)
    assert tape.between(0.0, 5000.0) == []


async def test_what_goes_over_the_link_is_the_same_with_and_without(nursery: trio.Nursery) -> None:
    tape = Tape(lambda: 1.0)

    async def echo(stream: ByteStream) -> None:
        while data := await stream.receive_some():
            await stream.send_all(data.upper())

    dialer = TapedDialer(MemoryDialer(nursery, echo, address="device", persistent=True), tape)
    assert (dialer.address, dialer.persistent) == ("device", True)
    stream = await dialer.dial()
    await stream.send_all(b"hello")
    assert await stream.receive_some() == b"HELLO"
    await stream.aclose()
    assert [(piece.sent, piece.data) for piece in tape.between(0, 2)] == [(True, b"hello"), (False, b"HELLO")]
