"""Section 6.1: opening and closing shifts, the cashier, and the command that drops whatever is open."""

from kassanet.sandbox.fiscal_storage import Current, Document, Draft
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, demand
from kassanet.sandbox.terminalfa.handling import Pending, handles
from kassanet.sandbox.terminalfa.rnm import inn_is_plausible
from transports.terminalfa.commands import Nothing
from transports.terminalfa.commands.shifts import (
    BeginShiftClosing,
    BeginShiftOpening,
    CancelDocument,
    CommitShiftClosing,
    CommitShiftOpening,
    PassCashier,
    ReadShift,
    ShiftAnswer,
    ShiftDocumentAnswer,
)

AUTOMATIC = 0x04
"""Bit 2 of the modes: no cashier is needed."""


class ShiftChange:
    """An opening or a closing for which the cashier may still be passed."""

    def __init__(self, current: Current, prints: bool) -> None:
        self.current = current
        self.prints = prints
        self.cashier: PassCashier | None = None


@handles(ReadShift)
def read_shift(device: Device, _: ReadShift) -> ShiftAnswer:
    """With the shift closed it tells the number of *documents* of the last one, as the maker's text has it."""
    shift = device.fn.shift
    return ShiftAnswer(shift.is_open, shift.number, shift.receipts if shift.is_open else shift.documents)


@handles(BeginShiftOpening)
def begin_opening(device: Device, request: BeginShiftOpening) -> Nothing:
    device.begin(Current.OPEN_SHIFT, ShiftChange(Current.OPEN_SHIFT, not request.silent))
    return Nothing()


@handles(BeginShiftClosing)
def begin_closing(device: Device, request: BeginShiftClosing) -> Nothing:
    device.begin(Current.CLOSE_SHIFT, ShiftChange(Current.CLOSE_SHIFT, not request.silent))
    return Nothing()


@handles(PassCashier)
def pass_cashier(device: Device, request: PassCashier) -> Nothing:
    change = device.collecting(ShiftChange, Code.STATE)
    demand(not request.inn or inn_is_plausible(request.inn), Code.VALUE)
    change.cashier = request
    device.fn.has_data = True
    return Nothing()


@handles(CommitShiftOpening)
def commit_opening(device: Device, _: CommitShiftOpening) -> Pending:
    return _commit(device, Current.OPEN_SHIFT, "ОТЧЕТ ОБ ОТКРЫТИИ СМЕНЫ")


@handles(CommitShiftClosing)
def commit_closing(device: Device, _: CommitShiftClosing) -> Pending:
    return _commit(device, Current.CLOSE_SHIFT, "ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ")


@handles(CancelDocument)
def cancel_document(device: Device, _: CancelDocument) -> Nothing:
    device.cancel()
    return Nothing()


def _commit(device: Device, current: Current, title: str) -> Pending:
    change = device.collecting(ShiftChange, Code.STATE)
    demand(change.current is current, Code.STATE)
    demand(change.cashier is not None or bool(device.registration.modes & AUTOMATIC), Code.CASHIER)
    draft = Draft(body=change.cashier.encode() if change.cashier else b"")
    return Pending(draft, _answer, (title,), device.settings.shift_share, change.prints)


def _answer(document: Document) -> ShiftDocumentAnswer:
    return ShiftDocumentAnswer(document.shift, document.fd, document.fpd)
