"""The server's own draft of a Z report, counted from what it registered.

Written apart from the register's totals in ``transports``: the two are compared, so they must not share a mistake.
"""

from collections.abc import Sequence

from kassanet.sandbox.fiscal_server.records import Entry
from kassanet.sandbox.fiscal_server.standing import Standing
from schemas.prro_answers import CashTotals, OrderTotals, PayFormTotal, ShiftTotals, TaxTotal
from schemas.prro_check import Check
from schemas.prro_values import DocType, SubType


def draft(entries: Sequence[Entry], standing: Standing) -> ShiftTotals:
    """Of the entries of one shift; what was revoked or taken back by a storno does not count."""
    sales: list[Check] = []
    refunds: list[Check] = []
    cash: list[Check] = []
    service_in = service_out = 0
    for entry in entries:
        check = entry.document
        if entry.num_fiscal in standing.revoked or entry.num_fiscal in standing.storned or not isinstance(check, Check):
            continue
        match check.head.doc_type, check.head.sub_type:
            case DocType.SALE_GOODS, SubType.CHECK_GOODS:
                sales.append(check)
            case DocType.SALE_GOODS, SubType.CHECK_RETURN:
                refunds.append(check)
            case DocType.SALE_GOODS, SubType.SERVICE_DEPOSIT | SubType.ADDITIONAL_DEPOSIT:
                service_in += check.sum or 0
            case DocType.SALE_GOODS, SubType.SERVICE_ISSUE:
                service_out += check.sum or 0
            case DocType.CASH_WITHDRAWAL, _:
                cash.append(check)
    return ShiftTotals(
        real=_orders(sales),
        ret=_orders(refunds),
        cash=_cash(cash),
        service_input=service_in,
        service_output=service_out,
    )


def _orders(checks: Sequence[Check]) -> OrderTotals | None:
    if not checks:
        return None
    total = rounding = 0
    for check in checks:
        if check.total is not None:
            total += (check.total.sum or 0) if check.total.part_sum is None else check.total.part_sum
            rounding += check.total.rounding or 0
    return OrderTotals(
        sum=total,
        rnd_sum=rounding,
        no_rnd_sum=total + rounding,
        orders_count=len(checks),
        pay_form=_pay_forms(checks),
        tax=_taxes(checks),
    )


def _cash(checks: Sequence[Check]) -> CashTotals | None:
    if not checks:
        return None
    totals = [check.total for check in checks if check.total is not None]
    return CashTotals(
        sum=sum(total.sum or 0 for total in totals),
        commission=sum(total.commission or 0 for total in totals),
        orders_count=len(checks),
    )


def _pay_forms(checks: Sequence[Check]) -> tuple[PayFormTotal, ...]:
    found: dict[int, PayFormTotal] = {}
    for check in checks:
        for payment in check.payments:
            before = found.get(payment.form)
            sum_before = 0 if before is None else before.sum
            found[payment.form] = PayFormTotal(
                pay_form_code=payment.form,
                pay_form_name=payment.name if before is None else before.pay_form_name,
                sum=sum_before + (payment.sum or 0),
            )
    return tuple(found[code] for code in sorted(found))


def _taxes(checks: Sequence[Check]) -> tuple[TaxTotal, ...]:
    found: dict[tuple[int, str | None, int], TaxTotal] = {}
    for check in checks:
        for tax in check.taxes:
            key = (tax.type, tax.letter, tax.percent)
            before = found.get(key) or TaxTotal(
                type=tax.type, name=tax.name, letter=tax.letter, prc=tax.percent, sign=bool(tax.added)
            )
            found[key] = TaxTotal(
                type=before.type,
                name=before.name,
                letter=before.letter,
                prc=before.prc,
                sign=before.sign,
                turnover=before.turnover + tax.turnover,
                source_sum=(before.source_sum or 0) + (tax.turnover if tax.source is None else tax.source),
                sum=before.sum + tax.sum,
            )
    return tuple(found.values())
