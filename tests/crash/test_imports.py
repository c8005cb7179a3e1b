"""A bank file whose service is killed while it is brought: brought again, every line of it is paid once.

Judged by the billing's ledger, which credits whatever it is told under a new number.
"""

from collections import Counter
from pathlib import Path
from random import Random

import httpx
import msgspec
import pytest
import trio

from kassanet.sandbox.billing.registries import registry, rows
from tests.crash.farm import INN, Farm, FarmPlan, running_farm
from tests.crash.payments import BillingProcess, running_billing
from tests.crash.scenes import FULL

pytestmark = pytest.mark.crash

COUNTS = {"short": (500, 1), FULL: (6000, 12)}
"""Lines; kills of the service while it takes them."""

LOST = ({"device": "*", "on": "pay", "p": 0.02, "do": "cut_reply", "at": 40},)
"""The billing loses an answer now and then; a worse one is left alone for minutes, which proves nothing of files."""


async def test_every_line_once_however_often_the_service_dies(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    lines, kills = COUNTS[request.config.getoption("--crash-counts")]
    content = b"".join(registry("eps", lines))
    random, met = Random(1), 0
    async with running_billing(tmp_path, LOST) as billing, running_farm(tmp_path, FarmPlan(1, 0.1)) as farm:
        await set_up(farm, billing)
        for _ in range(kills):
            met += await cut_off(farm, content, random.uniform(0.0, 0.3))
        assert await bring(farm, content) == lines
        again = await bring(farm, content)
        await until_credited(billing, lines)
        owed = Counter((row.account, row.sum) for row in rows(lines))
        paid = Counter((line["account"], line["sum"]) for line in billing.ledger())
    assert (again, paid) == (lines, owed)
    assert met, "no kill met a file that was being taken"


async def set_up(farm: Farm, billing: BillingProcess) -> None:
    url = f"http://127.0.0.1:{billing.port}/"
    route = {"name": "files", "channel": "files", "inn": INN, "billing": "main", "policy": "credit_only"}
    async with farm.client() as client:
        for what, said in (
            ("channels", {"name": "files", "kind": "file", "inn": INN}),
            ("billings", {"name": "main", "kind": "osmp", "url": url, "timeout": 1.0, "parallel": 64}),
            ("routes", route),
        ):
            answer = await client.post(f"/api/v1/{what}", json=said)
            assert answer.status_code == 201, answer.text


async def cut_off(farm: Farm, content: bytes, after: float) -> bool:
    """Kill the service so many seconds after it began to answer; whether it was in the middle of the file."""
    async with trio.open_nursery() as nursery:
        began = trio.Event()
        nursery.start_soon(_bring_in_vain, farm, content, began)
        with trio.move_on_after(30):
            await began.wait()
        await trio.sleep(after)
        await farm.restart_service()
        nursery.cancel_scope.cancel()
    async with farm.client() as client:
        files = (await client.get("/api/v1/imports")).json()
    return bool(files) and files[0]["ended_at"] is None


async def _bring_in_vain(farm: Farm, content: bytes, began: trio.Event) -> None:
    try:
        await bring(farm, content, began)
    except httpx.TransportError:
        began.set()


async def bring(farm: Farm, content: bytes, began: trio.Event | None = None) -> int:
    """How many lines are paid or known already, when the file has been taken whole."""
    total = 0
    async with (
        farm.client() as client,
        client.stream("POST", "/api/v1/imports", params={"channel": "files"}, content=content, timeout=120) as answer,
    ):
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if began is not None:
                began.set()
            said = msgspec.json.decode(line)
            if "total" in said:
                total = said["total"]["paid"] + said["total"]["skipped"].get("duplicate", 0)
    return total


async def until_credited(billing: BillingProcess, lines: int) -> None:
    with trio.fail_after(300):
        while len(billing.ledger()) < lines:  # noqa: ASYNC110 - another process writes them to a file
            await trio.sleep(0.2)
