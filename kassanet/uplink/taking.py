"""Taking receipts that the centre sends: as if they were posted here, under the number that the centre gave them."""

import msgspec
from msgspec import UnsetType

from kassanet.edge.intake import Intake, no_objections
from kassanet.edge.problems import fault, problem_of
from kassanet.uplink.desk import UplinkDesk
from schemas.problems import Problem, ProblemError, problem
from schemas.records import Accepted, AcceptReceipt
from schemas.rows import ReceiptFilter, StoredReceipt
from schemas.site_link import Take, Taken
from schemas.site_records import FORWARDED


async def take(desk: UplinkDesk, said: Take) -> Taken:
    """On disk here when the answer has no problem. Never raises."""
    try:
        await _take(desk, said)
    except Exception as error:
        return Taken(said.key, told(error))
    return Taken(said.key)


async def _take(desk: UplinkDesk, said: Take) -> None:
    if desk.settings.receipts != "central" or not said.key.startswith(FORWARDED):
        raise problem(403, "forbidden-by-site", "This site keeps its receipts itself and takes none from the centre.")
    desk.fleet.circuit(said.circuit)
    if isinstance(said.receipt, UnsetType):
        if await _known(desk, said) is None:
            raise problem(404, "not-found", "This site does not know the receipt.")
        return
    record = await _record(desk, said, bytes(said.receipt))
    if record is None:
        return
    accepted: Accepted = await desk.journal.ask(record)
    if not accepted.same:
        raise problem(409, "other-content", "The site has another receipt under this number.")
    if accepted.created:
        desk.fleet.ring(said.circuit)


async def _record(desk: UplinkDesk, said: Take, body: bytes) -> AcceptReceipt | None:
    """None for a repeat of one that was accepted when other registers stood here."""
    intake = Intake(said.circuit, None, desk.fleet.objections(said.circuit))
    try:
        record = intake.record(body, desk.clock())
    except ProblemError as refused:
        if refused.problem.status != 422:
            raise
        known = await _known(desk, said)
        again = msgspec.structs.replace(intake, objections=no_objections).record(body, desk.clock())
        if known is None or known.digest != again.digest:
            raise
        return None
    if record.external_id != said.key:
        raise problem(422, "invalid", "The receipt's external_id is not the key that it came under.")
    return record


async def _known(desk: UplinkDesk, said: Take) -> StoredReceipt | None:
    wanted = ReceiptFilter(circuit_id=said.circuit, external_id=said.key, limit=1)
    rows = await desk.reader.call(lambda store: store.receipts(wanted))
    return rows[0] if rows else None


def told(error: Exception) -> Problem:
    """What the centre hears of a failure here."""
    return problem_of(error) or fault(error)
