"""A whole day with the service, the agent and the tax service as processes of their own, over real HTTP: one key, one
register, and nobody waits for what waits for him.
"""

from pathlib import Path
from typing import Any

import httpx
import trio

from kassanet.sandbox.fiscal_server.registry import FIRST_REGISTER
from tests.crash.bureau import BureauPlan, running_bureau
from tests.kassanet.service.tax_office import COFFEE

KINDS = ["open_shift", "service_in", "sale", "return", "sale", "storno", "service_out", "z_report", "close_shift"]


async def test_a_day_between_three_processes(tmp_path: Path) -> None:
    plan = BureauPlan(registers=1, cut_share=0.0)
    async with running_bureau(tmp_path, plan) as bureau, bureau.client() as http:
        path = f"/api/v1/prro/{bureau.registers[FIRST_REGISTER]}"
        await _do(http, path, "open", {"kind": "open_shift"})
        await _do(http, path, "in", {"kind": "service_in", "sum": 10_000})
        sold = await _do(http, path, "sale-1", COFFEE)
        await _do(http, path, "return-1", {**COFFEE, "kind": "return", "of": sold["fiscal_number"]})
        last = await _do(http, path, "sale-2", COFFEE)
        await _do(http, path, "storno-2", {"kind": "storno", "of": last["fiscal_number"]})
        await _do(http, path, "out", {"kind": "service_out", "sum": 500})
        assert "45.00" in (await http.get(f"{path}/x-report")).text
        await _questions_beside(http, path)
        await _do(http, path, "close", {"kind": "close_shift"})
        documents = (await http.get(f"{path}/documents")).json()["documents"]
        assert [each["kind"] for each in reversed(documents)] == KINDS
        assert [each["local_number"] for each in reversed(documents)] == list(range(1, len(KINDS) + 1))
        assert (await http.get("/healthz")).json()["signing"]["backend"]


async def _do(http: httpx.AsyncClient, path: str, name: str, operation: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(f"{path}/operations", json={"external_id": name, "operation": operation})
    assert (answer.status_code, answer.json()["status"]) == (200, "registered"), answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _questions_beside(http: httpx.AsyncClient, path: str) -> None:
    """Asked all at once, in the name of the one key."""
    key = (await http.get(path)).json()["key_id"]
    statuses: list[int] = []

    async def ask(address: str) -> None:
        statuses.append((await http.get(address)).status_code)

    async with trio.open_nursery() as nursery:
        for address in (f"/api/v1/prro/tax-objects?key={key}", f"{path}/tax-state", f"{path}/tax-totals"):
            for _ in range(3):
                nursery.start_soon(ask, address)
    assert statuses == [200] * 9
