"""All fifteen operations end to end: what the till gets, what the ledger tells, what the terminal remembers."""

import pytest
from trio.testing import MockClock

from kassanet.sandbox.smartsale.bank import BankSettings
from tests.kassanet.sandbox.smartsale.cash import Fields
from tests.kassanet.sandbox.smartsale.counter import (
    CHECK,
    EMERGENCY,
    LAST_SLIP,
    SALE,
    SETTLE,
    TID,
    Counter,
    quick,
    slip,
)

VOID, REFUND, PREAUTH, INCREMENT, COMPLETION, TOP_UP, CASH_OUT = "4", "29", "61", "62", "64", "65", "66"
BALANCE = {4: "643", 8: "3", 25: "67", 26: "900", 27: TID}
CARD = {8: "3", 25: "68", 26: "901", 27: TID}
SHORT, FULL = {25: "63", 64: "0", 65: "20"}, {25: "63", 64: "0", 65: "21"}


def rrn(fields: Fields) -> str:
    return fields[14].decode()


def text(fields: Fields, number: int = 19) -> str:
    return fields[number].decode("cp1251")


async def test_a_payment_tells_everything(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        result = await counter.once(SALE)
        assert sorted(result) == list(result)
        shown = {number: data.decode("cp1251") for number, data in result.items() if number not in (13, 90)}
        assert shown == {
            0: "1200",
            4: "643",
            6: "20261122120000",
            10: "************0053",
            14: "632600000001",
            15: "00",
            19: "ОДОБРЕНО",
            21: "20261122120000",
            25: "1",
            26: "12",
            27: TID,
            28: "000000501017",
            33: "1",
            39: "1",
            108: "1",
        }
        assert [(line.stan, line.of) for line in counter.book()] == [(12, None)]


async def test_a_terse_terminal_tells_what_the_makers_profile_lists(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(terse=True)).open() as counter:
        assert sorted(await counter.once(SALE)) == [0, 4, 13, 14, 15, 19, 25, 27, 28, 39, 90]
        assert sorted(await counter.once(LAST_SLIP)) == [25, 27, 39, 65, 67, 90]
        assert sorted(await counter.once(CHECK)) == [19, 25, 27, 39, 90]


async def test_slips_for_both_and_the_card(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        result = await counter.once(SALE)
        entries = [entry.split("^")[0] for entry in text(result, 90).split("~")]
        assert entries == ["0xDF", "0xDA", "0xDE", "0x4F", ""]
        told = slip(result)
        assert all(line in told for line in ("ОПЛАТА\r\n", "СУММА (РУБ)        12.00\r\n", "22.11.26 12:00:00"))
        assert "НОМЕР ОПЕРАЦИИ        12\r\n" in told
        assert told.endswith("ОДОБРЕНО")


async def test_void_whole_and_in_part(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        sale = rrn(await counter.sell(1200))
        part = await counter.sell(500, VOID, f14=sale, f1="1200")
        assert (part[39], part[0]) == (b"1", b"500")
        assert (await counter.sell(701, VOID, f14=sale))[15] == b"13"
        assert (await counter.sell(700, VOID, f14=sale))[39] == b"1"
        assert counter.left() == 0
        assert [line.of for line in counter.book()] == [None, sale, sale, sale]


async def test_a_void_finds_its_original_by_the_authorisation_code_too(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        auth = (await counter.sell(1200))[13].decode()
        assert (await counter.sell(1200, VOID))[15] == b"25"
        assert (await counter.sell(1200, VOID, f13=auth))[39] == b"1"


async def test_an_rrn_may_be_short_of_zeros(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        assert (await counter.sell(1200, VOID, f14="99"))[15] == b"25"


async def test_refund_after_settlement(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        sale = rrn(await counter.sell(1200))
        assert (await counter.sell(1200, REFUND, f14=sale))[15] == b"12"
        await counter.once(SETTLE)
        assert (await counter.sell(1200, VOID, f14=sale))[15] == b"12"
        assert (await counter.sell(1300, REFUND, f14=sale))[15] == b"13"
        refund = await counter.sell(400, REFUND, f14=sale)
        assert refund[39] == b"1"
        assert counter.left() == 800
        assert (await counter.sell(400, VOID, f14=rrn(refund)))[39] == b"1"
        assert counter.left() == 1200


async def test_settlement_agrees_with_the_bank_and_clears_the_journal(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        first = rrn(await counter.sell(1200))
        await counter.sell(500)
        await counter.sell(200, VOID, f14=first)
        await counter.sell(999_900_51)
        await counter.sell(300, PREAUTH)
        await counter.sell(70, TOP_UP)
        await counter.sell(900)
        await counter.once({**EMERGENCY, 0: "900"})
        told = slip(await counter.once(SETTLE))
        assert "ИТОГИ СОВПАЛИ" in told
        assert "ДЕБЕТ  2           17.00" in told
        assert "КРЕДИТ 2            2.70" in told
        assert [line.amount for line in counter.book() if line.op == "settlement"] == [1430]
        assert "ДЕБЕТ  0" in slip(await counter.once(SHORT))
        assert (await counter.once(EMERGENCY))[39] == b"16"


async def test_reports(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        await counter.sell(1200)
        await counter.sell(999_900_51)
        short, full = await counter.once(SHORT), await counter.once(FULL)
        assert (short[25], short[65], short[67]) == (b"63", b"20", b"0")
        assert (full[39], full[65]) == (b"1", b"21")
        assert "ОПЛАТА, ОДОБРЕНО" not in slip(short)
        assert "ОПЛАТА, ОДОБРЕНО" in slip(full)
        assert "ОПЛАТА, ОТКАЗ" in slip(full)


async def test_a_long_full_report_comes_in_packets(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(card_seconds=0.0)).open() as counter:
        for _ in range(30):
            await counter.sell(100)
        till = counter.till()
        assert slip(await till.operate(FULL)).count("ОДОБРЕНО") == 30
        assert len(till.packets) > 1


async def test_copies_of_slips(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        assert (await counter.once(LAST_SLIP))[39] == b"53"
        await counter.sell(1200)
        await counter.sell(500)
        last = await counter.once(LAST_SLIP)
        assert (last[65], last[67]) == (b"22", b"0")
        assert "СУММА (РУБ)         5.00" in slip(last)
        assert "КОПИЯ" in slip(last)
        by_number = await counter.once({**LAST_SLIP, 64: "0", 108: "1"})
        assert "СУММА (РУБ)        12.00" in slip(by_number)
        for number in ("3", "x"):
            assert (await counter.once({**LAST_SLIP, 64: "0", 108: number}))[67] == b"1"


async def test_copies_with_details(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(copy_details=True)).open() as counter:
        sale = await counter.once(SALE)
        copy = await counter.once(LAST_SLIP)
        assert [copy[number] for number in (0, 13, 14, 21, 26)] == [sale[number] for number in (0, 13, 14, 21, 26)]
        assert copy[39] == b"1"
        await counter.once(EMERGENCY)
        assert (await counter.once(LAST_SLIP))[39] == b"0"


@pytest.mark.parametrize("asked", [{25: "26"}, CHECK, {25: "26", 27: "99999999"}])
async def test_the_connection_check_tells_the_real_terminal(asked: dict[int, str], autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        result = await counter.once(asked)
        assert (result[27], result[39]) == (TID.encode(), b"1")
        assert counter.told() == []


async def test_the_connection_check_knows_when_the_bank_is_away(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        counter.bank.refusing = True
        assert (await counter.once(CHECK))[39] == b"34"
        counter.settings.echoes_host = False
        assert (await counter.once(CHECK))[39] == b"1"


async def test_emergency_void(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        await counter.sell()
        result = await counter.once(EMERGENCY)
        assert (result[39], text(result)) == (b"1", "ОПЕРАЦИЯ ОТМЕНЕНА")
        assert counter.told() == [("payment", 1200, True), ("emergency_void", 1200, True)]
        assert "ОПЕРАЦИЯ ОТМЕНЕНА" in await counter.last_slip()


@pytest.mark.parametrize(("repeats", "status"), [(True, b"1"), (False, b"16")])
async def test_a_second_emergency_void(repeats: bool, status: bytes, autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(repeats_emergency_void=repeats)).open() as counter:
        await counter.sell()
        await counter.once(EMERGENCY)
        assert (await counter.once(EMERGENCY))[39] == status
        assert counter.told() == [("payment", 1200, True), ("emergency_void", 1200, True)]


async def test_what_no_emergency_void_takes_back(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        assert (await counter.once(EMERGENCY))[39] == b"16"  # nothing
        sale = rrn(await counter.sell())
        assert (await counter.once({**EMERGENCY, 0: "1300"}))[39] == b"16"  # another amount
        assert (await counter.once({**EMERGENCY, 26: "999"}))[39] == b"16"  # another number
        assert (await counter.once({**EMERGENCY, 27: "50101701"}))[39] == b"16"  # another terminal
        await counter.sell(999_900_51)
        assert (await counter.once(EMERGENCY))[39] == b"16"  # not the last one
        assert (await counter.once({**EMERGENCY, 0: "99990051"}))[39] == b"16"  # a refusal
        await counter.sell(1200, VOID, f14=sale)
        assert (await counter.once(EMERGENCY))[39] == b"16"  # a void
        assert [op for op, _, _ in counter.told()] == ["payment", "payment", "void"]


async def test_an_emergency_void_that_the_bank_does_not_answer(autojump_clock: MockClock) -> None:
    """Not sent: refused, and the sale stands. Sent: undefined, and the terminal carries it through by itself."""
    async with Counter().open() as counter:
        await counter.sell()
        counter.bank.refusing = True
        assert (await counter.once(EMERGENCY))[39] == b"34"
        counter.bank.refusing = False
        assert counter.left() == 1200
        counter.host.settings.answer_seconds = 100.0
        assert (await counter.once(EMERGENCY))[39] == b"0"
        counter.host.settings.answer_seconds = 0.0
        await counter.undone()
        assert counter.told() == [("payment", 1200, True), ("emergency_void", 1200, True)]
        assert (await counter.once(EMERGENCY))[39] == b"1"


async def test_preauthorisation_grows_and_is_completed(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        first = await counter.sell(1000, PREAUTH)
        assert (await counter.sell(500, INCREMENT, f14=rrn(first)))[39] == b"1"
        assert (await counter.sell(1501, COMPLETION, f14=rrn(first)))[15] == b"13"
        assert (await counter.sell(1400, COMPLETION, f14=rrn(first)))[39] == b"1"
        assert "ЗАВЕРШЕНИЕ РАСЧЕТА" in await counter.last_slip()
        assert [line.op for line in counter.book()][:2] == ["preauthorisation", "preauthorisation"]


async def test_top_up_and_cash_withdrawal(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        assert (await counter.sell(1000, TOP_UP))[39] == b"1"
        assert (await counter.sell(300, CASH_OUT))[39] == b"1"
        assert counter.left() == -700
        assert [line.op for line in counter.book()] == ["top_up", "cash_withdrawal"]


async def test_balance_and_card_data(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        await counter.sell(1200)
        balance = await counter.once(BALANCE)
        assert (balance[39], balance[0]) == (b"1", b"9998800")
        assert "ДОСТУПНО (РУБ)  99988.00" in slip(balance)
        card = await counter.once(CARD)
        assert (card[39], card[10]) == (b"1", b"************0053")
        assert "0xDE^card^МИР" in text(card, 90)
        assert len(counter.book()) == 1


async def test_some_firmware_calls_a_void_undefined(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(void_status=0)).open() as counter:
        sale = rrn(await counter.sell())
        void = await counter.sell(1200, VOID, f14=sale)
        assert (void[39], text(void)) == (b"0", "ОДОБРЕНО")
        await counter.undone()
        assert counter.told() == [("payment", 1200, True), ("void", 1200, True)]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({0: "0"}, "НЕВЕРНАЯ СУММА"),
        ({0: None}, "НЕВЕРНАЯ СУММА"),
        ({0: "12x"}, "ОПЕРАЦИЯ НЕ ПОДДЕРЖИВАЕТСЯ"),
        ({4: "840"}, "ВАЛЮТА НЕ ПОДДЕРЖИВАЕТСЯ"),
        ({4: None}, "ВАЛЮТА НЕ ПОДДЕРЖИВАЕТСЯ"),
        ({27: "50101701"}, "НЕВЕРНЫЙ НОМЕР ТЕРМИНАЛА"),
        ({27: None}, "НЕ УКАЗАН ТЕРМИНАЛ"),
        ({25: "99"}, "ОПЕРАЦИЯ НЕ ПОДДЕРЖИВАЕТСЯ"),
        ({25: "63", 65: "77"}, "ОПЕРАЦИЯ НЕ ПОДДЕРЖИВАЕТСЯ"),
    ],
)
async def test_requests_that_are_refused_before_anything(
    changes: dict[int, str | None], complaint: str, autojump_clock: MockClock
) -> None:
    async with Counter().open() as counter:
        asked = {number: value for number, value in {**SALE, **changes}.items() if value is not None}
        result = await counter.once(asked)
        assert (result[39], text(result), result[27]) == (b"16", complaint, TID.encode())
        assert counter.told() == []


async def test_padded_numbers_are_the_same_numbers(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        result = await counter.once({**SALE, 0: "000000001200", 25: "01"})
        assert (result[39], result[0], result[25]) == (b"1", b"1200", b"1")
        assert (await counter.once({**LAST_SLIP, 65: "00022", 64: "01"}))[67] == b"0"


@pytest.mark.parametrize("kind", ["1", VOID])
async def test_a_number_that_was_used_is_refused(kind: str, autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        await counter.once(SALE)
        again = await counter.once({**SALE, 25: kind})
        assert (again[39], again[15]) == (b"16", b"94")
        await counter.once(SETTLE)
        assert (await counter.once(SALE))[39] == b"1"


async def test_sales_without_numbers_are_told_apart(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        unnumbered = {number: value for number, value in SALE.items() if number != 26}
        assert [(await counter.once(unnumbered))[39] for _ in range(2)] == [b"1", b"1"]
        assert [line.stan for line in counter.book()] == [1_000_001, 1_000_002]


async def test_an_answer_in_the_name_of_another_terminal(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(answers_as="50101799")).open() as counter:
        assert (await counter.once(SALE))[27] == b"50101799"


async def test_a_result_without_a_status(autojump_clock: MockClock) -> None:
    """It is acknowledged like any other, so the payment stands: success of the exchange means nothing."""
    async with Counter(settings=quick(leaves_out=39)).open() as counter:
        assert 39 not in await counter.once(SALE)
        await counter.undone()
        assert counter.left() == 1200


async def test_a_slip_that_does_not_tell_our_number(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(numbers_slips=False)).open() as counter:
        assert "НОМЕР ОПЕРАЦИИ" not in slip(await counter.once(SALE))
        assert "НОМЕР ОПЕРАЦИИ" not in await counter.last_slip()


async def test_a_bank_that_knows_no_parts(autojump_clock: MockClock) -> None:
    async with Counter(bank_settings=BankSettings(partial_void=False)).open() as counter:
        sale = rrn(await counter.sell())
        assert (await counter.sell(500, VOID, f14=sale))[15] == b"13"
