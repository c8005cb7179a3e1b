"""Receipts as integrators post them and as kassanet shows them.

Spellings of tax systems, methods, subjects and VAT follow the ATOL Online v4 names, because that is
what software in this field already says. All sums are integer kopecks. Limits are those of FFD 1.05;
a register may be tighter, which its driver says.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Kind = Literal["sell", "sell_refund", "buy", "buy_refund", "sell_correction", "buy_correction"]
TaxSystem = Literal["osn", "usn_income", "usn_income_outcome", "envd", "esn", "patent"]
Vat = Literal[
    "none",
    "vat0",
    "vat5",
    "vat7",
    "vat10",
    "vat20",
    "vat22",
    "vat105",
    "vat107",
    "vat110",
    "vat120",
    "vat122",
]
Method = Literal[
    "full_prepayment", "prepayment", "advance", "full_payment", "partial_payment", "credit", "credit_payment"
]
Subject = Literal[
    "commodity",
    "excise",
    "job",
    "service",
    "gambling_bet",
    "gambling_prize",
    "lottery",
    "lottery_prize",
    "intellectual_activity",
    "payment",
    "agent_commission",
    "composite",
    "another",
    "property_right",
    "non_operating_gain",
    "insurance_premium",
    "sales_tax",
    "resort_fee",
    "deposit",
]
AgentType = Literal[
    "bank_paying_agent",
    "bank_paying_subagent",
    "paying_agent",
    "paying_subagent",
    "attorney",
    "commission_agent",
    "another",
]
Status = Literal["queued", "assigned", "unknown", "manual", "fiscalized", "refused", "cancelled"]

FINAL: frozenset[str] = frozenset({"fiscalized", "refused", "cancelled"})
CORRECTIONS: frozenset[str] = frozenset({"sell_correction", "buy_correction"})

Kopecks = Annotated[int, Meta(ge=0, le=10**12)]
Moment = Annotated[datetime, Meta(tz=True)]
# Patterns say [0-9] and \Z: \d takes digits of every alphabet, and $ lets a final line feed through.
Inn = Annotated[str, Meta(pattern=r"^([0-9]{10}|[0-9]{12})\Z")]
Phone = Annotated[str, Meta(min_length=1, max_length=19)]


class _Said(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What integrators send: an unknown field is a mistake worth naming, never ignored."""


class Customer(_Said, frozen=True):
    """The buyer: tags 1008 (e-mail or phone), 1227, 1228."""

    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z", max_length=64)] | None = None
    phone: Annotated[str, Meta(pattern=r"^\+?[0-9]{7,18}\Z")] | None = None
    name: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    inn: Inn | None = None

    @property
    def contact(self) -> str | None:
        """Where the buyer's copy goes (tag 1008)."""
        return self.email or self.phone


class PayingAgent(_Said, frozen=True):
    """Tags 1044, 1073."""

    operation: Annotated[str, Meta(min_length=1, max_length=24)] | None = None
    phones: tuple[Phone, ...] = ()


class PaymentsOperator(_Said, frozen=True):
    """Tag 1074."""

    phones: tuple[Phone, ...] = ()


class TransferOperator(_Said, frozen=True):
    """Tags 1075, 1026, 1005, 1016."""

    phones: tuple[Phone, ...] = ()
    name: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    address: Annotated[str, Meta(min_length=1, max_length=164)] | None = None
    inn: Inn | None = None


class Agent(_Said, frozen=True):
    """Who sells on whose behalf: tags 1057, 1222, 1223."""

    type: AgentType
    paying_agent: PayingAgent | None = None
    receive_payments_operator: PaymentsOperator | None = None
    money_transfer_operator: TransferOperator | None = None


class Supplier(_Said, frozen=True):
    """The principal of an agent: tags 1171, 1225, 1226."""

    phones: tuple[Phone, ...] = ()
    name: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    inn: Inn | None = None


class Item(_Said, frozen=True):
    """One line of a receipt, tag 1059. ``quantity`` is a decimal string with at most three places."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    price: Kopecks
    quantity: Annotated[str, Meta(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})?\Z")]
    vat: Vat
    method: Method = "full_payment"
    subject: Subject = "commodity"
    sum: Kopecks | None = None
    measurement_unit: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    nomenclature_code: Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{2}){1,32}\Z")] | None = None
    excise: Kopecks | None = None
    country_code: Annotated[str, Meta(pattern=r"^[0-9]{3}\Z")] | None = None
    declaration_number: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    user_data: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    agent: Agent | None = None
    supplier: Supplier | None = None

    @property
    def total(self) -> int:
        """The item's sum in kopecks: as given, else price × quantity rounded half up."""
        return self.cost if self.sum is None else self.sum

    @property
    def cost(self) -> int:
        """Price × quantity, whatever sum is given."""
        return cost(self.price, quantity_thousandths(self.quantity))


