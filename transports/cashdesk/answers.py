"""What a register made, found out or reckoned, in the words of CashDesk."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime

from schemas.cashdesk_answers import (
    CheckAnswer,
    CheckStatus,
    LastCheck,
    Paid,
    RegisterShown,
    RegisterStatus,
    ReportAnswer,
    ShiftShown,
    Taxed,
    Turnover,
    UnitShown,
)
from schemas.prro_answers import TaxObject
from schemas.prro_commands import PrroState
from schemas.prro_records import DocumentStatus, StoredDocument, StoredPrro
from schemas.prro_zrep import ZOrders, ZRep

_STATUSES: dict[DocumentStatus, CheckStatus] = {"registered": "DONE", "offline": "OFFLINE"}
_SERVICE = frozenset({"service_in", "service_out"})
CHECKS = frozenset({"sale", "return", "storno", "cash_out", *_SERVICE})
"""Kinds of documents that are checks; the others open, close and report."""


def check_answer(
    stored: StoredDocument, register: int, link: str | None, text: str | None = None, qr: bytes | None = None
) -> CheckAnswer:
    """A document that was not refused. ``qr`` is a picture."""
    return CheckAnswer(
        id=stored.id,
        num_fiscal=register,
        status=_status(stored),
        fiscal_number=stored.fiscal_number,
        local_number=stored.local_number,
        doc_type=stored.kind.upper(),
        total_sum=stored.sum,
        date=datetime.fromtimestamp(stored.made_at, UTC),
        offline=stored.session is not None,
        external_id=stored.external_id,
        link=link,
        text_print=printed(text),
        qr=None if qr is None else b64encode(qr).decode(),
    )


def last_check(stored: StoredDocument | None, register: int, link: str | None) -> LastCheck:
    if stored is None:
        return LastCheck()
    return LastCheck(
        id=stored.id,
        num_fiscal=register,
        status=_status(stored),
        fiscal_number=stored.fiscal_number,
        local_number=None if stored.kind in _SERVICE else stored.local_number,
        doc_type=stored.kind.upper(),
        total_sum=stored.sum,
        date=datetime.fromtimestamp(stored.made_at, UTC),
        link=link,
    )


def report_answer(
    report: ZRep, *, is_open: bool, text: str | None = None, check: CheckAnswer | None = None
) -> ReportAnswer:
    body = report.body
    return ReportAnswer(
        num_fiscal=report.head.register,
        shift_open=is_open,
        sales=_turnover(report.sales),
        returns=_turnover(report.refunds),
        service_input=(body.service_input or 0) if body is not None else 0,
        service_output=(body.service_output or 0) if body is not None else 0,
        check=check,
        text_print=printed(text),
    )


def _status(stored: StoredDocument) -> CheckStatus:
    return _STATUSES.get(stored.status, "PENDING")


def printed(text: str | None) -> str | None:
    """UTF-8 in Base64: who prints it chooses the font."""
    return None if text is None else b64encode(text.encode()).decode()


def shift_shown(state: PrroState, row: StoredPrro) -> ShiftShown:
    opened = row.shift_opened_at
    return ShiftShown(
        "OPENED" if state.shift_is_open else "CLOSED",
        offline=state.condition in ("offline", "returning"),
        open_date=datetime.fromtimestamp(opened, UTC) if opened is not None and state.shift_is_open else None,
    )


def register_status(row: StoredPrro, state: PrroState) -> RegisterStatus:
    """``row`` as it is on disk now."""
    desk = row.desk
    return RegisterStatus(
        id=str(row.id),
        num_fiscal=desk.register,
        org_name=desk.org_name,
        name=desk.point_name,
        address=desk.point_address,
        tin=desk.tin,
        ipn=desk.ipn,
        state=state.condition,
        shift=shift_shown(state, row),
    )


def units_shown(units: Iterable[TaxObject], known: dict[int, ShiftShown]) -> tuple[UnitShown, ...]:
    """``known`` are the registers that work here for the asker, by fiscal number."""
    return tuple(_unit(unit, known) for unit in units)


def _unit(unit: TaxObject, known: dict[int, ShiftShown]) -> UnitShown:
    registers = tuple(
        RegisterShown(
            each.num_fiscal,
            each.num_local,
            each.name,
            each.closed,
            each.num_fiscal in known,
            known.get(each.num_fiscal),
        )
        for each in unit.transactions_registrars
    )
    return UnitShown(
        id=unit.tax_obj_guid or str(unit.tax_obj_id),
        name=unit.name,
        address=unit.address,
        org_name=unit.org_name,
        tin=unit.tin,
        ipn=unit.ipn,
        single_tax=unit.single_tax,
        registers=registers,
    )


def _turnover(orders: ZOrders | None) -> Turnover:
    if orders is None:
        return Turnover()
    payments = tuple(Paid(each.form, each.name, each.sum) for each in orders.payments)
    taxes = tuple(Taxed(each.letter, each.percent / 100, each.turnover, each.sum) for each in orders.taxes)
    return Turnover(orders.count, orders.sum, payments, taxes)
