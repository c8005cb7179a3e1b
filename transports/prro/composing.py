"""From an operation to the document of the tax service.

The desk, the moment and the local number are the register's; the operation brings the rest. What does not add up is an
objection (:mod:`transports.prro.objections`), which comes first.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.prro import (
    CashOut,
    CloseShift,
    Desk,
    Item,
    OfflineBegin,
    OfflineEnd,
    OpenShift,
    Operation,
    PartPayment,
    Payment,
    Refund,
    Sale,
    ServiceIn,
    ServiceOut,
    Slip,
    Storno,
    ZReport,
)
from schemas.prro_check import (
    Check,
    CheckHead,
    CheckLine,
    CheckPayment,
    CheckTax,
    CheckTotal,
    ExciseLabel,
    PaymentSystem,
)
from schemas.prro_values import DocType, SubType
from schemas.prro_zrep import ZRep, ZRepHead
from transports.prro.documents import Document
from transports.prro.limits import kyiv
from transports.prro.numbers import offline_number
from transports.prro.taxes import added, taxes

CASH, CARD = 0, 1
_FORMS = {0: "ГОТІВКА", 1: "КАРТКА", 2: "ПЕРЕДОПЛАТА", 3: "КРЕДИТ"}
_BY_SUM = 0
_BY_PERCENT = 1


class Heading(Struct, frozen=True):
    """What the register gives to a document. ``at`` has a zone; documents show Kyiv's time."""

    uid: UUID
    at: datetime
    local_number: int
    cashier: str | None = None


def compose(operation: Operation, desk: Desk, heading: Heading, totals: ZRep | None = None) -> Document:
    """The document of an operation that nothing is held against. A Z report takes its parts from ``totals``."""
    if isinstance(operation, ZReport):
        return _report(desk, heading, totals)
    return _COMPOSERS[type(operation)](operation, desk, heading)


def made_offline(
    document: Document, session: int, number: int, seed: int, previous_hash: str | None = None
) -> Document:
    """The document as the ``number``-th of an offline session, its fiscal number composed."""
    head: Any = msgspec.structs.replace(document.head, offline=True, previous_hash=previous_hash)
    bare = msgspec.structs.replace(document, head=head)
    fiscal = offline_number(bare, session, number, seed)
    return msgspec.structs.replace(bare, head=msgspec.structs.replace(head, fiscal_number=str(fiscal)))


def sale_total(operation: Sale | Refund, desk: Desk) -> int:
    """What is to be paid, in kopecks: costs without discounts, taxes on top, rounding."""
    return _unrounded(operation, taxes(operation.items, desk.taxes)) + operation.rounding


def _unrounded(operation: Sale | Refund, rows: tuple[CheckTax, ...]) -> int:
    return sum(item.cost - item.reduction for item in operation.items) + added(rows)


def _head(desk: Desk, heading: Heading, kind: DocType, sub: SubType | None = None, **more: Any) -> CheckHead:  # noqa: ANN401
    """``more`` are fields of :class:`CheckHead`."""
    at = heading.at.astimezone(kyiv()).replace(microsecond=0)
    return CheckHead(
        doc_type=kind,
        sub_type=sub,
        uid=str(heading.uid).upper(),
        tin=desk.tin,
        ipn=desk.ipn,
        org_name=desk.org_name,
        point_name=desk.point_name,
        point_address=desk.point_address,
        date=at.date(),
        time=at.time(),
        local_number=heading.local_number,
        desk=desk.number,
        register=desk.register,
        cashier=heading.cashier,
        testing=True if desk.testing and kind not in (DocType.OFFLINE_BEGIN, DocType.OFFLINE_END) else None,
        **more,
    )


def _sale(operation: Sale | Refund, desk: Desk, heading: Heading) -> Check:
    refund_of = operation.of if isinstance(operation, Refund) else None
    sub = SubType.CHECK_GOODS if refund_of is None else SubType.CHECK_RETURN
    parts = _parts(operation)
    return Check(
        head=_head(desk, heading, DocType.SALE_GOODS, sub, refund_of=refund_of, comment=operation.comment),
        total=_total(operation, taxes(operation.items, desk.taxes)),
        payments=tuple(map(_payment, operation.payments)),
        taxes=taxes(operation.items, desk.taxes, parts),
        lines=_lines(operation, parts),
    )


def _total(operation: Sale | Refund, rows: tuple[CheckTax, ...]) -> CheckTotal:
    unrounded = _unrounded(operation, rows)
    reduction = sum(item.reduction for item in operation.items)
    total = CheckTotal(sum=unrounded + operation.rounding, discount=reduction or None)
    if operation.rounding:
        total = msgspec.structs.replace(total, rounding=-operation.rounding, unrounded=unrounded)
    return total if operation.part is None else _in_part(total, operation.part)


