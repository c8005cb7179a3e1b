"""Section 6.1: shifts, the cashier, and the command that drops whatever document is open."""

from transports.terminalfa.commands import tags
from transports.terminalfa.commands.request import Nothing, Request, command
from transports.terminalfa.layouts import Wire
from transports.terminalfa.values import U16, U32, Bool


class ShiftAnswer(Wire, frozen=True):
    """``shift`` is the current one or the one closed last, ``receipts`` its count of receipts so far."""

    is_open: Bool
    shift: U16
    receipts: U16


class ShiftDocumentAnswer(Wire, frozen=True):
    shift: U16
    fd: U32
    fpd: U32


@command(0x20)
class ReadShift(Request[ShiftAnswer], frozen=True):
    pass


@command(0x21)
class BeginShiftOpening(Request[Nothing], frozen=True):
    silent: Bool | None = None


@command(0x2F)
class PassCashier(Request[Nothing], frozen=True):
    """Between ``21`` and ``22``, or ``29`` and ``2A``; not needed where the register is in automatic mode."""

    name: tags.Cashier
    inn: tags.CashierInn | None = None


@command(0x22)
class CommitShiftOpening(Request[ShiftDocumentAnswer], frozen=True):
    pass


@command(0x29)
class BeginShiftClosing(Request[Nothing], frozen=True):
    silent: Bool | None = None


@command(0x2A)
class CommitShiftClosing(Request[ShiftDocumentAnswer], frozen=True):
    pass


@command(0x10)
class CancelDocument(Request[Nothing], frozen=True):
    pass
