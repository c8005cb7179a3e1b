"""Sites over HTTP: add, look, renew and revoke tokens, bind circuits; and the WebSocket that sites dial."""

from h11 import LocalProtocolError
from quart import Blueprint, Response, request, websocket

from kassanet.edge.answers import answer, nothing
from kassanet.edge.application import bearer, current_access
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode
from kassanet.edge.origin import origin
from kassanet.edge.queries import read_query, receipt_filter
from kassanet.edge.settings import Trust
from kassanet.edge.stream.route import QuartSocket
from kassanet.edge.visibility import allowed
from kassanet.sites.board import Board
from kassanet.sites.commands import SiteCommands
from kassanet.sites.outcomes import shown_command
from kassanet.sites.receipts import archived_page, archived_receipt
from kassanet.sites.sites import Sites
from schemas.problems import problem
from schemas.sites import BindCircuitRequest, NewSite, SiteAdded, SiteDetails

LATEST = 100
"""Commands that a site's list of them shows."""


def sites_blueprint(sites: Sites, commands: SiteCommands, trust: Trust) -> Blueprint:
    """The routes over one server's sites."""
    blueprint = Blueprint("sites", __name__, url_prefix="/api/v1")
    _site_routes(blueprint, sites)
    _changing_routes(blueprint, sites)
    _receipt_routes(blueprint, sites, commands)
    _uplink_route(blueprint, sites, trust)
    return blueprint


def _site_routes(blueprint: Blueprint, sites: Sites) -> None:
    @blueprint.get("/sites")
    async def every_site() -> Response:
        return answer([board.state for board in sites.visible(allowed("viewer"))])

    @blueprint.get("/sites/<int:site_id>")
    async def one_site(site_id: int) -> Response:
        board = sites.board(allowed("viewer"), site_id)
        return answer(SiteDetails(board.state, tuple(sites.circuits(board)), tuple(board.registers())))

    @blueprint.get("/sites/<int:site_id>/commands")
    async def commands_of(site_id: int) -> Response:
        board = sites.board(allowed("viewer"), site_id)
        rows = await sites.reader.call(lambda store: store.site_commands(site_id, LATEST))
        return answer([shown_command(row, board.row.name) for row in rows])

    @blueprint.get("/sites/<int:site_id>/commands/<int:command_id>")
    async def one_command(site_id: int, command_id: int) -> Response:
        board = sites.board(allowed("viewer"), site_id)
        row = await sites.reader.call(lambda store: store.site_command(min(command_id, 2**63 - 1)))
        if row is None or row.site_id != site_id:
            raise problem(404, "not-found", f"Site {board.row.name} was sent no command {command_id}.")
        return answer(shown_command(row, board.row.name))


def _changing_routes(blueprint: Blueprint, sites: Sites) -> None:
    @blueprint.post("/sites")
    async def add() -> Response:
        _everything(allowed("admin"))
        row, token = await sites.add(decode(await request.get_data(), NewSite))
        return answer(SiteAdded(row.id, row.name, row.inn, token), 201)

    @blueprint.post("/sites/<int:site_id>/token")
    async def renew(site_id: int) -> Response:
        board = _mine(site_id)
        row = board.row
        return answer(SiteAdded(row.id, row.name, row.inn, await sites.renew(board)))

    @blueprint.delete("/sites/<int:site_id>")
    async def revoke(site_id: int) -> Response:
        await sites.revoke(_mine(site_id))
        return nothing()

    @blueprint.post("/sites/<int:site_id>/circuits")
    async def bind(site_id: int) -> Response:
        board = _mine(site_id)
        wanted = decode(await request.get_data(), BindCircuitRequest)
        await sites.bind(board, wanted)
        return answer(next(each for each in sites.circuits(board) if each.id == wanted.remote), 201)

    def _mine(site_id: int) -> Board:
        """Sites are this server's, not an organisation's: only who sees everything changes them."""
        access = allowed("admin")
        board = sites.board(access, site_id)
        _everything(access)
        return board


def _receipt_routes(blueprint: Blueprint, sites: Sites, commands: SiteCommands) -> None:
    """Where the receipts are kept decides who answers: the copies here, or the site itself."""

    @blueprint.get("/sites/<int:site_id>/receipts")
    async def receipts_of(site_id: int) -> Response:
        access = allowed("viewer")
        board = sites.board(access, site_id)
        wanted = receipt_filter(request.args, access, None)
        if board.heard.receipts == "central":
            return answer(await archived_page(sites.reader, site_id, wanted))
        query = {name: str(value) for name, value in request.args.items()}
        return answer(await commands.read(board, query=query, inn=access.inn or board.row.inn))

    @blueprint.get("/sites/<int:site_id>/receipts/<int:receipt_id>")
    async def receipt_of(site_id: int, receipt_id: int) -> Response:
        access = allowed("viewer")
        board = sites.board(access, site_id)
        read_query(request.args, {}, "one receipt")
        if board.heard.receipts == "central":
            return answer(await archived_receipt(sites.reader, site_id, receipt_id, access.inn))
        known = min(receipt_id, 2**63 - 1)
        return answer(await commands.read(board, receipt=known, query={}, inn=access.inn or board.row.inn))


def _uplink_route(blueprint: Blueprint, sites: Sites, trust: Trust) -> None:
    @blueprint.websocket("/uplink")
    async def uplink() -> None:
        token, access = bearer(websocket.headers.get("Authorization")), current_access()
        if token is None or access.site_id is None:
            raise problem(403, "not-allowed", "Only a site's own token opens an uplink.")
        client = websocket.scope.get("client")
        peer = client[0] if client else ""
        address = origin(peer, websocket.headers.getlist("X-Forwarded-For"), trust.proxies) or peer or None
        try:
            await websocket.accept()
        except LocalProtocolError:
            return  # as on the stream: what came behind the opening was no WebSocket's
        await sites.serve(QuartSocket(), access, token, address)


def _everything(access: Access) -> None:
    if access.inn is not None:
        raise problem(404, "not-found", "Sites may serve every organisation; this token sees only one.")
