"""Why the server refuses a document. The order of the checks decides which of several reasons is told.

Where the service's text is silent the answer is a setting, and its comment says that it is a guess.
"""

from typing import Literal

from msgspec import Struct

from kassanet.sandbox.fiscal_server.registry import OperatorEntry, Place, operator_of
from kassanet.sandbox.fiscal_server.seals import Signatory
from kassanet.sandbox.fiscal_server.standing import Standing, moment
from schemas.prro_check import Check
from schemas.prro_values import DocType, SubType
from schemas.prro_zrep import ZRep
from transports.prro.chain import ChainRules
from transports.prro.documents import Document, rules
from transports.prro.errors import ErrorCode
from transports.prro.limits import OfflineLimits, Span, month_seconds
from transports.prro.packets import ByteOrder


class Refusal(Exception):
    """A request that is refused, with the service's code."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class ServerRules(Struct, frozen=True):
    """How strict the server is, and how it behaves where its text is silent.

    * ``stamps``: online documents need a signature time stamp (the text demands it; a test may do without).
    * ``forms``: what :func:`transports.dstu.verification.objections` minds is refused.
    * ``arithmetic``: sums of a check must agree; the real server's attitude is unknown.
    * ``errors``: refusals of documents come as tickets or as HTTP errors; both kinds exist.
    * ``one_operator``: only who opened a shift works in it (scenario 2.3 of the text; that code 2 tells it is a guess).
    * ``rollback``: a state request that names the session just ended re-opens it (what the fields of the answer say;
      when exactly the real server does it is a guess).
    * ``shift_seconds``: how long a shift may last; not in the text, so None.
    * ``most_bytes``, ``least_bytes``: the text says 200 KB; the lower bound was seen in an emulator.
    """

    stamps: bool = True
    forms: bool = True
    arithmetic: bool = True
    errors: Literal["ticket", "http"] = "ticket"
    one_operator: bool = True
    rollback: bool = True
    shift_seconds: float | None = None
    most_bytes: int = 200 * 1024
    least_bytes: int = 10
    most_documents: int = 100
    chain: ChainRules = ChainRules()
    limits: OfflineLimits = OfflineLimits()
    order: ByteOrder = "little"


class Judge:
    """Judges documents of one register by where it stands."""

    def __init__(self, rules: ServerRules, place: Place, standing: Standing) -> None:
        self._rules = rules
        self._place = place
        self.standing = standing

    def judge(self, document: Document, signatory: Signatory) -> None:
        """Raises :class:`Refusal`."""
        operator = access(self._place, signatory)
        if document.head.tin != self._place.unit.tin:
            raise Refusal(ErrorCode.INVALID_TIN, f"TIN {document.head.tin} не є кодом господарської одиниці")
        self._form(document)
        self._number(document)
        self._shift(document, operator)
        if isinstance(document, Check):
            self._reference(document)

    def _form(self, document: Document) -> None:
        wrong = [f"{error.path} {error.message}" for error in rules(document)]
        if self._rules.arithmetic and isinstance(document, Check):
            wrong += _disagreements(document)
        if document.head.desk != self._place.register.num_local:
            wrong.append(f"CASHDESKNUM is not {self._place.register.num_local}")
        if wrong:
            raise Refusal(ErrorCode.DOCUMENT_VALIDATION_ERROR, "; ".join(wrong[:10]))

    def _number(self, document: Document) -> None:
        got, wanted = document.head.local_number, self.standing.next_local
        if got != wanted:
            text = f"Локальний номер {got} некоректний, очікується {wanted}"
            raise Refusal(ErrorCode.CHECK_LOCAL_NUMBER_INVALID, text)

    def _shift(self, document: Document, operator: OperatorEntry) -> None:
        shift = self.standing.shift
        kind = document.head.doc_type if isinstance(document, Check) else None
        if kind in (DocType.OFFLINE_BEGIN, DocType.OFFLINE_END):
            return
        if kind is DocType.OPEN_SHIFT:
            if shift is not None:
                raise Refusal(ErrorCode.SHIFT_ALREADY_OPENED, "Зміну наразі відкрито")
            if self._place.register.closed:
                raise Refusal(ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT, "Реєстрацію ПРРО скасовано")
            return
        if shift is None:
            raise Refusal(ErrorCode.SHIFT_NOT_OPENED, "Зміну наразі не відкрито")
        if self._rules.one_operator and operator.key_id != shift.signatory and not operator.chief:
            code = ErrorCode.OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED
            raise Refusal(code, "Зміну відкрито іншим користувачем")
        self._within_shift(document, kind)

    def _within_shift(self, document: Document, kind: DocType | None) -> None:
        shift = self.standing.shift
        assert shift is not None
        if bool(document.head.testing) != shift.testing:
            text = "В межах зміни можуть бути лише або фіскальні, або тестові документи"
            raise Refusal(ErrorCode.DOCUMENT_VALIDATION_ERROR, text)
        if kind is DocType.CLOSE_SHIFT:
            if not shift.last_is_report:
                raise Refusal(ErrorCode.LAST_DOCUMENT_MUST_BE_Z_REP, "Останнім документом повинен бути Z-звіт")
            return
        if shift.z_report is not None:
            raise Refusal(ErrorCode.Z_REP_ALREADY_REGISTERED, "Z-звіт зміни вже зареєстровано")
        limit = self._rules.shift_seconds
        age = (moment(document) - shift.opened).total_seconds()
        if limit is not None and age > limit and not isinstance(document, ZRep):
            raise Refusal(ErrorCode.DOCUMENT_VALIDATION_ERROR, "Зміна триває надто довго")

    def _reference(self, check: Check) -> None:
        """Only a storno's number is checked by the text: the check just before it."""
        meant = check.head.storno_of
        if check.head.sub_type is not SubType.CHECK_STORNO or meant is None:
            return
        gone = meant in self.standing.storned or meant in self.standing.revoked
        if gone or meant != self.standing.last_check:
            text = f"Чек {meant} не може бути сторнований"
            raise Refusal(ErrorCode.DOCUMENT_VALIDATION_ERROR, text)


