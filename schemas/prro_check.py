"""A check of the Ukrainian tax service (``check01.xsd``): a sale, return or deposit, a shift or offline message.

Fields stand in the order of the schema, which is fixed, and carry the name of their element. An empty list is an
element that is left out. Dates and times are Kyiv's, without a zone, as printed.
"""

import datetime

from msgspec import Struct, field

from schemas.prro_values import (
    SERVICE_TYPES,
    Count,
    Dkpp,
    DocType,
    Ipn,
    Letter,
    Number,
    Percent,
    Quantity,
    Rate,
    SubType,
    Sum,
    Text15,
    Text64,
    Text128,
    Text256,
    Tin,
    Uktzed,
    UnitCode,
)


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a document; named fields only, for there are many."""


class CheckHead(_Part, frozen=True, kw_only=True):
    """CHECKHEAD. ``fiscal_number`` is set by the client only offline; ``uid`` is a GUID."""

    doc_type: DocType = field(name="DOCTYPE")
    sub_type: SubType | None = field(default=None, name="DOCSUBTYPE")
    uid: str = field(name="UID")
    tin: Tin = field(name="TIN")
    ipn: Ipn | None = field(default=None, name="IPN")
    org_name: Text256 = field(name="ORGNM")
    point_name: Text256 = field(name="POINTNM")
    point_address: Text256 | None = field(default=None, name="POINTADDR")
    date: datetime.date = field(name="ORDERDATE")
    time: datetime.time = field(name="ORDERTIME")
    local_number: Number = field(name="ORDERNUM")
    desk: Number = field(name="CASHDESKNUM")
    register: Number = field(name="CASHREGISTERNUM")
    refund_of: Text128 | None = field(default=None, name="ORDERRETNUM")
    storno_of: Text128 | None = field(default=None, name="ORDERSTORNUM")
    operation_name: Text128 | None = field(default=None, name="OPERTYPENM")
    vehicle: Text64 | None = field(default=None, name="VEHICLERN")
    revoke_last_online: bool | None = field(default=None, name="REVOKELASTONLINEDOC")
    cashier: Text128 | None = field(default=None, name="CASHIER")
    logo_url: Text256 | None = field(default=None, name="LOGOURL")
    comment: str | None = field(default=None, name="COMMENT")
    version: int = field(default=1, name="VER")
    fiscal_number: Text128 | None = field(default=None, name="ORDERTAXNUM")
    offline: bool | None = field(default=None, name="OFFLINE")
    previous_hash: Text64 | None = field(default=None, name="PREVDOCHASH")
    revoked: bool | None = field(default=None, name="REVOKED")
    storned: bool | None = field(default=None, name="STORNED")
    testing: bool | None = field(default=None, name="TESTING")


class CheckTotal(_Part, frozen=True, kw_only=True):
    """CHECKTOTAL. ``sum`` = ``unrounded`` - ``rounding``, as in the official sample (12.60, -0.03, 12.57)."""

    sum: Sum | None = field(default=None, name="SUM")
    pawn_issued: Sum | None = field(default=None, name="PWNSUMISSUED")
    pawn_received: Sum | None = field(default=None, name="PWNSUMRECEIVED")
    rounding: Sum | None = field(default=None, name="RNDSUM")
    unrounded: Sum | None = field(default=None, name="NORNDSUM")
    without_taxes: Sum | None = field(default=None, name="NOTAXSUM")
    commission: Sum | None = field(default=None, name="COMMISSION")
    usage: Count | None = field(default=None, name="USAGETYPE")
    discounted: Sum | None = field(default=None, name="SUBCHECK")
    discount_type: Count | None = field(default=None, name="DISCOUNTTYPE")
    discount_percent: Percent | None = field(default=None, name="DISCOUNTPERCENT")
    discount: Sum | None = field(default=None, name="DISCOUNTSUM")
    part_payment: Count | None = field(default=None, name="PARTPAYTYPE")
    part_percent: Percent | None = field(default=None, name="PARTPAYPERCENT")
    part_sum: Sum | None = field(default=None, name="PARTPAYSUM")
    prepayment_of: Text128 | None = field(default=None, name="PARTPAYORDPREPAYNUM")


class PaymentSystem(_Part, frozen=True, kw_only=True):
    """A row of PAYSYS: the slip of a card payment."""

    tax_number: Text128 | None = field(default=None, name="TAXNUM")
    name: str | None = field(default=None, name="NAME")
    acquirer_number: Text128 | None = field(default=None, name="ACQUIREPN")
    acquirer: str | None = field(default=None, name="ACQUIRENM")
    transaction: Text128 | None = field(default=None, name="ACQUIRETRANSID")
    at: datetime.datetime | None = field(default=None, name="POSTRANSDATE")
    slip: Text128 | None = field(default=None, name="POSTRANSNUM")
    device: Text128 | None = field(default=None, name="DEVICEID")
    card: Text128 | None = field(default=None, name="EPZDETAILS")
    authorization: Text64 | None = field(default=None, name="AUTHCD")
    sum: Sum | None = field(default=None, name="SUM")
    commission: Sum | None = field(default=None, name="COMMISSION")


class CheckPayment(_Part, frozen=True, kw_only=True):
    """A row of CHECKPAY. ``form``: 0 cash, 1 card, 2 prepayment, 3 credit, …"""

    form: Count = field(name="PAYFORMCD")
    name: str = field(name="PAYFORMNM")
    sum: Sum | None = field(default=None, name="SUM")
    provided: Sum | None = field(default=None, name="PROVIDED")
    change: Sum | None = field(default=None, name="REMAINS")
    systems: tuple[PaymentSystem, ...] = field(default=(), name="PAYSYS")


class CheckTax(_Part, frozen=True, kw_only=True):
    """A row of CHECKTAX. ``type``: 0 VAT, 1 excise, 2 pension fund, …; ``added`` true: not included in the price."""

    type: Count = field(name="TYPE")
    name: Text64 = field(name="NAME")
    letter: Letter | None = field(default=None, name="LETTER")
    percent: Percent = field(name="PRC")
    added: bool | None = field(default=None, name="SIGN")
    turnover: Sum = field(name="TURNOVER")
    turnover_discounted: Sum | None = field(default=None, name="TURNOVERDISCOUNT")
    source: Sum | None = field(default=None, name="SOURCESUM")
    sum: Sum = field(name="SUM")


class CheckTerminal(_Part, frozen=True, kw_only=True):
    """CHECKPTKS: the self-service terminal that took the payment."""

    operator_number: Text128 | None = field(default=None, name="PTKSPN")
    operator: str | None = field(default=None, name="PTKSNM")
    system_number: Text128 | None = field(default=None, name="PAYSYSTEMPN")
    system: str | None = field(default=None, name="PAYSYSTEMNM")
    acquirer_number: Text128 | None = field(default=None, name="ACQUIREPN")
    acquirer: str | None = field(default=None, name="ACQUIRENM")
    transaction: Text128 | None = field(default=None, name="ACQUIRETRANSID")
    at: datetime.datetime | None = field(default=None, name="POSTRANSDATE")
    slip: Text128 | None = field(default=None, name="POSTRANSNUM")
    device: Text128 | None = field(default=None, name="DEVICEID")
    card: Text128 | None = field(default=None, name="EPZDETAILS")
    authorization: Text64 | None = field(default=None, name="AUTHCD")
    terminal: Text64 | None = field(default=None, name="TERMINALNUM")
    address: str | None = field(default=None, name="TERMINALADDR")
    operation: Text64 | None = field(default=None, name="OPERNUM")
    system_operation: Text64 | None = field(default=None, name="OPERSYSNUM")
    bank_code: Text15 | None = field(default=None, name="BANKCD")
    bank: str | None = field(default=None, name="BANKNM")


class ExciseLabel(_Part, frozen=True, kw_only=True):
    """A row of EXCISELABELS: series and number of one excise stamp."""

    label: Text64 = field(name="EXCISELABEL")


class CheckLine(_Part, frozen=True, kw_only=True):
    """A row of CHECKBODY. ``cost`` is without the discount; only one of ``uktzed`` and ``dkpp`` may be given."""

    code: Text64 | None = field(default=None, name="CODE")
    barcode: Text64 | None = field(default=None, name="BARCODE")
    uktzed: Uktzed | None = field(default=None, name="UKTZED")
    dkpp: Dkpp | None = field(default=None, name="DKPP")
    name: Text128 | None = field(default=None, name="NAME")
    description: str | None = field(default=None, name="DESCRIPTION")
    unit_code: UnitCode | None = field(default=None, name="UNITCD")
    unit: Text64 | None = field(default=None, name="UNITNM")
    quantity: Quantity | None = field(default=None, name="AMOUNT")
    price: Sum | None = field(default=None, name="PRICE")
    letters: Text15 | None = field(default=None, name="LETTERS")
    cost: Sum | None = field(default=None, name="COST")
    recipient: str | None = field(default=None, name="RECIPIENTNM")
    recipient_ipn: Ipn | None = field(default=None, name="RECIPIENTIPN")
    bank_code: Text15 | None = field(default=None, name="BANKCD")
    bank: str | None = field(default=None, name="BANKNM")
    account: Text64 | None = field(default=None, name="BANKRS")
    recipient_card: str | None = field(default=None, name="PAYDETAILS")
    purpose: Text128 | None = field(default=None, name="PAYPURPOSE")
    payer: str | None = field(default=None, name="PAYERNM")
    payer_ipn: Ipn | None = field(default=None, name="PAYERIPN")
    payer_contract: str | None = field(default=None, name="PAYERPACTNUM")
    payer_card: str | None = field(default=None, name="PAYDETAILSP")
    basis: str | None = field(default=None, name="BASISPAY")
    payout: Letter | None = field(default=None, name="PAYOUTTYPE")
    fuel_order: Text128 | None = field(default=None, name="FUELORDERNUM")
    fuel_unit: str | None = field(default=None, name="FUELUNITNM")
    fuel_tank: Text64 | None = field(default=None, name="FUELTANKNUM")
    fuel_column: Text64 | None = field(default=None, name="FUELCOLUMNNUM")
    fuel_faucet: Text64 | None = field(default=None, name="FUELFAUCETNUM")
    fuel_check: bool | None = field(default=None, name="FUELSALESIGN")
    currency: Number | None = field(default=None, name="VALCD")
    currency_symbol: Text64 | None = field(default=None, name="VALSYMCD")
    currency_name: str | None = field(default=None, name="VALNM")
    exchange: Count | None = field(default=None, name="VALOPERTYPE")
    out_currency: Number | None = field(default=None, name="VALOUTCD")
    out_symbol: Text64 | None = field(default=None, name="VALOUTSYMCD")
    out_name: str | None = field(default=None, name="VALOUTNM")
    rate: Rate | None = field(default=None, name="VALCOURSE")
    rate_set: datetime.datetime | None = field(default=None, name="VALCOURSEDATE")
    foreign_sum: Sum | None = field(default=None, name="VALFOREIGNSUM")
    national_sum: Sum | None = field(default=None, name="VALNATIONALSUM")
    exchange_commission: Sum | None = field(default=None, name="VALCOMMISSION")
    exchange_count: UnitCode | None = field(default=None, name="VALOPERCNT")
    refused: bool | None = field(default=None, name="VALREFUSESELL")
    pawn_received: bool | None = field(default=None, name="PWNDIR")
    usage: Count | None = field(default=None, name="USAGETYPE")
    discount_type: Count | None = field(default=None, name="DISCOUNTTYPE")
    subtotal: Sum | None = field(default=None, name="SUBTOTAL")
    discount_row: Number | None = field(default=None, name="DISCOUNTNUM")
    discount_tax: Letter | None = field(default=None, name="DISCOUNTTAX")
    discount_percent: Percent | None = field(default=None, name="DISCOUNTPERCENT")
    discount: Sum | None = field(default=None, name="DISCOUNTSUM")
    part_sum: Sum | None = field(default=None, name="PARTPAYSUM")
    comment: str | None = field(default=None, name="COMMENT")
    excise_labels: tuple[ExciseLabel, ...] = field(default=(), name="EXCISELABELS")


class Check(_Part, frozen=True, kw_only=True):
    """CHECK."""

    head: CheckHead = field(name="CHECKHEAD")
    total: CheckTotal | None = field(default=None, name="CHECKTOTAL")
    payments: tuple[CheckPayment, ...] = field(default=(), name="CHECKPAY")
    taxes: tuple[CheckTax, ...] = field(default=(), name="CHECKTAX")
    terminal: CheckTerminal | None = field(default=None, name="CHECKPTKS")
    lines: tuple[CheckLine, ...] = field(default=(), name="CHECKBODY")

    @property
    def sum(self) -> int | None:
        """The total in kopecks, None where the document has none."""
        return None if self.total is None else self.total.sum

    @property
    def is_money(self) -> bool:
        """Whether it moves money or goods: such documents are links of the offline chain and may be revoked."""
        return self.head.doc_type not in SERVICE_TYPES
