"""One operation through one pinpad: the steps between its turn and a definite outcome.

The order is the promise. The bytes are on disk before the first of them goes out; the result is on disk before the
pinpad is told that we have it, because a pinpad that is not told reverses by itself; and only after it was told the
operation has ended. Whatever breaks off between two steps leaves it *unknown*, and :mod:`actors.pinpad.settling` finds
out.
"""

from math import inf

import msgspec
import structlog
import trio
from msgspec.structs import replace

from actors.pinpad.comparison import result_of
from actors.pinpad.desk import Desk
from schemas.masking import masked_answer
from schemas.operations import FINANCIAL, FullRequest, OperationKind, OperationStatus, PinpadAnswer
from schemas.pinpad_records import BeginOperation, DoubtOperation, End, EndOperation, ReceiveResult, StoredOperation
from transports.pinpad import Intent, NotConfigured, Order, Original, Tell, Unknown, Unreachable

log = structlog.get_logger(__name__)

REPORTS = ("full_report", "short_report", "receipt_copy")
"""What a terminal may answer with a slip and no status (SA: field 90 without 39)."""


def order_of(desk: Desk, operation: StoredOperation, original: StoredOperation | None) -> Order:
    """What is to be sent, as the driver takes it."""
    order = draft(desk, request_of(operation), operation.sent, operation.amount, original)
    return replace(order, number=operation.number)


def draft(
    desk: Desk, request: FullRequest, kind: OperationKind, amount: int | None, original: StoredOperation | None
) -> Order:
    """The order as far as it is known before the operation has a number."""
    return Order(
        kind=kind,
        number=0,
        at=desk.stamp(desk.clock()),
        amount=amount,
        currency=request.currency,
        terminal_id=desk.terminal_id,
        original=_original(request, original),
        receipt_number=request.receipt_number,
        time_limit=request.time_limit,
    )


def request_of(operation: StoredOperation) -> FullRequest:
    """What was asked for."""
    return msgspec.json.decode(operation.body, type=FullRequest)


def _original(request: FullRequest, row: StoredOperation | None) -> Original | None:
    if row is None:
        if request.rrn is None and request.auth_code is None:
            return None
        return Original(
            amount=request.original_amount, currency=request.currency, rrn=request.rrn, auth_code=request.auth_code
        )
    result = result_of(row)
    return Original(
        kind=row.sent,
        amount=row.amount,
        currency=row.currency,
        rrn=result.rrn if result else None,
        auth_code=result.auth_code if result else None,
        number=row.number,
        slip_number=result.slip_number if result else None,
        request=row.request,
    )


async def ask_who(desk: Desk) -> None:
    """Where no terminal id was set, the check finds it out: most terminals do nothing without theirs in the request."""
    if desk.terminal_id is not None:
        return
    try:
        told = await desk.device.check()
    except (Unreachable, Unknown):
        return  # the operation itself will tell
    if told:
        desk.told.append(told)


async def perform(desk: Desk, operation: StoredOperation, order: Order, tell: Tell) -> OperationStatus:
    """Send it and see it through; answers the status it has now, ``unknown`` where that must be settled."""
    began = trio.current_time()
    try:
        intent = desk.device.intend(order)
    except (NotConfigured, ValueError) as reason:
        return await _end(desk, operation, "failed", str(reason))
    await desk.durably(BeginOperation(operation.id, intent.request, desk.clock()))
    if operation.status == "accepted" and stale(desk, operation):
        return await _end(desk, operation, "failed", "the journal was not available in time; nothing was sent")
    status = await _run(desk, operation, intent, tell)
    desk.observe(operation.sent, status, trio.current_time() - began)
    log.info("operation", pinpad=desk.id, operation=operation.id, kind=operation.sent, status=status)
    return status


