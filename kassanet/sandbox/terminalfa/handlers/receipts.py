"""Section 6.2: a receipt, ``23`` → n × ``2B`` (or ``96``) → [``2C``] → [``1F``] → ``2D`` → ``24``."""

from kassanet.sandbox.fiscal_storage import Current, Document
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, demand
from kassanet.sandbox.terminalfa.handlers.shifts import AUTOMATIC
from kassanet.sandbox.terminalfa.handling import Pending, handles
from kassanet.sandbox.terminalfa.receipt import OpenReceipt
from transports.terminalfa.commands import Nothing
from transports.terminalfa.commands import receipt as wire

ANSWER_WITH_SHIFT, ANSWER_WITH_TIME = 17, 15


@handles(wire.OpenReceipt)
def open_receipt(device: Device, _: wire.OpenReceipt) -> Nothing:
    device.begin(Current.RECEIPT, OpenReceipt(device.registration, device.settings))
    return Nothing()


@handles(wire.PassItem)
def pass_item(device: Device, request: wire.PassItem) -> Nothing:
    _receipt(device).pass_item(request.item)
    return _passed(device)


@handles(wire.PassItem12)
def pass_item_12(device: Device, request: wire.PassItem12) -> Nothing:
    _receipt(device).pass_item(request)
    return _passed(device)


@handles(wire.PassAgent)
def pass_agent(device: Device, request: wire.PassAgent) -> Nothing:
    _receipt(device).pass_agent(request)
    return _passed(device)


@handles(wire.PassVending)
def pass_vending(device: Device, request: wire.PassVending) -> Nothing:
    _receipt(device).pass_vending(request)
    return _passed(device)


@handles(wire.PassPayment)
def pass_payment(device: Device, request: wire.PassPayment) -> Nothing:
    _receipt(device).pass_payment(request)
    return _passed(device)


@handles(wire.CommitReceipt)
def commit_receipt(device: Device, request: wire.CommitReceipt) -> Pending:
    receipt = _receipt(device)
    draft = receipt.draft(request)
    has_cashier = receipt.payment is not None and receipt.payment.cashier is not None
    demand(has_cashier or bool(device.registration.modes & AUTOMATIC), Code.CASHIER)
    size = device.settings.commit_bytes
    return Pending(draft, lambda document: _answer(document, size), tuple((request.text or "").splitlines()))


def _answer(document: Document, size: int) -> wire.CommittedAnswer:
    """Older firmware leaves out the shift (15 bytes), the oldest the time too (10)."""
    return wire.CommittedAnswer(
        document.receipt,
        document.fd,
        document.fpd,
        document.at if size >= ANSWER_WITH_TIME else None,
        document.shift if size >= ANSWER_WITH_SHIFT else None,
    )


def _receipt(device: Device) -> OpenReceipt:
    return device.collecting(OpenReceipt, Code.NO_OPEN_RECEIPT)


def _passed(device: Device) -> Nothing:
    device.fn.has_data = True
    return Nothing()
