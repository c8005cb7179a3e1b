"""Sections 6.4 and 6.5: the settlement-state report and the counters of the cash drawer."""

from kassanet.sandbox.fiscal_storage import Current, Document, Draft
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.drawer import Sums
from kassanet.sandbox.terminalfa.failures import Code, Failure, demand
from kassanet.sandbox.terminalfa.handling import Pending, handles
from kassanet.sandbox.terminalfa.paper import money
from transports.terminalfa.commands import Nothing
from transports.terminalfa.commands.reports import (
    BeginSettlementReport,
    CashAnswer,
    CashIn,
    CashOut,
    CommitSettlementReport,
    PrintReport,
    ReadCash,
    ResetCounters,
    SettlementReportAnswer,
)

U40_MAX = 2**40 - 1


class SettlementReport:
    """A settlement-state report that has begun; nothing is passed for it."""


@handles(BeginSettlementReport)
def begin_report(device: Device, _: BeginSettlementReport) -> Nothing:
    device.begin(Current.SETTLEMENT_REPORT, SettlementReport())
    return Nothing()


@handles(CommitSettlementReport)
def commit_report(device: Device, _: CommitSettlementReport) -> Pending:
    device.collecting(SettlementReport, Code.STATE)
    return Pending(Draft(), _report_answer, ("ОТЧЕТ О ТЕКУЩЕМ СОСТОЯНИИ РАСЧЕТОВ",), share=device.settings.shift_share)


def _report_answer(document: Document) -> SettlementReportAnswer:
    first = document.first_unsent_at
    return SettlementReportAnswer(document.fd, document.fpd, document.unsent, first.date() if first else None)


@handles(ReadCash)
def read_cash(device: Device, _: ReadCash) -> CashAnswer:
    sums = _sums(device)
    return CashAnswer(sums.cash, sums.electronic)


@handles(CashIn)
def cash_in(device: Device, request: CashIn) -> Nothing:
    return _move(device, request.sum, "ВНЕСЕНИЕ")


@handles(CashOut)
def cash_out(device: Device, request: CashOut) -> Nothing:
    return _move(device, -request.sum, "ВЫПЛАТА")


@handles(ResetCounters)
def reset_counters(device: Device, _: ResetCounters) -> Nothing:
    demand(device.storage is not None, Code.NO_FN)
    device.keep_drawer(Sums())
    return Nothing()


@handles(PrintReport)
def print_report(device: Device, _: PrintReport) -> Nothing:
    """The information (X) report: paper only."""
    demand(device.printer == 0, Code.PRINTER)
    sums = device.drawer or Sums()
    device.paper.print(
        [
            "ИНФОРМАЦИОННЫЙ ОТЧЕТ",
            f"Смена {device.fn.shift.number}, чеков {device.fn.shift.receipts}",
            money("НАЛИЧНЫМИ", sums.cash),
            money("БЕЗНАЛИЧНЫМИ", sums.electronic),
        ]
    )
    return Nothing()


def _sums(device: Device) -> Sums:
    """The counters; they are not initialised before the first shift."""
    sums = device.drawer
    if sums is None:
        raise Failure(Code.COUNTERS)
    return sums


def _move(device: Device, kopecks: int, title: str) -> Nothing:
    demand(device.fn.shift.is_open, Code.SHIFT_CLOSED)
    sums = _sums(device)
    demand(sums.cash + kopecks >= 0, Code.CASH_OUT)
    demand(sums.cash + kopecks <= U40_MAX, Code.TOTAL_OVERFLOW)
    device.keep_drawer(sums._replace(cash=sums.cash + kopecks))
    device.paper.print([money(title, abs(kopecks))])
    return Nothing()
