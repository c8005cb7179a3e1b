"""Section 7.1: documents read back from the fiscal storage."""

from kassanet.sandbox.fiscal_storage import Document, Form, Registration
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, Failure
from kassanet.sandbox.terminalfa.handling import handles
from kassanet.sandbox.terminalfa.tape import receipt_lines
from transports.terminalfa.commands import Anything
from transports.terminalfa.commands.archive import (
    BeginTlvs,
    ClosingDetails,
    ConfirmationAnswer,
    DocumentAnswer,
    FindDocument,
    FoundDocument,
    NextTlv,
    PrintConfirmation,
    PrintCopy,
    ReadDocument,
    ReadRegistrationReport,
    ReadRegistrationResult,
    ReceiptDetails,
    RegistrationDetails,
    RegistrationResult,
    SettlementDetails,
    ShiftDetails,
    TlvHead,
)
from transports.terminalfa.frames import MAX_DATA
from transports.terminalfa.layouts import Wire
from transports.terminalfa.tlv import decode_tlvs, encode_tlv

REGISTRATIONS = (Form.REGISTRATION, Form.REREGISTRATION)
RESULT_BYTE = 1


@handles(FindDocument)
def find_document(device: Device, request: FindDocument) -> FoundDocument:
    document = _document(device, request.fd)
    confirmed = device.fn.confirmation(document.fd) is not None
    details = _details(device, document).encode()
    return FoundDocument(document.form, confirmed, document.at, document.fd, document.fpd, details)


@handles(PrintConfirmation)
def print_confirmation(device: Device, request: PrintConfirmation) -> ConfirmationAnswer:
    document = _document(device, request.fd)
    signature = device.fn.confirmation(document.fd)
    if signature is None:
        raise Failure(Code.NO_DATA)
    device.paper.print([f"КВИТАНЦИЯ ОФД ФД {document.fd}"])
    return ConfirmationAnswer(document.at, signature, document.fd)


@handles(ReadRegistrationResult)
def read_registration_result(device: Device, request: ReadRegistrationResult) -> RegistrationResult:
    number = device.fn.registrations if request.report is None else request.report
    document, kept = _registration(device, number)
    reason = document.reason if request.report is not None else None
    return RegistrationResult(
        document.at, kept.inn, kept.rnm, kept.tax_systems, kept.modes, document.fd, document.fpd, reason
    )


@handles(BeginTlvs)
def begin_tlvs(device: Device, request: BeginTlvs) -> TlvHead:
    document = _document(device, request.fd)
    device.document_being_read = decode_tlvs(document.tlv)
    return TlvHead(document.form, len(document.tlv))


@handles(NextTlv)
def next_tlv(device: Device, _: NextTlv) -> DocumentAnswer:
    """One TLV, as long as there is one; a frame bounds it as it bounds everything."""
    if device.document_being_read is None:
        raise Failure(Code.STATE)
    if not device.document_being_read:
        raise Failure(Code.NO_DATA)
    tlv = device.document_being_read.pop(0)
    return DocumentAnswer(encode_tlv(tlv.tag, tlv.value)[:MAX_DATA])


@handles(PrintCopy)
def print_copy(device: Device, request: PrintCopy) -> Anything:
    document = _document(device, request.fd)
    device.paper.print(["КОПИЯ", *receipt_lines(device, document)])
    return Anything()


@handles(ReadDocument)
def read_document(device: Device, request: ReadDocument) -> DocumentAnswer:
    return _cut(device, _document(device, request.fd))


@handles(ReadRegistrationReport)
def read_registration_report(device: Device, request: ReadRegistrationReport) -> DocumentAnswer:
    return _cut(device, _registration(device, request.report)[0])


def _document(device: Device, fd: int) -> Document:
    document = device.fn.document(fd)
    if document is None:
        raise Failure(Code.NO_DATA)
    return document


def _registration(device: Device, number: int) -> tuple[Document, Registration]:
    document = device.fn.registration_report(number)
    if document is None or document.registration is None:
        raise Failure(Code.NO_DATA)
    return document, document.registration


def _cut(device: Device, document: Document) -> DocumentAnswer:
    """A document that is too long for its answer ends where the answer does, in the middle of a TLV as it comes."""
    limit = min(device.settings.archive_limit - RESULT_BYTE, MAX_DATA)
    return DocumentAnswer(document.tlv[:limit])


def _details(device: Device, document: Document) -> Wire:
    kept = document.registration or device.registration
    if document.form in REGISTRATIONS:
        reason = document.reason if document.form is Form.REREGISTRATION else None
        return RegistrationDetails(kept.inn, kept.rnm, kept.tax_systems, kept.modes, reason)
    if document.form in (Form.RECEIPT, Form.CORRECTION):
        return ReceiptDetails(document.settlement, document.total)
    if document.form is Form.CLOSE_FN:
        return ClosingDetails(kept.inn, kept.rnm)
    if document.form is Form.SETTLEMENT_REPORT:
        return SettlementDetails(document.unsent, document.first_unsent_at)
    return ShiftDetails(document.shift)
