"""The protocol text's rules for a simulator (section 10), one by one, and the order errors around them."""

from typing import Any

import pytest
from msgspec.structs import replace

from kassanet.sandbox.terminalfa import DeviceSettings, registration_of
from tests.kassanet.sandbox.desk import HOUR, MINUTE, SERIAL, WATER, Desk
from transports.terminalfa.commands import Request
from transports.terminalfa.commands.corrections import BeginCorrection, CommitCorrection, PassCorrectionVending
from transports.terminalfa.commands.receipt import (
    CommitReceipt,
    Item,
    OpenReceipt,
    PassAgent,
    PassItem,
    PassItem12,
    PassPayment,
    PassVending,
)
from transports.terminalfa.commands.registration import BeginFnClosing, CommitFnClosing
from transports.terminalfa.commands.reports import CommitSettlementReport
from transports.terminalfa.commands.shifts import (
    BeginShiftClosing,
    BeginShiftOpening,
    CancelDocument,
    CommitShiftClosing,
    CommitShiftOpening,
    PassCashier,
    ReadShift,
)

PAID = PassPayment(tax_system=1, cashless=15000)
PLACE = ("https://shop.example", "shop.example", "A-1")


async def test_state_is_kept_between_commands(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PassItem(WATER))
    await shop.ask(ReadShift())
    await shop.ask(PAID)
    assert await shop.code(CommitReceipt(1, 15000)) == 0


@pytest.mark.parametrize("commit", [CommitShiftOpening(), CommitShiftClosing(), CommitSettlementReport()])
async def test_a_commit_without_its_beginning_is_a_wrong_state(shop: Desk, commit: Request[Any]) -> None:
    assert await shop.code(commit) == 0x02


async def test_a_commit_of_the_other_shift_report_is_a_wrong_state(shop: Desk) -> None:
    await shop.ask(BeginShiftClosing())
    assert await shop.code(CommitShiftOpening()) == 0x02
    assert await shop.code(CommitShiftClosing()) == 0


async def test_a_shift_is_opened_once(shop: Desk) -> None:
    assert await shop.code(BeginShiftOpening()) == 0x02


async def test_a_closed_shift_is_not_closed(desk: Desk) -> None:
    assert await desk.code(BeginShiftClosing()) == 0x02


async def test_a_receipt_needs_an_open_shift(desk: Desk) -> None:
    assert await desk.code(OpenReceipt()) == 0x02


