"""What a receipt becomes on the wire, as pure functions: everything before the commit, and the commit.

What this register has no place for is not dropped in silence: :mod:`transports.terminalfa.objections` refuses such
receipts before they get here, and walks the same steps to find out where a value does not fit.
"""

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from schemas.receipts import (
    CORRECTIONS,
    Item,
    Kind,
    Method,
    ReceiptRequest,
    Subject,
    TaxSystem,
    Vat,
    quantity_thousandths,
)
from transports.terminalfa.agents import AgentData, agent_of_item, agent_of_receipt
from transports.terminalfa.commands import Request
from transports.terminalfa.commands.corrections import (
    Basis,
    BeginCorrection,
    CommitCorrection,
    PassCorrection,
    PassCorrectionVending,
)
from transports.terminalfa.commands.receipt import (
    CommitReceipt,
    OpenReceipt,
    PassAgent,
    PassItem,
    PassItem12,
    PassPayment,
    PassVending,
)
from transports.terminalfa.commands.receipt import Item as WireItem
from transports.terminalfa.settings import TerminalFaSettings
from transports.terminalfa.values import Unfit

KINDS: dict[Kind, int] = {
    "sell": 1,
    "sell_refund": 2,
    "buy": 3,
    "buy_refund": 4,
    "sell_correction": 1,
    "buy_correction": 3,
}
TAX_SYSTEMS: dict[TaxSystem, int] = {
    name: 1 << bit
    for bit, name in enumerate(typing.get_args(TaxSystem))  # 1055: the schema keeps the bits' order
}
METHODS: dict[Method, int] = {name: code for code, name in enumerate(typing.get_args(Method), 1)}
SUBJECTS: dict[Subject, int] = {name: code for code, name in enumerate(typing.get_args(Subject), 1)}
TAXABLE_FIELDS = {1: "vat20", 2: "vat10", 3: "vat120", 4: "vat110", 5: "vat0", 6: "no_vat"}
"""The field of ``2E`` that takes the taxable sum of a rate, by its code in 1199."""


class Step(Struct, frozen=True):
    """A command of a receipt and what of the receipt it says: ``table`` maps its fields to paths under ``prefix``."""

    request: Request[Any]
    origin: str = ""
    table: Mapping[str, str] = {}
    prefix: str = ""
    agent: AgentData | None = None

    def path(self, field: str) -> str:
        """Where in the receipt a field of the command came from."""
        name = field.removeprefix("item.")
        if self.agent is not None and (path := self.agent.path(name)) is not None:
            return path
        return self.prefix + self.table[name] if name in self.table else self.origin


def receipt_commands(receipt: ReceiptRequest, settings: TerminalFaSettings, mark: str | None) -> list[Request[Any]]:
    """Everything of a receipt or correction but the commit; raises :class:`Unfit` for a VAT rate without a code.

    ``mark`` goes into tag 1192 when the receipt leaves room for it; a correction has no such tag.
    """
    for item in receipt.items:
        check_rate(item.vat, receipt.kind, settings)
    return [step.request for step in steps(receipt, settings, mark)]


def commit_command(receipt: ReceiptRequest) -> CommitReceipt | CommitCorrection:
    """The command that makes the document."""
    if receipt.kind in CORRECTIONS:
        return CommitCorrection(KINDS[receipt.kind], receipt.total)
    return CommitReceipt(KINDS[receipt.kind], receipt.total)


def steps(receipt: ReceiptRequest, settings: TerminalFaSettings, mark: str | None) -> Iterator[Step]:
    """The commands of :func:`receipt_commands` with their origins; a rate without a code is passed as 0."""
    if receipt.kind in CORRECTIONS:
        yield Step(BeginCorrection())
        yield _correction(receipt, settings)
        yield from _vending(receipt, PassCorrectionVending)
        return
    yield Step(OpenReceipt())
    for index in range(len(receipt.items)):
        yield _item(receipt, index, settings)
    if agent := agent_of_receipt(receipt):
        yield Step(PassAgent(**agent.fields()), "agent", agent=agent)
    yield from _vending(receipt, PassVending)
    yield _payment(receipt, settings, mark)


def _item(receipt: ReceiptRequest, index: int, settings: TerminalFaSettings) -> Step:
    """One item, as ``2B`` or, for FFD 1.2, as ``96``."""
    item, path = receipt.items[index], f"items[{index}]"
    agent = agent_of_item(receipt, item, path)
    fields = _item_fields(item, settings) | agent.fields()
    if settings.ffd == "1.2":
        return Step(PassItem12(**fields), path, _ITEM_PATHS, f"{path}.", agent)
    fields["unit"] = item.measurement_unit
    fields["goods_code"] = item.nomenclature_code and item.nomenclature_code.upper()
    return Step(PassItem(WireItem(**fields)), path, _ITEM_PATHS, f"{path}.", agent)


