"""The audit log over HTTP: every change leaves a line, with who, where from, outcome, before and after; no secrets."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from quart_trio import QuartTrio
from trio_websocket import open_websocket_url

from kassanet import app as service
from kassanet.config import Config
from kassanet.edge import audit_route
from kassanet.edge.application import make_app
from kassanet.edge.audit import MUTATING, OWN_HISTORY, masked
from kassanet.fleet import Fleet
from kassanet.store import identity
from kassanet.store.sqlite import Opening, SqliteReader
from kassanet.tokens import create
from schemas.circuits import NewCircuit
from schemas.rows import AuditFilter, StoredCircuit
from tests.kassanet.edge.posted import receipt

INN = "7801234564"


class Site:
    """A running service and the tokens of one who may and some who may not."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.admin = create(folder, "admin", None)

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token or self.admin}"}
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=60, trust_env=False)

    async def lines(self, **query: str | int) -> list[dict[str, Any]]:
        """What came over HTTP, oldest first."""
        async with self.client() as client:
            found = (await client.get("/api/v1/audit", params=query)).json()["lines"]
        return [line for line in reversed(found) if line["method"] != "CLI"]


@asynccontextmanager
async def site(folder: Path, config: dict[str, Any] | None = None) -> AsyncIterator[Site]:
    with trio.fail_after(120):
        async with trio.open_nursery() as nursery:
            settings = Config(data=str(folder), port=0, **(config or {}))
            running: service.Service = await nursery.start(service.serve, settings)
            yield Site(folder, running.addresses[0])
            running.stop.set()


async def test_configuration_shows_before_and_after_and_no_secret(tmp_path: Path) -> None:
    async with site(tmp_path) as here, here.client() as client:
        circuit = (await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})).json()["id"]
        made = (await client.post(f"/fcircuit/{circuit}/int", json={"type": "api", "param2": "hush"})).json()
        await client.patch(f"/int/{made['id']}/activate")
        await client.post(f"/fcircuit/{circuit}/fr", json={"type": "terminalfa", "eip": "127.0.0.1:1"})
        await client.delete("/frs/127.0.0.1:1", headers={"X-Request-Id": "mine"})
        lines = await here.lines()
    assert [(line["method"], line["route"], line["target"], line["status"]) for line in lines] == [
        ("POST", "/fcircuit", "/fcircuit", 201),
        ("POST", "/fcircuit/{circuit_id}/int", f"/fcircuit/{circuit}/int", 201),
        ("PATCH", "/int/{integration_id}/activate", f"/int/{made['id']}/activate", 200),
        ("POST", "/fcircuit/{circuit_id}/fr", f"/fcircuit/{circuit}/fr", 201),
        ("DELETE", "/frs/{eip}", "/frs/127.0.0.1:1", 204),
    ]
    assert {(line["by"], line["address"]) for line in lines} == {("token 1", "127.0.0.1")}
    assert (lines[0]["after"]["title"], lines[1]["after"]["token"]) == ("Shop", "***")
    assert [lines[2][when]["is_active"] for when in ("before", "after")] == [0, 1]
    assert lines[4]["before"]["eip"] == "127.0.0.1:1"
    assert "after" not in lines[4]
    assert lines[4]["request_id"] == "mine"
    assert not [secret for secret in ("hush", made["token"], made["callback_key"]) if secret in json.dumps(lines)]


async def test_receipts_are_not_but_what_people_do_to_them_is(tmp_path: Path) -> None:
    async with site(tmp_path) as here, here.client() as client:
        circuit = (await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})).json()["id"]
        posted = (await client.post(f"/api/v1/circuits/{circuit}/receipts", json=receipt())).json()["id"]
        for _ in range(2):
            await client.post(f"/api/v1/receipts/{posted}/cancel")
        await client.post(f"/api/v1/receipts/{posted}/resolve", content=b"{")
        await client.post(f"/api/v1/receipts/{posted}/callbacks/1/retry")
        lines = (await here.lines())[1:]
    assert [(line["route"].rpartition("/")[2], line["status"]) for line in lines] == [
        ("cancel", 200),
        ("cancel", 409),
        ("resolve", 400),
        ("retry", 404),
    ]


async def test_who_may_not_change_anything_is_in_the_log_and_strangers_are_not(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        viewer = create(tmp_path, "viewer", None)
        async with here.client(viewer) as client, here.client("kn_nobody") as stranger:
            assert (await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})).status_code == 403
            assert (await stranger.post("/fcircuit", json={"inn": INN, "title": "Shop"})).status_code == 401
        lines = await here.lines()
    assert [(line["by"], line["status"]) for line in lines] == [("token 2", 403)]


