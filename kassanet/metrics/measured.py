"""What is measured as it happens: plain calls of about a microsecond, made where the work is done.

The series of a call are looked up once and kept, for finding them by their labels costs more than counting.
"""

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from kassanet.metrics.prro import PrroMeasured
from schemas.tree import ActorNode

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_AT_THE_COUNTER = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300)
_UNTIL_CREDITED = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43200)
_ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class Measured:
    """The counters and histograms of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self._requests = Counter(
            "kassanet_http_requests", "Answers over HTTP.", ("method", "route", "status"), registry=registry
        )
        self._latency = Histogram(
            "kassanet_http_request_seconds",
            "Until the answer begins.",
            ("method", "route"),
            buckets=_QUICK,
            registry=registry,
        )
        self._commands = Histogram(
            "kassanet_register_command_seconds",
            "A command to a register, until its answer.",
            ("type", "command", "outcome"),
            buckets=_QUICK,
            registry=registry,
        )
        self._operations = Histogram(
            "kassanet_pinpad_operation_seconds",
            "An operation of a pinpad, from its first byte to its outcome.",
            ("kind", "outcome"),
            buckets=_AT_THE_COUNTER,
            registry=registry,
        )
        self._commit_seconds = Histogram(
            "kassanet_journal_commit_seconds",
            "One group commit, until it is on disk.",
            buckets=_QUICK,
            registry=registry,
        )
        self._commit_writes = Histogram(
            "kassanet_journal_commit_writes", "Writes that one group commit carried.", buckets=_ROWS, registry=registry
        )
        self._payments = Counter(
            "kassanet_payments",
            "What happened to payments: received, credited, refused, fiscalized, given_back, and so on.",
            ("channel", "event"),
            registry=registry,
        )
        self._credit = Histogram(
            "kassanet_payment_credit_seconds",
            "From a payment's being on disk until its billing has credited it.",
            ("billing",),
            buckets=_UNTIL_CREDITED,
            registry=registry,
        )
        self.prro = PrroMeasured(registry)
        self._restarts = Counter("kassanet_actor_restarts", "Lives of actors begun anew.", ("kind",), registry=registry)
        Gauge("kassanet_build_info", "1, with the version.", ("version",), registry=registry).labels(
            version("kassanet")
        ).set(1)
        ProcessCollector(registry=self.registry)
        self._answers: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._command_series: dict[tuple[str, str, str], Histogram] = {}
        self._payment_series: dict[tuple[str, str], Counter] = {}
        self._credit_series: dict[str, Histogram] = {}
        self._restarts_seen: dict[str, int] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """An answer over HTTP; ``route`` is the rule that matched, never the path that was asked for."""
        series = self._answers.get((method, route, status))
        if series is None:
            series = self._requests.labels(method, route, status), self._latency.labels(method, route)
            self._answers[method, route, status] = series
        series[0].inc()
        series[1].observe(seconds)

    def command(self, kind: str, command: str, outcome: str, seconds: float) -> None:
        """A command to a register of that type."""
        series = self._command_series.get((kind, command, outcome))
        if series is None:
            series = self._command_series[kind, command, outcome] = self._commands.labels(kind, command, outcome)
        series.observe(seconds)

    def operation(self, kind: str, outcome: str, seconds: float) -> None:
        """An operation of a pinpad; ``settled_…`` are unknown ones whose outcome was found out."""
        self._operations.labels(kind, outcome).observe(seconds)

    def commit(self, seconds: float, writes: int) -> None:
        """A group commit of the journal."""
        self._commit_seconds.observe(seconds)
        self._commit_writes.observe(writes)

    def payment(self, channel: str, event: str, payments: int) -> None:
        """Something happened to so many payments, in the words of their history."""
        series = self._payment_series.get((channel, event))
        if series is None:
            series = self._payment_series[channel, event] = self._payments.labels(channel, event)
        series.inc(payments)

    def credited(self, billing: str, seconds: float) -> None:
        """A payment's way from the disk to its credit."""
        series = self._credit_series.get(billing)
        if series is None:
            series = self._credit_series[billing] = self._credit.labels(billing)
        series.observe(max(0.0, seconds))

    def restarts(self, nodes: list[ActorNode]) -> None:
        """Count the restarts since the last look; who has gone is forgotten, so the sum never falls."""
        seen = self._restarts_seen
        by_kind: dict[str, int] = {}
        for node in nodes:
            known = seen.get(node.name, 0)
            new = node.restarts - known if node.restarts >= known else node.restarts  # less: another of its name
            by_kind[node.kind] = by_kind.get(node.kind, 0) + new
        for kind, restarts in by_kind.items():
            self._restarts.labels(kind).inc(restarts)
        self._restarts_seen = {node.name: node.restarts for node in nodes}