def access(place: Place, signatory: Signatory) -> OperatorEntry:
    """The cashier of the unit who signed; raises :class:`Refusal`."""
    operator = operator_of(place.unit, signatory)
    if operator is None:
        code = ErrorCode.OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED
        raise Refusal(code, "Власнику сертифіката не дозволений доступ до зазначеного ПРРО")
    return operator


def blocked(place: Place, standing: Standing, limits: OfflineLimits, span: Span | None) -> str | None:
    """Why the register may not work, in words: a fault that was reported, or a limit of offline work.

    ``span``: the session in question, None between sessions.
    """
    if place.register.broken:
        return "ПРРО заблоковано: подано повідомлення про несправність"
    if span is None:
        return None
    if (span.end - span.begin).total_seconds() > limits.session:
        return "Перевищено тривалість офлайн сесії"
    if month_seconds((*standing.finished, span), span.end) > limits.month:
        return "Перевищено тривалість офлайн сесій за місяць"
    return None


def _disagreements(check: Check) -> list[str]:
    """Sums that do not agree with each other."""
    found: list[str] = []
    total = check.total
    if total is None or total.sum is None:
        return found
    due = total.sum if total.part_sum is None else total.part_sum
    paid = sum(payment.sum or 0 for payment in check.payments)
    if check.payments and paid != due:
        found.append("CHECKPAY does not come to CHECKTOTAL")
    if total.rounding is not None and total.unrounded is not None and total.sum != total.unrounded - total.rounding:
        found.append("RNDSUM and NORNDSUM do not come to SUM")
    on_top = sum(tax.sum for tax in check.taxes if tax.added)
    lines = sum((line.cost or 0) - (line.discount or 0) for line in check.lines)
    whole = total.sum if total.unrounded is None else total.unrounded
    if check.lines and check.head.doc_type is DocType.SALE_GOODS and lines + on_top != whole:
        found.append("CHECKBODY does not come to CHECKTOTAL")
    return found
