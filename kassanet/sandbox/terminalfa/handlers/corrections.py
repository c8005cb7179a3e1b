"""Section 6.3: a correction, ``25`` → ``2E`` → [``3F``] → ``26``."""

from kassanet.sandbox.fiscal_storage import Current, Document, Draft
from kassanet.sandbox.terminalfa.body import correction_body
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, Failure, demand
from kassanet.sandbox.terminalfa.handlers.shifts import AUTOMATIC
from kassanet.sandbox.terminalfa.handling import Pending, handles
from kassanet.sandbox.terminalfa.receipt import check_tax_system
from kassanet.sandbox.terminalfa.rnm import inn_is_plausible
from schemas.receipts import Payments
from transports.terminalfa.commands import Nothing
from transports.terminalfa.commands.corrections import (
    BeginCorrection,
    CommitCorrection,
    CorrectionAnswer,
    PassCorrection,
    PassCorrectionVending,
)

TYPES = (1, 3)
BASES = (0, 1)


class OpenCorrection:
    """A correction that has begun."""

    def __init__(self) -> None:
        self.data: PassCorrection | None = None
        self.vending: PassCorrectionVending | None = None


@handles(BeginCorrection)
def begin_correction(device: Device, _: BeginCorrection) -> Nothing:
    device.begin(Current.CORRECTION, OpenCorrection())
    return Nothing()


@handles(PassCorrection)
def pass_correction(device: Device, request: PassCorrection) -> Nothing:
    """1102…1107 are the taxable sums: together they are what was paid."""
    correction = _correction(device)
    demand(correction.data is None, Code.PASSED_ALREADY)
    demand(request.by_order in BASES, Code.VALUE)
    demand(not request.cashier_inn or inn_is_plausible(request.cashier_inn), Code.VALUE)
    check_tax_system(request.tax_system, device.registration)
    demand(_taxable(request) == _payments(request).total, Code.CORRECTION_TAXABLE)
    correction.data = request
    device.fn.has_data = True
    return Nothing()


@handles(PassCorrectionVending)
def pass_vending(device: Device, request: PassCorrectionVending) -> Nothing:
    correction = _correction(device)
    demand(not device.registration.has_vending_data, Code.VENDING_NOT_ALLOWED)
    demand(correction.vending is None, Code.PASSED_ALREADY)
    correction.vending = request
    return Nothing()


@handles(CommitCorrection)
def commit_correction(device: Device, request: CommitCorrection) -> Pending:
    correction = _correction(device)
    data = correction.data
    demand(request.kind in TYPES, Code.CORRECTION_TYPE)
    if data is None:
        raise Failure(Code.NOT_ALL_PASSED)
    demand(request.total == _payments(data).total, Code.CORRECTION_TOTAL)
    demand(request.total > 0, Code.CORRECTION_ZERO)
    registration = device.registration
    demand(data.cashier is not None or bool(registration.modes & AUTOMATIC), Code.CASHIER)
    # Error 3F is listed for "vending data needed, correction" as well as for contradicting agents.
    demand(correction.vending is not None or registration.has_vending_data, Code.AGENT_CONFLICT)
    draft = Draft(
        body=correction_body(data, correction.vending, registration),
        settlement=request.kind,
        total=request.total,
        payments=_payments(data),
    )
    return Pending(draft, _answer)


def _answer(document: Document) -> CorrectionAnswer:
    return CorrectionAnswer(document.receipt, document.fd, document.fpd)


def _correction(device: Device) -> OpenCorrection:
    return device.collecting(OpenCorrection, Code.NO_OPEN_RECEIPT)


def _payments(data: PassCorrection) -> Payments:
    return Payments(data.cash, data.cashless, data.prepaid, data.credit, data.counter)


def _taxable(data: PassCorrection) -> int:
    return data.vat20 + data.vat10 + data.vat0 + data.no_vat + data.vat120 + data.vat110
