"""The graph of the mediator: where money comes from, who credits it, which registers make its receipts."""

from collections.abc import Callable, Iterator, Mapping

from kassanet.channels.mediator import Mediator
from kassanet.fleet import Fleet
from schemas.payment_records import Backlog
from schemas.routes import BillingSpec, Edge, Node, RouteSpec, Topology


def topology(mediator: Mediator, fleet: Fleet, backlog: Mapping[str, Backlog], sees: Callable[[str], bool]) -> Topology:
    """What of it belongs to an organisation for which ``sees`` is true."""
    parts = mediator.setup.parts
    routes = [route for route in parts.routes.values() if sees(route.inn)]
    billings = {route.billing for route in routes}
    circuits = {row.id for row in fleet.circuits.values() if sees(row.inn)}
    nodes = [
        *(Node(f"channel/{one.name}", "channel", one.name, one.kind, one.is_active)
          for one in parts.channels.values() if sees(one.inn)),
        *(_billing(mediator, one, backlog.get(one.name))
          for one in parts.billings.values() if one.name in billings or sees("")),
        *(Node(f"circuit/{row.id}", "circuit", row.title) for row in fleet.circuits.values() if row.id in circuits),
        *_registers(fleet, circuits),
    ]  # fmt: skip
    edges = [edge for route in routes for edge in _ways(route)]
    edges += [
        Edge(f"circuit/{row.circuit_id}", f"register/{row.eip}")
        for row in fleet.kkts.values()
        if row.circuit_id in circuits
    ]
    return Topology(tuple(nodes), tuple(edges))


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
    """In the order of the policy: what comes first is where the payment goes first."""
    source = f"channel/{route.channel}"
    billing = None if route.billing is None else f"billing/{route.billing}"
    circuit = None if route.policy == "credit_only" else f"circuit/{route.circuit}"
    stops = [circuit, billing] if route.policy == "fiscalize_then_credit" else [billing, circuit]
    for stop in stops:
        if stop is not None:
            yield Edge(source, stop, route.name, route.policy)
            source = stop
