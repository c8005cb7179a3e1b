"""From the bytes that a till posted to the record of a sale: everything is checked before anybody is charged."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kassanet.edge.decoding import decode, invalid
from kassanet.edge.intake import Intake, Objections, no_objections, read_receipt
from schemas.problems import FieldError, ProblemError, problem
from schemas.receipts import ReceiptRequest
from schemas.records import AcceptReceipt
from schemas.sale_records import AcceptSale
from schemas.sales import SaleRequest

ROUBLES = "643"
"""Of a sale without a pinpad."""


class ReadSale(Struct, frozen=True):
    """A sale that is right in itself; whether its circuit's registers can make the receipt is asked apart."""

    request: SaleRequest
    receipt: ReceiptRequest
    record: AcceptSale


def read_sale(body: bytes, integration_id: int | None, at: float) -> ReadSale:
    """Raises :class:`ProblemError`: 400 for what is not JSON, 422 with every wrong field."""
    wanted = decode(body, SaleRequest)
    record = _receipt_record(wanted, at)
    receipt = read_receipt(record.body)
    charge = receipt.payments.cashless
    errors = list(_mistakes(wanted, receipt, charge))
    if errors:
        raise invalid(errors)
    write = AcceptSale(
        circuit_id=wanted.circuit_id,
        external_id=wanted.external_id,
        integration_id=integration_id,
        pinpad_id=wanted.pinpad_id,
        charge=charge,
        total=receipt.total,
        currency=wanted.currency or ROUBLES,
        digest=_digest(wanted, record.digest),
        body=msgspec.json.encode(wanted),
        receipt=record.body,
        receipt_digest=record.digest,
        at=at,
    )
    return ReadSale(wanted, receipt, write)


def check_objections(read: ReadSale, objections: Objections) -> None:
    """Raises 422 when no register of the circuit can ever make the receipt."""
    found = objections(read.receipt)
    if found:
        raise invalid(_inside(found))


def _receipt_record(wanted: SaleRequest, at: float) -> AcceptReceipt:
    """The receipt under the sale's key, as posting it alone would read it; its errors are located inside the sale."""
    said: Any = msgspec.json.decode(wanted.receipt)
    if not isinstance(said, dict):
        raise invalid([FieldError("receipt", "is no object", "a receipt")])
    key = said.setdefault("external_id", wanted.external_id)
    if key != wanted.external_id:
        raise invalid([FieldError("receipt.external_id", "is not the sale's", "the same text, or none")])
    intake = Intake(wanted.circuit_id, None, no_objections)
    try:
        return intake.record(msgspec.json.encode(said), at)
    except ProblemError as refused:
        told = refused.problem
        errors = tuple(_inside(told.errors))
        raise problem(told.status, told.type.rpartition(":")[2], told.detail, errors) from None


def _inside(errors: Sequence[FieldError]) -> list[FieldError]:
    return [replace(each, path=f"receipt.{each.path}" if each.path else "receipt") for each in errors]


def _mistakes(wanted: SaleRequest, receipt: ReceiptRequest, charge: int) -> Sequence[FieldError]:
    errors = []
    if receipt.kind != "sell":
        errors.append(FieldError("receipt.kind", f"{receipt.kind} is no sale", "sell"))
    if charge and wanted.pinpad_id is None:
        errors.append(FieldError("pinpad_id", f"is missing, but {charge} kopecks are cashless", "a pinpad's number"))
    if not charge and wanted.pinpad_id is not None:
        errors.append(FieldError("receipt.payments.cashless", "is 0: the pinpad has nothing to charge", "kopecks"))
    return errors


def _digest(wanted: SaleRequest, receipt_digest: bytes) -> bytes:
    """Equal for sales that ask for the same; how long the customer has is no part of that."""
    currency = wanted.currency or ROUBLES  # left open it is the same sale again, whatever its pinpad takes
    place = msgspec.json.encode((wanted.circuit_id, wanted.pinpad_id, currency, wanted.print_slip))
    return hashlib.sha256(place + receipt_digest).digest()
