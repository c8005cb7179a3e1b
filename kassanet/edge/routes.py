"""Channels, billings and routes over HTTP: made, changed, shown, explained; and the graph that they form."""

import re
from typing import Any

from quart import Blueprint, Response, request

from actors.journal import Reader
from kassanet.channels.integrations import Unfinished
from kassanet.channels.mediator import Mediator
from kassanet.channels.setup import KINDS, Spec, dangling, explain
from kassanet.channels.shown import without_secrets
from kassanet.channels.template import TooSmall
from kassanet.channels.topology import topology
from kassanet.edge.answers import answer, nothing
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.queries import Readers, read_query
from kassanet.edge.visibility import allowed
from kassanet.fleet import Fleet
from schemas.payment_records import PartKind
from schemas.payments import Pay
from schemas.problems import FieldError, problem
from schemas.routes import BillingSpec, ChannelSpec, Explained, RouteSpec

_SUM = re.compile("[0-9]{1,13}")
_KOPECKS = "kopecks, from 1"


def _kopecks(text: str) -> int:
    amount = int(text) if _SUM.fullmatch(text) else 0
    if not 1 <= amount <= 10**12:
        raise ValueError(text)
    return amount


_PAYMENT: Readers = {
    "channel": ("channel", str, "a channel's name"),
    "account": ("account", str, "a subscriber's account"),
    "sum": ("sum", _kopecks, _KOPECKS),
    "service": ("service", str, "a service's name"),
    "txn_id": ("txn_id", str, "the channel's number of the payment"),
}
"""What may be said of a payment that is to be explained."""


def routes_blueprint(mediator: Mediator, fleet: Fleet, reader: Reader) -> Blueprint:
    """The three collections, ``GET /api/v1/routes/explain`` and ``GET /api/v1/topology``."""
    blueprint = Blueprint("routes", __name__, url_prefix="/api/v1")
    desk = _Desk(mediator, fleet, reader)
    blueprint.get("/routes/explain")(desk.explain)
    blueprint.get("/topology")(desk.topology)
    for kind in KINDS:
        _add_collection(blueprint, desk, kind)
    return blueprint


def _add_collection(blueprint: Blueprint, desk: "_Desk", kind: PartKind) -> None:
    async def listing() -> Response:
        return desk.listing(kind)

    async def make() -> Response:
        return await desk.make(kind)

    async def one(part: str) -> Response:
        return desk.one(kind, part)

    async def replace(part: str) -> Response:
        return await desk.replace(kind, part)

    async def remove(part: str) -> Response:
        return await desk.remove(kind, part)

    blueprint.add_url_rule(f"/{kind}s", f"{kind}s", listing, methods=["GET"])
    blueprint.add_url_rule(f"/{kind}s", f"make_{kind}", make, methods=["POST"])
    blueprint.add_url_rule(f"/{kind}s/<part>", kind, one, methods=["GET"])
    blueprint.add_url_rule(f"/{kind}s/<part>", f"replace_{kind}", replace, methods=["PUT"])
    blueprint.add_url_rule(f"/{kind}s/<part>", f"remove_{kind}", remove, methods=["DELETE"])


class _Desk:
    def __init__(self, mediator: Mediator, fleet: Fleet, reader: Reader) -> None:
        self._mediator = mediator
        self._fleet = fleet
        self._reader = reader

    def listing(self, kind: PartKind) -> Response:
        access = allowed("viewer")
        parts = self._mediator.setup.parts.of(kind)
        return answer([_shown(access, spec) for spec in parts.values() if self._sees(access, spec)])

    def one(self, kind: PartKind, name: str) -> Response:
        access = allowed("viewer")
        return answer(_shown(access, self._found(access, kind, name)))

    async def make(self, kind: PartKind) -> Response:
        access = allowed("admin")
        spec: Spec = decode(await request.get_data(), KINDS[kind])
        self._may_make(access, spec)
        await self._mediator.save(kind, spec, new=True)
        return answer(_shown(access, spec), 201)

    async def replace(self, kind: PartKind, name: str) -> Response:
        access = allowed("admin")
        self._found(access, kind, name)
        spec: Spec = decode(await request.get_data(), KINDS[kind])
        if spec.name != name:
            raise invalid([FieldError("name", f"is {spec.name}", f"{name}: a name is never changed")])
        self._may_make(access, spec)
        await self._mediator.save(kind, spec, new=False)
        return answer(_shown(access, spec))

    async def remove(self, kind: PartKind, name: str) -> Response:
        self._found(allowed("admin"), kind, name)
        await self._mediator.remove(kind, name)
        return nothing()

    async def explain(self) -> Response:
        access = allowed("viewer")
        said = read_query(request.args, _PAYMENT, "payments to be explained")
        if "sum" not in said:
            raise invalid([FieldError("sum", "is missing", _KOPECKS)])
        pay = Pay(said.get("txn_id") or "example", said.get("account", ""), said["sum"], None, said.get("service"))
        return answer(self._explained(access, said.get("channel", ""), pay))

    def _explained(self, access: Access, channel: str, pay: Pay) -> Explained:
        spec = self._mediator.setup.channel(channel)
        if spec is not None and not self._sees(access, spec):
            raise problem(404, "not-found", f"There is no channel {channel}.")
        try:
            route, why, receipt = explain(self._mediator.setup, channel, pay)
        except (TooSmall, Unfinished) as error:
            return Explained(channel, pay.account, pay.sum, None, str(error))
        items = () if receipt is None else receipt.items
        return Explained(channel, pay.account, pay.sum, route, why, items, receipt)

    async def topology(self) -> Response:
        access = allowed("viewer")
        backlog = await self._reader.call(lambda store: store.payment_backlog())
        return answer(topology(self._mediator, self._fleet, {one.billing: one for one in backlog}, access.sees))

    def _found(self, access: Access, kind: PartKind, name: str) -> Any:  # noqa: ANN401 - a part of that kind
        spec = self._mediator.setup.parts.of(kind).get(name)
        if spec is None or not self._sees(access, spec):
            raise problem(404, "not-found", f"There is no {kind} {name}.")
        return spec

    def _sees(self, access: Access, spec: Spec) -> bool:
        """A billing belongs to whom a route of theirs leads there."""
        if isinstance(spec, ChannelSpec | RouteSpec):
            return access.sees(spec.inn)
        routes = self._mediator.setup.parts.routes.values()
        return access.inn is None or any(access.sees(route.inn) for route in routes if route.billing == spec.name)

    def _may_make(self, access: Access, spec: Spec) -> None:
        """A token of one organisation changes nothing of another's, and no billing, which others may use.

        It leads no money into a billing that nobody has given its organisation a route to.
        """
        if access.inn is None:
            return
        if isinstance(spec, BillingSpec) or spec.inn != access.inn:
            raise problem(403, "not-allowed", "This token is for one organisation only.")
        if isinstance(spec, RouteSpec) and spec.billing is not None:
            billing = self._mediator.setup.parts.billings.get(spec.billing)
            if billing is None or not self._sees(access, billing):
                raise dangling(f"route {spec.name}", f"billing {spec.billing}")


def _shown(access: Access, spec: Spec) -> Spec:
    """A billing's secrets are no organisation's: several may be credited there."""
    own = access.inn is None or not isinstance(spec, BillingSpec)
    return spec if access.role == "admin" and own else without_secrets(spec)
