"""The link rules: what is certain when an exchange fails, at every byte and every moment it can fail."""

from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from tests.transports.terminalfa.device import Device
from transports.link import ByteStream
from transports.memory import Faults, MemoryDialer
from transports.register import Lost, Unreachable
from transports.terminalfa.commands import encode_reply, encode_request
from transports.terminalfa.commands.information import ReadModel, TextAnswer
from transports.terminalfa.commands.receipt import CommitReceipt, CommittedAnswer
from transports.terminalfa.exchange import Exchange
from transports.terminalfa.frames import Frame, encode_frame

REQUEST = CommitReceipt(1, 15000)
REPLY = CommittedAnswer(1, 102, 1769784812, None, None)
WIRE, ANSWER = encode_request(REQUEST), encode_reply(REPLY)
Clock = trio.testing.MockClock


def exchange_with(dialer: MemoryDialer) -> Exchange:
    return Exchange(dialer, connect_timeout=3, answer_limit=20, quiet=0.5)


def answering(nursery: trio.Nursery, *, persistent: bool = False) -> tuple[Device, MemoryDialer]:
    device = Device({CommitReceipt: REPLY})
    device.closes = not persistent
    return device, MemoryDialer(nursery, device.serve, persistent=persistent)


async def failure(exchange: Exchange) -> type[Exception]:
    with pytest.raises((Lost, Unreachable)) as failed:
        await exchange.exchange(WIRE)
    return failed.type


@pytest.mark.parametrize("persistent", [False, True])
async def test_an_answer(autojump_clock: Clock, nursery: trio.Nursery, persistent: bool) -> None:
    device, dialer = answering(nursery, persistent=persistent)
    exchange = exchange_with(dialer)
    for _ in range(3):
        assert await exchange.exchange(WIRE) == Frame(0, REPLY.encode())
    assert device.received == [REQUEST] * 3
    assert dialer.dialled == (1 if persistent else 3)


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("cut", range(len(WIRE) + 1))
async def test_a_request_cut_at_every_byte(
    autojump_clock: Clock, nursery: trio.Nursery, cut: int, persistent: bool
) -> None:
    _, dialer = answering(nursery, persistent=persistent)
    dialer.there = Faults(cut_at=cut)
    assert await failure(exchange_with(dialer)) is (Lost if cut else Unreachable)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("cut", range(1, len(ANSWER)))
async def test_a_reply_cut_at_every_byte(autojump_clock: Clock, nursery: trio.Nursery, cut: int, reset: bool) -> None:
    device, dialer = answering(nursery)
    dialer.back = Faults(cut_at=cut, reset=reset)
    assert await failure(exchange_with(dialer)) is Lost
    assert device.received == [REQUEST]


