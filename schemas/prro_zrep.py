"""A Z report of the Ukrainian tax service (``zrep01.xsd``): what a shift came to.

Fields stand in the order of the schema and carry the name of their element, as in :mod:`schemas.prro_check`;
an empty list is left out, for one that is given has a row.
"""

import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from schemas.prro_values import (
    Count,
    Ipn,
    Letter,
    Number,
    Percent,
    Sum,
    Text64,
    Text128,
    Text256,
    Tin,
    Volume,
)


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a report."""


class ZRepHead(_Part, frozen=True, kw_only=True):
    """ZREPHEAD."""

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
    cashier: Text128 | None = field(default=None, name="CASHIER")
    version: int = field(default=1, name="VER")
    fiscal_number: Text128 | None = field(default=None, name="ORDERTAXNUM")
    offline: bool | None = field(default=None, name="OFFLINE")
    previous_hash: Text64 | None = field(default=None, name="PREVDOCHASH")
    revoked: bool | None = field(default=None, name="REVOKED")
    testing: bool | None = field(default=None, name="TESTING")


class ZPayment(_Part, frozen=True, kw_only=True):
    """A row of PAYFORMS."""

    form: Count = field(name="PAYFORMCD")
    name: str = field(name="PAYFORMNM")
    sum: Sum = field(name="SUM")


class ZTax(_Part, frozen=True, kw_only=True):
    """A row of TAXES."""

    type: Count = field(name="TYPE")
    name: Text64 = field(name="NAME")
    letter: Letter | None = field(default=None, name="LETTER")
    percent: Percent = field(name="PRC")
    added: bool | None = field(default=None, name="SIGN")
    turnover: Sum = field(name="TURNOVER")
    turnover_discounted: Sum | None = field(default=None, name="TURNOVERDISCOUNT")
    source: Sum | None = field(default=None, name="SOURCESUM")
    sum: Sum = field(name="SUM")


class ZOrders(_Part, frozen=True, kw_only=True):
    """ZREPREALIZ and ZREPRETURN: all sales, or all returns, of the shift."""

    sum: Sum = field(name="SUM")
    pawn_issued: Sum | None = field(default=None, name="PWNSUMISSUED")
    pawn_received: Sum | None = field(default=None, name="PWNSUMRECEIVED")
    rounding: Sum | None = field(default=None, name="RNDSUM")
    unrounded: Sum | None = field(default=None, name="NORNDSUM")
    count: Count = field(name="ORDERSCNT")
    transfers: Count | None = field(default=None, name="TOTALCURRENCYCOST")
    transfers_sum: Sum | None = field(default=None, name="TOTALCURRENCYSUM")
    transfers_commission: Sum | None = field(default=None, name="TOTALCURRENCYCOMMISSION")
    payments: Annotated[tuple[ZPayment, ...], Meta(min_length=1)] = field(default=(), name="PAYFORMS")
    taxes: Annotated[tuple[ZTax, ...], Meta(min_length=1)] = field(default=(), name="TAXES")


class ZCash(_Part, frozen=True, kw_only=True):
    """ZREPCASH: cash given out against cards."""

    sum: Sum = field(name="SUM")
    commission: Sum | None = field(default=None, name="COMMISSION")
    count: Count = field(name="ORDERSCNT")


class ZCurrency(_Part, frozen=True, kw_only=True):
    """A row of ZREPVAL/DETAILS: one foreign currency. Rates are text, for there may be several."""

    number: Count | None = field(default=None, name="VALNUM")
    code: Number = field(name="VALCD")
    symbol: Text64 = field(name="VALSYMCD")
    name: str | None = field(default=None, name="VALNM")
    rate_buy: Text64 | None = field(default=None, name="COURSEBUY")
    rate_sell: Text64 | None = field(default=None, name="COURSESELL")
    rate_official: Text64 | None = field(default=None, name="COURSEREG")
    bought: Sum | None = field(default=None, name="BUYVALI")
    sold: Sum | None = field(default=None, name="SELLVALI")
    bought_national: Sum | None = field(default=None, name="BUYVALN")
    sold_national: Sum | None = field(default=None, name="SELLVALN")
    storno_bought: Sum | None = field(default=None, name="STORBUYVALI")
    storno_sold: Sum | None = field(default=None, name="STORSELLVALI")
    storno_bought_national: Sum | None = field(default=None, name="STORBUYVALN")
    storno_sold_national: Sum | None = field(default=None, name="STORSELLVALN")
    converted_in: Sum | None = field(default=None, name="CINVALI")
    converted_out: Sum | None = field(default=None, name="COUTVALI")
    unused: Sum | None = field(default=None, name="UNUSVALI")
    unused_national: Sum | None = field(default=None, name="UNUSVALN")
    commission: Sum | None = field(default=None, name="COMMISSION")
    advance: Sum | None = field(default=None, name="INADVANCE")
    attached: Sum | None = field(default=None, name="INATTACH")
    collected: Sum | None = field(default=None, name="SURRCOLLECTION")
    storno_unused: Sum | None = field(default=None, name="STORUNUSVALI")
    storno_unused_national: Sum | None = field(default=None, name="STORUNUSVALN")
    storno_converted_in: Sum | None = field(default=None, name="STORCINVALI")
    storno_converted_out: Sum | None = field(default=None, name="STORCOUTVALI")
    storno_commission: Sum | None = field(default=None, name="STORCOMMISSION")
    cross_code: Text64 | None = field(default=None, name="VALCRCD")
    cross_symbol: Text64 | None = field(default=None, name="CROSSSYMCD")
    cross_rate: Text64 | None = field(default=None, name="CROSSCOURSE")


class ZCurrencies(_Part, frozen=True, kw_only=True):
    """ZREPVAL."""

    advance: Sum | None = field(default=None, name="TOTALINADVANCE")
    attached: Sum | None = field(default=None, name="TOTALINATTACH")
    collected: Sum | None = field(default=None, name="TOTALSURRCOLLECTION")
    commission: Sum | None = field(default=None, name="COMMISSION")
    count: Count = field(name="CALCDOCSCNT")
    accepted: Sum | None = field(default=None, name="ACCEPTEDN")
    issued: Sum | None = field(default=None, name="ISSUEDN")
    transfers_commission: Sum | None = field(default=None, name="COMMISSIONN")
    transfers: Count | None = field(default=None, name="TRANSFERSCNT")
    details: Annotated[tuple[ZCurrency, ...], Meta(min_length=1)] = field(default=(), name="DETAILS")
    taxes: Annotated[tuple[ZTax, ...], Meta(min_length=1)] = field(default=(), name="TAXES")


class ZFuelPayment(_Part, frozen=True, kw_only=True):
    """A row of ZREPFUEL/DETAILS/ROW/PAYFORMS."""

    form: Count = field(name="PAYFORMCD")
    name: str = field(name="PAYFORMNM")
    sum: Sum = field(name="SUM")
    volume: Volume = field(name="AMOUNT")


class ZFuelKind(_Part, frozen=True, kw_only=True):
    """A row of ZREPFUEL/DETAILS."""

    name: str = field(name="NAME")
    accepted: Volume | None = field(default=None, name="ACCEPTED")
    sold: Volume | None = field(default=None, name="REALIZVOL")
    checked: Volume | None = field(default=None, name="REALIZPRK")
    cost: Sum | None = field(default=None, name="REALIZCOST")
    remains: Volume | None = field(default=None, name="REMAINS")
    payments: Annotated[tuple[ZFuelPayment, ...], Meta(min_length=1)] = field(default=(), name="PAYFORMS")


class ZFuelRemains(_Part, frozen=True, kw_only=True):
    """A row of ZREPFUEL/REMAINS."""

    name: str = field(name="NAME")
    tank: Text64 = field(name="TANKNUM")
    column: Text64 | None = field(default=None, name="COLUMNNUM")
    faucet: Text64 | None = field(default=None, name="FAUCETNUM")
    remains: Volume = field(name="REMAINS")


class ZFuel(_Part, frozen=True, kw_only=True):
    """ZREPFUEL; ``kinds`` has at least one row."""

    kinds: Annotated[tuple[ZFuelKind, ...], Meta(min_length=1)] = field(name="DETAILS")
    remains: Annotated[tuple[ZFuelRemains, ...], Meta(min_length=1)] = field(default=(), name="REMAINS")


class ZBody(_Part, frozen=True, kw_only=True):
    """ZREPBODY: deposits and issues."""

    service_input: Sum | None = field(default=None, name="SERVICEINPUT")
    service_output: Sum | None = field(default=None, name="SERVICEOUTPUT")
    vehicle: Text64 | None = field(default=None, name="VEHICLERN")


class ZRep(_Part, frozen=True, kw_only=True):
    """ZREP."""

    head: ZRepHead = field(name="ZREPHEAD")
    sales: ZOrders | None = field(default=None, name="ZREPREALIZ")
    refunds: ZOrders | None = field(default=None, name="ZREPRETURN")
    cash: ZCash | None = field(default=None, name="ZREPCASH")
    currencies: ZCurrencies | None = field(default=None, name="ZREPVAL")
    fuel: ZFuel | None = field(default=None, name="ZREPFUEL")
    body: ZBody | None = field(default=None, name="ZREPBODY")
