"""Whether the pinpad's last operation is the one in question.

There is no query by an id of ours, so amounts, numbers, times and references are compared. What the pinpad does not
tell proves nothing. A time can only confirm, for a terminal's clock may be wrong; and it does not when an operation
shortly before had the same amount.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from schemas.operations import PinpadAnswer
from schemas.pinpad_records import StoredOperation
from transports.pinpad import LastOperation

Finding = Literal["ours", "other", "doubtful"]
"""``ours``: approved, and it is this one. ``other``: certainly not, so this one does not stand at the terminal."""


class Question(Struct, frozen=True, kw_only=True):
    """``began`` and ``now`` as the terminal's clock shows them, give or take ``tolerance`` seconds.

    ``former`` are the operations before the one in question, the newest first.
    """

    operation: StoredOperation
    former: Sequence[StoredOperation]
    began: datetime
    now: datetime
    tolerance: float


def compare(question: Question, last: LastOperation | None) -> Finding:
    """What the pinpad's word about its last operation says about ours."""
    if last is None or last.approved is False or _is_another(question, last):
        return "other"
    if last.approved is None:
        return "doubtful"
    return "ours" if _is_this(question, last) else "doubtful"


def result_of(operation: StoredOperation) -> PinpadAnswer | None:
    """The final answer that is on disk."""
    return None if operation.result is None else msgspec.json.decode(operation.result, type=PinpadAnswer)


def known_approved(operation: StoredOperation) -> bool:
    """Whether a final answer with 39 = 1 was received."""
    result = result_of(operation)
    return result is not None and result.verdict == "approved"


def _is_another(question: Question, last: LastOperation) -> bool:
    operation, result = question.operation, result_of(question.operation)
    amount = operation.amount if result is None or result.amount is None else result.amount
    told = ((last.kind, operation.sent), (last.number, operation.number), (last.amount, amount))
    if any(theirs is not None and ours is not None and theirs != ours for theirs, ours in told):
        return True
    if result is not None and _differ(last.rrn, result.rrn):
        return True
    return _is_former(question, last)


def _is_former(question: Question, last: LastOperation) -> bool:
    if last.rrn is None:
        return False
    results = (result_of(former) for former in question.former)
    return any(result is not None and result.rrn == last.rrn for result in results)


def _is_in_time(question: Question, at: str | None) -> bool:
    moment = _moment(at)
    if moment is None:
        return False
    early, late = question.began - moment, moment - question.now
    return max(early, late).total_seconds() <= question.tolerance


def _is_this(question: Question, last: LastOperation) -> bool:
    operation, result = question.operation, result_of(question.operation)
    if result is not None and result.rrn is not None and result.rrn == last.rrn:
        return True
    if last.number is not None and last.amount is not None:
        return True  # both were compared above
    return last.amount is not None and _is_in_time(question, last.at) and not _confusable(question, operation)


def _confusable(question: Question, operation: StoredOperation) -> bool:
    """Whether an operation shortly before it would look the same by amount and time."""
    since = (operation.sent_at or 0.0) - 2 * question.tolerance
    return any(
        (former.amount, former.sent) == (operation.amount, operation.sent) and (former.sent_at or 0.0) >= since
        for former in question.former
    )


def _differ(theirs: str | None, ours: str | None) -> bool:
    return theirs is not None and ours is not None and theirs != ours


def _moment(at: str | None) -> datetime | None:
    if at is None:
        return None
    try:
        return datetime.strptime(at, "%Y%m%d%H%M%S")
    except ValueError:
        return None
