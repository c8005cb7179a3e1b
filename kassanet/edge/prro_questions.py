"""Questions to the tax service over HTTP: the request stays open while the agent signs and the tax service answers."""

from quart import Blueprint, Response, request

from kassanet.cashiers import Cashiers
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access
from kassanet.edge.decoding import invalid
from kassanet.edge.prro_sight import refusals, visible_prro
from kassanet.edge.visibility import allowed
from kassanet.fleet import Fleet
from kassanet.prro_agents import Agents
from kassanet.prro_wiring import PrroParts
from kassanet.prros import Prros
from kassanet.tax_desk import TaxDesk
from schemas.problems import FieldError, problem
from schemas.tax_shown import shown_objects, shown_state, shown_totals

_EXPECTED = "key=AGENT/KEY or cashier=NUMBER"


def questions_blueprint(desk: TaxDesk, cashiers: Cashiers, prros: Prros, parts: PrroParts, fleet: Fleet) -> Blueprint:
    """The routes. Each costs a signature, so operators ask."""
    blueprint = Blueprint("prro_questions", __name__, url_prefix="/api/v1/prro")

    @blueprint.get("/tax-objects")
    async def tax_objects() -> Response:
        access = allowed("operator")
        if not parts.is_on:
            raise problem(409, "prro-off", "No tax server is configured: set tax_server in [prro].")
        key_id = await _key_asked(access, cashiers, parts.agents)
        with refusals():
            found = await desk.objects(key_id)
        return answer(shown_objects(found, {row.desk.register: row.id for row in prros.rows.values()}))

    @blueprint.get("/<int:prro_id>/tax-state")
    async def tax_state(prro_id: int) -> Response:
        row = visible_prro(allowed("operator"), fleet, prros, prro_id)
        with refusals():
            state = await desk.state(row.key_id, row.desk.register)
        if state is None:
            raise problem(404, "not-found", f"The tax service knows no register {row.desk.register}.")
        return answer(shown_state(state))

    @blueprint.get("/<int:prro_id>/tax-totals")
    async def tax_totals(prro_id: int) -> Response:
        row = visible_prro(allowed("operator"), fleet, prros, prro_id)
        with refusals():
            totals = await desk.totals(row.key_id, row.desk.register)
        if totals is None:
            raise problem(404, "not-found", f"The tax service has no shift of register {row.desk.register}.")
        return answer(shown_totals(totals))

    return blueprint


async def _key_asked(access: Access, cashiers: Cashiers, agents: Agents) -> str:
    """The key that is to ask; what this token may not see does not exist."""
    asked = {name: request.args[name] for name in request.args}
    if set(asked) == {"cashier"}:
        return _of_cashier(access, cashiers, asked["cashier"])
    if set(asked) != {"key"}:
        raise invalid([FieldError("key", "one of the two is needed, and nothing else", _EXPECTED)])
    mistake = agents.mistake(asked["key"])
    if mistake is not None:
        raise invalid([FieldError("key", mistake.message, mistake.expected)])
    if access.inn is not None:
        access.check_sees((await agents.key(asked["key"])).tenant)
    return asked["key"]


def _of_cashier(access: Access, cashiers: Cashiers, text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise invalid([FieldError("cashier", f"{text[:64]!r} cannot be read", "a cashier's number")])
    cashier = cashiers.one(int(text[:18]))
    access.check_sees(cashier.tin)
    if cashier.revoked_at is not None:
        raise problem(409, "cashier-revoked", f"Cashier {cashier.id} is revoked.")
    return cashier.key_id
