"""Software registers (ПРРО) over HTTP: which there are, what they make, and where they stand with the tax service."""

from quart import Blueprint, Response, request

from kassanet.edge.answers import answer, nothing
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.pinpad_sight import organisation_of
from kassanet.edge.prro_documents import DocumentDesk
from kassanet.edge.prro_sight import refusals, visible_prro
from kassanet.edge.visibility import allowed
from kassanet.fleet import Fleet
from kassanet.prro_wiring import PrroParts
from kassanet.prros import Prros
from schemas.problems import FieldError, problem
from schemas.prro_change import PrroChange
from schemas.prro_records import StoredPrro
from schemas.prro_shown import PrroSpec, ShownPrro


def prro_blueprint(prros: Prros, fleet: Fleet, parts: PrroParts, desk: DocumentDesk) -> Blueprint:
    """The routes over all software registers and their documents."""
    blueprint = Blueprint("prro", __name__, url_prefix="/api/v1/prro")
    _add_registers(blueprint, prros, fleet, parts)
    _add_switches(blueprint, prros, fleet)
    one = "/<int:prro_id>/documents/<int:document_id>"
    blueprint.post("/<int:prro_id>/operations")(desk.post_operation)
    blueprint.get("/<int:prro_id>/x-report")(desk.show_x_report)
    blueprint.get("/<int:prro_id>/documents")(desk.list_documents)
    blueprint.get(one)(desk.show_document)
    blueprint.get(f"{one}/text")(desk.show_text)
    blueprint.get(f"{one}/html")(desk.show_html)
    blueprint.get(f"{one}/png")(desk.show_png)
    return blueprint


def _add_registers(blueprint: Blueprint, prros: Prros, fleet: Fleet, parts: PrroParts) -> None:
    @blueprint.get("")
    async def registers() -> Response:
        inn = organisation_of(allowed("viewer", integrations=True), fleet)
        return answer([_shown(prros, row) for row in prros.rows.values() if inn in (None, row.desk.tin)])

    @blueprint.post("")
    async def add() -> Response:
        access = allowed("operator")
        spec = decode(await request.get_data(), PrroSpec)
        if access.inn is not None and spec.desk.tin != access.inn:
            raise problem(404, "not-found", f"This token knows no organisation but {access.inn}; say it as desk.tin.")
        if not parts.is_on:
            raise problem(409, "prro-off", "No tax server is configured: set tax_server in [prro].")
        mistake = parts.agents.mistake(spec.key_id)
        if mistake is not None:
            raise invalid([mistake])
        if access.inn is not None:  # in the name of another's key one could ask about that one's registers
            access.check_sees((await parts.agents.key(spec.key_id)).tenant)
        return answer(_shown(prros, await prros.add(spec.desk, spec.key_id, spec.cashier)), 201)

    @blueprint.get("/<int:prro_id>")
    async def one(prro_id: int) -> Response:
        return answer(_shown(prros, visible_prro(allowed("viewer", integrations=True), fleet, prros, prro_id)))

    @blueprint.patch("/<int:prro_id>")
    async def change(prro_id: int) -> Response:
        access = allowed("admin")
        row = visible_prro(access, fleet, prros, prro_id)
        said = decode(await request.get_data(), PrroChange)
        key_id = said.of(row).key_id
        subject = None if key_id == row.key_id else await _subject(parts, access, row, key_id)
        with refusals():
            return answer(_shown(prros, await prros.change(prro_id, said, subject)))

    @blueprint.delete("/<int:prro_id>")
    async def remove(prro_id: int) -> Response:
        visible_prro(allowed("operator"), fleet, prros, prro_id)
        await prros.remove(prro_id)
        return nothing()


async def _subject(parts: PrroParts, access: Access, row: StoredPrro, key_id: str) -> str | None:
    """The name that the certificate gives the key. Raises ProblemError for one that is not the register's owner's."""
    mistake = parts.agents.mistake(key_id)
    if mistake is not None:
        raise invalid([mistake])
    key = await parts.agents.key(key_id)
    access.check_sees(key.tenant)
    if key.tenant != row.desk.tin:
        raise invalid([FieldError("key_id", f"is a key of {key.tenant}", f"a key of {row.desk.tin}")])
    return key.subject_key_id


def _add_switches(blueprint: Blueprint, prros: Prros, fleet: Fleet) -> None:
    @blueprint.post("/<int:prro_id>/go-offline")
    async def go_offline(prro_id: int) -> Response:
        row = visible_prro(allowed("operator"), fleet, prros, prro_id)
        with refusals():
            await prros.go_offline(prro_id)
        return answer(_shown(prros, row))

    @blueprint.post("/<int:prro_id>/go-online")
    async def go_online(prro_id: int) -> Response:
        row = visible_prro(allowed("operator"), fleet, prros, prro_id)
        with refusals():
            await prros.go_online(prro_id)
        return answer(_shown(prros, row))

    @blueprint.post("/<int:prro_id>/unblock")
    async def unblock(prro_id: int) -> Response:
        row = visible_prro(allowed("operator"), fleet, prros, prro_id)
        with refusals():
            await prros.unblock(prro_id)
        return answer(_shown(prros, row))


def _shown(prros: Prros, row: StoredPrro) -> ShownPrro:
    return ShownPrro(row.id, row.desk, row.key_id, row.cashier, prros.state(row.id))
