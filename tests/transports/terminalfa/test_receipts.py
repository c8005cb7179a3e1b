"""What a receipt becomes on the wire."""

from datetime import date
from typing import Any

import pytest

from schemas.receipts import Correction, Payments, ReceiptRequest, UserProperty, Vat, Vending
from tests.transports.terminalfa.examples import (
    AGENT,
    CORRECTION,
    CUSTOMER,
    NAMED_SUPPLIER,
    RECEIPT,
    SUPPLIER,
    item,
    receipt,
)
from tests.transports.terminalfa.vectors import REQUESTS
from transports.terminalfa.agents import AGENTS
from transports.terminalfa.commands import encode_request
from transports.terminalfa.commands.corrections import (
    Basis,
    BeginCorrection,
    CommitCorrection,
    PassCorrection,
    PassCorrectionVending,
)
from transports.terminalfa.commands.receipt import (
    CommitReceipt,
    PassAgent,
    PassItem,
    PassItem12,
    PassPayment,
    PassVending,
)
from transports.terminalfa.receipts import METHODS, SUBJECTS, TAX_SYSTEMS, commit_command, receipt_commands
from transports.terminalfa.settings import TerminalFaSettings
from transports.terminalfa.values import Unfit

FFD12 = TerminalFaSettings(ffd="1.2")


def commands(request: ReceiptRequest, mark: str | None = None, settings: TerminalFaSettings | None = None) -> list[Any]:
    return list(receipt_commands(request, settings or TerminalFaSettings(), mark))


def codes(requests: list[Any]) -> str:
    return " ".join(f"{request.CODE:02X}" for request in requests)


def test_a_plain_receipt_is_the_vectors_of_the_protocol_text() -> None:
    frames = {type(sent.request): bytes.fromhex(sent.frame) for sent in REQUESTS}
    opened, passed, paid = commands(RECEIPT)
    assert encode_request(opened) == frames[type(opened)]
    assert passed.item.name == "Вода"
    assert encode_request(paid) == frames[PassPayment]
    assert encode_request(commit_command(RECEIPT)) == frames[CommitReceipt]


def test_the_order_of_a_full_receipt() -> None:
    full = receipt(items=(item(), item()), agent=AGENT, vending=Vending("Москва", "Зал 1", "0001"))
    assert codes(commands(full)) == "23 2B 2B 2C 1F 2D"
    assert codes(commands(full, settings=FFD12)) == "23 96 96 2C 1F 2D"


def test_codes_of_enumerations() -> None:
    assert TAX_SYSTEMS == {
        "osn": 1,
        "usn_income": 2,
        "usn_income_outcome": 4,
        "envd": 8,
        "esn": 16,
        "patent": 32,
    }
    assert AGENTS["bank_paying_agent"] == 1
    assert AGENTS["another"] == 0x40
    assert METHODS["full_prepayment"] == 1
    assert METHODS["full_payment"] == 4
    assert METHODS["credit_payment"] == 7
    assert SUBJECTS["commodity"] == 1
    assert SUBJECTS["service"] == 4
    assert SUBJECTS["another"] == 13
    assert SUBJECTS["deposit"] == 19


@pytest.mark.parametrize(
    ("vat", "code"), [("vat20", 1), ("vat10", 2), ("vat120", 3), ("vat110", 4), ("vat0", 5), ("none", 6)]
)
def test_vat_codes(vat: Vat, code: int) -> None:
    assert commands(receipt(items=(item(vat=vat),)))[1].item.vat == code


@pytest.mark.parametrize("vat", ["vat5", "vat7", "vat22", "vat105", "vat107", "vat122"])
def test_later_rates_need_a_setting(vat: Vat) -> None:
    later = receipt(items=(item(vat=vat),))
    with pytest.raises(Unfit, match=vat):
        commands(later)
    assert commands(later, settings=TerminalFaSettings(vat={vat: 11}))[1].item.vat == 11


def test_an_item_with_everything() -> None:
    whole = item(
        quantity="1.500",
        subject="service",
        method="advance",
        measurement_unit="м³",
        nomenclature_code="450dab",
        excise=100,
        country_code="643",
        declaration_number="10/20",
        user_data="прим.",
        agent=AGENT,
        supplier=NAMED_SUPPLIER,
    )
    passed = commands(receipt(items=(whole,)))[1].item
    assert (passed.quantity, passed.subject, passed.method) == (1500, 4, 3)
    assert (passed.unit, passed.goods_code, passed.excise) == ("м³", "450DAB", 100)
    assert (passed.country, passed.declaration, passed.additional) == ("643", "10/20", "прим.")
    assert (passed.agent, passed.agent_operation, passed.agent_phone) == (4, "Платёж", "+79001112233")
    assert (passed.supplier_phone, passed.supplier_name, passed.supplier_inn) == (
        "+79004445566",
        "ООО Родник",
        "7806197274",
    )