async def test_a_receipt_needs_that_no_document_is_open(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    assert await shop.code(OpenReceipt()) == 0x02
    assert await shop.code(BeginShiftClosing()) == 0x02


async def test_cancelling_makes_room(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(CancelDocument())
    assert await shop.code(PassItem(WATER)) == 0x5B
    assert await shop.code(OpenReceipt()) == 0
    assert await shop.code(CancelDocument()) == 0
    assert await shop.code(CancelDocument()) == 0


async def test_24_hours_after_the_opening_only_closing_is_left(shop: Desk) -> None:
    shop.clock.advance(24 * HOUR)
    assert await shop.code(OpenReceipt()) == 0
    shop.clock.advance(MINUTE)
    assert await shop.code(CancelDocument()) == 0
    assert await shop.code(OpenReceipt()) == 0x16
    await shop.close_shift()
    await shop.open_shift()
    assert await shop.code(OpenReceipt()) == 0


async def test_a_receipt_begun_in_time_and_committed_late_is_refused(shop: Desk) -> None:
    shop.clock.advance(24 * HOUR)
    await shop.pass_receipt()
    shop.clock.advance(MINUTE)
    assert await shop.code(CommitReceipt(1, 15000)) == 0x16
    assert shop.device.fn.last_fd == 2


@pytest.mark.parametrize(
    "request_",
    [PassItem(WATER), PAID, CommitReceipt(1, 15000), PassAgent(agent=1), PassVending(*PLACE), CommitCorrection(1, 1)],
)
async def test_what_belongs_to_a_receipt_needs_one(shop: Desk, request_: Request[Any]) -> None:
    assert await shop.code(request_) == 0x5B


async def test_a_receipts_commands_do_not_serve_another_document(shop: Desk) -> None:
    await shop.ask(BeginShiftClosing())
    assert await shop.code(PassItem(WATER)) == 0x5B


async def test_an_item_after_the_payment(shop: Desk) -> None:
    await shop.pass_receipt()
    assert await shop.code(PassItem(WATER)) == 0x5A


async def test_passing_twice(shop: Desk) -> None:
    await shop.pass_receipt()
    assert await shop.code(PAID) == 0x34
    await shop.ask(PassVending(*PLACE))
    assert await shop.code(PassVending(*PLACE)) == 0x34


async def test_a_commit_before_the_payment(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PassItem(WATER))
    assert await shop.code(CommitReceipt(1, 15000)) == 0x32


async def test_a_receipt_without_items(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PAID)
    assert await shop.code(CommitReceipt(1, 15000)) == 0x32


@pytest.mark.parametrize(
    ("payment", "total", "code"),
    [
        ({"cashless": 15000}, 15000, 0),
        ({"cashless": 0, "cash": 16000}, 15000, 0x39),
        ({"cashless": 14999}, 15000, 0x39),
        ({"cashless": 15001}, 15000, 0x3A),
        ({"cashless": 0, "cash": 10000, "prepaid": 2000, "credit": 2000, "counter": 1000}, 15000, 0),
        ({"cashless": 15099}, 15099, 0),
        ({"cashless": 15100}, 15100, 0x54),
        ({"cashless": 14999}, 14999, 0x54),
    ],
)
async def test_sums_must_agree(shop: Desk, payment: dict[str, int], total: int, code: int) -> None:
    await shop.pass_receipt(15000, **payment)
    assert await shop.code(CommitReceipt(1, total)) == code


@pytest.mark.parametrize("kind", [0, 5])
async def test_receipt_types_are_one_to_four(shop: Desk, kind: int) -> None:
    await shop.pass_receipt()
    assert await shop.code(CommitReceipt(kind, 15000)) == 0x36


async def test_a_refused_commit_leaves_the_receipt_open(shop: Desk) -> None:
    await shop.pass_receipt()
    assert await shop.code(CommitReceipt(9, 15000)) == 0x36
    assert shop.device.fn.last_fd == 2
    assert await shop.code(CommitReceipt(1, 15000)) == 0


@pytest.mark.parametrize(("tax_system", "code"), [(0, 0x57), (3, 0x09), (64, 0x09), (32, 0)])
async def test_exactly_one_tax_system(shop: Desk, tax_system: int, code: int) -> None:
    await shop.ask(OpenReceipt())
    assert await shop.code(PassPayment(tax_system=tax_system)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"vat": 7}, 0x37),
        ({"vat": 0}, 0x37),
        ({"method": 8}, 0x09),
        ({"subject": 20}, 0x09),
        ({"quantity": 0}, 0x09),
        ({"goods_code": "XY"}, 0x28),
        ({"price": 2**40}, 0x3B),
        ({"agent": 3}, 0x59),
        ({"agent": 1, "supplier_inn": "12345"}, 0x56),
    ],
)
async def test_values_that_an_item_cannot_have(shop: Desk, changes: dict[str, Any], code: int) -> None:
    await shop.ask(OpenReceipt())
    item = {"name": "Вода", "price": 1, "quantity": 1000, "vat": 6, "method": 4, **changes}
    assert await shop.code(PassItem(Item(**item))) == code


