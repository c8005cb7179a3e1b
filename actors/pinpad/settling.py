"""Finding out what became of an operation whose outcome is unknown, before the pinpad charges anybody again.

1. The connection check: a pinpad that answers it is not at work on an earlier command any more, its own reversal of an
   unacknowledged result included. No answer: later again.
2. What does it hold as its last operation? Not ours → it does not stand (never made, or reversed by the terminal
   itself). Ours, or approved by an answer that we have on disk → an emergency void, because nobody can know whether
   the terminal will still reverse it by itself; the till is told that it was not completed, and both sides agree.
3. The emergency void is made at most twice, the second time only when the first got no final answer. Whatever cannot
   be proved is a person's to decide.

A *void* cannot be voided, and a protocol without an emergency void has no unacknowledged results either: what is found
there as the last operation stands.
"""

import msgspec
import structlog
from msgspec import Struct

from actors.pinpad.comparison import Finding, Question, compare, known_approved, result_of
from actors.pinpad.desk import Desk
from actors.pinpad.performing import conclude, lost, order_of, perform
from actors.pinpad.rules import may_try_again
from schemas.operations import FINANCIAL, FullRequest, OperationStatus, content_digest
from schemas.pinpad_records import AcceptOperation, End, EndOperation, StoredOperation
from transports.pinpad import NotConfigured, Order, Tell, Unknown, Unreachable

log = structlog.get_logger(__name__)

SILENT = (Unreachable, Unknown)

FORMER = 16
"""Operations before the one in question that its pinpad's word is compared with."""

SETTLING = "settle/"
"""How the keys of emergency voids begin that nobody asked for."""


class Undoing(Struct, frozen=True):
    """Where trying to undo an operation led. ``undone`` None: the pinpad does not answer, so later again."""

    undone: bool | None
    reason: str


async def resume(desk: Desk, operation: StoredOperation) -> OperationStatus:
    """What a crash or a stop left behind, brought to a state that :func:`settle` knows; nothing is sent."""
    answer = result_of(operation)
    if operation.status == "received" and answer is not None:
        if answer.verdict == "refused" or operation.sent not in FINANCIAL:
            return await conclude(desk, operation, answer)
        return await lost(desk, operation, "stopped before it was certain that the pinpad knew its result was kept")
    if operation.status in ("sending", "received"):
        return await lost(desk, operation, "stopped while the pinpad was at work")
    return operation.status


async def settle(desk: Desk, operation: StoredOperation, tell: Tell) -> OperationStatus | None:
    """Settle an ``unknown`` one; None while the pinpad does not answer."""
    if operation.sent == "settlement":
        return await _settle_again(desk, operation, tell)
    undone = await _already_undone(desk, operation)
    if undone is not None:
        return await _end(desk, operation, undone, "reversed by an emergency void")
    if operation.sent == "emergency_void":
        return await _settle_try(desk, operation, tell)
    finding = await look(desk, operation)
    if finding is None:
        return None
    if finding == "other":
        return await _absent(desk, operation)
    if operation.sent == "void" or not _can_undo(desk):
        return await _as_found(desk, operation, finding)
    if finding == "doubtful" and not known_approved(operation):
        return await _manual(desk, operation, "it cannot be found out whether the operation was made")
    return await _undo_charge(desk, operation, tell)


async def look(desk: Desk, operation: StoredOperation) -> Finding | None:
    """Ask the pinpad; None while it does not answer."""
    try:
        await desk.device.check()
    except SILENT as reason:
        log.info("pinpad_silent", pinpad=desk.id, operation=operation.id, reason=str(reason))
        return None
    try:
        last = await desk.device.last_operation(order_of(desk, operation, None))
    except NotConfigured:
        return "doubtful"
    except SILENT:
        return _unread(desk, operation)
    return compare(await _question(desk, operation), last)