def _in_part(total: CheckTotal, part: PartPayment) -> CheckTotal:
    whole = total.sum or 0
    return msgspec.structs.replace(
        total,
        part_payment=part.type,
        part_percent=(part.sum * 10000 + whole // 2) // whole if whole else 0,
        part_sum=part.sum,
        prepayment_of=part.of,
    )


def _parts(operation: Sale | Refund) -> list[int] | None:
    """What is paid now of each line, None when all is: spread so that it comes to the sum exactly."""
    if operation.part is None:
        return None
    return _spread(operation.part.sum, [item.cost - item.reduction for item in operation.items])


def _lines(operation: Sale | Refund, parts: list[int] | None) -> tuple[CheckLine, ...]:
    shares = [None] * len(operation.items) if parts is None else parts
    return tuple(_line(item, share) for item, share in zip(operation.items, shares, strict=True))


def _spread(amount: int, weights: list[int]) -> list[int]:
    """By the largest remainder."""
    whole = sum(weights) or 1
    shares = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % whole))
    for place in by_remainder[: amount - sum(shares)]:
        shares[place] += 1
    return shares


def _line(item: Item, part: int | None) -> CheckLine:
    discounted = item.reduction > 0
    by_percent = item.discount_percent is not None
    return CheckLine(
        code=item.code,
        barcode=item.barcode,
        uktzed=item.uktzed,
        dkpp=item.dkpp,
        name=item.name,
        unit_code=item.unit_code,
        unit=item.unit,
        quantity=item.thousandths,
        price=item.price,
        letters=item.letters or None,
        cost=item.cost,
        discount_type=(_BY_PERCENT if by_percent else _BY_SUM) if discounted else None,
        discount_percent=item.discount_percent if discounted else None,
        discount=item.reduction if discounted else None,
        part_sum=part,
        comment=item.comment,
        excise_labels=tuple(ExciseLabel(label=label) for label in item.excise_labels),
    )


def _payment(payment: Payment) -> CheckPayment:
    change = 0 if payment.provided is None else payment.provided - payment.sum
    return CheckPayment(
        form=payment.form,
        name=payment.name or _FORMS.get(payment.form, f"ФОРМА {payment.form}"),
        sum=payment.sum,
        provided=payment.provided,
        change=change or None,
        systems=() if payment.slip is None else (_system(payment.slip, payment.sum),),
    )


def _system(slip: Slip, amount: int) -> PaymentSystem:
    return PaymentSystem(
        name=slip.system,
        acquirer_number=slip.acquirer_tin,
        acquirer=slip.acquirer,
        transaction=slip.transaction,
        slip=slip.slip,
        device=slip.terminal,
        card=slip.card,
        authorization=slip.authorization,
        sum=amount,
        commission=slip.commission,
    )


def _storno(operation: Storno, desk: Desk, heading: Heading) -> Check:
    return Check(head=_head(desk, heading, DocType.SALE_GOODS, SubType.CHECK_STORNO, storno_of=operation.of))


def _service(operation: ServiceIn | ServiceOut, desk: Desk, heading: Heading) -> Check:
    sub = SubType.SERVICE_ISSUE
    if isinstance(operation, ServiceIn):
        sub = SubType.ADDITIONAL_DEPOSIT if operation.additional else SubType.SERVICE_DEPOSIT
    return Check(head=_head(desk, heading, DocType.SALE_GOODS, sub), total=CheckTotal(sum=operation.sum))


def _cash_out(operation: CashOut, desk: Desk, heading: Heading) -> Check:
    paid = Payment(form=CASH, sum=operation.sum, slip=operation.slip)
    line = CheckLine(code="1", name="Видача готівки", cost=operation.sum, recipient=operation.recipient)
    return Check(
        head=_head(desk, heading, DocType.CASH_WITHDRAWAL, SubType.CHECK_GOODS),
        total=CheckTotal(sum=operation.sum, without_taxes=operation.sum, commission=operation.commission or None),
        payments=(_payment(paid),),
        lines=(line,),
    )


def _message(kind: DocType) -> Callable[[Any, Desk, Heading], Check]:
    def composed(_operation: Any, desk: Desk, heading: Heading) -> Check:  # noqa: ANN401 - says nothing more
        return Check(head=_head(desk, heading, kind))

    return composed


def _offline_begin(operation: OfflineBegin, desk: Desk, heading: Heading) -> Check:
    revoke = True if operation.revoke_last else None
    return Check(head=_head(desk, heading, DocType.OFFLINE_BEGIN, revoke_last_online=revoke))


def _report(desk: Desk, heading: Heading, totals: ZRep | None) -> ZRep:
    head = _head(desk, heading, DocType.CLOSE_SHIFT)
    common = {name: getattr(head, name) for name in ZRepHead.__struct_fields__ if hasattr(head, name)}
    own = ZRepHead(**common)
    return ZRep(head=own) if totals is None else msgspec.structs.replace(totals, head=own)


_COMPOSERS: dict[type, Callable[[Any, Desk, Heading], Check]] = {
    Sale: _sale,
    Refund: _sale,
    Storno: _storno,
    ServiceIn: _service,
    ServiceOut: _service,
    CashOut: _cash_out,
    OpenShift: _message(DocType.OPEN_SHIFT),
    CloseShift: _message(DocType.CLOSE_SHIFT),
    OfflineBegin: _offline_begin,
    OfflineEnd: _message(DocType.OFFLINE_END),
}