async def test_the_total_of_items_may_overflow(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    huge = Item(name="Дом", price=2**40 - 1, quantity=1000, vat=6, method=4)
    assert await shop.code(PassItem(huge)) == 0
    assert await shop.code(PassItem(huge)) == 0x3C


async def test_payments_of_credits_stand_alone(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    credit = Item(name="Кредит", price=100, quantity=1000, vat=6, method=7)
    await shop.ask(PassItem(credit))
    assert await shop.code(PassItem(WATER)) == 0x52
    assert await shop.code(PassItem(credit)) == 0


async def test_limits_on_items() -> None:
    desk = Desk(settings=DeviceSettings(document_seconds=0, max_items=2, max_agent_items=1))
    await desk.open_shift()
    await desk.ask(OpenReceipt())
    agent = Item(name="Билет", price=1, quantity=1000, vat=6, method=4, agent=4, supplier_inn="7707000015")
    await desk.ask(PassItem(agent))
    assert await desk.code(PassItem(agent)) == 0x3E
    await desk.ask(PassItem(WATER))
    assert await desk.code(PassItem(WATER)) == 0x3D


async def test_agents_need_a_register_of_agents() -> None:
    desk = Desk(registration=replace(registration_of(SERIAL, 1), agents=0))
    await desk.open_shift()
    await desk.ask(OpenReceipt())
    assert await desk.code(PassAgent(agent=1)) == 0x38


@pytest.mark.parametrize(
    ("item", "whole", "code"),
    [
        ({"agent": 1, "supplier_inn": "7707000015"}, None, 0),
        ({"agent": 1}, None, 0x53),
        ({"agent_phone": "+70000000000"}, None, 0x53),
        ({"agent_phone": "+70000000000"}, {"agent": 1}, 0),
        ({"supplier_name": "ООО"}, None, 0),
        ({}, {"agent": 4}, 0),
    ],
)
async def test_agents_and_their_data(shop: Desk, item: dict[str, Any], whole: dict[str, Any] | None, code: int) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PassItem(Item(name="Билет", price=15000, quantity=1000, vat=6, method=4, **item)))
    if whole is not None:
        await shop.ask(PassAgent(**whole))
    await shop.ask(PAID)
    assert await shop.code(CommitReceipt(1, 15000)) == code


async def test_agents_that_contradict_each_other(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PassItem(Item(name="Билет", price=1, quantity=1000, vat=6, method=4, agent=2, supplier_name="ООО")))
    assert await shop.code(PassAgent(agent=1)) == 0x3F
    assert await shop.code(PassAgent(agent=2)) == 0
    assert await shop.code(PassAgent(agent=2)) == 0x34


async def test_vending_data_is_needed_where_the_registration_has_none() -> None:
    desk = Desk(registration=replace(registration_of(SERIAL, 1), address=""))
    await desk.open_shift()
    await desk.pass_receipt()
    assert await desk.code(CommitReceipt(1, 15000)) == 0x1F
    await desk.ask(PassVending(*PLACE))
    assert await desk.code(CommitReceipt(1, 15000)) == 0


async def test_vending_data_of_a_correction_is_not_allowed_where_the_registration_has_it(shop: Desk) -> None:
    await shop.ask(BeginCorrection())
    assert await shop.code(PassCorrectionVending(*PLACE)) == 0x5F


async def test_a_cashier_is_needed_outside_automatic_mode() -> None:
    desk = Desk(registration=replace(registration_of(SERIAL, 1), modes=0x28))
    await desk.ask(BeginShiftOpening())
    assert await desk.code(CommitShiftOpening()) == 0x5E
    await desk.ask(PassCashier("Иванов"))
    assert await desk.code(CommitShiftOpening()) == 0
    await desk.pass_receipt()
    assert await desk.code(CommitReceipt(1, 15000)) == 0x5E


async def test_a_cashier_belongs_to_a_shift_report(shop: Desk) -> None:
    assert await shop.code(PassCashier("Иванов")) == 0x02


async def test_a_storage_with_unsent_documents_is_not_closed(desk: Desk) -> None:
    assert await desk.code(BeginFnClosing()) == 0xE0
    assert await desk.code(CommitFnClosing()) == 0x02


async def test_items_of_ffd_12(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PassItem12(name="Вода", price=15000, quantity=1000, vat=6, method=4, subject=33))
    await shop.ask(PAID)
    assert await shop.code(CommitReceipt(1, 15000)) == 0


@pytest.mark.parametrize(("missing", "code"), [("ffd12", 0x26), ("activated", 0xDD)])
async def test_firmware_without_ffd_12(missing: str, code: int) -> None:
    desk = Desk()
    setattr(desk.settings, missing, False)
    await desk.open_shift()
    await desk.ask(OpenReceipt())
    assert await desk.code(PassItem12(name="Вода", price=1, quantity=1000, vat=6, method=4)) == code