def _unread(desk: Desk, operation: StoredOperation) -> Finding | None:
    """It answers, but not this: after some tries over some time that means that it cannot."""
    count = desk.unread[operation.id] = desk.unread.get(operation.id, 0) + 1
    lasted = desk.clock() - operation.changed_at >= desk.settings.unreadable_for
    return "doubtful" if lasted and count >= desk.settings.unreadable else None


async def _question(desk: Desk, operation: StoredOperation) -> Question:
    began = operation.sent_at or operation.accepted_at
    sent = await desk.reader.call(lambda store: store.last_sent(desk.id, FORMER))
    former = tuple(each for each in sent if (each.sent_at or 0.0, each.id) < (began, operation.id))
    return Question(
        operation=operation,
        former=former,
        began=desk.local(began),
        now=desk.local(desk.clock()),
        tolerance=desk.settings.clock_tolerance,
    )


# -- ends -----------------------------------------------------------------------------------------


async def _absent(desk: Desk, operation: StoredOperation) -> OperationStatus:
    tries = await _tries(desk, operation)
    if tries:
        await _decide_tries(desk, tries, None, "approved")
        return await _end(desk, operation, "reversed", "an emergency void was sent, and the operation does not stand")
    if known_approved(operation):
        return await _end(desk, operation, "reversed", "the terminal reversed it: its last operation is another one")
    return await _end(desk, operation, "refused", "not completed: the terminal's last operation is another one")


async def _manual(desk: Desk, operation: StoredOperation, reason: str) -> OperationStatus:
    log.error("operation_manual", pinpad=desk.id, operation=operation.id, reason=reason)
    return await _end(desk, operation, "manual", reason)


async def _end(desk: Desk, operation: StoredOperation, status: End, reason: str) -> OperationStatus:
    await desk.durably(EndOperation(operation.id, status, reason, desk.clock()))
    desk.unread.pop(operation.id, None)
    desk.observe(operation.sent, f"settled_{status}", desk.clock() - operation.changed_at)
    return status


async def _as_found(desk: Desk, operation: StoredOperation, finding: Finding) -> OperationStatus:
    """It stands where it is found, and for the amount that was asked for."""
    result = result_of(operation)
    other_amount = result is not None and result.amount not in (None, operation.amount)
    if finding == "ours" and not other_amount:
        return await _end(desk, operation, "approved", "found as the pinpad's last operation")
    reason = f"approved for {result.amount}" if result is not None and other_amount else "nothing is proved"
    return await _manual(desk, operation, f"{reason}, and it cannot be taken back here")


def _can_undo(desk: Desk) -> bool:
    abilities = desk.driver.abilities
    return "emergency_void" not in abilities.absent and "emergency_void" not in abilities.missing


# -- undoing --------------------------------------------------------------------------------------


async def _already_undone(desk: Desk, operation: StoredOperation) -> End | None:
    """An emergency void that was approved before a crash let us write down what that means."""
    done = await desk.reader.call(lambda store: store.operations_of(operation.id))
    return "reversed" if any(each.sent == "emergency_void" and each.status == "approved" for each in done) else None


async def _undo_charge(desk: Desk, operation: StoredOperation, tell: Tell) -> OperationStatus | None:
    undoing = await undo(desk, operation, tell)
    if undoing.undone is None:
        return None
    if undoing.undone:
        return await _end(desk, operation, "reversed", undoing.reason)
    return await _manual(desk, operation, undoing.reason)


async def _settle_try(desk: Desk, asked: StoredOperation, tell: Tell) -> OperationStatus | None:
    """An emergency void that a till or a sale asked for: does its original still stand?"""
    if asked.of is None:
        return await _manual(desk, asked, "the emergency void names no operation")
    original = await desk.operation(asked.of)
    finding = await look(desk, original)
    if finding is None:
        return None
    if finding == "other":
        return await _end(desk, asked, "approved", "the terminal's last operation is another one")
    undoing = await undo(desk, original, tell, asked)
    if undoing.undone is None:
        return None
    if undoing.undone:
        return await _end(desk, asked, "approved", undoing.reason)
    return await _manual(desk, asked, undoing.reason)


