"""Registers, circuits and actors as they are now, and commands to registers by hand."""

from collections.abc import Callable

from msgspec import Struct
from quart import Blueprint, Response, request

from actors.hub import Hub
from actors.runtime import Supervisor
from kassanet.edge.answers import answer, nothing
from kassanet.edge.decoding import decode
from kassanet.edge.visibility import allowed, visible_kkt
from kassanet.fleet import Fleet
from schemas.commands import CloseShift, NotInRotation, OpenShift, PrintReport
from schemas.kkt import ShiftDocument
from schemas.messages import Request
from schemas.problems import problem
from transports.register import Lost, Refused, Unreachable

PATIENCE = 60.0
"""Seconds a command by hand waits: for the document in hand, and then for its own."""


class ByHand(Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of a command to a register."""

    cashier: str | None = None


_SHIFT_COMMANDS: dict[str, Callable[[str | None], Request[ShiftDocument]]] = {
    "open_shift": OpenShift,
    "close_shift": CloseShift,
    "z_report": CloseShift,
}


def registers_blueprint(fleet: Fleet, hub: Hub, root: Supervisor) -> Blueprint:
    """The routes over one fleet."""
    blueprint = Blueprint("registers", __name__, url_prefix="/api/v1")

    @blueprint.get("/kkt")
    async def states() -> Response:
        access = allowed("viewer")
        rows = [row for row in fleet.kkts.values() if access.sees(fleet.circuit(row.circuit_id).inn, row.circuit_id)]
        return answer([fleet.state(row.eip) for row in rows])

    @blueprint.get("/kkt/<path:eip>")
    async def state(eip: str) -> Response:
        visible_kkt(allowed("viewer"), fleet, eip)
        return answer(fleet.state(eip))

    @blueprint.post("/kkt/<path:eip>/<command>")
    async def by_hand(eip: str, command: str) -> Response:
        visible_kkt(allowed("operator"), fleet, eip)
        body = await request.get_data()
        return await _run(fleet, eip, command, decode(body, ByHand) if body else ByHand())

    @blueprint.get("/circuits")
    async def circuits() -> Response:
        access = allowed("viewer")
        rows = [row for row in fleet.circuits.values() if access.sees(row.inn, row.id)]
        return answer([hub.last("circuit", str(row.id)) for row in rows])

    @blueprint.get("/actors")
    async def actors() -> Response:
        access = allowed("operator")
        if access.inn is not None:
            raise problem(403, "not-allowed", "The actors serve every organisation; this token sees only one.")
        return answer(root.tree())

    return blueprint


async def _run(fleet: Fleet, eip: str, command: str, arguments: ByHand) -> Response:
    actor = fleet.actor(eip)
    try:
        if command in _SHIFT_COMMANDS:
            document: ShiftDocument = await actor.ask(_SHIFT_COMMANDS[command](arguments.cashier), timeout=PATIENCE)
            return answer(document)
        if command == "x_report":
            await actor.ask(PrintReport(), timeout=PATIENCE)
            return nothing()
    except NotInRotation as reason:
        raise problem(409, "not-in-rotation", f"{reason}.") from None
    except Refused as refusal:
        raise problem(409, "refused-by-register", f"The register refused: {refusal}.") from None
    except Unreachable as reason:
        raise problem(503, "unreachable", f"The register does not answer: {reason}.") from None
    except Lost as reason:
        raise problem(504, "outcome-unknown", f"The answer was lost; read the state first: {reason}.") from None
    known = ", ".join([*_SHIFT_COMMANDS, "x_report"])
    raise problem(404, "not-found", f"Registers know no command {command}; they know {known}.")
