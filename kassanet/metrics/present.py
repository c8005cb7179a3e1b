"""The present as Prometheus reads it: gauges made from a look at hub, tree and journal at the moment of asking.

A look is taken in the Trio thread and is only references to what is there; what they become is made elsewhere.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import get_args

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from actors.runtime.waits import BOUNDS, Waits
from kassanet.metrics import prro
from kassanet.metrics.sites import sites
from schemas.agents import AgentState, KeyCondition
from schemas.circuits import CircuitState
from schemas.kkt import KktState
from schemas.payment_records import PaymentCounts
from schemas.payments_live import BillingLive, BreakerState
from schemas.pinpads import PinpadState
from schemas.prro_commands import PrroState
from schemas.receipts import Status
from schemas.sites import SiteState
from schemas.tree import ActorNode, Lane


class Look(Struct, frozen=True):
    """``receipts`` None: the store cannot tell now. ``nodes`` are the actors, flat. ``now`` is UNIX time.

    ``waits`` are by kind of actor; they and ``stream_lags`` go on counting while the look is written down.
    """

    now: float
    available: bool
    receipts: Mapping[str, int] | None
    circuits: Sequence[CircuitState]
    kkts: Sequence[KktState]
    nodes: Sequence[ActorNode]
    waits: Mapping[str, Waits]
    stream_clients: int
    stream_interval: float
    stream_lateness: float
    stream_lag: float
    stream_lags: Waits
    stream_lagged: int
    pinpads: Sequence[PinpadState] = ()
    operations: Mapping[str, int] | None = None
    billings: Sequence[BillingLive] = ()
    payments: PaymentCounts | None = None
    prros: Sequence[PrroState] = ()
    prro_documents: prro.Counts | None = None
    agents: Sequence[AgentState] = ()
    keys: Sequence[KeyCondition] = ()
    sites: Sequence[SiteState] = ()


class Present(Collector):
    """One look, as a collector that is read once."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        look = self._look
        yield _gauge("kassanet_journal_available", "1 while the journal can be written.", float(look.available))
        yield from _stream(look)
        yield from _receipts(look)
        yield from _circuits(look)
        yield from _registers(look.kkts)
        yield from _pinpads(look)
        yield from _payments(look.payments)
        yield from _billings(look.billings, look.now)
        yield from prro.registers(look.prros, look.now)
        yield from prro.documents(look.prro_documents)
        yield from prro.agents(look.agents, look.keys)
        yield from sites(look.sites)
        yield from _mailboxes(look.nodes)
        waits = HistogramMetricFamily(
            "kassanet_mailbox_wait_seconds", "How long messages waited; one of a mailbox at a time.", labels=("kind",)
        )
        for kind, found in look.waits.items():
            _add(waits, (kind,), found)
        yield waits


def flat(node: ActorNode) -> list[ActorNode]:
    """The node and everything below it."""
    return [node, *(found for child in node.children for found in flat(child))]


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)


def _add(family: HistogramMetricFamily, labels: Sequence[str], found: Waits) -> None:
    """Copied first, so that the buckets and their sum are of one moment as nearly as matters."""
    counts, total = list(accumulate(found.counts)), found.total
    bounds = (*(str(float(bound)) for bound in BOUNDS), "+Inf")
    family.add_metric(labels, list(zip(bounds, counts, strict=True)), total)


def _stream(look: Look) -> Iterator[Metric]:
    yield _gauge("kassanet_stream_clients", "Open sockets of the live stream.", look.stream_clients)
    yield _gauge("kassanet_stream_interval_seconds", "Between two ticks of the stream.", look.stream_interval)
    yield _gauge("kassanet_stream_lateness_seconds", "How late the last tick came.", look.stream_lateness)
    yield _gauge("kassanet_stream_lag_seconds", "Of what waits for the client furthest behind.", look.stream_lag)
    lags = HistogramMetricFamily(
        "kassanet_stream_delivery_seconds", "What was sent to a client, from the tick until it was written."
    )
    _add(lags, (), look.stream_lags)
    yield lags
    yield CounterMetricFamily(
        "kassanet_stream_lagged_clients", "Clients let go because they did not keep up.", look.stream_lagged
    )


def _receipts(look: Look) -> Iterator[Metric]:
    family = GaugeMetricFamily("kassanet_receipts", "Receipts by status.", labels=("status",))
    if look.receipts is not None:
        for status in get_args(Status):
            family.add_metric((status,), look.receipts.get(status, 0))
    yield family


def _circuits(look: Look) -> Iterator[Metric]:
    queue = GaugeMetricFamily("kassanet_queue_receipts", "Receipts that wait in a circuit.", labels=("circuit",))
    age = GaugeMetricFamily("kassanet_queue_age_seconds", "How long the oldest has waited.", labels=("circuit",))
    does = GaugeMetricFamily("kassanet_circuit_registers", "Registers by what they do.", labels=("circuit", "does"))
    for circuit in look.circuits:
        name = str(circuit.id)
        queue.add_metric((name,), circuit.queued)
        age.add_metric((name,), max(0.0, look.now - circuit.oldest_at) if circuit.oldest_at is not None else 0.0)
        for what in ("idle", "busy", "reserved"):
            does.add_metric((name, what), getattr(circuit, what))
    yield from (queue, age, does)