def _payment(receipt: ReceiptRequest, settings: TerminalFaSettings, mark: str | None) -> Step:
    customer, user = receipt.customer, receipt.additional_user_props
    return Step(
        PassPayment(
            tax_system=TAX_SYSTEMS[receipt.tax_system],
            **_payments(receipt),
            **_cashier(receipt, settings),
            buyer_contact=customer.contact if customer else None,
            buyer_inn=customer.inn if customer else None,
            buyer_name=customer.name if customer else None,
            additional=receipt.additional_check_props or mark,
            property_name=user.name if user else None,
            property_value=user.value if user else None,
        ),
        "payments",
        _PAYMENT_PATHS,
    )


def _correction(receipt: ReceiptRequest, settings: TerminalFaSettings) -> Step:
    """Why, and the sums: the items' totals by rate are the taxable sums."""
    correction = receipt.correction
    if correction is None:
        raise Unfit("a correction says why it is made")
    taxable: dict[str, Any] = dict.fromkeys(TAXABLE_FIELDS.values(), 0)
    for item in receipt.items:
        if name := TAXABLE_FIELDS.get(settings.vat.get(item.vat, 0)):
            taxable[name] += item.total
    request = PassCorrection(
        **_cashier(receipt, settings),
        by_order=int(correction.type == "order"),
        basis=Basis(name=settings.basis_name, date=correction.date, number=correction.number or settings.basis_number),
        tax_system=TAX_SYSTEMS[receipt.tax_system],
        **_payments(receipt),
        **taxable,
    )
    return Step(request, "correction", _CORRECTION_PATHS)


def check_rate(vat: Vat, kind: Kind, settings: TerminalFaSettings) -> None:
    """Raises :class:`Unfit` for a rate that has no code or, in a correction, no sum of its own."""
    if vat not in settings.vat:
        raise Unfit(f"{vat} cannot be printed by this type of register", f"one of {', '.join(settings.vat)}")
    if kind in CORRECTIONS and settings.vat[vat] not in TAXABLE_FIELDS:
        raise Unfit(f"{vat} has no sum in a correction of this type of register")


def _vending(receipt: ReceiptRequest, command: type[PassVending] | type[PassCorrectionVending]) -> Iterator[Step]:
    if vending := receipt.vending:
        request = command(vending.address, vending.place, vending.machine_number)
        yield Step(request, "vending", _VENDING_PATHS, "vending.")


def _payments(receipt: ReceiptRequest) -> dict[str, Any]:
    paid = receipt.payments
    return {
        "cash": paid.cash,
        "cashless": paid.cashless,
        "prepaid": paid.prepaid,
        "credit": paid.credit,
        "counter": paid.counter,
    }


def _cashier(receipt: ReceiptRequest, settings: TerminalFaSettings) -> dict[str, Any]:
    """Name and ИНН belong to one person: those of the receipt, else those of the settings."""
    if receipt.cashier is None and receipt.cashier_inn is None:
        return {"cashier": settings.cashier, "cashier_inn": settings.cashier_inn}
    return {"cashier": receipt.cashier, "cashier_inn": receipt.cashier_inn}


def _item_fields(item: Item, settings: TerminalFaSettings) -> dict[str, Any]:
    return {
        "name": item.name,
        "price": item.price,
        "quantity": quantity_thousandths(item.quantity),
        "vat": settings.vat.get(item.vat, 0),
        "method": METHODS[item.method],
        "subject": SUBJECTS[item.subject],
        "excise": item.excise,
        "declaration": item.declaration_number,
        "country": item.country_code,
        "additional": item.user_data,
    }


_ITEM_PATHS = {
    "name": "name",
    "price": "price",
    "quantity": "quantity",
    "vat": "vat",
    "goods_code": "nomenclature_code",
    "unit": "measurement_unit",
    "excise": "excise",
    "declaration": "declaration_number",
    "country": "country_code",
    "additional": "user_data",
}
_VENDING_PATHS = {name: name for name in ("address", "place", "machine_number")}
_PAYMENT_PATHS = {
    **{name: f"payments.{name}" for name in ("cash", "cashless", "prepaid", "credit", "counter")},
    "cashier": "cashier",
    "cashier_inn": "cashier_inn",
    "buyer_contact": "customer.email",  # a phone always fits
    "buyer_inn": "customer.inn",
    "buyer_name": "customer.name",
    "additional": "additional_check_props",
    "property_name": "additional_user_props.name",
    "property_value": "additional_user_props.value",
}
_CORRECTION_PATHS = {
    **_PAYMENT_PATHS,
    **dict.fromkeys(TAXABLE_FIELDS.values(), "items"),
    "basis.number": "correction.number",
    "basis.date": "correction.date",
}
