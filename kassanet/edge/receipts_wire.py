"""``GET /api/v1/receipts/{id}/attempts/{attempt}/exchange``: the bytes of an attempt, while they are remembered.

Only the latest bytes of each register are kept, in memory; what is gone is said to be gone and nothing is made up.
"""

from msgspec import Struct
from quart import Blueprint, Response

from actors.journal import Reader
from kassanet.edge.answers import answer
from kassanet.edge.receipts import MOST_ID
from kassanet.edge.visibility import allowed, visible_circuit
from kassanet.fleet import Fleet
from schemas.problems import problem

OPEN_SECONDS = 60.0
"""Of an attempt that has not ended so much is shown."""


class WirePiece(Struct, frozen=True):
    """Bytes as hex, handed to the link (``sent``) or come from it, at a moment (UNIX time)."""

    at: float
    sent: bool
    hex: str


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
        return answer(_told(fleet, attempt.kkt, attempt.at, attempt.ended_at or attempt.at + OPEN_SECONDS))

    return blueprint


def _told(fleet: Fleet, eip: str, first: float, last: float) -> WireExchange:
    tape = fleet.tapes.get(eip)
    if tape is None:
        return WireExchange(eip, False, ())
    pieces = tuple(WirePiece(each.at, each.sent, each.data.hex()) for each in tape.between(first, last))
    return WireExchange(eip, tape.reaches(first), pieces)
