"""The graph of the mediator: where money comes from, who credits it, which registers make its receipts."""

from collections.abc import Callable, Iterator, Mapping

from kassanet.channels.integrations import PAYKEEPER, place_of
from kassanet.channels.mediator import Mediator
from kassanet.fleet import Fleet
from schemas.payment_records import Backlog
from schemas.payments_live import ways
from schemas.routes import BillingSpec, Edge, Node, RouteSpec, Topology
from schemas.rows import StoredIntegration

GUESTS = ("api", PAYKEEPER)
"""Types of integrations through which payments or receipts come."""


def topology(mediator: Mediator, fleet: Fleet, backlog: Mapping[str, Backlog], sees: Callable[[str], bool]) -> Topology:
    """What of it belongs to an organisation for which ``sees`` is true."""
    parts = mediator.setup.parts
    routes = [route for route in parts.routes.values() if sees(route.inn)]
    billings = {route.billing for route in routes}
    circuits = {row.id for row in fleet.circuits.values() if sees(row.inn)}
    guests = [row for row in fleet.integrations.values() if row.type in GUESTS and row.circuit_id in circuits]
    nodes = [
        *(Node(f"channel/{one.name}", "channel", one.name, one.kind, one.is_active)
          for one in parts.channels.values() if sees(one.inn)),
        *(_billing(mediator, one, backlog.get(one.name))
          for one in parts.billings.values() if one.name in billings or sees("")),
        *(Node(f"circuit/{row.id}", "circuit", row.title) for row in fleet.circuits.values() if row.id in circuits),
        *(_guest(row) for row in guests),
        *_registers(fleet, circuits),
    ]  # fmt: skip
    edges = [edge for route in routes for edge in _ways(route)]
    edges += [Edge(place_of(row), f"circuit/{row.circuit_id}") for row in guests]
    edges += [
        Edge(f"circuit/{row.circuit_id}", f"register/{row.eip}")
        for row in fleet.kkts.values()
        if row.circuit_id in circuits
    ]
    return Topology(tuple(nodes), tuple(edges))


def _guest(row: StoredIntegration) -> Node:
    """An integration is a way in too: a program that posts receipts, or a shop that pays without further set-up."""
    return Node(place_of(row), "channel", row.param1 or f"{row.type} {row.id}", row.type, bool(row.is_active))


def _billing(mediator: Mediator, spec: BillingSpec, backlog: Backlog | None) -> Node:
    desk = mediator.desks.get(spec.name)
    state = "" if desk is None else desk.state.breaker
    waiting = f", {backlog.payments} waiting" if backlog is not None else ""
    return Node(f"billing/{spec.name}", "billing", spec.name, f"{state}{waiting}", spec.is_active)


def _registers(fleet: Fleet, circuits: set[int]) -> Iterator[Node]:
    for row in fleet.kkts.values():
        if row.circuit_id in circuits:
            state = fleet.state(row.eip)
            condition = "" if state is None else state.condition
            yield Node(f"register/{row.eip}", "register", row.eip, condition, bool(row.is_active))


def _ways(route: RouteSpec) -> Iterator[Edge]:
    for source, target in ways(route.channel, route.policy, route.billing, route.circuit):
        yield Edge(source, target, route.name, route.policy)
