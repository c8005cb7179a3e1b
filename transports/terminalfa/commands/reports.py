"""Sections 6.4 and 6.5: the settlement-state report and the counters of the cash drawer."""

from transports.terminalfa.commands.request import Nothing, Request, command
from transports.terminalfa.layouts import Wire
from transports.terminalfa.values import U32, U40, Day, Money


class SettlementReportAnswer(Wire, frozen=True):
    fd: U32
    fpd: U32
    unsent: U32
    first_unsent: Day


class CashAnswer(Wire, frozen=True):
    cash: U40
    electronic: U40


@command(0x27)
class BeginSettlementReport(Request[Nothing], frozen=True):
    pass


@command(0x28)
class CommitSettlementReport(Request[SettlementReportAnswer], frozen=True):
    pass


@command(0xB0)
class ReadCash(Request[CashAnswer], frozen=True):
    """Sums since the shift was opened."""


@command(0xB3)
class CashIn(Request[Nothing], frozen=True):
    sum: Money


@command(0xB4)
class CashOut(Request[Nothing], frozen=True):
    sum: Money


@command(0xB1)
class ResetCounters(Request[Nothing], frozen=True):
    pass


@command(0xB2)
class PrintReport(Request[Nothing], frozen=True):
    """The information (X) report; no fiscal document."""
