"""The line between till and terminal: ACK, NAK, EOT, WAITs, results sent again, packets, and who gives up when."""

import pytest
import trio
from trio.testing import MockClock

from kassanet.sandbox.smartsale.terminal import TerminalSettings
from tests.kassanet.sandbox.smartsale.cash import ACK, EOT, NAK, STX, HungUp, crc, frame
from tests.kassanet.sandbox.smartsale.counter import CHECK, LAST_SLIP, SALE, SETTLE, Counter, quick, slip

VECTORS = {
    "sale": "02 1c 00 00 04 00 31 32 30 30 04 03 00 36 34 33 19 01 00 31 1b 08 00 35 30 31 30 31 37 30 30 ee 60",
    "sale of the maker's library": (
        "02 37 00 00 04 00 31 32 30 30 04 03 00 36 34 33 19 01 00 31 1b 08 00 35 30 31 30 31 37 30 30 59 18 00 43 4f "
        "4e 3a 53 57 3a 44 43 3b 31 2e 33 2e 35 2e 32 3b 53 41 3a 3b 32 3b e4 5b"
    ),
    "sale with 08, 21, 26": (
        "02 36 00 00 04 00 31 32 30 30 04 03 00 36 34 33 08 01 00 33 15 0e 00 32 30 32 36 31 31 32 32 31 34 31 38 30 "
        "30 19 01 00 31 1a 02 00 31 32 1b 08 00 35 30 31 30 31 37 30 30 b8 32"
    ),
}
VOID = (
    "02 34 00 00 04 00 31 32 30 30 04 03 00 36 34 33 0d 06 00 41 31 32 33 34 35 0e 0c 00 36 33 32 36 31 32 33 34 35 36 "
    "37 38 19 01 00 34 1b 08 00 35 30 31 30 31 37 30 30 b1 89"
)
EMERGENCY = "02 1d 00 00 04 00 31 32 30 30 04 03 00 36 34 33 19 02 00 35 33 1b 08 00 35 30 31 30 31 37 30 30 1c 40"
TEST = "02 10 00 19 02 00 32 36 1b 08 00 35 30 31 30 31 37 30 30 e6 bb"
COPY = "02 19 00 19 02 00 36 33 1b 08 00 35 30 31 30 31 37 30 30 40 01 00 31 41 02 00 32 32 31 0e"
WAIT = bytes.fromhex("02 05 00 19 02 00 32 31 a5 c2")


def test_the_till_of_these_tests_computes_the_captured_crc() -> None:
    assert frame({25: "21"}) == WAIT
    assert crc(b"123456789") == bytes.fromhex("fee8")


