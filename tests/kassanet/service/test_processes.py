"""What needs the service to be a process of its own: a disk that fills, a second service, SIGTERM in mid-sale."""

import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trio

from tests.crash.farm import Farm, FarmPlan, running_farm
from tests.crash.verdict import judge, settled_receipts

UNLIMITED = resource.RLIM_INFINITY


@asynccontextmanager
async def farm(folder: Path, document_seconds: float) -> AsyncIterator[tuple[Farm, httpx.AsyncClient]]:
    plan = FarmPlan(registers=2, document_seconds=document_seconds)
    async with running_farm(folder, plan) as running, running.client() as client:
        yield running, client


def receipt(number: int) -> dict[str, Any]:
    return {
        "external_id": f"order-{number}",
        "kind": "sell",
        "tax_system": "usn_income",
        "items": [{"name": "Чай", "price": 1000 + number, "quantity": "1", "vat": "none"}],
        "payments": {"cash": 1000 + number},
    }


def limit_files(farm: Farm, size: int) -> None:
    """From now on no file of the service may grow beyond ``size`` bytes: what a full disk does to it."""
    assert farm.service is not None
    resource.prlimit(farm.service.pid, resource.RLIMIT_FSIZE, (size, UNLIMITED))


async def test_a_disk_that_fills_while_serving(tmp_path: Path) -> None:
    """Intake says 503 and why, nothing acknowledged is lost, no document is made twice, and it goes on afterwards."""
    async with farm(tmp_path, 0.2) as (running, client):
        path = f"/api/v1/circuits/{running.circuit}/receipts"
        acknowledged: dict[str, int] = {}

        async def post(number: int) -> int:
            answer = await client.post(path, json=receipt(number))
            if answer.status_code == 202:
                acknowledged[f"order-{number}"] = answer.json()["id"]
            else:
                assert answer.status_code == 503
                assert answer.json()["type"].endswith(":store-unavailable")
                assert int(answer.headers["Retry-After"]) >= 1
            return answer.status_code

        for number in range(12):
            assert await post(number) == 202
        await until_busy(client)  # the disk fills between a document and its answer
        limit_files(running, 4096)
        with trio.fail_after(120):
            while await post(1000) != 503:
                pass
        assert (await client.get("/healthz")).status_code == 200
        not_ready = await client.get("/readyz")
        assert (not_ready.status_code, bool(not_ready.json()["detail"])) == (503, True)
        refused = await client.post("/fcircuit", json={"inn": "7801234564", "title": "x"})
        assert refused.status_code == 503
        await trio.sleep(0.3)
        assert (await client.get("/api/v1/kkt")).status_code == 200
        limit_files(running, UNLIMITED)
        await running.ready()
        for number in range(20, 26):
            with trio.fail_after(120):
                while await post(number) != 202:  # noqa: ASYNC110 - until the disk is believed again
                    await trio.sleep(0.1)
        receipts = await settled_receipts(running, len(acknowledged), patience=120)
        verdict = judge(running, receipts, acknowledged, 0)
        assert (verdict.manual, verdict.refused) == (0, 0)
        assert verdict.documents == len(receipts)


async def until_busy(client: httpx.AsyncClient) -> None:
    with trio.fail_after(120):
        while {each["condition"] for each in (await client.get("/api/v1/kkt")).json()} != {"busy"}:  # noqa: ASYNC110
            await trio.sleep(0.005)


async def test_a_second_service_on_the_same_directory_says_who_holds_it(tmp_path: Path) -> None:
    async with farm(tmp_path, 0.05) as (running, client):
        assert running.service is not None
        command = [sys.executable, "-m", "kassanet", "serve", "--port=0", f"--data={tmp_path / 'data'}"]
        with trio.fail_after(120):
            second = await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)
        assert second.returncode == 1
        assert second.stdout == b""
        [line] = second.stderr.decode().strip().splitlines()
        assert str(running.service.pid) in line
        assert str(tmp_path / "data") in line
        assert (await client.get("/readyz")).status_code == 200
        sandbox = [sys.executable, "-m", "kassanet", "sandbox", "terminalfa", "--count=1", "--port=1"]
        also = await trio.run_process(
            [*sandbox, f"--state={running.books}"], capture_stdout=True, capture_stderr=True, check=False
        )
        assert also.returncode == 1


async def test_sigterm_lets_the_documents_in_hand_finish(tmp_path: Path) -> None:
    async with farm(tmp_path, 0.4) as (running, client):
        path = f"/api/v1/circuits/{running.circuit}/receipts"
        acknowledged = {}
        for order in range(6):
            answer = await client.post(path, json=receipt(order))
            acknowledged[f"order-{order}"] = answer.json()["id"]
        await until_busy(client)
        assert running.service is not None
        running.service.send_signal(signal.SIGTERM)
        with trio.fail_after(120):
            assert await running.service.wait() == 0
        await running.start_service()
        async with running.client() as again:
            found = (await again.get(f"{path}?limit=100")).json()["receipts"]
            assert not [each for each in found if each["status"] in ("unknown", "manual")]
        receipts = await settled_receipts(running, len(acknowledged), patience=20)
        verdict = judge(running, receipts, acknowledged, 0)
        assert (verdict.documents, verdict.manual) == (6, 0)
        for each in receipts:
            async with running.client() as again:
                history = (await again.get(f"/api/v1/receipts/{each['id']}/history")).json()
            assert [line["status"] for line in history] == ["queued", "assigned", "fiscalized"]
