"""Why a desk can never make a document of an operation, located in the operation as the caller wrote it.

Nothing is guessed: sums must agree, taxes be known, letters be spelled in windows-1251. It is said before anything is
stored, signed or sent.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from schemas.problems import FieldError
from schemas.prro import Desk, Item, Operation, Refund, Sale, ZReport
from transports.prro.composing import Heading, compose, sale_total
from transports.prro.documents import encode
from transports.prro.limits import kyiv
from transports.prro.taxes import UnknownLetter
from transports.prro.xml import Unwritable

LARGEST = 180_000
"""Bytes of a document before it is signed: the tax service takes 200 KB, and a signature with its stamp has some."""


def objections(operation: Operation, desk: Desk) -> tuple[FieldError, ...]:
    """Why this desk can never make the document; empty when it can. Paths are those of the operation."""
    wrong = tuple(_goods(operation, desk)) if isinstance(operation, Sale | Refund) else ()
    if wrong or isinstance(operation, ZReport):
        return wrong
    sample = compose(operation, desk, Heading(UUID(int=0), datetime(2020, 1, 1, tzinfo=kyiv()), 1))
    try:
        size = len(encode(sample))
    except Unwritable as found:
        return tuple(FieldError(_as_said(error.path), error.message, error.expected) for error in found.errors)
    if size > LARGEST:
        return (FieldError("items", f"make a document of {size} bytes", f"at most {LARGEST}"),)
    return ()


def _goods(operation: Sale | Refund, desk: Desk) -> Iterator[FieldError]:
    letters = {rate.letter for rate in desk.taxes}
    for place, item in enumerate(operation.items):
        yield from _line_objections(f"items[{place}]", item, letters)
    try:
        total = sale_total(operation, desk)
    except UnknownLetter:
        return
    due = total if operation.part is None else operation.part.sum
    if operation.part is not None and operation.part.type != 1 and operation.part.of is None:
        yield FieldError("part.of", "missing", "the fiscal number of the prepayment")
    if due > total:
        yield FieldError("part.sum", f"is more than the total of {total}", f"at most {total}")
    paid = sum(payment.sum for payment in operation.payments)
    if paid != due:
        yield FieldError("payments", f"come to {paid}", f"exactly {due}")
    for place, payment in enumerate(operation.payments):
        if payment.provided is not None and payment.provided < payment.sum:
            yield FieldError(f"payments[{place}].provided", "is less than the payment", f"at least {payment.sum}")


def _line_objections(path: str, item: Item, letters: set[str]) -> Iterator[FieldError]:
    unknown = [letter for letter in item.letters if letter not in letters]
    if unknown:
        known = ", ".join(sorted(letters)) or "none: the desk has no table of taxes"
        yield FieldError(f"{path}.letters", f"names unknown taxes {''.join(unknown)}", f"letters of {known}")
    if len(set(item.letters)) != len(item.letters):
        yield FieldError(f"{path}.letters", "names a tax twice")
    if item.reduction > item.cost:
        yield FieldError(f"{path}.discount", f"is more than the cost of {item.cost}", f"at most {item.cost}")
    if item.uktzed is not None and item.dkpp is not None:
        yield FieldError(f"{path}.dkpp", "is given beside uktzed", "only one of them")


_WIRE_ROW = re.compile(r"CHECK(BODY|PAY)\.ROW\[(\d+)\]\.(\w+)")
_SAID = {"NAME": "name", "UNITNM": "unit", "CODE": "code", "BARCODE": "barcode", "COMMENT": "comment"}


def _as_said(path: str) -> str:
    """Where in the operation a wrong place of the document comes from."""
    found = _WIRE_ROW.match(path)
    if found is None:
        return {"CHECKHEAD.COMMENT": "comment", "CHECKHEAD.ORDERRETNUM": "of"}.get(path, path)
    place = int(found[2]) - 1
    if found[1] == "PAY":
        return f"payments[{place}]"
    name = _SAID.get(found[3], "excise_labels" if found[3] == "EXCISELABELS" else found[3].lower())
    return f"items[{place}].{name}"
