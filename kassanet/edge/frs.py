"""Fiscal circuits over HTTP, exactly as integrators of cloud registers know them: ``/frs``, ``/fcircuit``, ``/int``."""

import secrets

import msgspec
from quart import Blueprint, Response, request

from kassanet.edge.answers import answer, nothing
from kassanet.edge.auth import Access, new_token, token_hash
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.frs_view import (
    TOKEN_TYPES,
    shown_circuit,
    shown_integration,
    shown_kkt,
    shown_state,
    with_secrets,
)
from kassanet.edge.visibility import allowed, visible_circuit, visible_kkt
from kassanet.fleet import Fleet
from schemas.circuits import NewCircuit, NewIntegration, NewKkt
from schemas.problems import FieldError, problem
from schemas.rows import StoredKkt
from transports.address import BadAddress, dialer_for

ACTIVATION_PATIENCE = 4.0
"""Seconds an activation waits for the device to say who it is."""


def frs_blueprint(fleet: Fleet) -> Blueprint:
    """The routes over one fleet."""
    blueprint = Blueprint("frs", __name__)
    _register_routes(blueprint, fleet)
    _circuit_routes(blueprint, fleet)
    _integration_routes(blueprint, fleet)
    return blueprint


def _register_routes(blueprint: Blueprint, fleet: Fleet) -> None:
    @blueprint.get("/frs")
    async def all_registers() -> Response:
        access = allowed("viewer")
        rows = [row for row in fleet.kkts.values() if _sees(access, fleet, row)]
        return answer([shown_state(row.eip, fleet.state(row.eip)) for row in rows])

    @blueprint.get("/frs/<path:eip>")
    async def one_register(eip: str) -> Response:
        row = visible_kkt(allowed("viewer"), fleet, eip)
        return answer(shown_state(row.eip, fleet.state(eip)))

    @blueprint.patch("/frs/<path:eip>/activate")
    async def activate(eip: str) -> Response:
        visible_kkt(allowed("operator"), fleet, eip)
        return answer(shown_kkt(await fleet.activate(eip, ACTIVATION_PATIENCE)))

    @blueprint.patch("/frs/<path:eip>/deactivate")
    async def deactivate(eip: str) -> Response:
        visible_kkt(allowed("operator"), fleet, eip)
        return answer(shown_kkt(await fleet.deactivate(eip)))

    @blueprint.delete("/frs/<path:eip>")
    async def remove(eip: str) -> Response:
        visible_kkt(allowed("operator"), fleet, eip)
        await fleet.remove(eip)
        return nothing()


def _circuit_routes(blueprint: Blueprint, fleet: Fleet) -> None:
    @blueprint.get("/fcircuit/<identifier>")
    async def circuits(identifier: str) -> Response:
        access = allowed("viewer")
        found = [
            row for row in fleet.circuits.values() if identifier in (row.inn, row.sinn) and access.sees(row.inn, row.id)
        ]
        if not found:
            raise problem(404, "not-found", f"No circuit has the identifier {identifier}.")
        return answer([shown_circuit(fleet, row, secret=access.role == "admin") for row in found])

    @blueprint.post("/fcircuit")
    async def create() -> Response:
        access = allowed("operator")
        wanted = decode(await request.get_data(), NewCircuit)
        if not access.sees(wanted.inn):
            raise problem(404, "not-found", f"This token knows no organisation but {access.inn}.")
        row = await fleet.create_circuit(wanted)
        return answer(shown_circuit(fleet, row, secret=True), 201)

    @blueprint.post("/fcircuit/<int:circuit_id>/fr")
    async def add_register(circuit_id: int) -> Response:
        visible_circuit(allowed("operator"), fleet, circuit_id)
        wanted = decode(await request.get_data(), NewKkt)
        _check_new_kkt(fleet, wanted)
        return answer(shown_kkt(await fleet.add_kkt(circuit_id, wanted)), 201)

    @blueprint.post("/fcircuit/<int:circuit_id>/int")
    async def add_integration(circuit_id: int) -> Response:
        access = allowed("operator")
        visible_circuit(access, fleet, circuit_id)
        body = await request.get_data()
        wanted = decode(body, NewIntegration)
        further = {key: value for key, value in msgspec.json.decode(body).items() if key not in _NAMED}
        params = msgspec.json.encode(further)
        if wanted.type not in TOKEN_TYPES:
            row = await fleet.add_integration(circuit_id, wanted, params, None, None)
            return answer(shown_integration(row, secret=access.role == "admin"), 201)
        token, key = new_token(), secrets.token_urlsafe(32)
        row = await fleet.add_integration(circuit_id, wanted, params, key, token_hash(token))
        return answer(with_secrets(row, token, key, secret=access.role == "admin"), 201)


def _integration_routes(blueprint: Blueprint, fleet: Fleet) -> None:
    async def switch(integration_id: int, *, active: bool) -> Response:
        access = allowed("operator")
        row = fleet.integration(integration_id)
        visible_circuit(access, fleet, row.circuit_id)
        row = await fleet.switch_integration(integration_id, 1 if active else 0)
        return answer(shown_integration(row, secret=access.role == "admin"))

    @blueprint.patch("/int/<int:integration_id>/activate")
    async def activate_integration(integration_id: int) -> Response:
        return await switch(integration_id, active=True)

    @blueprint.patch("/int/<int:integration_id>/deactivate")
    async def deactivate_integration(integration_id: int) -> Response:
        return await switch(integration_id, active=False)


_NAMED = frozenset({"type", "param1", "param2"})


def _sees(access: Access, fleet: Fleet, row: StoredKkt) -> bool:
    return access.sees(fleet.circuit(row.circuit_id).inn, row.circuit_id)


def _check_new_kkt(fleet: Fleet, wanted: NewKkt) -> None:
    errors = []
    if wanted.type not in fleet.kinds:
        errors.append(FieldError("type", f"{wanted.type!r} is no known register type", ", ".join(sorted(fleet.kinds))))
    try:
        dialer_for(wanted.eip)
    except BadAddress as bad:
        errors.append(bad.error)
    if errors:
        raise invalid(errors)