def _registers(kkts: Sequence[KktState]) -> Iterator[Metric]:
    own = ("register", "circuit")
    condition = GaugeMetricFamily(
        "kassanet_register_condition", "1 for the condition that it is in.", labels=(*own, "type", "condition")
    )
    concern = GaugeMetricFamily(
        "kassanet_register_concern", "1 for each thing that a person should know.", labels=(*own, "code", "level")
    )
    unsent = GaugeMetricFamily("kassanet_register_unsent_documents", "Documents that wait for the OFD.", labels=own)
    opened = GaugeMetricFamily(
        "kassanet_register_shift_opened_timestamp_seconds", "When the open shift was opened.", labels=own
    )
    for kkt in kkts:
        key = (kkt.eip, str(kkt.circuit_id))
        condition.add_metric((*key, kkt.type, kkt.condition), 1)
        for code, level in {(each.code, each.level) for each in kkt.concerns}:
            concern.add_metric((*key, code, level), 1)
        if kkt.ofd is not None:
            unsent.add_metric(key, kkt.ofd.unsent)
        if kkt.shift is not None and kkt.shift.is_open and kkt.shift_opened_at is not None:
            opened.add_metric(key, kkt.shift_opened_at)
    yield from (condition, concern, unsent, opened)


def _pinpads(look: Look) -> Iterator[Metric]:
    condition = GaugeMetricFamily(
        "kassanet_pinpad_condition", "1 for the condition that it is in.", labels=("pinpad", "driver", "condition")
    )
    holds = GaugeMetricFamily("kassanet_pinpad_open_sales", "Sales that its settlement waits for.", labels=("pinpad",))
    for pinpad in look.pinpads:
        condition.add_metric((str(pinpad.id), pinpad.driver, pinpad.condition), 1)
        holds.add_metric((str(pinpad.id),), pinpad.holds)
    undecided = GaugeMetricFamily(
        "kassanet_pinpad_operations", "Operations of pinpads that have not ended, by status.", labels=("status",)
    )
    if look.operations is not None:
        for status in ("accepted", "sending", "received", "unknown", "manual"):
            undecided.add_metric((status,), look.operations.get(status, 0))
    yield from (condition, holds, undecided)


def _payments(counts: PaymentCounts | None) -> Iterator[Metric]:
    """Those that have ended are counted by what happened to them."""
    undecided = GaugeMetricFamily(
        "kassanet_payments_undecided", "Payments that a billing has still to decide about.", labels=("channel", "state")
    )
    owed = GaugeMetricFamily("kassanet_payments_to_give_back", "Payments that are owed to their payers.")
    kopecks = GaugeMetricFamily("kassanet_payments_to_give_back_kopecks", "How much is owed to payers.")
    stuck = GaugeMetricFamily("kassanet_payments_stuck", "Payments whose receipt was refused before their credit.")
    if counts is not None:
        for (channel, state), number in counts.undecided.items():
            undecided.add_metric((channel, state), number)
        owed.add_metric((), counts.owed)
        kopecks.add_metric((), counts.owed_sum)
        stuck.add_metric((), counts.stuck)
    yield from (undecided, owed, kopecks, stuck)


def _billings(billings: Sequence[BillingLive], now: float) -> Iterator[Metric]:
    breaker = GaugeMetricFamily(
        "kassanet_billing_breaker", "1 for the state that it is in.", labels=("billing", "state")
    )
    waiting = GaugeMetricFamily("kassanet_billing_backlog_payments", "Payments that wait for it.", labels=("billing",))
    age = GaugeMetricFamily(
        "kassanet_billing_backlog_age_seconds", "How long the oldest has waited.", labels=("billing",)
    )
    for billing in billings:
        name = (billing.name,)
        for state in get_args(BreakerState):
            breaker.add_metric((*name, state), float(billing.state == state))
        waiting.add_metric(name, billing.backlog)
        age.add_metric(name, 0.0 if billing.oldest_at is None else max(0.0, now - billing.oldest_at))
    yield from (breaker, waiting, age)


def _mailboxes(nodes: Sequence[ActorNode]) -> Iterator[Metric]:
    """By kind of actor: a thousand registers are one line, with the fullest of them."""
    depth = GaugeMetricFamily("kassanet_mailbox_messages", "Messages that wait.", labels=("kind", "lane"))
    fullest = GaugeMetricFamily("kassanet_mailbox_fullest_ratio", "Of the fullest mailbox.", labels=("kind", "lane"))
    actors = GaugeMetricFamily("kassanet_actors", "Actors by state.", labels=("kind", "state"))
    waiting: Counter[tuple[str, str]] = Counter()
    ratio: dict[tuple[str, str], float] = {}
    for node in nodes:
        for name, lane in _lanes(node):
            waiting[node.kind, name] += lane.depth
            ratio[node.kind, name] = max(ratio.get((node.kind, name), 0.0), lane.depth / lane.capacity)
    for lane_key, messages in waiting.items():
        depth.add_metric(lane_key, messages)
        fullest.add_metric(lane_key, ratio[lane_key])
    for state_key, number in Counter((node.kind, str(node.state)) for node in nodes).items():
        actors.add_metric(state_key, number)
    yield from (depth, fullest, actors)


def _lanes(node: ActorNode) -> Iterator[tuple[str, Lane]]:
    if node.work is not None:
        yield "work", node.work
    if node.control is not None:
        yield "control", node.control