async def _run(desk: Desk, operation: StoredOperation, intent: Intent, tell: Tell) -> OperationStatus:
    answer: PinpadAnswer | None = None
    with trio.move_on_after(_left(desk, operation)):
        try:
            answer = masked_answer(await desk.device.run(intent, tell))
        except Unreachable as reason:
            return await _end(desk, operation, "failed", str(reason))
        except Unknown as reason:
            return await lost(desk, operation, str(reason))
    if answer is None:
        return await lost(desk, operation, "not completed within the time that the till gave it")
    return await _take(desk, operation, answer)


async def _take(desk: Desk, operation: StoredOperation, answer: PinpadAnswer) -> OperationStatus:
    """A final frame came and is not acknowledged."""
    stranger = _of_a_stranger(desk, answer)
    if stranger is not None:
        await desk.device.abandon()
        return await lost(desk, operation, stranger)
    await desk.durably(ReceiveResult(operation.id, msgspec.json.encode(answer), desk.clock()))
    objection = _objection(operation, answer)
    if objection is not None:
        await desk.device.abandon()
        return await lost(desk, operation, objection)
    try:
        await desk.device.acknowledge()
    except Unknown as reason:
        if answer.verdict != "refused":
            return await lost(desk, operation, f"the pinpad could not be told that its result is known: {reason}")
    return await conclude(desk, operation, answer)


async def conclude(desk: Desk, operation: StoredOperation, answer: PinpadAnswer) -> OperationStatus:
    """The answer is definite and the pinpad knows that we have it."""
    match answer.verdict:
        case "offline":
            policy: End = desk.spec.offline
            return await _end(desk, operation, policy, "done offline, without the bank")
        case "refused":
            return await _end(desk, operation, "refused", answer.text or _codes(answer))
        case _:
            return await _end(desk, operation, "approved", None)


async def lost(desk: Desk, operation: StoredOperation, reason: str) -> OperationStatus:
    """No definite answer. A mere question had no effect to lose; everything else must be settled."""
    if operation.sent in FINANCIAL or operation.sent == "settlement":
        log.error("operation_unknown", pinpad=desk.id, operation=operation.id, reason=reason)
        await desk.durably(DoubtOperation(operation.id, reason, desk.clock()))
        return "unknown"
    return await _end(desk, operation, "failed", reason)


async def _end(desk: Desk, operation: StoredOperation, status: End, reason: str | None) -> OperationStatus:
    await desk.durably(EndOperation(operation.id, status, reason, desk.clock()))
    return status


def stale(desk: Desk, operation: StoredOperation) -> bool:
    """Whether whoever asked for it has gone: nobody's card is asked for out of nowhere."""
    return desk.clock() - operation.accepted_at > desk.settings.patience or _left(desk, operation) <= 0


def _left(desk: Desk, operation: StoredOperation) -> float:
    """Seconds until the till gives it up, which has waited since it asked and not since it was its turn."""
    limit = request_of(operation).time_limit
    return inf if limit is None else max(0.0, operation.accepted_at + limit - desk.clock())


def _of_a_stranger(desk: Desk, answer: PinpadAnswer) -> str | None:
    """Why this answer is not our pinpad's: addresses get exchanged, and its result must not become ours."""
    wanted, told = desk.terminal_id, answer.terminal_id
    if wanted is None or told is None or told.lstrip("0") == wanted.lstrip("0"):
        return None
    return f"terminal {told} answered instead of {wanted}"


def _objection(operation: StoredOperation, answer: PinpadAnswer) -> str | None:
    """Why a final frame is no outcome."""
    if answer.verdict == "undefined":
        has_slip = answer.slips.customer is not None or answer.slips.merchant is not None
        if operation.sent in REPORTS and has_slip:
            return None
        return "the pinpad's answer says neither yes nor no"
    if answer.verdict == "refused" or operation.sent not in FINANCIAL:
        return None
    if answer.amount is not None and operation.amount is not None and answer.amount != operation.amount:
        return f"approved for {answer.amount} instead of {operation.amount}"
    return None


def _codes(answer: PinpadAnswer) -> str:
    return f"refused (status {answer.status}, bank's code {answer.response_code})"