@pytest.mark.parametrize("wire", VECTORS.values(), ids=VECTORS)
async def test_every_captured_sale_is_taken(wire: str, autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.say(bytes.fromhex(wire))
        assert (await till.item())[0] == ACK
        result = await till.result()
        assert (result[0], result[4], result[25], result[27], result[39]) == (b"1200", b"643", b"1", b"50101700", b"1")
        assert (result[10], len(result[13]), len(result[14])) == (b"************0053", 6, 12)
        await till.say(bytes((ACK, EOT)))
        await till.stream.aclose()
        await counter.undone()
        assert counter.told() == [("payment", 1200, True)]


async def test_the_other_captured_requests_are_taken(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        statuses = []
        for wire in (VECTORS["sale"], TEST, COPY, EMERGENCY, VOID):
            till = counter.till()
            await till.say(bytes.fromhex(wire))
            assert (await till.item())[0] == ACK
            statuses.append((await till.result())[39])
            await till.say(bytes((ACK, EOT)))
        assert statuses == [b"1", b"1", b"1", b"1", b"16"]  # the void names a sale that never was
        assert counter.told() == [("payment", 1200, True), ("emergency_void", 1200, True), ("void", 1200, False)]


async def test_waits_are_the_captured_bytes_and_need_no_ack(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(card_seconds=10.0)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        assert await till.item() == (STX, WAIT)
        till.acks_waits = False
        assert (await till.result())[39] == b"1"
        assert 4 <= till.waits <= 6  # each is given a second for its ACK
        await till.say(bytes((ACK, EOT)))
        await till.stream.aclose()
        await counter.undone()
        assert counter.left() == 1200


async def test_an_ack_of_a_wait_is_not_taken_for_that_of_the_result(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(card_seconds=1.0, wait_ack_seconds=2.0)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        assert await till.item() == (STX, WAIT)
        await trio.sleep(1.5)  # the bank has approved meanwhile
        assert await till.silent(0.4)
        await till.control(ACK)
        assert (await till.result())[39] == b"1"
        await till.control(EOT)
        await counter.undone()
        assert counter.told() == [("payment", 1200, True), ("reversal", 1200, True)]


async def test_a_damaged_request_is_asked_for_again_three_times(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        bad = frame(SALE)[:-1] + b"\0"
        for _ in range(3):
            await till.say(bad)
            assert await till.item() == (NAK, b"\x15")
        await till.say(bad)
        assert await till.silent(5)
        assert (await till.operate(SALE))[39] == b"1"
        assert counter.left() == 1200


async def test_a_request_may_come_byte_by_byte_and_may_be_torn(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.say(frame(SALE)[:11])
        assert await till.item() == (NAK, b"\x15")
        for byte in frame(SALE):
            await till.control(byte)
            await trio.sleep(0.5)
        assert (await till.item())[0] == ACK
        assert (await till.result())[39] == b"1"


async def test_noise_and_control_bytes_between_requests_mean_nothing(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.say(bytes((EOT, 0x05, ACK, NAK)) + b"noise")
        assert await till.silent(5)
        assert (await till.operate(CHECK))[39] == b"1"


async def test_a_request_that_is_repeated_while_it_is_done_is_acknowledged_again(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await till.ask(SALE)
        assert (await till.result())[39] == b"1"
        await till.say(bytes((ACK, EOT)))
        await till.stream.aclose()
        await counter.undone()
        assert counter.told() == [("payment", 1200, True)]


async def test_an_ack_that_came_too_early_acknowledges_nothing(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(wait_every=60.0)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await till.control(ACK)
        for _ in range(3):
            await till.result()
        await trio.sleep(6)
        await counter.undone()
        assert counter.left() == 0


async def test_an_eot_right_behind_the_request_takes_it_back(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(wait_every=60.0)).open() as counter:
        till = counter.till()
        await till.say(frame(SALE) + bytes((EOT,)))
        assert await till.silent(20)
        assert counter.told() == []


@pytest.mark.parametrize("naks", [1, 2])
async def test_a_result_is_sent_again_when_asked(naks: int, autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.ask(SALE)
        first = await till.result()
        for _ in range(naks):
            await till.control(NAK)
            assert await till.result() == first
        await till.say(bytes((ACK, EOT)))
        await till.stream.aclose()
        await counter.undone()
        assert counter.left() == 1200


async def test_a_result_that_nobody_wants_is_reversed(autojump_clock: MockClock) -> None:
    """Sent three times into silence, then taken back, while the connection stays."""
    async with Counter().open() as counter:
        till = counter.till()
        await till.ask(SALE)
        results = [await till.result() for _ in range(3)]
        assert results[0] == results[1] == results[2]
        assert await till.silent(20)
        await counter.undone()
        assert counter.told() == [("payment", 1200, True), ("reversal", 1200, True)]
        assert "ОПЕРАЦИЯ ОТМЕНЕНА" in slip(await till.operate(LAST_SLIP))


@pytest.mark.parametrize("answer", [NAK, EOT])
async def test_a_result_that_is_refused_for_good_is_reversed(answer: int, autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.ask(SALE)
        for _ in range(3 if answer == NAK else 1):
            await till.result()
            await till.control(answer)
        await counter.undone()
        assert counter.left() == 0
        assert [event.event for event in counter.events.read()] == ["unacknowledged"]
        assert counter.events.read()[0].in_window


async def test_hanging_up_instead_of_the_ack_reverses(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await till.result()
        await till.stream.aclose()
        await trio.sleep(0.5)
        await counter.undone()
        assert counter.told() == [("payment", 1200, True), ("reversal", 1200, True)]


async def test_hanging_up_right_behind_the_ack_does_not(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await till.result()
        await till.control(ACK)
        await till.stream.aclose()
        await trio.sleep(30)
        assert counter.told() == [("payment", 1200, True)]


@pytest.mark.parametrize("how", ["eot", "close"])
@pytest.mark.parametrize("after", [0.0, 0.2, 0.31, 0.34, 0.36])
async def test_giving_up_in_the_middle(how: str, after: float, autojump_clock: MockClock) -> None:
    """While the card is awaited, while the bank decides, behind its decision: nobody has paid in the end."""
    async with Counter(settings=quick(wait_every=60.0)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await trio.sleep(after)
        await (till.control(EOT) if how == "eot" else till.stream.aclose())
        await trio.sleep(1)
        await counter.undone()
        assert counter.left() == 0
        result = await counter.sell()
        assert result[39] == b"1"
        assert counter.left() == 1200


async def test_an_eot_is_answered_where_the_terminal_does_so(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(answers_eot=True)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await till.control(EOT)
        result = await till.result()
        assert (result[39], result[19].decode("cp1251")) == (b"53", "ПРЕРВАНО КАССОЙ")


async def test_the_same_connection_serves_one_operation_after_another(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        for number in range(3):
            assert (await till.operate({**SALE, 26: str(number)}))[39] == b"1"
        assert counter.left() == 3600


async def test_a_silent_connection_is_closed(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        till = counter.till()
        with pytest.raises(HungUp):
            await till.take(1)
        assert trio.current_time() == 30.0


@pytest.mark.parametrize("upwards", [False, True])
async def test_long_slips_come_in_packets(upwards: bool, autojump_clock: MockClock) -> None:
    settings = quick(slip_lines=100, counts_upwards=upwards)
    async with Counter(settings=settings).open() as counter:
        till = counter.till()
        result = await till.operate(SALE)
        numbers = [packet[12:13] for packet in till.packets]
        assert len(numbers) == 4
        assert numbers == ([b"1", b"2", b"3", b"0"] if upwards else [b"3", b"2", b"1", b"0"])
        assert all(len(packet) <= 1024 for packet in till.packets)
        assert "РЕКЛАМА 099" in slip(result)
        assert counter.left() == 1200


async def test_a_packet_is_sent_again_when_asked_and_its_loss_reverses(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(slip_lines=100)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        first = await till.item()
        await till.control(NAK)
        assert await till.item() == first
        await till.control(ACK)
        await till.item()
        await till.stream.aclose()
        await trio.sleep(1)
        await counter.undone()
        assert counter.left() == 0


async def test_dialogs_tell_the_screen(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(dialogs=True)).open() as counter:
        till = counter.till()
        assert (await till.operate({**SALE, 0: "100000"}))[39] == b"1"
        assert till.dialogs == ["ВСТАВЬТЕ КАРТУ", "ВВЕДИТЕ ПИН", "СВЯЗЬ С БАНКОМ"]


async def test_two_tills_at_one_terminal_are_served_in_turn(autojump_clock: MockClock) -> None:
    """The second gets no ACK before the first is through; when it gives up waiting, nothing of it happens."""
    async with Counter(settings=TerminalSettings(card_seconds=20.0)).open() as counter:
        first, second, third = (counter.till(persistent=True) for _ in range(3))
        await first.ask(SALE)
        await second.say(frame({**SALE, 0: "500", 26: "13"}))
        assert await second.silent(5)
        await second.control(EOT)
        await third.say(frame({**SALE, 0: "700", 26: "14"}))
        assert (await first.result())[0] == b"1200"
        await first.say(bytes((ACK, EOT)))
        assert (await third.item())[0] == ACK
        assert (await third.result())[0] == b"700"
        await third.say(bytes((ACK, EOT)))
        assert await second.silent(60)
        assert counter.told() == [("payment", 1200, True), ("payment", 700, True)]


async def test_a_settlement_needs_no_ack_to_be_true(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        await counter.sell()
        till = counter.till()
        await till.ask(SETTLE)
        await till.result()
        await till.stream.aclose()
        assert [line.op for line in counter.book()] == ["payment", "settlement"]
        assert (await counter.once(LAST_SLIP))[39] == b"53"  # the journal is clear