async def test_a_reply_cut_right_behind_its_last_byte_is_whole(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    _, dialer = answering(nursery)
    dialer.back = Faults(cut_at=len(ANSWER))
    assert await exchange_with(dialer).exchange(WIRE) == Frame(0, REPLY.encode())


@pytest.mark.parametrize(
    "back", [Faults(one_byte=True), Faults(delay=19), Faults(one_byte=True, delay=19)], ids=["bytes", "late", "both"]
)
async def test_a_slow_answer_in_pieces(autojump_clock: Clock, nursery: trio.Nursery, back: Faults) -> None:
    _, dialer = answering(nursery)
    dialer.there, dialer.back = Faults(one_byte=True), back
    assert await exchange_with(dialer).exchange(WIRE) == Frame(0, REPLY.encode())


async def test_an_answer_split_behind_its_preamble(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    async def split(stream: ByteStream) -> None:
        await stream.receive_some()
        for piece in (ANSWER[:2], ANSWER[2:3], ANSWER[3:]):
            await stream.send_all(piece)
            await trio.sleep(5)

    dialer = MemoryDialer(nursery, split)
    began = trio.current_time()
    assert await exchange_with(dialer).exchange(WIRE) == Frame(0, REPLY.encode())
    assert trio.current_time() - began == pytest.approx(10), "the end of the stream was not waited for"


async def test_nobody_answers_the_dial(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    _, dialer = answering(nursery)
    dialer.refusing = True
    with pytest.raises(Unreachable, match="memory:0: memory:0 does not answer"):
        await exchange_with(dialer).exchange(WIRE)


async def test_a_dial_that_hangs_is_given_up_after_its_own_limit(autojump_clock: Clock) -> None:
    class Hanging:
        address = "10.0.0.1:7777"
        persistent = False

        async def dial(self) -> ByteStream:
            await trio.sleep_forever()
            raise AssertionError

    began = trio.current_time()
    with pytest.raises(Unreachable, match="no answer within 3 s"):
        await Exchange(Hanging(), connect_timeout=3, answer_limit=20, quiet=1).exchange(WIRE)
    assert trio.current_time() - began == pytest.approx(3)


@pytest.mark.parametrize("persistent", [False, True])
async def test_silence_is_lost_after_the_limit(autojump_clock: Clock, nursery: trio.Nursery, persistent: bool) -> None:
    device, dialer = answering(nursery, persistent=persistent)
    device.seconds = 21
    exchange = exchange_with(dialer)
    began = trio.current_time()
    with pytest.raises(Lost, match="no answer within 20 s"):
        await exchange.exchange(WIRE)
    assert trio.current_time() - began == pytest.approx(20 + (0.5 if persistent else 0), abs=0.01)


@pytest.mark.parametrize(
    "damaged",
    [
        ANSWER[:-1] + bytes((ANSWER[-1] ^ 1,)),
        b"\xb6\x29\x00\x00",
        b"\xb6\x29\x04\x01",
        ANSWER[:-1] + bytes((ANSWER[-1] ^ 1,)) + ANSWER,
    ],
    ids=["crc", "length 0", "length 1025", "a good one after a bad one"],
)
async def test_a_damaged_answer_decides_nothing(autojump_clock: Clock, nursery: trio.Nursery, damaged: bytes) -> None:
    device, dialer = answering(nursery)
    device.answers[CommitReceipt] = damaged
    assert await failure(exchange_with(dialer)) is Lost


async def test_noise_before_the_answer_is_passed_over(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    device, dialer = answering(nursery)
    device.answers[CommitReceipt] = b"\x00\xff\xb6" + ANSWER
    assert await exchange_with(dialer).exchange(WIRE) == Frame(0, REPLY.encode())


@pytest.mark.parametrize("persistent", [False, True])
async def test_a_cancelled_exchange_is_cancelled_and_nothing_else(
    autojump_clock: Clock, nursery: trio.Nursery, persistent: bool
) -> None:
    device, dialer = answering(nursery, persistent=persistent)
    exchange = exchange_with(dialer)
    await exchange.exchange(WIRE)
    device.seconds = 5
    with trio.move_on_after(2) as scope:
        await exchange.exchange(WIRE)
    assert scope.cancelled_caught
    device.seconds = 0
    device.answers[ReadModel] = TextAnswer("KIT")
    # On a line that stays open the old answer is still to come; it must not be taken for the new one.
    await trio.sleep(2.8)
    frame = await exchange.exchange(encode_request(ReadModel()))
    assert frame == Frame(0, b"KIT")


async def on_serial(
    nursery: trio.Nursery, script: Callable[[ByteStream], Awaitable[None]]
) -> tuple[Exchange, MemoryDialer]:
    dialer = MemoryDialer(nursery, script, persistent=True)
    return exchange_with(dialer), dialer


async def test_a_serial_line_is_drained_until_it_is_quiet_after_a_timeout(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    async def late(stream: ByteStream) -> None:
        await stream.receive_some()
        await stream.send_all(encode_frame(0, b"first"))
        await stream.receive_some()
        await trio.sleep(20.2)
        for byte in ANSWER:
            await stream.send_all(bytes((byte,)))
            await trio.sleep(0.1)
        assert await stream.receive_some() == WIRE, "asked again only when the line was quiet"
        await stream.send_all(encode_frame(0, b"second"))

    exchange, dialer = await on_serial(nursery, late)
    assert await exchange.exchange(WIRE) == Frame(0, b"first")
    assert await failure(exchange) is Lost
    assert await exchange.exchange(WIRE) == Frame(0, b"second")
    assert dialer.dialled == 1


async def test_a_serial_line_just_opened_may_still_carry_an_answer_to_a_dead_process(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    async def leftover(stream: ByteStream) -> None:
        await stream.send_all(encode_frame(0, b"for the dead"))
        await stream.receive_some()
        await stream.send_all(encode_frame(0, b"for us"))

    exchange, _ = await on_serial(nursery, leftover)
    assert await exchange.exchange(WIRE) == Frame(0, b"for us")


@pytest.mark.parametrize("extra", [ANSWER, ANSWER[:3], b"\xff"], ids=["twice", "torn", "noise"])
async def test_whatever_follows_an_answer_on_a_serial_line_is_thrown_away(
    autojump_clock: Clock, nursery: trio.Nursery, extra: bytes
) -> None:
    async def talkative(stream: ByteStream) -> None:
        await stream.receive_some()
        await stream.send_all(ANSWER + extra)
        await trio.sleep(0.3)
        await stream.send_all(ANSWER)
        await stream.receive_some()
        await stream.send_all(encode_frame(0, b"second"))

    exchange, _ = await on_serial(nursery, talkative)
    assert await exchange.exchange(WIRE) == Frame(0, REPLY.encode())
    assert await exchange.exchange(WIRE) == Frame(0, b"second")


async def test_a_serial_line_that_is_never_quiet_is_not_written_to(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    async def babbling(stream: ByteStream) -> None:
        while True:
            await stream.send_all(b"\xff")
            await trio.sleep(0.2)

    exchange, _ = await on_serial(nursery, babbling)
    assert await failure(exchange) is Unreachable


async def test_a_serial_line_that_broke_is_opened_again(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    device, dialer = answering(nursery, persistent=True)
    exchange = exchange_with(dialer)
    await exchange.exchange(WIRE)
    dialer.there = Faults(cut_at=0)
    await exchange.aclose()
    assert await failure(exchange) is Unreachable
    dialer.there = Faults()
    await exchange.exchange(WIRE)
    assert dialer.dialled == 3
    assert len(device.received) == 2


async def test_a_serial_line_that_ends_while_it_is_drained_was_not_written_to(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    async def hangs_up(stream: ByteStream) -> None:
        await stream.aclose()

    exchange, _ = await on_serial(nursery, hangs_up)
    assert await failure(exchange) is Unreachable


async def test_one_command_at_a_time(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    device, dialer = answering(nursery)
    device.seconds = 1
    exchange = exchange_with(dialer)
    nursery.start_soon(exchange.exchange, WIRE)
    await trio.testing.wait_all_tasks_blocked()
    with pytest.raises(RuntimeError, match="two commands at once"):
        await exchange.exchange(WIRE)
    await trio.sleep(2)
    await exchange.exchange(WIRE)


class Sender:
    """A connection whose sending goes wrong after some bytes may have left."""

    address = "10.0.0.1:7777"
    persistent = False

    def __init__(self, trouble: Callable[[], Awaitable[None]]) -> None:
        self._trouble = trouble
        self.closed = False

    async def dial(self) -> ByteStream:
        return self

    async def send_all(self, data: bytes) -> None:
        await self._trouble()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        raise AssertionError("nothing was asked")

    async def aclose(self) -> None:
        self.closed = True


async def breaks() -> None:
    raise trio.BrokenResourceError("half of it")


async def fails() -> None:
    raise OSError("half of it")


@pytest.mark.parametrize("trouble", [breaks, fails, trio.sleep_forever])
async def test_sending_that_fails_half_way_is_lost(
    autojump_clock: Clock, trouble: Callable[[], Awaitable[None]]
) -> None:
    sender = Sender(trouble)
    exchange = Exchange(sender, connect_timeout=3, answer_limit=20, quiet=1)
    with pytest.raises(Lost):
        await exchange.exchange(WIRE)
    assert sender.closed


async def test_a_cancelled_exchange_closes_its_connection(autojump_clock: Clock) -> None:
    sender = Sender(trio.sleep_forever)
    exchange = Exchange(sender, connect_timeout=3, answer_limit=20, quiet=1)
    with trio.move_on_after(1) as scope:
        await exchange.exchange(WIRE)
    assert scope.cancelled_caught
    assert sender.closed
