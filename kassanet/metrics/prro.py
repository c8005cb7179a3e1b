"""Software registers as Prometheus reads them: what is measured on the way, and what the present looks like."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Literal, Protocol

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from schemas.agents import AgentState, KeyCondition
from schemas.prro_commands import NotSigned, NotStamped, PrroState
from transports.prro.client import Sign
from transports.prro.limits import month_of

_ON_THE_WAY = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)

Counts = Mapping[tuple[str, str, int | None], int]
"""How many documents there are by kind, status, and the code with which they were refused."""


class PrroMeasured:
    """What is asked of the tax service and of signing agents, timed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._exchanges = Histogram(
            "kassanet_prro_tax_server_seconds",
            "A question to the tax service, by door (doc, cmd, pck); its HTTP status, unreached, or broken.",
            ("door", "outcome"),
            buckets=_ON_THE_WAY,
            registry=registry,
        )
        self._signatures = Histogram(
            "kassanet_prro_agent_seconds",
            "A signature by an agent: signed, not_signed, not_stamped, or failed.",
            ("agent", "outcome"),
            buckets=_ON_THE_WAY,
            registry=registry,
        )

    def exchange(self, door: str, outcome: str, seconds: float) -> None:
        self._exchanges.labels(door, outcome).observe(seconds)

    def signature(self, agent: str, outcome: str, seconds: float) -> None:
        self._signatures.labels(agent, outcome).observe(seconds)


class Signers(Protocol):
    """Who signs with a key; see :class:`kassanet.prros.Signers`."""

    def stamped(self, key_id: str) -> Sign: ...

    def bare(self, key_id: str) -> Sign: ...


class MeasuredSigners:
    """The same signers, each signature timed under the name of its agent."""

    def __init__(self, signers: Signers, tell: Callable[[str, str, float], None]) -> None:
        self._signers, self._tell = signers, tell

    def stamped(self, key_id: str) -> Sign:
        return self._timed(key_id, self._signers.stamped(key_id))

    def bare(self, key_id: str) -> Sign:
        return self._timed(key_id, self._signers.bare(key_id))

    def _timed(self, key_id: str, sign: Sign) -> Sign:
        agent = key_id.partition("/")[0]

        async def timed(content: bytes) -> bytes:
            begun, outcome = perf_counter(), "failed"
            try:
                signed = await sign(content)
                outcome = "signed"
            except NotStamped:
                outcome = "not_stamped"
                raise
            except NotSigned:
                outcome = "not_signed"
                raise
            finally:
                self._tell(agent, outcome, perf_counter() - begun)
            return signed

        return timed


def registers(states: Sequence[PrroState], now: float) -> Iterator[Metric]:
    """Where each register stands."""
    own = ("register",)
    condition = GaugeMetricFamily(
        "kassanet_prro_condition", "1 for the condition that it is in.", labels=(*own, "condition")
    )
    waiting = GaugeMetricFamily("kassanet_prro_waiting_documents", "Not yet with the tax service.", labels=own)
    opened = GaugeMetricFamily(
        "kassanet_prro_shift_opened_timestamp_seconds", "When the open shift was opened.", labels=own
    )
    left = GaugeMetricFamily(
        "kassanet_prro_offline_left_seconds", "Offline work left, by limit.", labels=(*own, "limit")
    )
    for state in states:
        name = str(state.register)
        condition.add_metric((name, state.condition), 1)
        waiting.add_metric((name,), state.waiting)
        if state.shift_opened_at is not None:
            opened.add_metric((name,), state.shift_opened_at)
        for limit, seconds in offline_left(state, now).items():
            left.add_metric((name, limit), seconds)
    yield from (condition, waiting, opened, left)


def offline_left(state: PrroState, now: float) -> dict[Literal["session", "month"], float]:
    """Seconds of offline work left in this session, or the next one, and in this month of Kyiv."""
    if state.session_limit is None or state.month_limit is None:
        return {}
    since = now if state.offline_since is None else state.offline_since
    month_began = month_of(datetime.fromtimestamp(now, UTC))[0].timestamp()
    in_month = state.month_used + now - max(since, month_began)
    return {"session": state.session_limit - (now - since), "month": state.month_limit - in_month}


def agents(states: Sequence[AgentState], keys: Sequence[KeyCondition]) -> Iterator[Metric]:
    """Signing agents as they were last asked, and their keys by what they are good for.

    The agent within the service is there whether anybody wants it or not: as long as it has no keys it is not told.
    """
    condition = GaugeMetricFamily(
        "kassanet_prro_agent_condition", "1 for the condition that it is in.", labels=("agent", "condition")
    )
    kept = GaugeMetricFamily("kassanet_prro_keys", "Signing keys by state.", labels=("state",))
    for state in states:
        if state.keys or not state.is_local:
            condition.add_metric((state.name, state.condition), 1)
    for key_state, number in Counter(keys).items():
        kept.add_metric((key_state,), number)
    yield from (condition, kept)


def documents(counts: Counts | None) -> Iterator[Metric]:
    """None: the store cannot tell now."""
    made = GaugeMetricFamily("kassanet_prro_documents", "Documents by kind and status.", labels=("kind", "status"))
    refused = GaugeMetricFamily(
        "kassanet_prro_refused_documents", "By the code with which the tax service refused them.", labels=("code",)
    )
    by_status: dict[tuple[str, str], int] = {}
    by_code: dict[str, int] = {}
    for (kind, status, code), number in (counts or {}).items():
        by_status[kind, status] = by_status.get((kind, status), 0) + number
        if code is not None:
            by_code[str(code)] = by_code.get(str(code), 0) + number
    for key, number in by_status.items():
        made.add_metric(key, number)
    for code_name, number in by_code.items():
        refused.add_metric((code_name,), number)
    yield from (made, refused)
