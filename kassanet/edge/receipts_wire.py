"""``GET /api/v1/receipts/{id}/attempts/{attempt}/exchange``: the bytes of an attempt, while they are remembered.

The latest bytes of each register are in memory; those of attempts whose outcome was in doubt are in the journal too.
What is gone is said to be gone and nothing is made up.
"""

from msgspec import Struct, json
from quart import Blueprint, Response

from actors.journal import Reader
from kassanet.edge.answers import answer
from kassanet.edge.receipts import MOST_ID
from kassanet.edge.visibility import allowed, visible_circuit
from kassanet.exchanges import WirePiece, told
from kassanet.fleet import Fleet
from schemas.problems import problem
from schemas.rows import AttemptLine, StoredExchange

OPEN_SECONDS = 60.0
"""Of an attempt that has not ended so much is shown."""


class WireExchange(Struct, frozen=True):
    """``complete``: nothing of it has been forgotten. No pieces: nothing of it is remembered."""

    kkt: str
    complete: bool
    pieces: tuple[WirePiece, ...]


def wire_blueprint(fleet: Fleet, reader: Reader) -> Blueprint:
    """The route over one fleet."""
    blueprint = Blueprint("receipts_wire", __name__, url_prefix="/api/v1")

    @blueprint.get("/receipts/<int:receipt_id>/attempts/<int:attempt_id>/exchange")
    async def exchange(receipt_id: int, attempt_id: int) -> Response:
        access = allowed("operator")
        number = min(receipt_id, MOST_ID)
        row, attempts = await reader.call(lambda store: (store.receipt(number), store.attempts(number)))
        if row is None or receipt_id > MOST_ID:
            raise problem(404, "not-found", f"There is no receipt {receipt_id}.")
        visible_circuit(access, fleet, row.circuit_id)
        attempt = next((each for each in attempts if each.id == attempt_id), None)
        if attempt is None:
            raise problem(404, "not-found", f"Receipt {receipt_id} has no attempt {attempt_id}.")
        kept = await reader.call(lambda store: store.exchange(attempt_id))
        return answer(_told(fleet, attempt, kept))

    return blueprint


def _told(fleet: Fleet, attempt: AttemptLine, kept: StoredExchange | None) -> WireExchange:
    """From memory where nothing of it is forgotten there, or nothing was kept."""
    tape, last = fleet.tapes.get(attempt.kkt), attempt.ended_at or attempt.at + OPEN_SECONDS
    complete = tape is not None and tape.reaches(attempt.at)
    if kept is not None and not complete:
        return WireExchange(attempt.kkt, kept.complete, json.decode(kept.pieces, type=tuple[WirePiece, ...]))
    pieces = () if tape is None else tape.between(attempt.at, last)
    return WireExchange(attempt.kkt, complete, tuple(told(each) for each in pieces))
