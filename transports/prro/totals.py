"""What a shift came to: the parts of its Z report, from the documents that the server registered in it.

A check that was revoked, or taken back by a storno, counts no more; the storno itself has no sum.
"""

from collections.abc import Callable, Iterable, Sequence

from schemas.prro_check import Check, CheckTax
from schemas.prro_values import DocType, SubType
from schemas.prro_zrep import ZBody, ZCash, ZOrders, ZPayment, ZRep, ZRepHead, ZTax

_INPUTS = frozenset({SubType.SERVICE_DEPOSIT, SubType.ADDITIONAL_DEPOSIT})


def shift_totals(checks: Sequence[Check], head: ZRepHead, withdrawn: Iterable[str] = ()) -> ZRep:
    """``withdrawn`` are fiscal numbers that do not count; those that a storno among ``checks`` names are found here.

    The checks must carry their fiscal numbers (ORDERTAXNUM).
    """
    gone = {*withdrawn, *(check.head.storno_of for check in checks if check.head.storno_of is not None)}
    counted = [check for check in checks if check.is_money and check.head.fiscal_number not in gone]
    goods = [check for check in counted if check.head.doc_type is DocType.SALE_GOODS]
    inputs = sum(check.sum or 0 for check in goods if check.head.sub_type in _INPUTS)
    outputs = sum(check.sum or 0 for check in goods if check.head.sub_type is SubType.SERVICE_ISSUE)
    return ZRep(
        head=head,
        sales=_orders([check for check in goods if check.head.sub_type is SubType.CHECK_GOODS]),
        refunds=_orders([check for check in goods if check.head.sub_type is SubType.CHECK_RETURN]),
        cash=_cash([check for check in counted if check.head.doc_type is DocType.CASH_WITHDRAWAL]),
        body=ZBody(service_input=inputs, service_output=outputs),
    )


def _orders(checks: Sequence[Check]) -> ZOrders | None:
    if not checks:
        return None
    rounding = sum(_of_total(check, "rounding") for check in checks)
    total = sum(_paid(check) for check in checks)
    return ZOrders(
        sum=total,
        rounding=rounding or None,
        unrounded=total + rounding if rounding else None,
        count=len(checks),
        payments=_payments(checks),
        taxes=_taxes(checks),
    )


def _of_total(check: Check, name: str) -> int:
    return (getattr(check.total, name) if check.total is not None else None) or 0


def _paid(check: Check) -> int:
    """A check paid in parts counts with its part."""
    part: int | None = None if check.total is None else check.total.part_sum
    return part if part is not None else check.sum or 0


def _cash(checks: Sequence[Check]) -> ZCash | None:
    if not checks:
        return None
    commission = sum(_of_total(check, "commission") for check in checks)
    return ZCash(sum=sum(check.sum or 0 for check in checks), commission=commission or None, count=len(checks))


def _payments(checks: Iterable[Check]) -> tuple[ZPayment, ...]:
    sums: dict[int, tuple[str, int]] = {}
    for payment in (payment for check in checks for payment in check.payments):
        name, total = sums.get(payment.form, (payment.name, 0))
        sums[payment.form] = name, total + (payment.sum or 0)
    return tuple(ZPayment(form=form, name=name, sum=total) for form, (name, total) in sorted(sums.items()))


def _taxes(checks: Iterable[Check]) -> tuple[ZTax, ...]:
    groups: dict[tuple[object, ...], list[CheckTax]] = {}
    for tax in (tax for check in checks for tax in check.taxes):
        groups.setdefault((tax.type, tax.name, tax.letter, tax.percent, tax.added), []).append(tax)
    return tuple(map(_tax, groups.values()))


def _tax(rows: Sequence[CheckTax]) -> ZTax:
    first = rows[0]
    return ZTax(
        type=first.type,
        name=first.name,
        letter=first.letter,
        percent=first.percent,
        added=first.added,
        turnover=sum(row.turnover for row in rows),
        turnover_discounted=_sum_of(rows, lambda row: row.turnover_discounted),
        source=_sum_of(rows, lambda row: row.source),
        sum=sum(row.sum for row in rows),
    )


def _sum_of(rows: Iterable[CheckTax], value: Callable[[CheckTax], int | None]) -> int | None:
    """None when no row has it."""
    values = [found for row in rows if (found := value(row)) is not None]
    return sum(values) if values else None
