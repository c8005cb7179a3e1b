"""Cashiers of software registers over HTTP: registered by what their key signed, listed, revoked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
from quart import Blueprint, Response, request

from kassanet.cashiers import Cashiers
from kassanet.edge.answers import answer, nothing
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.prro_sight import refusals
from kassanet.edge.visibility import allowed
from kassanet.prro_wiring import PrroParts
from schemas.agents import AskRegistration
from schemas.cashiers import Cashier, CashierRefused, NewCashier, Registration, SignedRegistration
from schemas.problems import FieldError, problem


def cashiers_blueprint(cashiers: Cashiers, parts: PrroParts) -> Blueprint:
    """The routes over all cashiers."""
    blueprint = Blueprint("prro_cashiers", __name__, url_prefix="/api/v1/prro")
    _add_registration(blueprint, cashiers, parts)
    _add_cashiers(blueprint, cashiers)
    return blueprint


def _add_registration(blueprint: Blueprint, cashiers: Cashiers, parts: PrroParts) -> None:
    @blueprint.post("/cashiers")
    async def register() -> Response:
        access = allowed("operator")
        _must_be_on(parts)
        said = decode(await request.get_data(), NewCashier)
        if (said.login is None) != (said.password is None):
            raise invalid([FieldError("password", "belongs together with login", "both or none")])
        with refused_cashiers():
            return answer(await cashiers.register(said, access.name, access.inn), 201)

    @blueprint.post("/registrations")
    async def registration() -> Response:
        """A packet that this service writes, signed by the key's agent: what :func:`register` then takes."""
        access = allowed("operator")
        _must_be_on(parts)
        said = decode(await request.get_data(), AskRegistration)
        mistake = parts.agents.mistake(said.key_id)
        if mistake is not None:
            raise invalid([mistake])
        tenant = (await parts.agents.key(said.key_id)).tenant
        access.check_sees(tenant)
        packet = _written(said, tenant)
        with refusals():
            signed = await parts.agents.bare(said.key_id)(msgspec.json.encode(packet))
        return answer(SignedRegistration(signed, packet))


def _add_cashiers(blueprint: Blueprint, cashiers: Cashiers) -> None:
    @blueprint.get("/cashiers")
    async def listing() -> Response:
        access = allowed("viewer")
        return answer([each for each in cashiers.all if access.sees(each.tin)])

    @blueprint.get("/cashiers/<int:cashier_id>")
    async def one(cashier_id: int) -> Response:
        return answer(_visible(allowed("viewer"), cashiers, cashier_id))

    @blueprint.delete("/cashiers/<int:cashier_id>")
    async def revoke(cashier_id: int) -> Response:
        _visible(allowed("operator"), cashiers, cashier_id)
        await cashiers.revoke(cashier_id)
        return nothing()


@contextmanager
def refused_cashiers() -> Iterator[None]:
    """What is no cashier, as problems; nothing was changed."""
    try:
        yield
    except CashierRefused as refusal:
        status = 401 if refusal.code == "wrong-login" else 422
        text = f"{refusal.text[:1].upper()}{refusal.text[1:]}".rstrip(".")
        raise problem(status, refusal.code, f"{text}.") from None


def _written(said: AskRegistration, tenant: str) -> Registration:
    return Registration(
        uid=str(uuid4()),
        timestamp=datetime.now(UTC),
        tin=said.tin or tenant,
        name=said.name,
        key=said.key_id,
        registers=said.registers,
    )


def _must_be_on(parts: PrroParts) -> None:
    if not parts.is_on:
        raise problem(409, "prro-off", "No tax server is configured: set tax_server in [prro].")


def _visible(access: Access, cashiers: Cashiers, cashier_id: int) -> Cashier:
    found = cashiers.one(cashier_id)
    access.check_sees(found.tin)
    return found
