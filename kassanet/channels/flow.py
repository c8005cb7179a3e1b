"""How much flows over each way between channels, billings, circuits and registers: counted as it becomes durable.

The graph that a page draws is alive by these counters. They only grow, so whoever was away for some ticks, or gets
several at once, knows all the same what flowed meanwhile.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from actors.hub import Hub
from actors.store import Moved
from schemas.moved import ReceiptMoved
from schemas.payment_records import StoredPayment
from schemas.payments_live import Flow, PaymentMoved, ways

TOPIC = "flow"
_ARRIVES = {"credited": "billing/", "refused": "billing/", "queued": "circuit/"}
"""By event: at which kind of place the payment has come."""

Observe = Callable[[str, str, StoredPayment], None]
"""Told channel, event and the payment, of everything that happens to payments."""


class FlowCounter:
    """``told`` is the journal's watcher."""

    def __init__(self, hub: Hub, observe: Observe) -> None:
        self._hub = hub
        self._observe = observe

    def told(self, moved: Sequence[Moved]) -> None:
        """What one commit did."""
        for each in moved:
            if isinstance(each, PaymentMoved):
                self._payment(each.row, each.events)
            else:
                self._receipt(each)

    def _payment(self, row: StoredPayment, events: Sequence[str]) -> None:
        for event in events:
            self._observe(row.channel, event, row)
            if row.kind != "pay":
                continue  # what is given back or corrected flows over no way of a route
            if event == "received":
                self._add(Flow(None, f"channel/{row.channel}"), row.sum, row.changed_at, inn=row.inn)
            elif event in _ARRIVES and not (event == "refused" and row.credit != "refused"):  # its receipt was refused
                self._arrived(row, event)

    def _arrived(self, row: StoredPayment, event: str) -> None:
        for source, target in ways(row.channel, row.policy, row.billing, row.circuit_id):
            if target.startswith(_ARRIVES[event]):
                way = Flow(source, target, row.route)
                self._add(way, row.sum, row.changed_at, refused=event == "refused", inn=row.inn)

    def _receipt(self, moved: ReceiptMoved) -> None:
        if moved.status == "fiscalized" and moved.kkt is not None:
            way = Flow(f"circuit/{moved.circuit_id}", f"register/{moved.kkt}")
            self._add(way, moved.total, moved.at, circuit=moved.circuit_id)

    def _add(
        self, way: Flow, amount: int, at: float, *, refused: bool = False, circuit: int | None = None,
        inn: str | None = None,
    ) -> None:  # fmt: skip
        known = self._hub.last(TOPIC, way.key)
        flow = known if isinstance(known, Flow) else way
        if refused:
            flow = replace(flow, refused=flow.refused + 1, at=at)
        else:
            flow = replace(flow, payments=flow.payments + 1, sum=flow.sum + amount, at=at)
        self._hub.publish(TOPIC, way.key, flow, circuit=circuit, inn=inn)
