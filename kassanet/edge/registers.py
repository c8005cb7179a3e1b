"""Registers, circuits and actors as they are now, and commands to registers by hand."""

from quart import Blueprint, Response, request

from actors.hub import Hub
from actors.runtime import Supervisor
from kassanet.edge.answers import answer, nothing
from kassanet.edge.application import current_access
from kassanet.edge.by_hand import ByHand, by_hand, check_may_command
from kassanet.edge.decoding import decode
from kassanet.edge.visibility import allowed, visible_kkt
from kassanet.fleet import Fleet
from schemas.problems import problem


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
    async def command_by_hand(eip: str, command: str) -> Response:
        check_may_command(current_access(), fleet, eip)
        body = await request.get_data()
        result = await by_hand(fleet, eip, command, decode(body, ByHand) if body else ByHand())
        return nothing() if result is None else answer(result)

    @blueprint.get("/circuits")
    async def circuits() -> Response:
        access = allowed("viewer")
        rows = [row for row in fleet.circuits.values() if access.sees(row.inn, row.id)]
        states = (hub.last("circuit", str(row.id)) for row in rows)
        return answer([state for state in states if state is not None])

    @blueprint.get("/actors")
    async def actors() -> Response:
        access = allowed("operator")
        if access.inn is not None:
            raise problem(404, "not-found", "The actors serve every organisation; this token sees only one.")
        return answer(root.tree())

    @blueprint.get("/actors/<path:name>/failure")
    async def failure(name: str) -> Response:
        if allowed("admin").inn is not None:
            raise problem(404, "not-found", "The actors serve every organisation; this token sees only one.")
        try:
            return answer(root.failure(name))
        except KeyError:
            raise problem(404, "not-found", f"There is no actor {name[:200]}.") from None

    return blueprint
