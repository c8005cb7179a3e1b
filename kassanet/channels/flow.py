"""How much flows over each way between channels, billings, circuits and registers: counted as it becomes durable.

The graph that a page draws is alive by these counters. They only grow, so whoever was away for some ticks, or gets
several at once, knows all the same what flowed meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from actors.hub import Hub
from actors.store import Moved
from schemas.payment_records import StoredPayment
from schemas.payments_live import Flow, PaymentMoved, ways

TOPIC = "flow"
_ARRIVES = {"credited": "billing/", "refused": "billing/", "queued": "circuit/"}
"""By event: at which kind of place the payment has come."""

Observe = Callable[[str, str, int], None]
"""Told channel, event and how many payments it happened to."""
Credited = Callable[[str, float], None]
"""Told the billing and the seconds that a credit took."""


class _Gathered:
    """What one commit brought over one way."""

    __slots__ = ("at", "circuit", "inn", "payments", "refused", "sum")

    def __init__(self, circuit: int | None, inn: str | None) -> None:
        self.circuit = circuit
        self.inn = inn
        self.payments = self.sum = self.refused = 0
        self.at = 0.0

    def add(self, amount: int, at: float, *, refused: bool = False) -> None:
        self.at = at
        self.refused += refused
        if not refused:
            self.payments += 1
            self.sum += amount


class FlowCounter:
    """``told`` is the journal's watcher. Each way is published once for a commit, however much it brought."""

    def __init__(self, hub: Hub, observe: Observe, credited: Credited) -> None:
        self._hub = hub
        self._observe = observe
        self._credited = credited

    def told(self, moved: Sequence[Moved]) -> None:
        """What one commit did."""
        ways: dict[Flow, _Gathered] = {}
        happened: Counter[tuple[str, str]] = Counter()
        for each in moved:
            if isinstance(each, PaymentMoved):
                happened.update((each.row.channel, event) for event in each.events)
                self._payment(ways, each.row, each.events)
            elif each.status == "fiscalized" and each.kkt is not None:
                way = Flow(f"circuit/{each.circuit_id}", f"register/{each.kkt}")
                _on(ways, way, circuit=each.circuit_id).add(each.total, each.at)
        for (channel, event), number in happened.items():
            self._observe(channel, event, number)
        for way, gathered in ways.items():
            self._publish(way, gathered)

    def _payment(self, ways: dict[Flow, _Gathered], row: StoredPayment, events: Sequence[str]) -> None:
        if "credited" in events and row.billing is not None:
            self._credited(row.billing, row.changed_at - row.accepted_at)
        if row.kind != "pay":
            return  # what is given back or corrected flows over no way of a route
        for event in events:
            if event == "received":
                _on(ways, Flow(None, f"channel/{row.channel}"), inn=row.inn).add(row.sum, row.changed_at)
            elif event in _ARRIVES and not (event == "refused" and row.credit != "refused"):  # its receipt was refused
                self._arrived(ways, row, event)

    def _arrived(self, found: dict[Flow, _Gathered], row: StoredPayment, event: str) -> None:
        for source, target in ways(row.channel, row.policy, row.billing, row.circuit_id):
            if target.startswith(_ARRIVES[event]):
                gathered = _on(found, Flow(source, target, row.route), inn=row.inn)
                gathered.add(row.sum, row.changed_at, refused=event == "refused")

    def _publish(self, way: Flow, more: _Gathered) -> None:
        known = self._hub.last(TOPIC, way.key)
        flow = known if isinstance(known, Flow) else way
        flow = replace(
            flow,
            payments=flow.payments + more.payments,
            sum=flow.sum + more.sum,
            refused=flow.refused + more.refused,
            at=more.at,
        )
        self._hub.publish(TOPIC, way.key, flow, circuit=more.circuit, inn=more.inn)


def _on(ways: dict[Flow, _Gathered], way: Flow, *, circuit: int | None = None, inn: str | None = None) -> _Gathered:
    found = ways.get(way)
    if found is None:
        found = ways[way] = _Gathered(circuit, inn)
    return found
