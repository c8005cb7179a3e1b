"""Customers: who comes by amount and by script, and what the till, the bank and the terminal make of it."""

from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from kassanet.sandbox.occasions import PlanError
from kassanet.sandbox.smartsale.cards import ACTS, DECLINED, STAGED, Act, CardLine, CardScript, Scenario, scenario
from kassanet.sandbox.smartsale.names import is_operation
from schemas.pinpads import Wiring
from tests.kassanet.sandbox.smartsale.counter import EMERGENCY, SALE, SETTLE, Counter, quick

AMOUNT = 1200
APPROVED = ("payment", AMOUNT, True)


@pytest.mark.parametrize(
    ("act", "status", "code", "told"),
    [
        ("approve", b"1", b"00", [APPROVED]),
        ("decline", b"16", b"05", [("payment", AMOUNT, False)]),
        ("partial", b"16", b"10", [("payment", AMOUNT // 2, True), ("reversal", AMOUNT // 2, True)]),
        ("no_host", b"34", None, []),
        ("no_card", b"53", None, []),
        ("cancelled", b"53", None, []),
        ("removed", b"53", None, []),
        ("removed_late", b"53", None, [APPROVED, ("reversal", AMOUNT, True)]),
        ("pin_wrong", b"1", b"00", [APPROVED]),
        ("pin_blocked", b"16", b"75", []),
        ("slow", b"1", b"00", [APPROVED]),
    ],
)
@pytest.mark.parametrize("wiring", ["kph", "pkh"])
async def test_what_a_customer_does(
    act: Act, status: bytes, code: bytes | None, told: list[Any], wiring: Wiring, autojump_clock: MockClock
) -> None:
    async with Counter(cards=(CardLine(act, on="payment", nth=1),), wiring=wiring).open() as counter:
        result = await counter.sell()
        assert (result[39], result.get(15)) == (status, code)
        assert counter.told() == told
        await counter.undone()
        assert counter.left() == (AMOUNT if status == b"1" else 0)
        assert (await counter.sell(500))[39] == b"1"  # the next customer is an ordinary one


async def test_a_card_that_is_charged_offline_is_told_to_the_bank_later(autojump_clock: MockClock) -> None:
    async with Counter(cards=(CardLine("offline", nth=1),)).open() as counter:
        counter.bank.refusing = True
        result = await counter.sell()
        assert (result[39], 14 in result) == (b"17", False)
        assert "ПРОВЕДЕНО ОФЛАЙН" in await counter.last_slip()
        assert (await counter.once(EMERGENCY))[39] == b"34"  # the bank is told first
        assert (await counter.once(SETTLE))[39] == b"34"
        counter.bank.refusing = False
        await counter.undone()
        assert counter.told() == [APPROVED]
        assert (await counter.once(EMERGENCY))[39] == b"16"  # only what has 39 = 1
        assert (await counter.once(SETTLE))[39] == b"1"


async def test_an_offline_charge_that_nobody_acknowledged_never_was(autojump_clock: MockClock) -> None:
    async with Counter(cards=(CardLine("offline", nth=1),)).open() as counter:
        till = counter.till()
        await till.ask(SALE)
        await till.result()
        await till.stream.aclose()
        await trio.sleep(1)
        await counter.undone()
        assert counter.told() == []
        assert "ОПЕРАЦИЯ ОТМЕНЕНА" in await counter.last_slip()


async def test_a_slow_customer_is_waited_for(autojump_clock: MockClock) -> None:
    async with Counter(cards=(CardLine("slow"),), settings=quick(slow_seconds=50.0)).open() as counter:
        till = counter.till()
        assert (await till.operate(SALE))[39] == b"1"
        assert till.waits >= 45


async def test_the_pin_is_asked_for_from_a_sum_on(autojump_clock: MockClock) -> None:
    async with Counter(settings=quick(pin_above=1000, pin_seconds=7.0)).open() as counter:
        started = trio.current_time()
        await counter.sell(999)
        assert trio.current_time() - started < 7
        await counter.sell(1000)
        assert trio.current_time() - started > 7


async def test_each_card_has_a_name(autojump_clock: MockClock) -> None:
    async with Counter(cards=(CardLine("approve", card="visa"),)).open() as counter:
        result = await counter.sell()
        assert result[10] == b"************0002"
        assert "0x4F^aid^A0000000031010" in result[90].decode("cp1251")
        assert counter.book()[0].card == "400000******0002"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (AMOUNT, Scenario()),
        (DECLINED + 51, scenario("decline", "51")),
        (DECLINED + 5, scenario("decline", "05")),
        *((STAGED + index, scenario(act)) for index, act in enumerate(ACTS)),
        (STAGED + len(ACTS), Scenario()),
    ],
)
def test_amounts_that_nobody_pays_by_accident(amount: int, expected: Scenario) -> None:
    assert CardScript().for_device("0").next(amount, "payment", "1") == expected


def test_a_script_is_read_and_counts_for_each_terminal(tmp_path: Path) -> None:
    path = tmp_path / "cards.jsonl"
    path.write_text(
        """
        {"do":"decline","code":"51","on":"payment","nth":2}
        {"do":"slow","device":"1","on":"1","amount":700}
        {"do":"cancelled","on":"refund"}
        """
    )
    script = CardScript.load(path, is_operation, devices={"0", "1"})
    first, second = script.for_device("0", "50101700"), script.for_device("1", "50101701")
    assert [first.next(700, "payment", "1").act for _ in range(3)] == ["approve", "decline", "approve"]
    assert [second.next(700, "payment", "1").act for _ in range(3)] == ["slow", "decline", "slow"]
    assert second.next(800, "refund", "29").act == "cancelled"


def test_chance_is_seeded() -> None:
    def acts(seed: int) -> list[Act]:
        customers = CardScript((CardLine("cancelled", p=0.5),), seed).for_device("0")
        return [customers.next(1, "payment").act for _ in range(64)]

    assert acts(1) == acts(1) != acts(2)
    assert 16 < acts(1).count("cancelled") < 48


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"do":"vanish"}', "Invalid enum value 'vanish'"),
        ('{"do":"slow","at":1}', "unknown field `at`"),
        ('{"do":"slow","card":"amex"}', "`card` is 'amex', known are mir, visa, mastercard"),
        ('{"do":"slow","nth":0}', "count from 1"),
        ('{"do":"slow","nth":1,"p":0.1}', "only one of"),
        ('{"do":"slow","p":2}', "probability"),
        ('{"do":"slow","on":"paymnt"}', "no operation is called 'paymnt'"),
        ('{"do":"slow","device":"9"}', "no terminal is called '9'"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "cards.jsonl"
    path.write_text(f'{{"do":"slow"}}\n{text}\n')
    with pytest.raises(PlanError) as refused:
        CardScript.load(path, is_operation, devices={"0"})
    assert str(refused.value).startswith(f"{path}:2: ")
    assert complaint in str(refused.value)
