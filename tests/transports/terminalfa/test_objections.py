"""Why a register of this type can never make a receipt: each field named, all at once."""

from datetime import date
from typing import Any

import pytest

from schemas.receipts import (
    Agent,
    Correction,
    Customer,
    PayingAgent,
    Payments,
    PaymentsOperator,
    ReceiptRequest,
    Supplier,
    TransferOperator,
    UserProperty,
    Vending,
)
from tests.transports.terminalfa.examples import AGENT, CORRECTION, CUSTOMER, ITEM, RECEIPT, SUPPLIER, item, receipt
from transports.register import Driver
from transports.terminalfa.commands.printing import PrintLine
from transports.terminalfa.driver import TerminalFaDriver
from transports.terminalfa.objections import _unfit_step
from transports.terminalfa.receipts import Step
from transports.terminalfa.settings import TerminalFaSettings

FFD12 = TerminalFaSettings(ffd="1.2")


def paths(request: ReceiptRequest, settings: TerminalFaSettings | None = None) -> list[str]:
    driver: Driver = TerminalFaDriver(settings)
    return [error.path for error in driver.objections(request)]


@pytest.mark.parametrize("fine", [RECEIPT, CORRECTION, receipt(agent=AGENT, supplier=SUPPLIER, customer=CUSTOMER)])
def test_nothing_stands_in_the_way(fine: ReceiptRequest) -> None:
    assert paths(fine) == []
    assert paths(fine, FFD12) == []


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = receipt(
        items=(ITEM, item(name="漢字", vat="vat22"), item(user_data="₽" * 17)),
        cashier="漢",
        customer=Customer(phone="+79001112233", name="漢"),
    )
    assert paths(wrong) == ["items[1].vat", "items[1].name", "items[2].user_data", "cashier", "customer.name"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "—" * 128}, None),
        ({"name": "…" * 43}, "items[0].name"),
        ({"name": "\u200b"}, "items[0].name"),
        ({"measurement_unit": "₽₽₽₽₽"}, "items[0].measurement_unit"),
        ({"sum": 15000}, None),
        ({"sum": 14999}, "items[0].sum"),
        ({"quantity": "1.5", "sum": 22500}, None),
        (
            {"agent": Agent(type="another", paying_agent=PayingAgent(phones=("1", "2")))},
            "items[0].agent.paying_agent.phones",
        ),
        (
            {"agent": Agent(type="another", money_transfer_operator=TransferOperator(address="…" * 55))},
            "items[0].agent.money_transfer_operator.address",
        ),
        ({"supplier": Supplier(name="«" * 64)}, None),
        ({"supplier": Supplier(name="€" * 22)}, "items[0].supplier.name"),
        ({"supplier": Supplier(phones=("1", "2"))}, "items[0].supplier.phones"),
    ],
)
def test_items(changes: dict[str, Any], path: str | None) -> None:
    assert paths(receipt(items=(item(**changes),))) == ([path] if path else [])


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"additional_check_props": "заказ 5"}, None),
        ({"additional_check_props": "«заказ»"}, "additional_check_props"),
        ({"additional_check_props": "заказ "}, "additional_check_props"),
        ({"additional_check_props": "漢"}, "additional_check_props"),
        ({"customer": Customer(email="почта@пример.рф")}, None),
        ({"customer": Customer(email="пошта@київ.укр")}, None),
        ({"customer": Customer(email="мiй@ірпінь.укр")}, "customer.email"),
        ({"customer": Customer(email="漢@b.example")}, "customer.email"),
        ({"additional_user_props": UserProperty("ключ", "漢")}, "additional_user_props.value"),
        ({"vending": Vending("漢", "a", "b")}, "vending.address"),
        ({"vending": Vending("a", "b", "№" * 20)}, None),
        ({"agent": AGENT, "supplier": Supplier(phones=("1", "2"))}, "supplier.phones"),
        (
            {"agent": Agent(type="another", receive_payments_operator=PaymentsOperator(("漢",)))},
            "agent.receive_payments_operator.phones[0]",
        ),
        ({"agent": AGENT, "supplier": Supplier(name="漢", inn="7806197274")}, "supplier.name"),
    ],
)
def test_receipts(changes: dict[str, Any], path: str | None) -> None:
    assert paths(receipt(**changes)) == ([path] if path else [])


def test_a_fault_of_the_whole_receipt_is_named_once_though_it_stands_on_every_item() -> None:
    named = receipt(items=(ITEM, ITEM), agent=AGENT, supplier=Supplier(name="漢"))
    assert paths(named) == ["supplier.name"]


def test_what_the_item_of_ffd_12_has_no_place_for() -> None:
    wanted = receipt(items=(item(measurement_unit="шт", nomenclature_code="4508"),))
    assert paths(wanted) == []
    assert paths(wanted, FFD12) == ["items[0].measurement_unit", "items[0].nomenclature_code"]


def test_what_a_correction_has_no_place_for() -> None:
    wanted = receipt(
        kind="sell_correction",
        correction=Correction(type="self", date=date(2026, 1, 1)),
        items=(item(agent=AGENT, supplier=SUPPLIER),),
        customer=CUSTOMER,
        agent=AGENT,
        supplier=SUPPLIER,
        additional_check_props="a",
        additional_user_props=UserProperty("a", "b"),
    )
    assert paths(wanted) == [
        "customer",
        "agent",
        "supplier",
        "additional_check_props",
        "additional_user_props",
        "items[0].agent",
        "items[0].supplier",
    ]


def test_a_correction_needs_a_rate_with_a_sum_and_a_number_that_fits() -> None:
    settings = TerminalFaSettings(vat={"none": 6, "vat5": 11})
    later = receipt(items=(item(vat="vat5"),))
    assert paths(later, settings) == []
    reason = Correction(type="order", date=date(2026, 1, 1), number="№漢")
    corrected = receipt(kind="buy_correction", items=(item(vat="vat5"),), correction=reason)
    assert paths(corrected, settings) == ["items[0].vat", "correction.number"]


def test_a_correction_without_a_reason_is_said_and_does_not_crash() -> None:
    assert paths(receipt(kind="sell_correction")) == ["correction"]


def test_a_total_that_outgrows_its_five_bytes() -> None:
    huge = item(price=10**12)
    assert paths(receipt(items=(huge,), payments=Payments(cash=10**12))) == []
    assert paths(receipt(items=(huge, huge), payments=Payments(cash=2 * 10**12))) == ["items"]


def test_a_command_that_outgrows_its_frame() -> None:
    # No field's limit allows it today; a setting or a later tag might.
    [error] = _unfit_step(Step(PrintLine(0, 0, "x" * 1022), "items[7]"))
    assert (error.path, error.message) == ("items[7]", "takes 1024 bytes together on this register")
    assert not list(_unfit_step(Step(PrintLine(0, 0, "x" * 1021), "items[7]")))


def test_the_fullest_item_fits_its_frame() -> None:
    full = item(
        name="ы" * 128,
        price=10**12,
        quantity="99999.999",
        measurement_unit="ы" * 16,
        nomenclature_code="AB" * 32,
        excise=10**12,
        country_code="643",
        declaration_number="ы" * 32,
        user_data="ы" * 64,
        agent=Agent(
            "another",
            PayingAgent("ы" * 24, ("1" * 19,)),
            PaymentsOperator(("1" * 19,)),
            TransferOperator(("1" * 19,), "ы" * 64, "ы" * 164, "123456789012"),
        ),
        supplier=Supplier(("1" * 19,), "ы" * 64, "123456789012"),
    )
    assert paths(receipt(items=(full,))) == ["items"]  # only for its total
