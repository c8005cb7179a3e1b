"""Settling a receipt by hand: a verdict, a reason, and a look into the archive where a document is claimed."""

from typing import Annotated, Literal

import trio
from msgspec import Meta, Struct

from actors.kkt.settlement import fits
from actors.runtime import ActorError, Ref
from kassanet.edge.decoding import invalid
from kassanet.edge.intake import read_receipt
from kassanet.fleet import Fleet
from schemas.commands import NotInRotation, ReadDocument, Requeued
from schemas.kkt import ArchivedDocument
from schemas.problems import FieldError, problem
from schemas.receipts import Fiscal, qr_text
from schemas.records import Conflict, Resolve
from schemas.rows import StoredReceipt
from transports.register import Lost, Refused, Unreachable


class Resolution(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST …/resolve``. ``fn`` and ``fd`` name the document of the verdict ``fiscalized``."""

    verdict: Literal["fiscalized", "absent", "cancelled"]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    fn: Annotated[str, Meta(pattern=r"^[0-9]{16}\Z")] | None = None
    fd: Annotated[int, Meta(ge=1, lt=2**32)] | None = None


async def resolve(fleet: Fleet, journal: Ref, row: StoredReceipt, wanted: Resolution, by: str, at: float) -> None:
    """Make the verdict durable. Raises 422 for a claim that the archive contradicts, 409 where it is not allowed."""
    if row.status != "manual":
        raise Conflict("status", f"receipt {row.id} is {row.status}; only one in manual is settled by hand", row.status)
    fiscal = await _claimed(fleet, row, wanted) if wanted.verdict == "fiscalized" else None
    with trio.CancelScope(shield=True):  # an asker who hangs up leaves no receipt queued that no circuit knows of
        await journal.ask(Resolve(row.id, wanted.verdict, fiscal, wanted.reason, by, at))
        if wanted.verdict == "absent":
            fleet.tell_circuit(row.circuit_id, Requeued(row.id))


async def _claimed(fleet: Fleet, row: StoredReceipt, wanted: Resolution) -> Fiscal:
    if wanted.fn is None or wanted.fd is None:
        missing = [name for name in ("fn", "fd") if getattr(wanted, name) is None]
        raise invalid([FieldError(name, "is needed to name the document", "FN and FD") for name in missing])
    eip, document = await _read(fleet, wanted.fn, wanted.fd)
    if document is None:
        raise invalid([FieldError("fd", f"FN {wanted.fn} holds no document {wanted.fd}")])
    request = read_receipt(row.body) if row.body else None
    if request is not None and not fits(request, row.id, document):
        raise invalid([FieldError("fd", f"document {wanted.fd} is not this receipt", "the same kind, sums and items")])
    qr = qr_text(row.kind, row.total, wanted.fn, document.fd, document.fpd, document.at)
    return Fiscal(
        wanted.fn, document.fd, document.fpd, document.shift or 0, document.receipt_number or 0, document.at, eip, qr
    )


async def _read(fleet: Fleet, fn: str, fd: int) -> tuple[str, ArchivedDocument | None]:
    """Ask the register that holds the FN; a claim that cannot be checked is not believed."""
    eip = next((state.eip for eip in fleet.kkts if (state := fleet.state(eip)) and _holds(state.identity, fn)), None)
    if eip is None:
        raise problem(409, "fn-not-at-hand", f"No register here holds FN {fn}, so the claim cannot be checked.")
    try:
        return eip, await fleet.actor(eip).ask(ReadDocument(fn, fd), timeout=30.0)
    except (NotInRotation, Refused, Lost, Unreachable, ActorError) as reason:
        raise problem(503, "fn-not-readable", f"The register cannot be read now: {reason}.") from None


def _holds(identity: object, fn: str) -> bool:
    return getattr(identity, "fn", None) == fn
