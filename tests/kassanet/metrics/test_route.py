"""``/metrics`` of a running service: who may read it, and that rules and board name only what it shows."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import trio
import yaml
from prometheus_client.parser import text_string_to_metric_families

from actors.journal import StoreUnavailable
from actors.kkt import health
from kassanet import app as service
from kassanet.config import Config
from kassanet.store import identity
from kassanet.store.sqlite import SqliteReader
from kassanet.tokens import create
from schemas import pinpads, prro_commands
from schemas.agents import KeyCondition
from schemas.kkt import Condition, Level
from schemas.payments_live import BreakerState
from schemas.prro_records import DocumentStatus
from schemas.receipts import Status
from tests.kassanet.edge.posted import receipt
from tests.kassanet.edge.test_audit import site

DEPLOY = Path(service.__file__).parent.parent / "deploy"
INN = "7801234564"
SERIES = re.compile(r"\b(?:kassanet|process)_\w+")
_SELECTOR = re.compile(r'(\w+)(?:=~|!=|=)"([^"]*)"')


def rules() -> list[dict[str, Any]]:
    said = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    return [rule for group in said["groups"] for rule in group["rules"]]


def board() -> list[str]:
    panels = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


EXPRESSIONS = [*(rule["expr"] for rule in rules()), *board()]
AGENT_EXPRESSIONS = [expression for expression in EXPRESSIONS if "kassanet_agent_" in expression]
"""Those about what a signing agent shows; its own tests hold them."""


async def shown(client: httpx.AsyncClient) -> dict[str, set[str]]:
    """The names of samples that are shown (or would be, had they any), and the labels of each."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(answer.text):
        for suffix in {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}.get(family.type, ("",)):
            found.setdefault(family.name + suffix, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


async def test_rules_and_board_name_only_what_is_shown(tmp_path: Path) -> None:
    async with site(tmp_path) as here, here.client() as client:
        circuit = (await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})).json()["id"]
        await client.post(f"/fcircuit/{circuit}/fr", json={"type": "terminalfa", "eip": "127.0.0.1:1"})
        await client.post(f"/api/v1/circuits/{circuit}/receipts", json=receipt())
        await client.patch("/frs/127.0.0.1:1/activate")
        await client.request("ODD", "/nowhere")
        found = await shown(client)
        kinds = set(re.findall(r'_mailbox_wait_seconds_count{kind="(\w+)"}', (await client.get("/metrics")).text))
        assert kinds >= {"journal", "circuit", "kkt"}
        text = (await client.get("/metrics")).text
    for expression in set(EXPRESSIONS) - set(AGENT_EXPRESSIONS):
        names = set(SERIES.findall(expression))
        assert names or "up{" in expression
        assert names <= found.keys(), expression
    route = "/api/v1/circuits/<int:circuit_id>/receipts"
    assert f'kassanet_http_requests_total{{method="POST",route="{route}",status="202"}} 1.0' in text
    assert 'method="none",route="none",status="404"' in text
    assert "ODD" not in text
    assert 'kassanet_receipts{status="queued"} 1.0' in text
    assert re.search(r"kassanet_journal_commit_seconds_count [1-9]", text)
    assert re.search(r'_command_seconds_count{command="\w+",outcome="unreachable",type="terminalfa"} [1-9]', text)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_rules_and_board_ask_for_values_that_exist(expression: str) -> None:
    codes = set(re.findall(r'"([a-z_0-9]+)"', Path(health.__file__).read_text()))
    known = {
        "status": {*get_args(Status), *get_args(DocumentStatus), "5.."},
        "state": {*get_args(BreakerState), *get_args(KeyCondition)},
        "event": {"received", "credited", "refused", "fiscalized"},
        "condition": {*get_args(Condition), *get_args(pinpads.Condition), *get_args(prro_commands.Condition), "ready"},
        "outcome": {"unreached", "broken", "5..", "not_signed", "failed"},
        "level": set(get_args(Level)),
        "code": codes,
        "command": {"commit"},
        "job": {"kassanet", "kassanet-agent"},
        "kind": {"journal", "circuit"},
    }
    for label, said in _SELECTOR.findall(expression):
        assert set(said.split("|")) <= known[label], expression


def test_every_rule_says_how_bad_it_is_and_what_it_means() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]


@pytest.mark.parametrize(
    ("role", "inn", "status"),
    [("viewer", None, 200), ("operator", None, 200), ("viewer", INN, 404), ("admin", INN, 404)],
)
async def test_who_may_read_them(tmp_path: Path, role: Any, inn: str | None, status: int) -> None:  # noqa: ANN401
    async with site(tmp_path) as here, here.client(create(tmp_path, role, inn)) as client:
        assert (await client.get("/metrics")).status_code == status


async def test_without_a_token_only_from_trusted_networks(tmp_path: Path) -> None:
    for config, status in (({}, 401), ({"frs_auth": "trusted-net", "trusted_networks": ("127.0.0.1",)}, 200)):
        async with site(tmp_path, config) as here, httpx.AsyncClient(base_url=here.address, trust_env=False) as client:
            assert (await client.get("/metrics")).status_code == status


async def test_an_integration_may_not(tmp_path: Path) -> None:
    async with site(tmp_path) as here, here.client() as client:
        circuit = (await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})).json()["id"]
        made = (await client.post(f"/fcircuit/{circuit}/int", json={"type": "api"})).json()
        await client.patch(f"/int/{made['id']}/activate")
        async with here.client(made["token"]) as theirs:
            assert (await theirs.get("/metrics")).status_code == 403
            assert (await theirs.get("/api/v1/audit")).status_code == 403


async def test_they_are_told_when_nothing_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(reader: SqliteReader) -> dict[str, int]:
        raise StoreUnavailable("the disk is gone")

    monkeypatch.setattr(SqliteReader, "counts", fail)
    async with site(tmp_path) as here, here.client() as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert "kassanet_receipts{" not in answer.text
    assert "kassanet_journal_available 1.0" in answer.text


async def test_they_are_told_while_the_journal_is_away(tmp_path: Path) -> None:
    with trio.fail_after(120):
        async with trio.open_nursery() as nursery:
            running: service.Service = await nursery.start(service.serve, Config(data=str(tmp_path), port=0))
            headers = {"Authorization": f"Bearer {create(tmp_path, 'viewer', None)}"}
            async with httpx.AsyncClient(base_url=running.addresses[0], headers=headers, trust_env=False) as client:
                assert "kassanet_journal_available 1.0" in (await client.get("/metrics")).text
                (tmp_path / identity.DATABASE).rename(tmp_path / "away.db")
                posted = await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})
                assert posted.status_code == 503
                assert "kassanet_journal_available 0.0" in (await client.get("/metrics")).text
                (tmp_path / "away.db").rename(tmp_path / identity.DATABASE)
            running.stop.set()
