"""Section 6.2: a receipt, ``23`` → n × ``2B`` (or ``96``) → [``2C``] → [``1F``] → ``2D`` → ``24``."""

from typing import Annotated

from transports.terminalfa.commands import tags
from transports.terminalfa.commands.request import Nothing, Request, command
from transports.terminalfa.layouts import Nested, Tag, Wire
from transports.terminalfa.values import U8, U16, U32, U40, Bytes, Moment, Text


class Item(Wire, frozen=True, kw_only=True):
    """The item of FFD 1.05, tag 1059. ``price`` is in kopecks after discounts, ``quantity`` in thousandths."""

    name: tags.Name
    price: tags.Price
    quantity: tags.Quantity
    vat: tags.VatRate
    method: tags.Method
    subject: tags.Subject | None = None
    agent: tags.ItemAgent | None = None
    transfer_phone: tags.TransferPhone | None = None
    agent_operation: tags.AgentOperation | None = None
    agent_phone: tags.AgentPhone | None = None
    receiver_phone: tags.ReceiverPhone | None = None
    transfer_name: tags.TransferName | None = None
    transfer_address: tags.TransferAddress | None = None
    transfer_inn: tags.TransferInn | None = None
    supplier_phone: tags.SupplierPhone | None = None
    supplier_name: tags.SupplierName | None = None
    supplier_inn: tags.SupplierInn | None = None
    goods_code: tags.GoodsCode | None = None
    unit: tags.Unit | None = None
    excise: tags.Excise | None = None
    declaration: tags.Declaration | None = None
    country: tags.Country | None = None
    additional: tags.ItemProperty | None = None


class IndustryRequisite(Wire, frozen=True, kw_only=True):
    """Tag 1260 of FFD 1.2."""

    authority: Annotated[str, Tag(1262, Text(3))] | None = None
    date: Annotated[str, Tag(1263, Text(10))] | None = None
    number: Annotated[str, Tag(1264, Text(32))] | None = None
    value: Annotated[str, Tag(1265, Text(256))] | None = None


class CommittedAnswer(Wire, frozen=True):
    """10 bytes before configuration 1.0.18, 15 before 1.0.19, 17 since."""

    receipt_number: U16
    fd: U32
    fpd: U32
    at: Moment | None = None
    shift: U16 | None = None


@command(0x23)
class OpenReceipt(Request[Nothing], frozen=True):
    """One live driver sends two more bytes, which do no harm: they are read and not sent."""

    extra: Bytes = b""


@command(0x2B)
class PassItem(Request[Nothing], frozen=True):
    item: Annotated[Item, Tag(1059, Nested(Item))]


@command(0x96)
class PassItem12(Request[Nothing], frozen=True, kw_only=True):
    """The item of FFD 1.2: flat, without 1059. Known from one serial driver only (section 11).

    There the mark is sent even when it is empty.
    """

    name: tags.Name
    price: tags.Price
    method: tags.Method
    subject: tags.Subject | None = None
    quantity: tags.Quantity
    vat: tags.VatRate
    mark: tags.Mark = b""
    excise: tags.Excise | None = None
    declaration: tags.Declaration | None = None
    country: tags.Country | None = None
    additional: tags.ItemProperty | None = None
    agent: tags.ItemAgent | None = None
    transfer_phone: tags.TransferPhone | None = None
    agent_operation: tags.AgentOperation | None = None
    agent_phone: tags.AgentPhone | None = None
    receiver_phone: tags.ReceiverPhone | None = None
    transfer_name: tags.TransferName | None = None
    transfer_address: tags.TransferAddress | None = None
    transfer_inn: tags.TransferInn | None = None
    supplier_phone: tags.SupplierPhone | None = None
    supplier_name: tags.SupplierName | None = None
    supplier_inn: tags.SupplierInn | None = None
    industry: Annotated[IndustryRequisite, Tag(1260, Nested(IndustryRequisite))] | None = None


@command(0x2C)
class PassAgent(Request[Nothing], frozen=True, kw_only=True):
    """The agent of the whole receipt. There is no place for the supplier's name and ИНН."""

    agent: tags.Agent
    agent_phone: tags.AgentPhone | None = None
    agent_operation: tags.AgentOperation | None = None
    receiver_phone: tags.ReceiverPhone | None = None
    transfer_name: tags.TransferName | None = None
    transfer_inn: tags.TransferInn | None = None
    transfer_address: tags.TransferAddress | None = None
    transfer_phone: tags.TransferPhone | None = None
    supplier_phone: tags.SupplierPhone | None = None


@command(0x1F)
class PassVending(Request[Nothing], frozen=True):
    address: tags.SettlementAddress
    place: tags.SettlementPlace
    machine_number: tags.MachineNumber


@command(0x2D)
class PassPayment(Request[Nothing], frozen=True, kw_only=True):
    """All five sums are always sent. The order is that of captured frames."""

    tax_system: tags.TaxSystem
    cash: tags.Cash = 0
    cashless: tags.Cashless = 0
    prepaid: tags.Prepaid = 0
    credit: tags.Credit = 0
    counter: tags.Counter = 0
    cashier: tags.Cashier | None = None
    cashier_inn: tags.CashierInn | None = None
    buyer_contact: tags.BuyerContact | None = None
    buyer_inn: tags.BuyerInn | None = None
    buyer_name: tags.BuyerName | None = None
    additional: tags.CheckProperty | None = None
    property_name: tags.UserPropertyName | None = None
    property_value: tags.UserPropertyValue | None = None


@command(0x24)
class CommitReceipt(Request[CommittedAnswer], frozen=True):
    """``kind`` 1 sell, 2 its refund, 3 buy, 4 its refund; ``text`` is printed on the paper."""

    kind: U8
    total: U40
    text: Annotated[str, Text(512)] | None = None