async def undo(desk: Desk, original: StoredOperation, tell: Tell, asked: StoredOperation | None = None) -> Undoing:
    """Emergency voids, as many as are allowed, until one is answered. ``asked`` is decided by the caller."""
    while True:
        tries = await _tries(desk, original)
        if not may_try_again(tries, desk.settings):
            return await _stands(desk, tries, asked, f"{len(tries)} emergency voids were made and nothing is proved")
        attempt = await _new_try(desk, original)
        order = order_of(desk, attempt, original)
        objection = _cannot_be_sent(desk, order)
        if objection is not None:
            await _end(desk, attempt, "failed", objection)
            return await _stands(desk, tries, asked, objection)
        status = await perform(desk, attempt, order, tell)
        if status == "approved":
            await _decide_tries(desk, tries, asked, "approved")
            return Undoing(True, f"reversed by emergency void {attempt.id}")
        if status == "failed":
            return Undoing(None, "the pinpad cannot be reached")
        finding = await look(desk, original)
        if finding is None:
            return Undoing(None, "the pinpad does not answer")
        if finding == "other":
            await _decide_tries(desk, await _tries(desk, original), asked, "approved")
            return Undoing(True, "the terminal's last operation is another one")


def _cannot_be_sent(desk: Desk, order: Order) -> str | None:
    try:
        desk.device.intend(order)
    except (NotConfigured, ValueError) as reason:
        return str(reason)
    return None


async def _stands(desk: Desk, tries: list[StoredOperation], asked: StoredOperation | None, reason: str) -> Undoing:
    await _decide_tries(desk, tries, asked, "manual")
    return Undoing(False, reason)


async def _tries(desk: Desk, original: StoredOperation) -> list[StoredOperation]:
    done = await desk.reader.call(lambda store: store.operations_of(original.id))
    return [each for each in done if each.sent == "emergency_void" and each.sent_at and each.status != "failed"]


async def _decide_tries(desk: Desk, tries: list[StoredOperation], asked: StoredOperation | None, status: End) -> None:
    for each in tries:
        if each.status == "unknown" and (asked is None or each.id != asked.id):
            await _end(desk, each, status, "decided with the operation that it was to void")


async def _new_try(desk: Desk, original: StoredOperation) -> StoredOperation:
    """The next emergency void as an operation of its own: every try is on record."""
    done = await desk.reader.call(lambda store: store.operations_of(original.id))
    count = sum(each.sent == "emergency_void" for each in done)
    key = f"{SETTLING}{original.id}/{count + 1}"
    request = FullRequest(external_id=key, kind="emergency_void", currency=original.currency, of=original.id)
    write = AcceptOperation(
        pinpad_id=desk.id,
        external_id=key,
        kind="emergency_void",
        performed=None,
        amount=original.amount,
        currency=original.currency,
        of=original.id,
        digest=content_digest(request),
        body=msgspec.json.encode(request),
        at=desk.clock(),
    )
    accepted = await desk.durably(write)
    return await desk.operation(accepted.operation_id)


# -- settlements ----------------------------------------------------------------------------------


async def _settle_again(desk: Desk, operation: StoredOperation, tell: Tell) -> OperationStatus | None:
    """A settlement may be asked for again: one that finds nothing to settle does no harm."""
    try:
        await desk.device.check()
    except SILENT:
        return None
    history = await desk.reader.call(lambda store: store.operation_history(operation.id))
    if sum(step.status == "sending" for step in history) >= desk.settings.settlement_tries:
        return await _manual(desk, operation, "the settlement was asked for again and never answered")
    status = await perform(desk, operation, order_of(desk, operation, None), tell)
    return None if status == "unknown" else status