def test_the_item_of_ffd_12_is_flat() -> None:
    passed = commands(receipt(items=(item(excise=5, agent=AGENT),)), settings=FFD12)[1]
    assert isinstance(passed, PassItem12)
    assert (passed.name, passed.price, passed.mark, passed.excise, passed.agent) == ("Вода", 15000, b"", 5, 4)


def test_payment_with_everything() -> None:
    paid = commands(
        receipt(
            payments=Payments(cash=1, cashless=2, prepaid=3, credit=4, counter=5),
            customer=CUSTOMER,
            cashier="Петрова",
            cashier_inn="123456789012",
            additional_user_props=UserProperty("ключ", "значение"),
        )
    )[-1]
    assert paid == PassPayment(
        tax_system=1,
        cash=1,
        cashless=2,
        prepaid=3,
        credit=4,
        counter=5,
        cashier="Петрова",
        cashier_inn="123456789012",
        buyer_contact="a@b.example",
        buyer_inn="7806197274",
        buyer_name="Иванов",
        property_name="ключ",
        property_value="значение",
    )


def test_the_mark_takes_the_room_that_the_receipt_leaves() -> None:
    assert commands(RECEIPT, "k1f")[-1].additional == "k1f"
    assert commands(receipt(additional_check_props="их"), "k1f")[-1].additional == "их"
    assert commands(RECEIPT)[-1].additional is None


def test_the_configured_cashier_stands_in_for_none() -> None:
    settings = TerminalFaSettings(cashier="Сменный", cashier_inn="123456789012")
    assert commands(RECEIPT, settings=settings)[-1].cashier == "Сменный"
    named = commands(receipt(cashier="Петрова"), settings=settings)[-1]
    assert (named.cashier, named.cashier_inn) == ("Петрова", None)


def test_an_agent_of_the_receipt_goes_into_one_command() -> None:
    _, passed, agent, _ = commands(receipt(agent=AGENT, supplier=SUPPLIER))
    assert agent == PassAgent(
        agent=4, agent_phone="+79001112233", agent_operation="Платёж", supplier_phone="+79004445566"
    )
    assert passed.item.agent is None


def test_an_agent_whose_supplier_is_named_is_stated_on_every_item_without_its_own() -> None:
    own = item(agent=AGENT, supplier=SUPPLIER)
    other = receipt(items=(item(), own), agent=AGENT, supplier=NAMED_SUPPLIER)
    requests = commands(other)
    assert codes(requests) == "23 2B 2B 2D"
    assert requests[1].item.supplier_name == "ООО Родник"
    assert requests[1].item.agent == 4
    assert requests[2].item.supplier_name is None
    assert requests[2].item.supplier_phone == "+79004445566"


def test_a_correction_by_own_decision() -> None:
    begun, passed = commands(CORRECTION)
    assert begun == BeginCorrection()
    assert passed == PassCorrection(
        by_order=0,
        basis=Basis(name="Корректировка расчетов", date=date(2020, 3, 12), number="б/н"),
        tax_system=1,
        cash=35000,
        no_vat=15000,
        vat20=20000,
    )
    assert commit_command(CORRECTION) == CommitCorrection(1, 35000)


def test_a_correction_by_order_with_vending_data() -> None:
    ordered = receipt(
        kind="buy_correction",
        correction=Correction(type="order", date=date(2020, 3, 12), number="17-А"),
        vending=Vending("Москва", "Зал 1", "0001"),
    )
    _, passed, vending = commands(ordered, "k1f", TerminalFaSettings(basis_name="По предписанию"))
    assert (passed.by_order, passed.basis.number, passed.basis.name) == (1, "17-А", "По предписанию")
    assert vending == PassCorrectionVending("Москва", "Зал 1", "0001")
    assert commit_command(ordered) == CommitCorrection(3, 15000)


@pytest.mark.parametrize(("kind", "code"), [("sell", 1), ("sell_refund", 2), ("buy", 3), ("buy_refund", 4)])
def test_kinds(kind: str, code: int) -> None:
    assert commit_command(receipt(kind=kind)) == CommitReceipt(code, 15000)


def test_the_total_is_of_the_items_and_in_kopecks() -> None:
    assert commit_command(receipt(items=(item(price=333, quantity="1.5"), item()))) == CommitReceipt(1, 500 + 15000)


def test_no_receipt_is_too_poor_for_the_wire() -> None:
    for request in [*commands(RECEIPT), *commands(CORRECTION)]:
        assert request.faults() == []
    assert isinstance(commands(RECEIPT)[1], PassItem)
    assert PassVending.CODE == 0x1F


@pytest.mark.parametrize(
    "wrong", [{"cashier": "漢"}, {"basis_name": "ы" * 256}, {"basis_number": "1" * 33}, {"cashier_inn": "1" * 13}]
)
def test_settings_that_no_register_could_take_are_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        TerminalFaSettings(**wrong)
