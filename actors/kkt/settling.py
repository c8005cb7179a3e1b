"""Settling an unknown attempt: fence the register, read its FN, and write down what became of the receipt.

The clauses are those of the exactly-once rules: a register that does not answer *cancel* may still be running the
command of a dead process, so nothing is read and nothing decided before it has.
"""

import structlog
from msgspec import Struct

from actors.kkt.desk import Desk, Doubt
from actors.kkt.settlement import Absent, Doubtful, Finding, Found, settle
from schemas.kkt import ArchivedDocument, FnStatus
from schemas.receipts import FdWindow, Fiscal, ReceiptRequest, qr_text
from schemas.records import BecameManual, Conflict, Fiscalized, Refuse, Returned
from transports.register import Lost, Refused, Unreachable

WINDOW_LIMIT = 100
"""More documents than this after the predecessor are not read: somebody else works here, a person must look."""


PATIENCE = 5
"""Rounds in which the register answers but its archive cannot be read, before a person must look."""

log = structlog.get_logger(__name__)


class Attempt(Struct, frozen=True):
    """An attempt whose outcome is open. ``refusal`` is the error answer to its commit, if there was one.

    ``silenced``: the register gave no answer to the commit. That counts against the receipt: it may be what silences.
    """

    id: int
    receipt_id: int
    request: ReceiptRequest
    fn: str
    fd_before: int
    began_at: float
    refusal: Refused | None = None
    silenced: bool = False


class Settled(Struct, frozen=True):
    """How it ended. ``fn`` is the FN as read after the fence, None where it was not needed."""

    status: str
    fn: FnStatus | None = None


async def settle_attempt(desk: Desk, attempt: Attempt) -> Settled | None:
    """Find out and make it durable; ``None`` while the register does not answer, or may still be at work."""
    doubt = desk.doubts.setdefault(attempt.id, Doubt(desk.clock()))
    try:
        cancelled = await fence(desk)
        status = await desk.register.fn_status()
    except (Lost, Unreachable, Refused):
        return None
    if status.fn != attempt.fn:
        return await _manual(desk, attempt, f"the register now holds FN {status.fn}", status)
    if status.current_document:
        return None  # dropped by the next fence, or finished by then
    finding = await _find(desk, attempt, status, doubt)
    if finding is None or (isinstance(finding, Absent) and not _is_over(desk, attempt, doubt, cancelled)):
        return None
    del desk.doubts[attempt.id]
    return await _conclude(desk, attempt, finding, status)


def _is_over(desk: Desk, attempt: Attempt, doubt: Doubt, cancelled: bool) -> bool:
    """Whether no command of this attempt can be running any more.

    Which code a busy register answers to *cancel* is not documented, so an error answer alone proves nothing: then
    only an answer to the commit itself does, or time.
    """
    waited = desk.clock() - doubt.since >= desk.settings.settle_after
    return cancelled or attempt.refusal is not None or waited


async def fence(desk: Desk) -> bool:
    """After this returns True no earlier command is running; False: the register answered with an error."""
    try:
        await desk.register.cancel()
    except Refused:
        return False
    return True


async def _find(desk: Desk, attempt: Attempt, status: FnStatus, doubt: Doubt) -> Finding | None:
    try:
        return await _read(desk, attempt, status)
    except (Lost, Unreachable, Refused) as trouble:
        doubt.unread += 1
        return Doubtful(f"the archive cannot be read: {trouble}") if doubt.unread >= PATIENCE else None


async def _read(desk: Desk, attempt: Attempt, status: FnStatus) -> Finding:
    if status.last_fd == attempt.fd_before:
        return Absent()
    if status.last_fd < attempt.fd_before:
        return Doubtful(f"the FN's last FD went back from {attempt.fd_before} to {status.last_fd}")
    if status.last_fd - attempt.fd_before > WINDOW_LIMIT:
        return Doubtful(f"{status.last_fd - attempt.fd_before} documents since FD {attempt.fd_before}")
    fds = range(attempt.fd_before + 1, status.last_fd + 1)
    found: list[ArchivedDocument] = []
    for fd in fds:
        document = await desk.register.document(fd)
        if document is not None:
            found.append(document)
    claimed = await desk.reader.call(lambda store: store.claimed(attempt.fn, fds))
    unreadable = set(fds) - {document.fd for document in found} - set(claimed)
    began, now = desk.local(attempt.began_at), desk.local(desk.clock())
    return settle(attempt.request, attempt.receipt_id, found, unreadable, claimed, began, now)


async def _conclude(desk: Desk, attempt: Attempt, finding: Finding, status: FnStatus) -> Settled:
    match finding:
        case Found(document):
            return await record_document(desk, attempt, fiscal_of(desk, attempt, document), status)
        case Doubtful(reason):
            return await _manual(desk, attempt, reason, status)
        case Absent():
            return await _absent(desk, attempt, status)


async def _absent(desk: Desk, attempt: Attempt, status: FnStatus) -> Settled:
    refusal = attempt.refusal
    if refusal is not None and refusal.verdict == "receipt":
        await desk.durably(Refuse(attempt.receipt_id, attempt.id, str(refusal), desk.clock()))
        return Settled("refused", status)
    reason = str(refusal) if refusal else "proved absent: the FN holds no document of this attempt"
    fault = attempt.silenced if refusal is None else refusal.verdict in ("register", "check")
    await desk.durably(Returned(attempt.id, reason, fault, desk.clock()))
    return Settled("queued", status)


async def record_document(desk: Desk, attempt: Attempt, fiscal: Fiscal, status: FnStatus | None = None) -> Settled:
    """Write down the document of this attempt; one that answers another receipt already makes the case a person's."""
    try:
        await desk.durably(Fiscalized(attempt.id, fiscal, desk.clock()))
    except Conflict as conflict:
        return await _manual(desk, attempt, f"FD {fiscal.fd}: {conflict.text}", status, last_fd=fiscal.fd)
    return Settled("fiscalized", status)


async def _manual(
    desk: Desk, attempt: Attempt, reason: str, status: FnStatus | None, last_fd: int | None = None
) -> Settled:
    same_fn = status is not None and status.fn == attempt.fn
    last = status.last_fd if status is not None and same_fn else last_fd or attempt.fd_before + 1
    window = FdWindow(attempt.fn, attempt.fd_before + 1, max(last, attempt.fd_before + 1))
    log.error("receipt_manual", receipt=attempt.receipt_id, eip=desk.eip, reason=reason)
    desk.doubts.pop(attempt.id, None)
    await desk.durably(BecameManual(attempt.receipt_id, attempt.id, reason, window, desk.clock()))
    return Settled("manual", status)


def fiscal_of(desk: Desk, attempt: Attempt, document: ArchivedDocument) -> Fiscal:
    """What the archive's document says, as a receipt's result."""
    request = attempt.request
    return Fiscal(
        fn=attempt.fn,
        fd=document.fd,
        fpd=document.fpd,
        shift=document.shift or 0,
        receipt_number=document.receipt_number or 0,
        at=document.at,
        kkt=desk.eip,
        qr=qr_text(request.kind, request.total, attempt.fn, document.fd, document.fpd, document.at),
    )
