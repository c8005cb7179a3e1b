"""Wiring ПКХ: the pinpad has the till open, send, fetch and close, and every byte arrives as it left."""

import trio
from trio.testing import MockClock

from kassanet.sandbox.faults import Line
from kassanet.sandbox.smartsale.bank import BankSettings
from tests.kassanet.sandbox.smartsale.cash import Fields, HungUp, Relay
from tests.kassanet.sandbox.smartsale.counter import CHECK, LAST_SLIP, SALE, SETTLE, Counter

OPEN = "02 1f 00 19 02 00 36 33 40 01 00 31 41 02 00 31 36 46 0e 00 31 32 37 2e 30 2e 30 2e 31 3b 35 30 30 30 3d 73"


def relay_of(counter: Counter) -> Relay:
    return Relay(counter.bank.dial)


async def test_a_payment_over_the_tills_link(autojump_clock: MockClock) -> None:
    async with Counter(wiring="pkh").open() as counter:
        till = counter.till()
        relay = till.carry = relay_of(counter)
        result = await till.operate(SALE)
        assert result[39] == b"1"
        assert relay.opened == [b"127.0.0.1;5000\0"]
        asked = [(command[65], command[64]) for command in till.commands]
        assert asked[:2] == [(b"16", b"1"), (b"17", b"0")]
        assert set(asked[2:-1]) == {(b"17", b"1")}
        assert asked[-1] == (b"16", b"0")
        assert counter.told() == [("payment", 1200, True)]


async def test_the_hosts_bytes_hold_what_nobody_may_keep(autojump_clock: MockClock) -> None:
    """So that a search for secrets in the service's files has something to find."""
    async with Counter(wiring="pkh").open() as counter:
        till = counter.till()
        relay = till.carry = relay_of(counter)
        await till.operate({**SALE, 0: "500000"})
        sent = b"".join(relay.sent)
        assert b"2200000000000053=3012" in sent
        assert bytes.fromhex("7A4C019DE2F35B86") in sent


async def test_long_demands_go_in_pieces(autojump_clock: MockClock) -> None:
    async with Counter(wiring="pkh").open() as counter:
        till = counter.till()
        till.carry = relay_of(counter)
        await till.operate({**SALE, 14: "9" * 600, 25: "4"})
        assert sum(command[65] == b"17" and command[64] == b"0" for command in till.commands) == 2
        assert counter.told() == [("void", 1200, False)]


async def test_a_till_that_cannot_connect(autojump_clock: MockClock) -> None:
    async with Counter(wiring="pkh").open() as counter:
        till = counter.till()
        relay = till.carry = relay_of(counter)
        relay.refuses = True
        assert (await till.operate(SALE))[39] == b"34"
        assert (await till.operate(CHECK))[39] == b"34"
        relay.refuses = False
        assert (await till.operate({**SALE, 26: "13"}))[39] == b"1"


async def test_the_till_goes_away_while_it_carries(autojump_clock: MockClock) -> None:
    """The reversal waits for the next till that carries bytes, whatever that one asks for."""
    async with Counter(wiring="pkh", bank_settings=BankSettings(seconds=5.0)).open() as counter:
        till = counter.till()
        relay = relay_of(counter)

        async def carry(fields: Fields) -> dict[int, str | bytes]:
            if fields[65] == b"17" and fields[64] == b"1":
                await trio.sleep(6)
                await till.stream.aclose()
            return dict(await relay(fields))

        till.carry = carry
        try:
            await till.operate(SALE)
        except (HungUp, trio.ClosedResourceError):
            await trio.sleep(60)
        assert counter.told() == [("payment", 1200, True)]
        assert "НЕ ЗАВЕРШЕНА, ОТМЕНЯЕТСЯ" in await counter.last_slip()
        assert (await counter.once(CHECK))[39] == b"1"
        assert counter.told() == [("payment", 1200, True), ("reversal", 1200, True)]
        assert "ОПЕРАЦИЯ ОТМЕНЕНА" in await counter.last_slip()


async def test_a_power_cut_behind_the_banks_answer(autojump_clock: MockClock) -> None:
    async with Counter(Line("power_cycle", on="payment"), wiring="pkh").open() as counter:
        till = counter.till()
        till.carry = relay_of(counter)
        try:
            await till.operate(SALE)
        except (HungUp, trio.BrokenResourceError):
            await trio.sleep(5)
        assert [op for op, _, _ in counter.told()] == ["payment"]
        assert (await counter.once(SETTLE))[39] == b"1"
        assert [op for op, _, _ in counter.told()] == ["payment", "reversal", "settlement"]


async def test_a_copy_needs_no_bank(autojump_clock: MockClock) -> None:
    async with Counter(wiring="pkh").open() as counter:
        await counter.sell()
        till = counter.till()
        await till.operate(LAST_SLIP)
        assert till.commands == []
