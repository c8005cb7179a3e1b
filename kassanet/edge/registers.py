"""Registers, circuits and actors as they are now, and commands to registers by hand."""

from msgspec import to_builtins
from quart import Blueprint, Response, request

from actors.hub import Hub
from actors.runtime import Supervisor
from kassanet.edge.answers import answer, nothing
from kassanet.edge.application import current_access
from kassanet.edge.auth import Access
from kassanet.edge.by_hand import ByHand, by_hand, check_may_command
from kassanet.edge.decoding import decode
from kassanet.edge.visibility import allowed, visible_kkt
from kassanet.fleet import Fleet
from kassanet.sites.commands import SiteCommands
from kassanet.sites.sites import Sites
from schemas.problems import problem
from schemas.sites import parted


def registers_blueprint(
    fleet: Fleet, hub: Hub, root: Supervisor, sites: Sites, site_commands: SiteCommands
) -> Blueprint:
    """The routes over one fleet and the registers of sites, which stand under ``<site>/<eip>``."""
    blueprint = Blueprint("registers", __name__, url_prefix="/api/v1")

    @blueprint.get("/kkt")
    async def states() -> Response:
        access = allowed("viewer")
        rows = [row for row in fleet.kkts.values() if access.sees(fleet.circuit(row.circuit_id).inn, row.circuit_id)]
        return answer([*(fleet.state(row.eip) for row in rows), *sites.registers(access)])

    @blueprint.get("/kkt/<path:eip>")
    async def state(eip: str) -> Response:
        access = allowed("viewer")
        if parted(eip) is not None:
            return answer(sites.register(access, eip)[1])
        visible_kkt(access, fleet, eip)
        return answer(fleet.state(eip))

    @blueprint.post("/kkt/<path:eip>/<command>")
    async def command_by_hand(eip: str, command: str) -> Response:
        access = current_access()
        if parted(eip) is not None:
            return await _to_site(sites, site_commands, access, eip, command)
        check_may_command(access, fleet, eip)
        body = await request.get_data()
        result = await by_hand(fleet, eip, command, decode(body, ByHand) if body else ByHand())
        return nothing() if result is None else answer(result)

    _other_routes(blueprint, fleet, hub, root)
    return blueprint


async def _to_site(sites: Sites, commands: SiteCommands, access: Access, eip: str, command: str) -> Response:
    """Over the link of the register's site."""
    access.require("operator")
    sites.register(access, eip)
    said = to_builtins(decode(await request.get_data() or b"{}", ByHand))
    status, told = await commands.carry_out(access, eip, command, said)
    return nothing() if status == 204 else answer(told, status)


def _other_routes(blueprint: Blueprint, fleet: Fleet, hub: Hub, root: Supervisor) -> None:
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
