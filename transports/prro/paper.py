"""What a receipt or report shows, line by line, before it is known whether on paper, in a terminal or in a browser."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from schemas.prro_check import Check, CheckHead, CheckLine, CheckPayment, CheckTax
from schemas.prro_values import DocType, SubType
from schemas.prro_zrep import ZOrders, ZRep, ZRepHead
from transports.prro.documents import Document
from transports.prro.links import LinkRules, tax_link
from transports.prro.numbers import parse_offline_number

Place = Literal["left", "center", "pair", "title", "rule"]
TESTING = "ТЕСТОВИЙ НЕФІСКАЛЬНИЙ ДОКУМЕНТ"
_TITLES = {
    (DocType.SALE_GOODS, SubType.CHECK_GOODS): "ФІСКАЛЬНИЙ ЧЕК",
    (DocType.SALE_GOODS, SubType.CHECK_RETURN): "ВИДАТКОВИЙ ЧЕК (ПОВЕРНЕННЯ)",
    (DocType.SALE_GOODS, SubType.CHECK_STORNO): "СТОРНО",
    (DocType.SALE_GOODS, SubType.SERVICE_DEPOSIT): "СЛУЖБОВЕ ВНЕСЕННЯ",
    (DocType.SALE_GOODS, SubType.ADDITIONAL_DEPOSIT): "ОТРИМАННЯ ПІДКРІПЛЕННЯ",
    (DocType.SALE_GOODS, SubType.SERVICE_ISSUE): "СЛУЖБОВА ВИДАЧА",
}
_KINDS = {
    DocType.TRANSFER_FUNDS: "ПЕРЕКАЗ КОШТІВ",
    DocType.CURRENCY_EXCHANGE: "ОБМІН ВАЛЮТИ",
    DocType.CASH_WITHDRAWAL: "ВИДАЧА ГОТІВКИ",
    DocType.PAWNSHOP: "ЛОМБАРД",
    DocType.OPEN_SHIFT: "ВІДКРИТТЯ ЗМІНИ",
    DocType.CLOSE_SHIFT: "ЗАКРИТТЯ ЗМІНИ",
    DocType.OFFLINE_BEGIN: "ПОЧАТОК ОФЛАЙН СЕСІЇ",
    DocType.OFFLINE_END: "ЗАВЕРШЕННЯ ОФЛАЙН СЕСІЇ",
}


class Row(NamedTuple):
    """``right`` is for pairs only; a rule has no text."""

    place: Place
    text: str = ""
    right: str = ""


def paper(document: Document, *, draft: bool = False) -> tuple[Row, ...]:
    """The rows of a document that carries its fiscal number. ``draft``: an X report, which has none."""
    if isinstance(document, Check):
        return tuple(_check(document))
    return tuple(_report(document, draft=draft))


def link_of(document: Document, rules: LinkRules | None = None) -> str | None:
    """The tax link of a registered check, None for what a buyer never sees."""
    head = document.head
    if not isinstance(document, Check) or not document.is_money or not head.fiscal_number:
        return None
    at = datetime.combine(head.date, head.time)
    return tax_link(head.fiscal_number, head.register, at, document.sum or 0, mac=head.previous_hash, rules=rules)


def _check(check: Check) -> Iterator[Row]:
    head = check.head
    yield from _seller(head)
    yield Row("title", _title(head))
    if head.refund_of or head.storno_of:
        yield Row("left", f"До чека № {head.refund_of or head.storno_of}")
    yield Row("rule")
    for line in check.lines:
        yield from _line(line)
    if check.lines:
        yield Row("rule")
    yield from _sums(check)
    if head.comment:
        yield Row("left", head.comment)
    yield from _foot(head)


def _title(head: CheckHead) -> str:
    if head.doc_type in _KINDS:
        return _KINDS[head.doc_type]
    return _TITLES[DocType.SALE_GOODS, head.sub_type or SubType.CHECK_GOODS]


def _seller(head: CheckHead | ZRepHead) -> Iterator[Row]:
    if head.testing:
        yield Row("title", TESTING)
    yield Row("center", head.org_name)
    yield Row("center", head.point_name)
    if head.point_address:
        yield Row("center", head.point_address)
    yield Row("center", f"ПН {head.ipn}" if head.ipn and head.ipn != "0" else f"ІД {head.tin}")


def _line(line: CheckLine) -> Iterator[Row]:
    codes = " ".join(code for code in (line.uktzed, line.dkpp) if code)
    if codes:
        yield Row("left", codes)
    yield from (Row("left", f"Акцизна марка {label.label}") for label in line.excise_labels)
    name = line.name or line.description or ""
    if line.quantity is not None and line.quantity != 1000 and line.price is not None:
        yield Row("left", f"{_thousandths(line.quantity)} x {money(line.price)}")
    yield Row("pair", name, f"{money(line.cost or 0)} {line.letters or ''}".rstrip())
    if line.discount:
        percent = f" {money(line.discount_percent)} %" if line.discount_percent else ""
        yield Row("pair", f"  Знижка{percent}", f"-{money(line.discount)}")
    if line.comment:
        yield Row("left", f"  {line.comment}")


def _sums(check: Check) -> Iterator[Row]:
    total = check.total
    if total is None:
        return
    if total.discount:
        yield Row("pair", "Знижка", money(total.discount))
    if total.rounding and total.unrounded is not None:
        yield Row("pair", "Без заокруглення", money(total.unrounded))
        yield Row("pair", "Заокруглення", money(-total.rounding))
    yield Row("pair", "СУМА", money(total.sum or 0))
    if total.part_sum is not None:
        yield Row("pair", "До сплати за цим чеком", money(total.part_sum))
    if total.commission:
        yield Row("pair", "Комісія", money(total.commission))
    for payment in check.payments:
        yield from _payment(payment)
    yield from _taxes(check.taxes)


def _payment(payment: CheckPayment) -> Iterator[Row]:
    yield Row("pair", payment.name, money(payment.sum or 0))
    if payment.change:
        yield Row("pair", "  Отримано", money(payment.provided or 0))
        yield Row("pair", "  Решта", money(payment.change))
    for system in payment.systems:
        slip = (system.name, system.acquirer, system.device, system.card, system.authorization, system.transaction)
        yield from (Row("left", f"  {text}") for text in slip if text)


def _taxes(taxes: Iterable[CheckTax]) -> Iterator[Row]:
    for tax in taxes:
        on_top = " (не включено)" if tax.added else ""
        yield Row("pair", f"{tax.name} {tax.letter or ''} {money(tax.percent)} %{on_top}", money(tax.sum))


def _report(report: ZRep, *, draft: bool) -> Iterator[Row]:
    yield from _seller(report.head)
    yield Row("title", "X-ЗВІТ" if draft else "Z-ЗВІТ")
    yield Row("rule")
    yield from _orders("ПІДСУМКИ РЕАЛІЗАЦІЇ", report.sales)
    yield from _orders("ПІДСУМКИ ПОВЕРНЕННЯ", report.refunds)
    if report.cash is not None:
        yield Row("pair", f"Видача готівки ({report.cash.count})", money(report.cash.sum))
    if report.body is not None:
        yield Row("pair", "Службове внесення", money(report.body.service_input or 0))
        yield Row("pair", "Службова видача", money(report.body.service_output or 0))
    yield from _foot(report.head, draft=draft)


def _orders(title: str, orders: ZOrders | None) -> Iterator[Row]:
    yield Row("left", title)
    yield Row("pair", "Чеків", str(orders.count if orders else 0))
    yield Row("pair", "СУМА", money(orders.sum if orders else 0))
    for payment in orders.payments if orders else ():
        yield Row("pair", payment.name, money(payment.sum))
    for tax in orders.taxes if orders else ():
        yield Row("pair", f"{tax.name} {tax.letter or ''} {money(tax.percent)} %", money(tax.sum))
        yield Row("pair", "  Обіг", money(tax.turnover))
    yield Row("rule")


def _foot(head: CheckHead | ZRepHead, *, draft: bool = False) -> Iterator[Row]:
    yield Row("rule")
    if head.cashier:
        yield Row("left", f"Касир: {head.cashier}")
    yield Row("pair", f"{head.date:%d.%m.%Y}", f"{head.time:%H:%M:%S}")
    if not draft:
        yield Row("left", f"ЧЕК ФН {head.fiscal_number or '—'} ВН {head.local_number}")
    yield Row("left", f"ПРРО ФН {head.register} ВН {head.desk}")
    composed = parse_offline_number(head.fiscal_number) if head.offline else None
    if composed is not None:
        yield Row("pair", "ОФЛАЙН", f"Контрольне число {composed.control}")
    elif not draft:
        yield Row("left", "ОНЛАЙН")
    if head.testing:
        yield Row("title", TESTING)


def money(units: int) -> str:
    """Hundredths as people write them: ``1234.50``."""
    whole, rest = divmod(abs(units), 100)
    return f"{'-' if units < 0 else ''}{whole}.{rest:02d}"


def _thousandths(quantity: int) -> str:
    whole, rest = divmod(quantity, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
