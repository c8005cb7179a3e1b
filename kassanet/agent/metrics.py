"""The agent in figures: what it signed and refused, how long that took, and what soon will not sign any more."""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from quart import Blueprint, Response

from actors.signing.rules import Refused
from kassanet.agent.desk import Desk
from kassanet.edge.application import current_access
from kassanet.prro_agents import key_condition
from schemas.problems import problem
from schemas.records import Conflict
from schemas.signing import AgentStatus, KeyShown
from transports.dstu.backend import backend

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_DAY = 86_400


class AgentMeasured:
    """Counters and histograms of one agent, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._signed = Counter(
            "kassanet_agent_signatures", "Signatures given, by level; again: given before.", ("level", "again"),
            registry=registry,
        )  # fmt: skip
        self._refused = Counter(
            "kassanet_agent_refusals", "Documents that were not signed, by reason.", ("reason",), registry=registry
        )
        self._seconds = Histogram(
            "kassanet_agent_signing_seconds", "From a document's arrival to its signature on disk.", ("level",),
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._requests = Counter(
            "kassanet_agent_http_requests", "Answers over HTTP.", ("method", "route", "status"), registry=registry
        )
        Gauge("kassanet_build_info", "1, with the version.", ("version",), registry=registry).labels(
            version("kassanet")
        ).set(1)
        ProcessCollector(registry=registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """As :data:`kassanet.edge.application.Measure`."""
        self._requests.labels(method, route, status).inc()

    @contextmanager
    def signing(self) -> Iterator[Callable[[str, bool], None]]:
        """Around the signing of a document; the callable takes the signature's level, and whether it was repeated."""
        begun = time.perf_counter()

        def signed(level: str, repeated: bool) -> None:
            self._signed.labels(level, str(repeated).lower()).inc()
            self._seconds.labels(level).observe(time.perf_counter() - begun)

        try:
            yield signed
        except Refused as refusal:
            self._refused.labels(refusal.code).inc()
            raise
        except Conflict as conflict:
            self._refused.labels(conflict.code.replace("_", "-")).inc()
            raise
        except Exception:
            self._refused.labels("failed").inc()
            raise


class AgentPresent(Collector):
    """One look at the agent, as a collector that is read once. ``keys`` are all that it has."""

    def __init__(self, status: AgentStatus, keys: tuple[KeyShown, ...], now: datetime) -> None:
        self._status, self._keys, self._now = status, keys, now

    def collect(self) -> Iterator[Metric]:
        status = self._status
        yield GaugeMetricFamily("kassanet_agent_locked", "1 while it awaits its master key.", float(status.locked))
        yield GaugeMetricFamily("kassanet_agent_fallback", "1 where slow Python signs.", float(status.fallback))
        states = GaugeMetricFamily("kassanet_agent_keys", "Keys by state.", labels=("state",))
        conditions = (key_condition(key, self._now, locked=status.locked) for key in self._keys)
        for state, number in Tally(conditions).items():
            states.add_metric((state,), number)
        yield states
        yield from self._days()

    def _days(self) -> Iterator[Metric]:
        left = GaugeMetricFamily(
            "kassanet_agent_key_days_left", "Until its certificate or agreement ends.", labels=("key", "tenant", "what")
        )
        for key in self._keys:
            left.add_metric((key.id, key.tenant, "certificate"), (key.valid_until - self._now).total_seconds() / _DAY)
            if key.agreement is not None:
                left.add_metric((key.id, key.tenant, "agreement"), self._until(key.agreement.until))
        yield left
        licence = GaugeMetricFamily("kassanet_agent_licence_days_left", "Until the licence ends; none: none is there.")
        if self._status.licence is not None:
            licence.add_metric((), self._until(self._status.licence.until))
        yield licence

    def _until(self, last: date) -> float:
        """Days to the end of a last day; 0 on it."""
        return (last - self._now.date()).days


def metrics_blueprint(measured: AgentMeasured, desk: Desk) -> Blueprint:
    """The route over one agent."""
    blueprint = Blueprint("metrics", __name__)
    used = backend().name
    Gauge("kassanet_agent_backend_info", "1, with what signs.", ("backend",), registry=measured.registry).labels(
        used
    ).set(1)

    @blueprint.get("/metrics")
    async def metrics() -> Response:
        access = current_access()
        access.require("viewer")
        if access.inn is not None:
            raise problem(404, "not-found", "Metrics are of every organisation; this token sees only one.")
        keys = desk.keys
        shown = tuple(desk.shown(key) for key in keys)
        present = CollectorRegistry(auto_describe=False)
        present.register(AgentPresent(desk.status(keys), shown, datetime.now(UTC)))
        return Response(generate_latest(measured.registry) + generate_latest(present), content_type=MEDIA_TYPE)

    return blueprint