async def test_the_line_is_durable_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int | None]] = []

    async def look_and_fail(fleet: Fleet, wanted: NewCircuit) -> StoredCircuit:
        reader = SqliteReader(Opening(tmp_path))
        seen.extend((line.method, line.status) for line in reader.audit(AuditFilter(limit=1)))
        reader.close()
        raise ZeroDivisionError

    monkeypatch.setattr(Fleet, "create_circuit", look_and_fail)
    async with site(tmp_path) as here, here.client() as client:
        assert (await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})).status_code == 500
        lines = await here.lines()
    assert seen == [("POST", None)]
    assert [line["status"] for line in lines] == [500]


async def test_what_cannot_be_logged_is_not_done(tmp_path: Path) -> None:
    async with site(tmp_path) as here, here.client() as client:
        (tmp_path / identity.DATABASE).rename(tmp_path / "away.db")
        assert (await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})).status_code == 503
        (tmp_path / "away.db").rename(tmp_path / identity.DATABASE)
        assert (await client.get(f"/fcircuit/{INN}")).status_code == 404


@pytest.mark.parametrize(
    ("role", "inn", "status"),
    [("admin", None, 200), ("admin", INN, 404), ("operator", None, 403), ("viewer", None, 403)],
)
async def test_who_may_read_it(tmp_path: Path, role: Any, inn: str | None, status: int) -> None:  # noqa: ANN401
    async with site(tmp_path) as here, here.client(create(tmp_path, role, inn)) as client:
        assert (await client.get("/api/v1/audit")).status_code == status


async def test_pages_filters_and_everything_as_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_route, "MOST", 2)
    async with site(tmp_path) as here, here.client() as client:
        for number in range(4):
            await client.post("/fcircuit", json={"inn": INN, "title": f"Shop {number}"})
        ids = []
        page = (await client.get("/api/v1/audit", params={"limit": 2, "method": "POST"})).json()
        while page["next_cursor"] is not None:
            ids += [line["id"] for line in page["lines"]]
            query = {"limit": 2, "method": "POST", "cursor": page["next_cursor"]}
            page = (await client.get("/api/v1/audit", params=query)).json()
        lines = await client.get(
            "/api/v1/audit", params={"method": "POST", "limit": 1}, headers={"Accept": "application/x-ndjson"}
        )
        wrong = await client.get("/api/v1/audit", params={"since": "yesterday", "limit": 0, "colour": "red"})
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 4
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line)["id"] for line in lines.text.splitlines()] == ids
    assert wrong.status_code == 422
    assert {error["path"] for error in wrong.json()["errors"]} == {"since", "limit", "colour"}


async def test_commands_on_the_stream_leave_the_same_lines(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        url = here.address.replace("http", "ws") + "/api/v1/stream"
        headers = [(b"Authorization", f"Bearer {here.admin}".encode())]
        async with open_websocket_url(url, extra_headers=headers) as socket:
            said = {"op": "command", "id": "c-1", "target": "kkt/127.0.0.1:1", "name": "x_report"}
            await socket.send_message(json.dumps(said))
            while json.loads(await socket.get_message())["type"] != "reply":
                pass
        (line,) = await here.lines()
    assert (line["method"], line["target"], line["status"]) == ("COMMAND", "kkt/127.0.0.1:1 x_report", 404)
    assert (line["by"], line["address"], line["request_id"]) == ("token 1", "127.0.0.1", "c-1")


async def test_every_view_that_changes_something_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apps: list[QuartTrio] = []

    def kept(**parts: Any) -> QuartTrio:  # noqa: ANN401 - whatever the application is made of
        apps.append(make_app(**parts))
        return apps[0]

    monkeypatch.setattr(service, "make_app", kept)
    async with site(tmp_path):
        pass
    (app,) = apps
    changing = {rule.endpoint for rule in app.url_map.iter_rules() if MUTATING & (rule.methods or set())}
    assert changing >= OWN_HISTORY, "an exception that names no view"
    assert {name for name in changing if not hasattr(app.view_functions[name], "__wrapped__")} == OWN_HISTORY


def test_secrets_are_masked_wherever_they_stand() -> None:
    said = {"token": "a", "list": [{"param2": "b", "callback_key": None}], "param1": "open"}
    assert masked(said) == {"token": "***", "list": [{"param2": "***", "callback_key": None}], "param1": "open"}
