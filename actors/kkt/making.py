"""One receipt through one register: the steps between a queued receipt and a definite outcome.

The order is the promise. The attempt is durable before the commit command is sent; it is written while the register
takes the items, so the disk costs the register no time. After the commit only a definite answer decides; everything
else leaves the attempt open, and :mod:`actors.kkt.settling` reads the truth from the FN.
"""

from collections.abc import Callable

import msgspec
import trio
from msgspec import Struct

from actors.durable import NOT_WRITTEN
from actors.kkt.desk import Desk
from actors.kkt.settlement import mark_of
from actors.kkt.settling import Attempt, record_document, settle_attempt
from schemas.commands import Job
from schemas.kkt import Committed, FnStatus
from schemas.receipts import Fiscal, qr_text
from schemas.records import BecameUnknown, BeginAttempt, Conflict, NotFound, Refuse, Returned
from transports.register import Lost, Refused, Unreachable, Verdict


class Ended(Struct, frozen=True):
    """The receipt needs no register any more, or is no longer ours to make. ``fd`` of the document, if one came."""

    fd: int | None = None


class GaveUp(Struct, frozen=True):
    """No document; the receipt is queued. ``verdict`` is whose fault the register said it was."""

    reason: str
    verdict: Verdict | None = None
    link_lost: bool = False
    silenced: bool = False


class LeftOpen(Struct, frozen=True):
    """The outcome is unknown and could not be settled at once."""

    attempt: Attempt


Outcome = Ended | GaveUp | LeftOpen


async def make(desk: Desk, job: Job, status: FnStatus, committing: Callable[[], None]) -> Outcome:
    """Make the document of ``job``; ``status`` was read from the register just before.

    ``committing`` is called when the commit command is about to be sent.
    """
    begin = _Begin(desk, BeginAttempt(job.receipt_id, desk.eip, status.fn, status.last_fd, desk.clock()))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(begin.run)
        trouble = await _prepare(desk, job)
    if begin.error is not None:
        return await _not_begun(desk, begin, trouble)
    attempt = Attempt(begin.attempt_id, job.receipt_id, job.request, status.fn, status.last_fd, begin.write.at)
    if trouble is not None:
        return await _not_prepared(desk, attempt, trouble)
    committing()
    return await _commit(desk, attempt)


class _Begin:
    """The attempt on its way to the disk while the register takes the items."""

    def __init__(self, desk: Desk, write: BeginAttempt) -> None:
        self.write = write
        self.attempt_id = 0
        self.error: Exception | None = None
        self._journal = desk.journal

    async def run(self) -> None:
        try:
            self.attempt_id = await self._journal.ask(self.write, timeout=60.0)
        except (Conflict, NotFound, *NOT_WRITTEN) as error:
            self.error = error


async def _prepare(desk: Desk, job: Job) -> Refused | Lost | Unreachable | None:
    mark = mark_of(job.receipt_id) if desk.settings.mark else None
    try:
        await desk.register.prepare(job.request, mark)
    except (Refused, Lost, Unreachable) as trouble:
        return trouble
    return None


async def _not_begun(desk: Desk, begin: _Begin, trouble: Exception | None) -> Outcome:
    """Nothing may be committed: a person took the receipt back, or the FN is not settled, or the disk is away."""
    await _clear(desk)
    link_lost = isinstance(trouble, Lost | Unreachable)
    if isinstance(begin.error, Conflict | NotFound):
        return _not_ours(begin.error)
    # The journal does not know whether it holds the attempt, so it is asked until it does, and the attempt is closed.
    reason = f"the journal was not available: {begin.error}"
    try:
        attempt_id = await desk.durably(begin.write)
    except (Conflict, NotFound) as refusal:
        return _not_ours(refusal)
    await desk.durably(Returned(attempt_id, reason, False, desk.clock()))
    return GaveUp(reason, link_lost=link_lost)


def _not_ours(refusal: Conflict | NotFound) -> Outcome:
    """A receipt that is not queued any more has ended for us; else this register must be looked at anew first."""
    if isinstance(refusal, NotFound) or refusal.code == "status":
        return Ended()
    return GaveUp(refusal.text, link_lost=True)


async def _clear(desk: Desk) -> None:
    try:
        await desk.register.cancel()
    except (Refused, Lost, Unreachable):
        return


async def _not_prepared(desk: Desk, attempt: Attempt, trouble: Exception) -> Outcome:
    """The commit was never sent, so no document can exist and nothing need be read."""
    if isinstance(trouble, Refused):
        await _clear(desk)
        if trouble.verdict == "receipt":
            await desk.durably(Refuse(attempt.receipt_id, attempt.id, str(trouble), desk.clock()))
            return Ended()
        fault = trouble.verdict in ("register", "check")
        await desk.durably(Returned(attempt.id, str(trouble), fault, desk.clock()))
        return GaveUp(str(trouble), trouble.verdict)
    # A register that goes silent over this receipt counts against it: it may be the receipt that silences it.
    fault = isinstance(trouble, Lost)
    await desk.durably(Returned(attempt.id, f"link: {trouble}", fault, desk.clock()))
    return GaveUp(f"link: {trouble}", "register" if fault else None, link_lost=True)


async def _commit(desk: Desk, attempt: Attempt) -> Outcome:
    try:
        done = await desk.register.commit(attempt.request)
    except Unreachable as trouble:
        await desk.durably(Returned(attempt.id, f"link: {trouble}", False, desk.clock()))
        return GaveUp(f"link: {trouble}", link_lost=True)
    except Refused as refusal:
        return await _doubt(desk, msgspec.structs.replace(attempt, refusal=refusal), str(refusal))
    except Lost as trouble:
        await desk.durably(BecameUnknown(attempt.id, str(trouble), desk.clock()))
        return await _doubt(desk, msgspec.structs.replace(attempt, silenced=True), str(trouble))
    if done.fd != attempt.fd_before + 1:
        return await _doubt(desk, attempt, f"the register answered FD {done.fd} after FD {attempt.fd_before}")
    settled = await record_document(desk, attempt, _fiscal(desk, attempt, done))
    return Ended(done.fd if settled.status == "fiscalized" else None)


async def _doubt(desk: Desk, attempt: Attempt, reason: str) -> Outcome:
    settled = await settle_attempt(desk, attempt)
    if settled is None:
        await desk.durably(BecameUnknown(attempt.id, reason, desk.clock()))
        return LeftOpen(attempt)
    if settled.status == "queued":
        refusal = attempt.refusal
        return GaveUp(reason, refusal.verdict if refusal else None, silenced=attempt.silenced)
    return Ended(settled.fn.last_fd if settled.fn else None)


def _fiscal(desk: Desk, attempt: Attempt, done: Committed) -> Fiscal:
    request, at = attempt.request, done.at or desk.local(desk.clock())
    return Fiscal(
        fn=attempt.fn,
        fd=done.fd,
        fpd=done.fpd,
        shift=done.shift or 0,
        receipt_number=done.receipt_number,
        at=at,
        kkt=desk.eip,
        qr=qr_text(request.kind, request.total, attempt.fn, done.fd, done.fpd, at),
    )
