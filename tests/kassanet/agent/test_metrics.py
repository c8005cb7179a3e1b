"""The agent's ``/metrics``: what it signed and refused, days that are left; rules name only what it shows."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from kassanet.agent.metrics import AgentPresent
from kassanet.agent.openapi.said import _KEY, _STATUS
from schemas.signing import KeyShown
from tests.kassanet.agent.office import AGREEMENT, TIN, Client, serving, settings, token
from tests.kassanet.metrics.test_route import AGENT_EXPRESSIONS, SERIES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOOD = replace(_KEY, valid_from=NOW - timedelta(days=9), valid_until=NOW + timedelta(days=100, hours=12), warnings=())


def values(text: str, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


@pytest.mark.usefixtures("cheap", "imported_here")
async def test_what_is_signed_and_refused_is_counted(tmp_path: Path, key_folder: Path) -> None:
    bearer = token(tmp_path)
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], bearer)
        container = (key_folder / "one" / "key.pfx").read_bytes()
        key = (await client.upload(container, agreement=AGREEMENT, policy={"kinds": ["check"]})).json()["id"]
        for _ in range(2):
            assert (await client.sign(key, "d1")).status_code == 200
        assert (await client.sign(key, "d1", b"<CHECK>another</CHECK>")).status_code in (409, 422)
        assert (await client.sign(key, "d2", kind="zrep")).status_code == 403
        batch = {"documents": [{"id": "d3", "kind": "zrep", "data": "eA=="}]}
        assert (await client.call("POST", f"/api/v1/keys/{key}/sign-batch", batch)).status_code == 200
        text = (await client.call("GET", "/metrics")).text
        of_one = Client(running.addresses[0], token(tmp_path, "viewer", TIN))
        assert (await of_one.call("GET", "/metrics")).status_code == 404
        assert (await of_one.get("/healthz"))["signing"]["backend"]
    assert values(text, "kassanet_agent_signatures_total") == {("false", "CAdES-BES"): 1, ("true", "CAdES-BES"): 1}
    refused = values(text, "kassanet_agent_refusals_total")
    assert refused.pop(("kind-not-allowed",)) == 2
    assert sum(refused.values()) == 1
    assert values(text, "kassanet_agent_signing_seconds_count") == {("CAdES-BES",): 2}
    assert values(text, "kassanet_agent_keys") == {("good",): 1}
    assert values(text, "kassanet_agent_locked") == {(): 0}
    names = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    known = names | {family.name for family in text_string_to_metric_families(text)}
    for expression in AGENT_EXPRESSIONS:
        assert set(SERIES.findall(expression)) <= known, expression


def look(*keys: KeyShown, locked: bool = False) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(AgentPresent(replace(_STATUS, locked=locked), keys, NOW))
    return generate_latest(registry).decode()


def test_days_that_are_left() -> None:
    text = look(GOOD)
    assert values(text, "kassanet_agent_key_days_left") == {
        (GOOD.id, GOOD.tenant, "certificate"): 100.5,
        (GOOD.id, GOOD.tenant, "agreement"): (date(2027, 12, 31) - NOW.date()).days,
    }
    assert values(text, "kassanet_agent_licence_days_left") == {(): 39}


def test_keys_by_state() -> None:
    over = replace(GOOD, id="b", valid_until=NOW - timedelta(days=1))
    assert values(look(GOOD, over), "kassanet_agent_keys") == {("good",): 1, ("over",): 1}
    assert values(look(GOOD, over, locked=True), "kassanet_agent_keys") == {("locked",): 1, ("over",): 1}
    assert re.search(r"^kassanet_agent_locked 1.0$", look(locked=True), re.MULTILINE)
