"""Software registers in figures: what is left offline, what was made, how long others took."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime

import httpx
import pytest
from msgspec.structs import replace
from prometheus_client.metrics_core import Metric

from kassanet.metrics.prro import MeasuredSigners, agents, documents, offline_left, registers
from schemas.agents import AgentState
from schemas.prro_commands import NotSigned, NotStamped, PrroState
from transports.prro.client import Sign
from transports.prro.wire import Broken, Unreached, Wire, WireSettings

HOUR = 3600.0
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
ONLINE = PrroState(
    id=1, register=4000000001, condition="online", session_limit=36 * HOUR, month_limit=168 * HOUR, month_used=8 * HOUR
)


def values(metrics: Sequence[Metric], name: str) -> dict[tuple[str, ...], float]:
    [family] = [metric for metric in metrics if metric.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_what_is_left_offline() -> None:
    assert offline_left(ONLINE, NOW) == {"session": 36 * HOUR, "month": 160 * HOUR}
    offline = replace(ONLINE, condition="offline", offline_since=NOW - 6 * HOUR)
    assert offline_left(offline, NOW) == {"session": 30 * HOUR, "month": 154 * HOUR}
    assert offline_left(replace(ONLINE, session_limit=None), NOW) == {}


def test_a_session_burdens_each_month_with_its_own_part() -> None:
    midnight = datetime(2026, 11, 30, 22, tzinfo=UTC).timestamp()  # of Kyiv
    offline = replace(ONLINE, condition="offline", offline_since=midnight - 5 * HOUR, month_used=0.0)
    assert offline_left(offline, midnight + HOUR) == {"session": 30 * HOUR, "month": 167 * HOUR}


def test_where_registers_stand() -> None:
    shown = list(registers([replace(ONLINE, condition="offline", waiting=3, shift_opened_at=5.0)], NOW))
    assert values(shown, "kassanet_prro_condition") == {("4000000001", "offline"): 1}
    assert values(shown, "kassanet_prro_waiting_documents") == {("4000000001",): 3}
    assert values(shown, "kassanet_prro_shift_opened_timestamp_seconds") == {("4000000001",): 5}
    assert set(values(shown, "kassanet_prro_offline_left_seconds")) == {
        ("4000000001", "session"),
        ("4000000001", "month"),
    }


def test_documents_by_kind_status_and_code() -> None:
    shown = list(documents({("sale", "refused", 7): 2, ("sale", "refused", 9): 1, ("sale", "registered", None): 5}))
    assert values(shown, "kassanet_prro_documents") == {("sale", "refused"): 3, ("sale", "registered"): 5}
    assert values(shown, "kassanet_prro_refused_documents") == {("7",): 2, ("9",): 1}
    assert not any(metric.samples for metric in documents(None))


def test_agents_and_their_keys() -> None:
    agent = AgentState(name="shop", is_local=False, condition="locked")
    within = AgentState(name="local", is_local=True, condition="locked")
    shown = list(agents([agent, within], ["good", "good", "over"]))
    assert values(shown, "kassanet_prro_agent_condition") == {("shop", "locked"): 1}
    assert values(shown, "kassanet_prro_keys") == {("good",): 2, ("over",): 1}


class Signers:
    """One who does with everything what a test says."""

    def __init__(self, failure: Exception | None) -> None:
        self._failure = failure

    def stamped(self, key_id: str) -> Sign:
        async def sign(content: bytes) -> bytes:
            if self._failure is not None:
                raise self._failure
            return content

        return sign

    bare = stamped


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [(None, "signed"), (NotStamped("x"), "not_stamped"), (NotSigned("x"), "not_signed"), (LookupError("x"), "failed")],
)
async def test_signatures_are_told_by_agent_and_outcome(failure: Exception | None, outcome: str) -> None:
    told: list[tuple[str, str]] = []
    signers = MeasuredSigners(Signers(failure), lambda agent, how, seconds: told.append((agent, how)))
    for sign in (signers.stamped("shop/7"), signers.bare("shop/7")):
        with nullcontext() if failure is None else pytest.raises(type(failure)):
            assert await sign(b"x") == b"x"
    assert told == [("shop", outcome)] * 2


async def test_exchanges_are_told_by_door_and_outcome() -> None:
    told: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/doc"):
            raise httpx.ConnectError("refused")
        if request.url.path.endswith("/pck"):
            raise httpx.ReadError("cut")
        return httpx.Response(503, stream=httpx.ByteStream(b""))

    wire = Wire(WireSettings("http://tax/fs"), transport=httpx.MockTransport(answer))
    wire.measure = lambda door, outcome, seconds: told.append((door, outcome))
    with pytest.raises(Unreached):
        await wire.post("doc", b"x")
    with pytest.raises(Broken):
        await wire.post("pck", b"x")
    assert (await wire.post("cmd", b"x")).status == 503
    await wire.aclose()
    assert told == [("doc", "unreached"), ("pck", "broken"), ("cmd", "503")]
