"""From the bytes that an integrator posted to the record that the journal keeps.

Pure and quick: one pass through msgspec, the rules, the drivers' objections, one canonical encoding and its digest.
Two bodies are the same content when they decode to equal receipts, the callback's address aside; so the digest is
taken of the canonical encoding without it, and key order, blanks, defaults written out and zeros that pad a quantity
make no difference.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from kassanet.edge.decoding import UNDECODABLE, invalid, located
from kassanet.edge.rules import broken, broken_in_part
from schemas.problems import FieldError
from schemas.receipts import Item, ReceiptRequest
from schemas.records import AcceptReceipt

Objections = Callable[[ReceiptRequest], Sequence[FieldError]]
"""Why no register type of the circuit can ever make this receipt; empty when one can."""

_DECODER = msgspec.json.Decoder(ReceiptRequest)
_ENCODER = msgspec.json.Encoder()
_MAYBE_CONTROL = re.compile(rb"\\|\x7f")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_PADDED = re.compile(r"0[0-9]|[0-9]+\.[0-9]*0\Z")


def no_objections(_receipt: ReceiptRequest) -> Sequence[FieldError]:
    """For a circuit without registers: everything waits for the first one."""
    return ()


class Intake(msgspec.Struct, frozen=True):
    """Reads receipts for one circuit, on behalf of one integration or of a person's token."""

    circuit_id: int
    integration_id: int | None = None
    objections: Objections = no_objections

    def record(self, data: bytes | str, at: float) -> AcceptReceipt:
        """The record of a posted receipt; ``at`` is UNIX seconds. Raises :class:`ProblemError` 400 or 422."""
        receipt = read_receipt(data)
        errors = [*broken(receipt), *self.objections(receipt)]
        body = _ENCODER.encode(receipt)
        if _MAYBE_CONTROL.search(body) is not None:
            errors += _control_characters(msgspec.json.decode(body), "")
        if errors:
            raise invalid(errors)
        return AcceptReceipt(
            self.circuit_id,
            self.integration_id,
            receipt.external_id,
            receipt.kind,
            receipt.total,
            digest(receipt, body),
            body,
            receipt.callback_url,
            at,
        )


def read_receipt(data: bytes | str) -> ReceiptRequest:
    """Decode only. Raises :class:`ProblemError`: 400 for what is not JSON, 422 with every wrong field."""
    try:
        return _DECODER.decode(data)
    except UNDECODABLE as error:
        raw, errors = located(data, ReceiptRequest, error)
        if isinstance(raw, dict):
            named = {error.path for error in errors}
            further = [*broken_in_part(raw, errors), *_control_characters(raw, "")]
            errors += [error for error in further if error.path not in named]
        raise invalid(errors) from None


def digest(receipt: ReceiptRequest, body: bytes | None = None) -> bytes:
    """SHA-256 of the receipt's content. ``body`` is its canonical encoding, where the caller has it already."""
    is_padded = any(_PADDED.match(item.quantity) for item in receipt.items)
    if body is None or is_padded or receipt.callback_url is not None:
        items = tuple(_unpadded(item) for item in receipt.items)
        body = _ENCODER.encode(msgspec.structs.replace(receipt, callback_url=None, items=items))
    return hashlib.sha256(body).digest()


def _unpadded(item: Item) -> Item:
    """With its quantity as briefly as it can be said: ``"01.50"`` and ``"1.5"`` are the same content."""
    whole, _, fraction = item.quantity.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return msgspec.structs.replace(item, quantity=f"{whole}.{fraction}" if fraction else whole)


def _control_characters(value: object, path: str) -> Iterator[FieldError]:
    """Control characters in text that will be printed: on its way to a printer such a byte is a command."""
    if isinstance(value, str) and _CONTROL.search(value) is not None:
        yield FieldError(path, "holds a control character", "printable text on one line")
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _control_characters(entry, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _control_characters(entry, f"{path}[{index}]")
