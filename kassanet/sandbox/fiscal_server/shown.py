"""What the server shows of units, shifts and documents in its answers."""

from kassanet.sandbox.fiscal_server.records import Entry, class_of, moment_of, with_head
from kassanet.sandbox.fiscal_server.register import Register
from kassanet.sandbox.fiscal_server.registry import Unit
from kassanet.sandbox.fiscal_server.standing import Shift
from schemas.prro_answers import DocumentAnswer, RegisteredDocument, Registrar, TaxObject
from schemas.prro_answers import Shift as ShiftShown
from schemas.prro_check import Check
from schemas.prro_values import DocClass
from transports.prro.documents import Document
from transports.prro.limits import kyiv
from transports.prro.numbers import parse_offline_number

FOUND, _ABSENT, _RESERVED, _NOT_RESERVED, NO_REGISTER = range(5)
_TEXTS = (
    "OK",
    "Документ не зареєстрований",
    "Номер зарезервований для режиму офлайн, документ ще не передано",
    "Номер не зарезервований для режиму офлайн",
    "ПРРО не зареєстрований",
)


def tax_object(unit: Unit, chief: bool) -> TaxObject:
    return TaxObject(
        entity=unit.entity,
        tax_obj_id=unit.entity,
        single_tax=unit.single_tax,
        name=unit.name,
        address=unit.address,
        tin=unit.tin,
        ipn=unit.ipn,
        org_name=unit.org_name,
        chief_cashier=chief,
        transactions_registrars=tuple(
            Registrar(num_fiscal=entry.num_fiscal, num_local=entry.num_local, name=entry.name, closed=entry.closed)
            for entry in unit.registers
        ),
    )


def shift_shown(shift: Shift) -> ShiftShown:
    return ShiftShown(
        shift_id=shift.id,
        open_shift_fiscal_num=shift.opening,
        close_shift_fiscal_num=shift.closing,
        testing=shift.testing,
        opened=shift.opened,
        open_name=shift.name,
        open_subject_key_id=shift.signatory,
        closed=shift.closed,
        close_name=shift.close_name,
        close_subject_key_id=shift.close_signatory,
        z_rep_fiscal_num=shift.z_report,
    )


def listed(register: Register, entry: Entry) -> RegisteredDocument:
    document = entry.document
    check = document if isinstance(document, Check) else None
    return RegisteredDocument(
        num_fiscal=entry.num_fiscal,
        num_local=document.head.local_number,
        doc_date_time=moment_of(document).replace(tzinfo=kyiv()),
        doc_class=class_of(document),
        check_doc_type=None if check is None else check.head.doc_type,
        check_doc_sub_type=None if check is None else check.head.sub_type,
        revoked=register.is_revoked(entry),
        storned=register.is_storned(entry),
    )


def shown(register: Register, entry: Entry) -> Document:
    """The document with what the server knows of it."""
    revoked = True if register.is_revoked(entry) else None
    if class_of(entry.document) is DocClass.Z_REP:
        return with_head(entry.document, fiscal_number=entry.num_fiscal, revoked=revoked)
    storned = True if register.is_storned(entry) else None
    return with_head(entry.document, fiscal_number=entry.num_fiscal, revoked=revoked, storned=storned)


def absence(register: Register, num_fiscal: str) -> int:
    """Why no document has this number."""
    composed = parse_offline_number(num_fiscal)
    if composed is None:
        return _ABSENT
    session = register.standing.session
    reserved = session is not None and composed.session == session.id and composed.number > session.received
    return _RESERVED if reserved else _NOT_RESERVED


def told(uid: str, code: int, data: str | None = None, link: str | None = None) -> DocumentAnswer:
    return DocumentAnswer(uid=uid, data=data, result_code=code, result_text=_TEXTS[code], cabinet_url=link)
