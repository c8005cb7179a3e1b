"""Faults and power cuts: whatever is done to a payment, bank and till agree once the terminal has had its say."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from kassanet.sandbox.faults import Line
from kassanet.sandbox.smartsale.bank import BankSettings
from schemas.pinpads import Wiring
from tests.kassanet.sandbox.smartsale.cash import ACK, EOT, NAK, STX, Cash, Fields, HungUp, Silence, frame
from tests.kassanet.sandbox.smartsale.counter import EMERGENCY, LAST_SLIP, SALE, TID, Counter, quick, slip
from transports.memory import Faults

CHARGED = [("payment", 1200, True)]
REVERSED = [("payment", 1200, True), ("reversal", 1200, True)]


async def attempt(till: Cash) -> Fields | None:
    """A payment as a till does it; None where it learns nothing."""
    try:
        with trio.fail_after(100):
            return await till.operate(SALE)
    except (HungUp, Silence, trio.BrokenResourceError, trio.TooSlowError):
        return None
    finally:
        await till.stream.aclose()


async def settled(counter: Counter) -> None:
    """The terminal is back and has told the bank whatever there was to tell."""
    await trio.sleep(10)
    await counter.undone()


def told(counter: Counter) -> list[tuple[str, str | None, str, bool]]:
    return [(line.event, line.do, line.command, line.in_window) for line in counter.events.read()]


@pytest.mark.parametrize(
    ("fault", "status", "ledger", "in_window"),
    [
        (Line("cut_request", on="1"), None, [], False),
        (Line("cut_request", on="payment", at=99), None, [], False),
        (Line("cut_reply", on="payment"), None, REVERSED, True),
        (Line("cut_reply", on="payment", at=7), None, REVERSED, True),
        (Line("cut_reply", on="payment", at=9999), None, REVERSED, True),
        (Line("drop_reply", on="payment", seconds=20.0), None, REVERSED, True),
        (Line("delay", on="payment", seconds=9.0), b"1", CHARGED, False),
        (Line("split", on="payment", at=9), b"1", CHARGED, False),
        (Line("duplicate", on="payment"), b"1", CHARGED, False),
        (Line("power_cycle", on="payment", at=0), None, [], False),
        (Line("power_cycle", on="payment", at=1), None, REVERSED, True),
        (Line("error:34", on="payment"), b"34", [], False),
        (Line("error:53", on="payment"), b"53", [], False),
        (Line("drop_reply", on="result_ack"), b"1", REVERSED, True),
    ],
    ids=lambda value: f"{value.do}-{value.at}" if isinstance(value, Line) else "",
)
async def test_what_a_fault_leaves(
    fault: Line, status: bytes | None, ledger: list[Any], in_window: bool, autojump_clock: MockClock
) -> None:
    async with Counter(fault).open() as counter:
        result = await attempt(counter.till())
        assert (result and result[39]) == status
        await settled(counter)
        assert counter.told() == ledger
        assert counter.events.read()[0].in_window == in_window
        assert counter.events.read()[0].event == "fault"


async def test_events_say_which_transaction_it_was(autojump_clock: MockClock) -> None:
    async with Counter(Line("power_cycle", on="payment")).open() as counter:
        await attempt(counter.till())
        await settled(counter)
        last = counter.terminal.journal.last
        assert last is not None
        assert (last.decided, last.undone) == (None, True)  # it struck before the terminal could remember
        (event,) = counter.events.read()
        assert (event.device, event.command, event.stan, event.rrn) == ("127.0.0.1:7901", "payment", 12, "632600000001")


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_a_result_with_a_wrong_crc_is_sent_again(at: int, autojump_clock: MockClock) -> None:
    """The first at + 1 transmissions are bad; three bad ones are the end."""
    async with Counter(Line("bad_crc", on="payment", at=at)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        for _ in range(at + 1):
            kind, wire = await till.item()
            assert (kind, wire[-2:]) != (STX, frame(SALE)[-2:])
            await till.control(NAK)
        if at < 2:
            assert (await till.result())[39] == b"1"
            await till.say(bytes((ACK, EOT)))
            await till.stream.aclose()
        await settled(counter)
        assert counter.told() == (CHARGED if at < 2 else REVERSED)


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        (Line("error:15", on="ack"), bytes((NAK,))),
        (Line("delay", on="ack", seconds=3.0), bytes((ACK,))),
        (Line("duplicate", on="ack"), bytes((ACK, ACK))),
    ],
)
async def test_what_may_become_of_our_ack(fault: Line, first: bytes, autojump_clock: MockClock) -> None:
    async with Counter(fault, settings=quick(card_seconds=5.0, wait_every=60.0)).open() as counter:
        till = counter.till()
        await till.say(frame(SALE))
        assert await till.take(len(first)) == first


async def test_an_ack_that_is_lost_does_not_stop_the_payment(autojump_clock: MockClock) -> None:
    """The till hears nothing of its request and yet gets a result: silence is no refusal."""
    async with Counter(Line("drop_reply", on="ack")).open() as counter:
        till = counter.till()
        await till.say(frame(SALE))
        kind, _ = await till.item()
        assert kind == STX
        await till.say(bytes((ACK, EOT)))
        await till.stream.aclose()
        await settled(counter)
        assert counter.told() == CHARGED


async def test_a_till_that_gives_up_without_our_ack_has_paid_nothing(autojump_clock: MockClock) -> None:
    async with Counter(
        Line("drop_reply", on="ack"), settings=quick(card_seconds=60.0, wait_every=99.0)
    ).open() as counter:
        till = counter.till()
        await till.say(frame(SALE))
        assert await till.silent(5.0)
        await till.control(EOT)
        await settled(counter)
        assert counter.told() == []


async def test_a_request_after_a_nak_is_an_ordinary_one(autojump_clock: MockClock) -> None:
    async with Counter(Line("error:15", on="ack", nth=1)).open() as counter:
        till = counter.till()
        await till.say(frame(SALE))
        assert (await till.item())[0] == NAK
        assert (await till.operate(SALE))[39] == b"1"
        assert counter.told() == CHARGED


@pytest.mark.parametrize(
    ("fault", "status", "ledger"),
    [
        (Line("cut_request", device="host"), b"34", [("reversal", 0, True)]),
        (Line("cut_reply", device="host", at=5, nth=1), b"34", REVERSED),
        (Line("drop_reply", device="host", nth=1), b"34", REVERSED),
        (Line("delay", device="host", seconds=9.0, nth=1), b"1", CHARGED),
        (Line("delay", device="host", seconds=20.0, nth=1), b"34", REVERSED),
        (Line("bad_crc", device="host", nth=1), b"34", REVERSED),
        (Line("split", device="host"), b"1", CHARGED),
        (Line("duplicate", device="host"), b"1", CHARGED),
        (Line("power_cycle", device="host", at=0, nth=1), b"34", [("reversal", 0, True)]),
        (Line("power_cycle", device="host", at=1, nth=1), b"34", REVERSED),
        (Line("error:51", device="host", on="payment"), b"16", []),
    ],
    ids=lambda value: f"{value.do}-{value.at}" if isinstance(value, Line) else "",
)
async def test_faults_at_the_bank(fault: Line, status: bytes, ledger: list[Any], autojump_clock: MockClock) -> None:
    fault = Line(fault.do, device="host", on=fault.on, nth=1, at=fault.at, seconds=fault.seconds)
    async with Counter(fault).open() as counter:
        result = await attempt(counter.till())
        assert result is not None
        assert result[39] == status
        await settled(counter)
        assert counter.told() == ledger
        assert counter.events.read()[0].device == "host"
        assert counter.events.read()[0].in_window == (ledger == REVERSED and fault.seconds != 20.0)


async def test_nothing_new_is_charged_before_the_reversal_is_told(autojump_clock: MockClock) -> None:
    async with Counter(Line("drop_reply", device="host", on="payment", nth=1)).open() as counter:
        assert (await counter.sell())[39] == b"34"
        counter.bank.refusing = True
        for _ in range(3):
            assert (await counter.sell())[39] == b"34"
        assert counter.told() == CHARGED
        assert "НЕ ЗАВЕРШЕНА, ОТМЕНЯЕТСЯ" in await counter.last_slip()
        counter.bank.refusing = False
        assert (await counter.sell(500))[39] == b"1"
        assert counter.told() == [*REVERSED, ("payment", 500, True)]


async def test_the_operation_in_hand_is_never_reversed_with_the_leftovers(autojump_clock: MockClock) -> None:
    """The terminal is about to tell the bank of an old reversal while a new result waits for its ACK."""
    async with Counter(Line("drop_reply", device="host", on="payment", nth=1)).open() as counter:
        counter.host.settings.seconds = 20.0  # the first payment is not answered, and its reversal waits
        assert (await counter.sell())[39] == b"34"
        counter.bank.refusing = True
        await trio.sleep(29)  # the next attempt is due in a second, when the new payment is approved
        counter.bank.refusing, counter.host.settings.seconds = False, 0.05
        till = counter.till()
        await till.ask(SALE)
        assert (await till.result())[39] == b"1"
        await trio.sleep(4)
        await till.say(bytes((ACK, EOT)))
        await settled(counter)
        assert counter.left() == 1200


async def test_a_repeated_number_cannot_have_the_first_payment_reversed(autojump_clock: MockClock) -> None:
    """The terminal refuses it by itself: a reversal at the bank goes by this very number."""
    async with Counter(Line("drop_reply", device="host", on="payment", nth=2)).open() as counter:
        await counter.once(SALE)
        await counter.once(SALE)
        await settled(counter)
        assert counter.told() == CHARGED


async def test_a_reversal_is_told_until_the_bank_has_heard_it(autojump_clock: MockClock) -> None:
    faults = (
        Line("drop_reply", device="host", on="payment", nth=1),
        Line("drop_reply", device="host", on="reversal", nth=1),
    )
    async with Counter(*faults).open() as counter:
        await counter.sell()
        await settled(counter)
        assert counter.told() == REVERSED


@pytest.mark.parametrize("at", [0, 1])
async def test_a_power_cut_closes_the_connection_and_refuses_for_a_while(at: int, autojump_clock: MockClock) -> None:
    async with Counter(Line("power_cycle", on="payment", at=at, seconds=5.0, nth=1)).open() as counter:
        assert await attempt(counter.till()) is None
        with pytest.raises((HungUp, trio.BrokenResourceError)):
            await counter.till().operate(SALE)
        await trio.sleep(6)
        await counter.undone()
        assert counter.left() == 0
        assert (await counter.sell())[39] == b"1"


@pytest.mark.parametrize("moment", [0.2, 0.32, 0.36, 0.6])
async def test_a_terminal_that_is_replaced_in_the_middle_remembers(moment: float, autojump_clock: MockClock) -> None:
    """The process is gone and another reads its journal: before the card, at the bank, behind it, at the result."""
    async with Counter(settings=quick(wait_every=60.0)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await trio.sleep(moment)
        counter.terminal.power.cut(1e9)  # the old one never comes back
        counter.switch_on()
        await settled(counter)
        assert counter.left() == 0
        assert (await counter.sell())[39] == b"1"
        assert counter.left() == 1200


async def test_an_acknowledged_payment_outlives_its_terminal(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        await counter.sell()
        await trio.sleep(1)
        counter.terminal.power.cut(1e9)
        counter.switch_on()
        await settled(counter)
        assert counter.told() == CHARGED
        assert "ОДОБРЕНО" in await counter.last_slip()
        assert (await counter.once(EMERGENCY))[39] == b"1"


@pytest.mark.parametrize("reverses", [True, False])
async def test_a_void_that_nobody_acknowledged(reverses: bool, autojump_clock: MockClock) -> None:
    async with Counter(Line("cut_reply", on="void"), settings=quick(reverses_voids=reverses)).open() as counter:
        sale = (await counter.sell())[14].decode()
        till = counter.till()
        with pytest.raises((HungUp, trio.BrokenResourceError)):
            await till.operate({**SALE, 25: "4", 14: sale})
        await settled(counter)
        assert counter.left() == (1200 if reverses else 0)
        outcome = "ОПЕРАЦИЯ ОТМЕНЕНА" if reverses else "ОДОБРЕНО"
        assert outcome in await counter.last_slip()


@pytest.mark.parametrize("wiring", ["kph", "pkh"])
@pytest.mark.parametrize("direction", ["there", "back"])
async def test_a_line_that_is_cut_at_every_byte(wiring: Wiring, direction: str, autojump_clock: MockClock) -> None:
    """For each place: what the till knows to be paid is paid, and nobody pays twice or for nothing.

    Bytes that the till has written and the terminal never got are the one case in which the till is wrong by itself:
    a cut right at the final ACK.
    """
    at, ends = 0, 0
    while ends < 2:
        at += 7 if wiring == "pkh" else 1
        faults = Faults(cut_at=at)
        settings = quick(ack_seconds=1.0, wait_every=60.0)
        async with Counter(wiring=wiring, settings=settings, bank_settings=BankSettings(seconds=0)).open() as counter:
            till = counter.till(there=faults) if direction == "there" else counter.till(back=faults)
            known = await attempt(till)
            await counter.once(LAST_SLIP if wiring == "kph" else {25: "26", 27: TID})
            await counter.undone()
            assert counter.left() in (0, 1200)
            assert not counter.left() or known
            line = counter.told()
            assert line.count(CHARGED[0]) <= 1
            ends = ends + 1 if counter.left() else 0
    assert at > (len(frame(SALE)) if direction == "there" else 500)


async def test_the_last_slip_tells_the_truth_about_a_payment_that_was_cut(autojump_clock: MockClock) -> None:
    async with Counter(Line("cut_reply", on="payment")).open() as counter:
        await attempt(counter.till())
        await settled(counter)
        told = slip(await counter.once(LAST_SLIP))
        assert all(each in told for each in ("СУММА (РУБ)        12.00", "НОМЕР ОПЕРАЦИИ        12"))
        assert told.endswith("ОПЕРАЦИЯ ОТМЕНЕНА")
