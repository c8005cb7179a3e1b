"""The stream of the whole service: restarts, receipts on their way, and commands as over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import trio
from trio_websocket import WebSocketConnection

from kassanet.app import Service, serve
from kassanet.config import Config
from kassanet.failures import TokenRefused
from kassanet.tokens import create
from kassanet.watch import View, connect, keep_following

INN, EIP = "7801234564", "127.0.0.1:9"
"""Nothing listens on port 9."""


@asynccontextmanager
async def serving(data: Path, port: int = 0) -> AsyncIterator[Service]:
    config = Config(data=str(data), port=port, log_level="error", shutdown=1.0)
    with trio.fail_after(120):
        async with trio.open_nursery() as nursery:
            service: Service = await nursery.start(partial(serve, config))
            yield service
            service.stop.set()


def http(service: Service, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=service.addresses[0], headers=headers, trust_env=False, timeout=60)


@asynccontextmanager
async def connected(service: Service, token: str) -> AsyncIterator[WebSocketConnection]:
    async with connect(service.addresses[0]) as connection:
        await say(connection, {"op": "auth", "token": token})
        assert (await hear(connection, "welcome"))["role"]
        yield connection


async def say(connection: WebSocketConnection, message: object) -> None:
    await connection.send_message(json.dumps(message))


async def hear(connection: WebSocketConnection, *kinds: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(await connection.get_message())
        if message["type"] in kinds:
            return message


async def shop(service: Service, token: str) -> int:
    """A circuit with one register that cannot be reached."""
    async with http(service, token) as client:
        made = await client.post("/fcircuit", json={"inn": INN, "title": "Shop"})
        circuit: int = made.json()["id"]
        assert (await client.post(f"/fcircuit/{circuit}/fr", json={"type": "terminalfa", "eip": EIP})).is_success
        return circuit


async def post(service: Service, token: str, circuit: int, external_id: str) -> None:
    receipt = {
        "external_id": external_id,
        "kind": "sell",
        "tax_system": "usn_income",
        "items": [{"name": "Bread", "price": 5000, "quantity": "1", "vat": "none"}],
        "payments": {"cashless": 5000},
    }
    async with http(service, token) as client:
        assert (await client.post(f"/api/v1/circuits/{circuit}/receipts", json=receipt)).status_code == 202


async def test_a_receipt_is_told_as_it_is_accepted_and_cancelled(tmp_path: Path) -> None:
    token = create(tmp_path, "admin", None)
    async with serving(tmp_path) as service:
        circuit = await shop(service, token)
        await post(service, token, circuit, "before")
        async with connected(service, token) as connection, http(service, token) as client:
            topic = f"receipts:{circuit}"
            await say(connection, {"op": "subscribe", "topics": [topic]})
            snapshot = await hear(connection, "snapshot")
            assert [change["state"]["external_id"] for change in snapshot["changes"]] == ["before"]
            await post(service, token, circuit, "during")
            told = (await hear(connection, "delta"))["changes"][-1]
            assert (told["topic"], told["state"]["external_id"], told["state"]["status"]) == (topic, "during", "queued")
            shown = (await client.post(f"/api/v1/receipts/{told['key']}/cancel")).json()
            last = (await hear(connection, "delta"))["changes"][-1]["state"]
            assert {name: last[name] for name in ("id", "status", "revision", "reason")} == {
                name: shown[name] for name in ("id", "status", "revision", "reason")
            }


async def test_after_a_restart_a_rev_of_before_gets_a_snapshot(tmp_path: Path) -> None:
    token = create(tmp_path, "admin", None)
    async with serving(tmp_path) as service:
        circuit = await shop(service, token)
        async with connected(service, token) as connection:
            await say(connection, {"op": "subscribe", "topics": ["kkt", f"circuit:{circuit}"]})
            rev = (await hear(connection, "snapshot"))["rev"]
            await say(connection, {"op": "subscribe", "topics": ["kkt"], "since": rev})
            rev = (await hear(connection, "snapshot", "delta"))["rev"]
            await say(connection, {"op": "subscribe", "topics": ["kkt"], "since": rev})
            assert (await hear(connection, "snapshot", "delta"))["type"] == "delta"
    async with serving(tmp_path) as service, connected(service, token) as connection:
        await say(connection, {"op": "subscribe", "topics": ["kkt"], "since": rev})
        snapshot = await hear(connection, "snapshot", "delta")
        assert snapshot["type"] == "snapshot"
        assert [change["key"] for change in snapshot["changes"]] == [EIP]
        assert snapshot["rev"].partition("-")[0] != rev.partition("-")[0]


@pytest.mark.parametrize("role", ["admin", "operator", "viewer", "operator of another"])
async def test_a_command_is_answered_as_over_http(role: str, tmp_path: Path) -> None:
    admin = create(tmp_path, "admin", None)
    token = {"operator of another": lambda: create(tmp_path, "operator", "5190114620")}.get(
        role,
        lambda: create(tmp_path, role, None),  # type: ignore[arg-type]  # a role of the table
    )()
    async with serving(tmp_path) as service:
        await shop(service, admin)
        async with connected(service, token) as connection, http(service, token) as client:
            for eip, name, arguments in [
                (EIP, "open_shift", {}),
                (EIP, "open_shift", {"cashier": 5}),
                (EIP, "x_report", {}),
                (EIP, "dance", {}),
                ("10.0.0.1:1", "z_report", {}),
            ]:
                message = {"op": "command", "id": name, "target": f"kkt/{eip}", "name": name, "args": arguments}
                await say(connection, message)
                reply = await hear(connection, "reply")
                answer = await client.post(f"/api/v1/kkt/{eip}/{name}", json=arguments)
                assert (reply["id"], reply["status"]) == (name, answer.status_code)
                assert reply["problem"] == answer.json()


async def test_the_watcher_survives_a_restart_and_gives_up_on_a_bad_token(tmp_path: Path) -> None:
    token = create(tmp_path, "admin", None)
    view = View()
    async with trio.open_nursery() as watching:
        async with serving(tmp_path) as service:
            await shop(service, token)
            url = service.addresses[0]
            watching.start_soon(keep_following, url, token, view, lambda: None, Random(1))
            await until(view, True)
            assert list(view.kkts) == [EIP]
            assert len(view.circuits) == 1
        await until(view, False)
        before, view.kkts, view.circuits = view.rev, {}, {}
        async with serving(tmp_path, int(url.rpartition(":")[2])) as service:
            await until(view, True)
            assert view.rev != before
            assert list(view.kkts) == [EIP]
            with pytest.raises(ExceptionGroup) as refused:
                await keep_following(url, "kassa_wrong", View(), lambda: None, Random(1))
            assert refused.group_contains(TokenRefused, depth=1) or refused.group_contains(TokenRefused)
        watching.cancel_scope.cancel()


async def until(view: View, connected: bool) -> None:
    """Connected means that it has also been told everything."""
    with trio.fail_after(120):
        while view.connected is not connected or (connected and not (view.kkts and view.circuits)):  # noqa: ASYNC110
            await trio.sleep(0.02)  # a view tells nobody
