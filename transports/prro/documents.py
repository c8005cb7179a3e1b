"""The documents that travel to the fiscal server, and the tickets that come back.

Beyond the schemas stand the rules that the service's text adds for each kind: what a return must name, what an offline
document must carry, what a message of a shift may not.
"""

from collections.abc import Iterator

from schemas.problems import FieldError
from schemas.prro_answers import Ticket
from schemas.prro_check import Check, CheckHead
from schemas.prro_values import SERVICE_TYPES, DocType, SubType
from schemas.prro_zrep import ZRep, ZRepHead
from transports.prro.xml import Malformed, Unwritable, objections, parse, read, write

Document = Check | ZRep
"""What has a local number."""

_SERVICE_SUMS = frozenset({SubType.SERVICE_DEPOSIT, SubType.ADDITIONAL_DEPOSIT, SubType.SERVICE_ISSUE})
_OFFLINE_MESSAGES = frozenset({DocType.OFFLINE_BEGIN, DocType.OFFLINE_END})


def encode(document: Document) -> bytes:
    """The XML to be signed; raises :class:`Unwritable` naming every wrong place."""
    broken = rules(document)
    if broken:
        raise Unwritable((*objections(document), *broken))
    return write("CHECK" if isinstance(document, Check) else "ZREP", document)


def decode(data: bytes) -> Document:
    """A check or Z report; raises :class:`Malformed`. The rules of its kind are :func:`rules`'s business."""
    root = parse(data)
    if root.tag == "CHECK":
        return read(root, Check)
    if root.tag == "ZREP":
        return read(root, ZRep)
    raise Malformed([FieldError("", f"is {root.tag[:64]}", "CHECK or ZREP")])


def encode_ticket(ticket: Ticket) -> bytes:
    return write("TICKET", ticket)


def decode_ticket(data: bytes) -> Ticket:
    """Raises :class:`Malformed`."""
    root = parse(data)
    if root.tag != "TICKET":
        raise Malformed([FieldError("", f"is {root.tag[:64]}", "TICKET")])
    return read(root, Ticket, tolerant=True)


def rules(document: Document) -> tuple[FieldError, ...]:
    """What the service's text demands of a kind of document beyond its schema."""
    if isinstance(document, ZRep):
        return (*_rows_of(document), *_offline(document.head, "ZREPHEAD"))
    return (*_check(document), *_offline(document.head, "CHECKHEAD"))


def _check(check: Check) -> Iterator[FieldError]:
    head = check.head
    kind, sub = head.doc_type, head.sub_type
    if kind is DocType.SALE_GOODS and sub is None:
        yield FieldError("CHECKHEAD.DOCSUBTYPE", "missing", "0 to 5")
    yield from _reference("CHECKHEAD.ORDERRETNUM", head.refund_of, sub is SubType.CHECK_RETURN, required=kind == 0)
    yield from _reference("CHECKHEAD.ORDERSTORNUM", head.storno_of, sub is SubType.CHECK_STORNO, required=True)
    if kind in _OFFLINE_MESSAGES and head.testing:
        yield FieldError("CHECKHEAD.TESTING", "is not allowed in a message of an offline session")
    if head.revoke_last_online is not None and kind is not DocType.OFFLINE_BEGIN:
        yield FieldError("CHECKHEAD.REVOKELASTONLINEDOC", "belongs only to the beginning of an offline session")
    yield from _parts(check)
    yield from _lines(check)


def _reference(path: str, number: str | None, wanted: bool, *, required: bool) -> Iterator[FieldError]:
    if wanted and required and not number:
        yield FieldError(path, "missing", "the fiscal number of the check meant")
    if number is not None and not wanted:
        yield FieldError(path, "names a check that this kind does not concern")


def _parts(check: Check) -> Iterator[FieldError]:
    """Messages and storno are a head alone; deposits and issues are a head and a sum."""
    head = check.head
    given = [name for name, part in _bodies(check) if part]
    if head.doc_type in SERVICE_TYPES or head.sub_type is SubType.CHECK_STORNO:
        yield from (FieldError(name, "is not allowed here", "a head alone") for name in given)
    elif head.sub_type in _SERVICE_SUMS and head.doc_type is DocType.SALE_GOODS:
        given = [name for name in given if name != "CHECKTOTAL"]
        yield from (FieldError(name, "is not allowed here", "a head and a sum") for name in given)
    if check.sum is None and head.doc_type is DocType.SALE_GOODS and head.sub_type is not SubType.CHECK_STORNO:
        yield FieldError("CHECKTOTAL.SUM", "missing")


def _bodies(check: Check) -> Iterator[tuple[str, object]]:
    yield "CHECKTOTAL", check.total
    yield "CHECKPAY", check.payments
    yield "CHECKTAX", check.taxes
    yield "CHECKPTKS", check.terminal
    yield "CHECKBODY", check.lines


def _lines(check: Check) -> Iterator[FieldError]:
    for place, line in enumerate(check.lines, 1):
        if line.uktzed is not None and line.dkpp is not None:
            yield FieldError(f"CHECKBODY.ROW[{place}].DKPP", "is given beside UKTZED", "only one of them")
    total = check.total
    if total is not None and total.part_payment in (2, 3) and not total.prepayment_of:
        yield FieldError("CHECKTOTAL.PARTPAYORDPREPAYNUM", "missing", "the fiscal number of the prepayment")


def _offline(head: CheckHead | ZRepHead, path: str) -> Iterator[FieldError]:
    if head.offline and not head.fiscal_number:
        yield FieldError(f"{path}.ORDERTAXNUM", "missing", "the fiscal number composed offline")
    if head.previous_hash is not None and not head.offline:
        yield FieldError(f"{path}.PREVDOCHASH", "belongs only to offline documents")


def _rows_of(report: ZRep) -> Iterator[FieldError]:
    if report.fuel is not None and not report.fuel.kinds:
        yield FieldError("ZREPFUEL.DETAILS", "has no rows", "at least one")