class Payments(_Said, frozen=True):
    """How it was paid, in kopecks: tags 1031, 1081, 1215, 1216, 1217."""

    cash: Kopecks = 0
    cashless: Kopecks = 0
    prepaid: Kopecks = 0
    credit: Kopecks = 0
    counter: Kopecks = 0

    @property
    def total(self) -> int:
        return self.cash + self.cashless + self.prepaid + self.credit + self.counter


class Correction(_Said, frozen=True):
    """Why a correction is made: tags 1173, 1174 {1178, 1179}. ``number`` is needed for an order."""

    type: Literal["self", "order"]
    date: date
    number: Annotated[str, Meta(min_length=1, max_length=32)] | None = None


class UserProperty(_Said, frozen=True):
    """Tag 1084 {1085, 1086}."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    value: Annotated[str, Meta(min_length=1, max_length=256)]


class Vending(_Said, frozen=True):
    """Where a vending machine stands: tags 1009, 1187, 1036."""

    address: Annotated[str, Meta(min_length=1, max_length=256)]
    place: Annotated[str, Meta(min_length=1, max_length=256)]
    machine_number: Annotated[str, Meta(min_length=1, max_length=20)]


class ReceiptRequest(_Said, frozen=True):
    """A receipt as posted to ``/api/v1/circuits/{id}/receipts``."""

    external_id: Annotated[str, Meta(min_length=1, max_length=128)]
    kind: Kind
    tax_system: TaxSystem
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=100)]
    payments: Payments
    customer: Customer | None = None
    correction: Correction | None = None
    agent: Agent | None = None
    supplier: Supplier | None = None
    cashier: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    cashier_inn: Inn | None = None
    additional_check_props: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    additional_user_props: UserProperty | None = None
    vending: Vending | None = None
    callback_url: Annotated[str, Meta(pattern=r"^https?://", max_length=1024)] | None = None

    @property
    def total(self) -> int:
        """The receipt's total in kopecks (tag 1020)."""
        return sum(item.total for item in self.items)


class Fiscal(Struct, frozen=True):
    """The fiscal document that a receipt became.

    ``at`` is the register's own local time, as printed and as in the QR code (no zone).
    """

    fn: str
    fd: int
    fpd: int
    shift: int
    receipt_number: int
    at: datetime
    kkt: str
    qr: str


class Receipt(Struct, frozen=True, omit_defaults=True):
    """A receipt as kassanet shows it. ``revision`` grows with every change of ``status``.

    ``request`` is the posted content; it is left out once retention dropped that.
    """

    id: int
    circuit_id: int
    external_id: str
    status: Status
    revision: int
    kind: Kind
    total: int
    accepted_at: Moment
    changed_at: Moment
    reason: str | None = None
    kkt: str | None = None
    fiscal: Fiscal | None = None
    window: "FdWindow | None" = None
    request: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class FdWindow(Struct, frozen=True):
    """The documents in question of a receipt in ``manual``: FDs ``first``…``last`` of one FN, both included."""

    fn: str
    first: int
    last: int


def cost(price: int, thousandths: int) -> int:
    """Price × quantity in kopecks, rounded half up as registers do."""
    return (price * thousandths + 500) // 1000


def quantity_thousandths(quantity: str) -> int:
    """``"1.5"`` → 1500. The pattern of :class:`Item` has already bounded the places."""
    whole, _, fraction = quantity.partition(".")
    return int(whole) * 1000 + int(fraction.ljust(3, "0"))


_QR_KINDS = {
    "sell": 1,
    "sell_refund": 2,
    "buy": 3,
    "buy_refund": 4,
    "sell_correction": 1,
    "buy_correction": 3,
}


def qr_text(kind: Kind, total: int, fn: str, fd: int, fpd: int, at: datetime) -> str:
    """The text of the receipt's QR code: order ЕД-7-20/662@, appendix 2."""
    roubles, kopecks = divmod(total, 100)
    return f"t={at:%Y%m%dT%H%M}&s={roubles}.{kopecks:02d}&fn={fn}&i={fd}&fp={fpd}&n={_QR_KINDS[kind]}"
