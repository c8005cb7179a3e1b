"""Pinpads over HTTP: which there are, and switching them on and off."""

from quart import Blueprint, Response, request

from kassanet.edge.answers import answer, nothing
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.pinpad_operations import OperationDesk
from kassanet.edge.pinpad_sight import organisation_of, sees_pinpad, visible_pinpad
from kassanet.edge.visibility import allowed
from kassanet.fleet import Fleet
from kassanet.pinpad_kinds import mistakes
from kassanet.pinpads import Pinpads
from schemas.pinpads import PinpadSpec
from schemas.problems import problem


def pinpads_blueprint(pinpads: Pinpads, fleet: Fleet, desk: OperationDesk) -> Blueprint:
    """The routes over all pinpads and their operations."""
    blueprint = Blueprint("pinpads", __name__, url_prefix="/api/v1/pinpads")
    _pinpad_routes(blueprint, pinpads, fleet)
    one = "/<int:pinpad_id>/operations/<int:operation_id>"
    blueprint.post("/<int:pinpad_id>/operations")(desk.post_operation)
    blueprint.get("/<int:pinpad_id>/operations")(desk.list_operations)
    blueprint.get(one)(desk.show_operation)
    blueprint.get(f"{one}/history")(desk.show_history)
    blueprint.post(f"{one}/cancel")(desk.cancel_operation)
    blueprint.post(f"{one}/resolve")(desk.resolve_operation)
    blueprint.post(f"{one}/print")(desk.print_slip)
    return blueprint


def _pinpad_routes(blueprint: Blueprint, pinpads: Pinpads, fleet: Fleet) -> None:
    @blueprint.get("")
    async def pinpads_seen() -> Response:
        inn = organisation_of(allowed("viewer", integrations=True), fleet)
        return answer([pinpads.shown(row.id) for row in pinpads.rows.values() if sees_pinpad(inn, row)])

    @blueprint.post("")
    async def add() -> Response:
        access = allowed("operator")
        spec = _owned(access, decode(await request.get_data(), PinpadSpec))
        errors = mistakes(pinpads.kinds, spec)
        if errors:
            raise invalid(errors)
        row = await pinpads.add(spec)
        return answer(pinpads.shown(row.id), 201)

    @blueprint.get("/<int:pinpad_id>")
    async def one(pinpad_id: int) -> Response:
        visible_pinpad(allowed("viewer", integrations=True), fleet, pinpads, pinpad_id)
        return answer(pinpads.shown(pinpad_id))

    @blueprint.post("/<int:pinpad_id>/activate")
    async def activate(pinpad_id: int) -> Response:
        visible_pinpad(allowed("operator"), fleet, pinpads, pinpad_id)
        await pinpads.activate(pinpad_id)
        return answer(pinpads.shown(pinpad_id))

    @blueprint.post("/<int:pinpad_id>/deactivate")
    async def deactivate(pinpad_id: int) -> Response:
        visible_pinpad(allowed("operator"), fleet, pinpads, pinpad_id)
        await pinpads.deactivate(pinpad_id)
        return answer(pinpads.shown(pinpad_id))

    @blueprint.delete("/<int:pinpad_id>")
    async def remove(pinpad_id: int) -> Response:
        visible_pinpad(allowed("operator"), fleet, pinpads, pinpad_id)
        await pinpads.remove(pinpad_id)
        return nothing()


def _owned(access: Access, spec: PinpadSpec) -> PinpadSpec:
    """Who sees one organisation only adds pinpads of that one."""
    if access.inn is not None and spec.inn != access.inn:
        raise problem(404, "not-found", f"This token knows no organisation but {access.inn}; say it as inn.")
    return spec
