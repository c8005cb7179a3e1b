"""What a document of an offline packet must be beyond the rules for every document.

Its fiscal number is the next of the session and its control number computed with the session's seed; it names the
hash of its predecessor; it lies within the time that offline work may last.
"""

from kassanet.sandbox.fiscal_server.records import with_head
from kassanet.sandbox.fiscal_server.registry import Place
from kassanet.sandbox.fiscal_server.rules import Refusal, blocked
from kassanet.sandbox.fiscal_server.standing import Session, Standing, moment
from schemas.prro_check import Check
from schemas.prro_values import DocType
from transports.prro.chain import ChainRules, carries_hash
from transports.prro.documents import Document
from transports.prro.errors import ErrorCode
from transports.prro.limits import OfflineLimits, Span
from transports.prro.numbers import OfflineNumber, offline_number, parse_offline_number

BOUNDS = frozenset({DocType.OFFLINE_BEGIN, DocType.OFFLINE_END})


def composed_number(standing: Standing, document: Document) -> OfflineNumber:
    """The number that the document carries, when it is the right one."""
    session = standing.session
    number = parse_offline_number(document.head.fiscal_number)
    if session is None or number is None or not document.head.offline:
        raise _refused("Документ не належить офлайн сесії")
    if number.session != session.id or number.number != session.received + 1:
        raise _refused(f"Фіскальний номер {number}: очікується {session.id}.{session.received + 1}")
    if offline_number(with_head(document, fiscal_number=None), session.id, number.number, session.seed) != number:
        raise _refused(f"Контрольне число {number} некоректне")
    return number


def check_place(standing: Standing, document: Document) -> None:
    """A session begins with OfflineBegin, once; that may revoke the online document just before it."""
    begins = _kind(document) is DocType.OFFLINE_BEGIN
    if begins != (_session(standing).received == 0):
        raise _refused("Офлайн сесія починається одним документом «Початок офлайн сесії»")
    if not revokes(document):
        return
    last = standing.last_online_money
    if last is None or last != standing.last_fiscal or last in standing.revoked:
        raise _refused("Немає онлайн документа, що відкликається")


def check_chain(standing: Standing, document: Document, rules: ChainRules) -> None:
    """A hash where one belongs, and the right one. OfflineEnd may carry it or not, whatever the setting."""
    is_end = _kind(document) is DocType.OFFLINE_END
    wanted = _session(standing).last_hash if is_end or carries_hash(document, rules) else None
    got = document.head.previous_hash
    if got != wanted and not (is_end and got is None):
        raise _refused("Геш попереднього документа некоректний")


def check_time(place: Place, standing: Standing, document: Document, limits: OfflineLimits) -> None:
    """No document may lie before the one it follows, nor beyond the limits of offline work."""
    session = _session(standing)
    if session.began is None or _kind(document) in BOUNDS:
        return
    at = moment(document)
    if at < (session.last_money or session.began):
        raise _refused("Час документа передує попередньому")
    reason = blocked(place, standing, limits, Span(session.began, at))
    if reason is not None:
        raise _refused(reason)


def revokes(document: Document) -> bool:
    """Whether it takes back the last online document."""
    return isinstance(document, Check) and bool(document.head.revoke_last_online)


def _kind(document: Document) -> DocType | None:
    return document.head.doc_type if isinstance(document, Check) else None


def _session(standing: Standing) -> Session:
    assert standing.session is not None, "composed_number comes first"
    return standing.session


def _refused(text: str) -> Refusal:
    return Refusal(ErrorCode.PACKAGE_VALIDATION_ERROR, text)
