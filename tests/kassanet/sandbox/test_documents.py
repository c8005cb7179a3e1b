"""Documents other than receipts: corrections, settlement reports, the cash drawer, registration and its end."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from kassanet.sandbox.fiscal_storage import Phase
from kassanet.sandbox.terminalfa import registration_of
from kassanet.sandbox.terminalfa.rnm import rnm_for, rnm_is_valid
from tests.kassanet.sandbox.desk import DAY, FN, MINUTE, SERIAL, Desk
from transports.terminalfa.commands.corrections import (
    Basis,
    BeginCorrection,
    CommitCorrection,
    PassCorrection,
    PassCorrectionVending,
)
from transports.terminalfa.commands.information import ReadFnStatus, ReadRegistration, ReadValidity
from transports.terminalfa.commands.receipt import CommitReceipt, OpenReceipt
from transports.terminalfa.commands.registration import (
    BeginFnClosing,
    BeginRegistration,
    BeginRegistration12,
    CommitFnClosing,
    CommitRegistration,
    CommitRegistration12,
    PassFnClosing,
    PassRegistration,
    PassRegistration12,
    ResetTestFn,
)
from transports.terminalfa.commands.reports import (
    BeginSettlementReport,
    CashAnswer,
    CashIn,
    CashOut,
    CommitSettlementReport,
    PrintReport,
    ReadCash,
    ResetCounters,
)
from transports.terminalfa.commands.shifts import BeginShiftOpening, ReadShift, ShiftAnswer

INN = "7707000015"
RNM = rnm_for(1, INN, SERIAL)


def correction(**changes: object) -> PassCorrection:
    said: dict[str, Any] = {
        "by_order": 0,
        "basis": Basis(name="Своё решение", date=date(2026, 11, 1), number="1"),
        "tax_system": 1,
        "cash": 10000,
        "no_vat": 10000,
    }
    return PassCorrection(**{**said, **changes})


async def test_a_correction(shop: Desk) -> None:
    await shop.ask(BeginCorrection())
    await shop.ask(correction())
    answer = await shop.ask(CommitCorrection(1, 10000))
    assert (answer.number, answer.fd) == (1, 3)
    document = shop.device.fn.document(3)
    assert document is not None
    assert (document.kind, document.total, document.settlement) == ("sell_correction", 10000, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"by_order": 2}, 0x09),
        ({"tax_system": 0}, 0x57),
        ({"no_vat": 9999}, 0x45),
        ({"vat20": 10000}, 0x45),
        ({"cashier_inn": "123"}, 0x09),
    ],
)
async def test_a_correction_that_says_nonsense(shop: Desk, changes: dict[str, Any], code: int) -> None:
    await shop.ask(BeginCorrection())
    assert await shop.code(correction(**changes)) == code


@pytest.mark.parametrize(
    ("kind", "total", "code"), [(2, 10000, 0x55), (4, 10000, 0x55), (3, 9999, 0x46), (3, 10000, 0)]
)
async def test_the_commit_of_a_correction(shop: Desk, kind: int, total: int, code: int) -> None:
    await shop.ask(BeginCorrection())
    await shop.ask(correction())
    assert await shop.code(CommitCorrection(kind, total)) == code


async def test_a_correction_goes_in_order(shop: Desk) -> None:
    assert await shop.code(correction()) == 0x5B
    await shop.ask(BeginCorrection())
    assert await shop.code(CommitCorrection(1, 1)) == 0x32
    await shop.ask(correction(cash=0, no_vat=0))
    assert await shop.code(correction()) == 0x34
    assert await shop.code(CommitCorrection(1, 0)) == 0x47
    assert await shop.code(CommitReceipt(1, 0)) == 0x5B


async def test_vending_data_of_a_correction() -> None:
    desk = Desk(registration=replace(registration_of(SERIAL, 1), place=""))
    await desk.open_shift()
    await desk.ask(BeginCorrection())
    await desk.ask(correction())
    assert await desk.code(CommitCorrection(1, 10000)) == 0x3F
    await desk.ask(PassCorrectionVending("a", "b", "c"))
    assert await desk.code(PassCorrectionVending("a", "b", "c")) == 0x34
    assert await desk.code(CommitCorrection(1, 10000)) == 0


async def test_the_settlement_report_counts_what_waits(shop: Desk) -> None:
    await shop.ask(BeginSettlementReport())
    report = await shop.ask(CommitSettlementReport())
    assert (report.fd, report.unsent, report.first_unsent) == (3, 2, date(2026, 11, 22))


async def test_the_drawer_counts_money_of_the_shift(shop: Desk) -> None:
    assert await shop.ask(ReadCash()) == CashAnswer(0, 0)
    await shop.sell(15000, cashless=5000, cash=10000)
    await shop.ask(CashIn(500))
    await shop.ask(CashOut(10500))
    assert await shop.code(CashOut(1)) == 0x42
    assert await shop.ask(ReadCash()) == CashAnswer(0, 5000)
    await shop.ask(ResetCounters())
    assert await shop.ask(ReadCash()) == CashAnswer(0, 0)


async def test_the_drawer_is_remembered_without_power(shop: Desk) -> None:
    await shop.ask(CashIn(700))
    await shop.sell(100, cashless=0, cash=100)
    shop.switch_on()
    assert await shop.ask(ReadCash()) == CashAnswer(800, 0)
    await shop.close_shift()
    await shop.open_shift()
    shop.switch_on()
    assert await shop.ask(ReadCash()) == CashAnswer(0, 0)


async def test_a_refund_takes_money_out(shop: Desk) -> None:
    await shop.ask(CashIn(20000))
    await shop.pass_receipt(15000, cashless=0, cash=15000)
    await shop.ask(CommitReceipt(2, 15000))
    assert await shop.ask(ReadCash()) == CashAnswer(5000, 0)


async def test_the_drawer_before_and_between_shifts(desk: Desk) -> None:
    assert await desk.code(ReadCash()) == 0x44
    assert await desk.code(CashIn(1)) == 0x43
    await desk.open_shift()
    await desk.close_shift()
    assert await desk.code(CashIn(1)) == 0x43
    assert await desk.code(ReadCash()) == 0
    assert await desk.code(PrintReport()) == 0
    assert "ИНФОРМАЦИОННЫЙ ОТЧЕТ" in desk.device.paper.tape


async def test_shift_and_receipt_numbers(shop: Desk) -> None:
    await shop.sell()
    await shop.sell()
    assert await shop.ask(ReadShift()) == ShiftAnswer(True, 1, 2)
    await shop.close_shift()
    assert await shop.ask(ReadShift()) == ShiftAnswer(False, 1, 4)
    await shop.open_shift()
    assert await shop.ask(ReadShift()) == ShiftAnswer(True, 2, 0)
    await shop.pass_receipt()
    assert (await shop.ask(CommitReceipt(1, 15000))).receipt_number == 1


async def test_closing_the_storage(shop: Desk) -> None:
    shop.limits.ofd_seconds = 5.0
    assert await shop.code(BeginFnClosing()) == 0xE0
    shop.clock.advance(MINUTE)
    assert await shop.code(BeginFnClosing()) == 0x02  # the shift is open
    await shop.close_shift()
    shop.clock.advance(MINUTE)
    await shop.ask(BeginFnClosing())
    await shop.ask(PassFnClosing("Иванов"))
    await shop.ask(CommitFnClosing())
    assert (await shop.ask(ReadFnStatus())).phase == Phase.POST_FISCAL
    assert await shop.code(BeginShiftOpening()) == 0x02
    assert await shop.code(BeginFnClosing()) == 0xF5
    shop.clock.advance(MINUTE)
    assert (await shop.ask(ReadFnStatus())).phase == Phase.ARCHIVE
    shop.switch_on()
    assert (await shop.ask(ReadFnStatus())).phase == Phase.ARCHIVE


async def test_resetting_a_test_storage_and_registering_it_again(shop: Desk) -> None:
    assert await shop.code(ResetTestFn(0x17)) == 0x09
    await shop.ask(ResetTestFn())
    status = await shop.ask(ReadFnStatus())
    assert (status.phase, status.last_fd, status.fn) == (Phase.READY, 0, FN)
    assert await shop.code(ReadRegistration()) == 0xF4
    assert await shop.code(ReadValidity()) == 0xF4
    assert await shop.code(BeginFnClosing()) == 0xF4
    assert await shop.code(BeginRegistration(2)) == 0xF4
    await shop.ask(BeginRegistration(0))
    assert await shop.code(CommitRegistration(INN, RNM, 1)) == 0x32
    await shop.ask(PassRegistration(address="a", place="b", machine_number="c", agents=2, undocumented=b"\x24"))
    assert await shop.code(CommitRegistration(INN, RNM[:-1] + "0", 1)) == 0x33
    assert await shop.code(CommitRegistration(INN, RNM, 0)) == 0x09
    assert (await shop.ask(CommitRegistration(INN, RNM, 5))).fd == 1
    told = await shop.ask(ReadRegistration())
    assert (told.inn, told.rnm, told.tax_systems, told.agents, told.modes) == (INN, RNM, 5, 2, 0x24)
    await shop.open_shift()


async def test_only_a_test_storage_is_reset(desk: Desk) -> None:
    desk.device.fn.serial = "7384440900000001"
    assert await desk.code(ResetTestFn()) == 0x7F


async def test_registration_of_ffd_12(desk: Desk) -> None:
    assert await desk.code(CommitRegistration12(INN, RNM)) == 0x02
    await desk.ask(ResetTestFn())
    await desk.ask(BeginRegistration12())
    await desk.ask(PassRegistration12(b"anything"))
    await desk.ask(CommitRegistration12(INN, RNM))
    assert (await desk.ask(ReadFnStatus())).phase == Phase.FISCAL


async def test_reregistration_keeps_what_is_not_passed(desk: Desk) -> None:
    before = await desk.ask(ReadRegistration())
    await desk.ask(BeginRegistration(2))
    assert await desk.code(OpenReceipt()) == 0x02
    await desk.ask(PassRegistration(agents=1))
    assert await desk.code(CommitRegistration(INN, RNM, 1)) == 0x32  # a reason is due
    other = rnm_for(2, INN, SERIAL)
    assert await desk.code(CommitRegistration(INN, other, 1, 4)) == 0x09
    await desk.ask(CommitRegistration(INN, RNM, 1, 4))
    assert await desk.ask(ReadRegistration()) == replace(before, agents=1, tax_systems=1)
    validity = await desk.ask(ReadValidity())
    assert (validity.reregistrations_left, validity.reregistrations_done) == (10, 1)


async def test_reregistrations_run_out(desk: Desk) -> None:
    desk.limits.reregistrations = 0
    assert await desk.code(BeginRegistration(2)) == 0x12


async def test_an_open_shift_forbids_reregistration(shop: Desk) -> None:
    assert await shop.code(BeginRegistration(2)) == 0x02


async def test_a_storage_of_another_register_is_told(shop: Desk) -> None:
    shop.device.serial = "550780200002"
    assert await shop.code(OpenReceipt()) == 0xF3
    assert await shop.code(ReadFnStatus()) == 0


async def test_no_storage_at_all(shop: Desk) -> None:
    shop.device.storage = None
    assert await shop.code(ReadFnStatus()) == 0x30
    assert await shop.code(OpenReceipt()) == 0x30


@pytest.mark.parametrize(
    ("trouble", "code"), [({"fatal_error": True}, 0x35), ({"clock_is_set": False}, 0x31), ({"printer": 2}, 0x40)]
)
async def test_a_register_in_trouble_makes_no_documents(shop: Desk, trouble: dict[str, Any], code: int) -> None:
    await shop.pass_receipt()
    for name, value in trouble.items():
        setattr(shop.device, name, value)
    assert await shop.code(CommitReceipt(1, 15000)) == code
    assert shop.device.fn.last_fd == 2


async def test_paper_that_jams_comes_after_the_document(shop: Desk) -> None:
    await shop.pass_receipt()
    shop.device.jams = True
    assert await shop.code(CommitReceipt(1, 15000)) == 0x40
    assert shop.device.fn.last_fd == 3
    assert shop.device.printer == 3


def test_the_check_digits_of_the_captured_registration() -> None:
    assert rnm_is_valid("0000000000038045", "7806197274", "550101006105")
    assert not rnm_is_valid("0000000000038045", "7806197274", "550101006106")
    assert not rnm_is_valid("000000000003804", "7806197274", "550101006105")


async def test_life_ends(shop: Desk) -> None:
    await shop.close_shift()
    shop.clock.advance(1110 * DAY)
    assert await shop.code(BeginShiftOpening()) == 0x05
