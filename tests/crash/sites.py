"""A site and its central server as processes, a link between them that is cut, and the judgement over the books."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import trio

from tests.crash.farm import Farm, FarmPlan, end_process, kassanet
from tests.kassanet.sites.cutter import Cutter
from tests.ports import free_ports

AT_ONCE = 6
"""Receipts posted at a time, half at the centre and half at the site."""

Step = Callable[[], Awaitable[None]]


@dataclass
class Centre(Farm):
    """A service without registers of its own."""

    site: dict[str, Any] = field(default_factory=dict)

    async def begin(self) -> None:
        self.folder.mkdir()
        words = kassanet("token", "create", "--role", "admin")
        made = await trio.run_process([*words, f"--data={self.folder / 'data'}"], capture_stdout=True)
        self.token = made.stdout.decode().strip()
        await self.start_service()
        async with self.client() as client:
            self.site = (await client.post("/api/v1/sites", json={"name": "shop"})).json()


@dataclass
class Site(Farm):
    """A service that dials the centre over the proxy."""

    uplink: str = ""

    def _config(self) -> Path:
        path = super()._config()
        path.write_text(path.read_text() + self.uplink)
        return path


@dataclass(frozen=True)
class SiteVerdict:
    """``in_window``: kills and cuts while a receipt was with the site and not ended, or not copied yet."""

    receipts: int
    documents: int
    kills: int
    cuts: int
    in_window: int


class Pair:
    """Both, and what was posted: the total of each receipt is its own."""

    def __init__(self, near: Site, far: Centre, cutter: Cutter) -> None:
        self.near = near
        self.far = far
        self.cutter = cutter
        self.circuit = 0
        self.cuts = 0
        self.in_window = 0
        self.posted: list[int] = []

    async def kill_far(self) -> None:
        await self._look()
        await self.far.restart_service()

    async def kill_near(self) -> None:
        await self._look()
        await self.near.restart_service()

    async def cut(self) -> None:
        await self._look()
        self.cutter.cut()
        self.cuts += 1

    async def bind(self) -> None:
        while True:
            async with self.far.client() as client:
                answer = await client.post("/api/v1/sites/1/circuits", json={"remote": self.near.circuit})
            if answer.status_code == 201:
                self.circuit = answer.json()["circuit_id"]
                return
            await trio.sleep(0.1)

    async def post(self, number: int) -> None:
        """At the centre or at the site, again and again until it is accepted."""
        at, circuit = (self.far, self.circuit) if number % 2 else (self.near, self.near.circuit)
        total = 1000 + number
        item = {"name": "Link", "price": total, "quantity": "1", "vat": "none"}
        said = {"external_id": f"order-{number}", "kind": "sell", "tax_system": "usn_income"}
        body = said | {"items": [item], "payments": {"cashless": total}, "customer": {"email": "a@b.example"}}
        while True:
            try:
                async with at.client() as client:
                    answer = await client.post(f"/api/v1/circuits/{circuit}/receipts", json=body)
                if answer.status_code in (200, 202):
                    self.posted.append(total)
                    return
                assert answer.status_code in (503, 504), answer.text
            except httpx.TransportError:
                pass
            await trio.sleep(0.1)

    async def settled(self) -> None:
        """Both sides are up, everything has ended, and the centre has it all."""
        with trio.fail_after(300):
            while not await self._is_settled():  # noqa: ASYNC110 - other processes work
                await trio.sleep(0.2)

    async def shown(self, farm: Farm, path: str) -> list[dict[str, Any]]:
        """Every page of a listing."""
        found: list[dict[str, Any]] = []
        cursor = ""
        async with farm.client() as client:
            while True:
                page = (await client.get(f"{path}?limit=500{cursor}")).json()
                found += page["receipts"]
                if page["next_cursor"] is None:
                    return found
                cursor = f"&cursor={page['next_cursor']}"

    async def _look(self) -> None:
        """Whether what follows meets something on its way."""
        try:
            async with self.far.client() as client:
                [state] = (await client.get("/api/v1/sites")).json()
            self.in_window += bool(state["owed"] or state["behind"])
        except httpx.TransportError:
            pass

    async def _is_settled(self) -> bool:
        try:
            async with self.far.client() as client:
                [state] = (await client.get("/api/v1/sites")).json()
            if state["condition"] != "connected" or state["owed"] or state["behind"]:
                return False
            rows = [*await self.shown(self.far, "/api/v1/receipts"), *await self.shown(self.far, "/api/v1/archive")]
        except httpx.TransportError:
            return False
        return len(rows) == len(self.posted) and all(row["status"] == "fiscalized" for row in rows)


@asynccontextmanager
async def running_pair(folder: Path, plan: FarmPlan) -> AsyncIterator[Pair]:
    """Linked, the site's circuit bound; ended by process id whatever happens inside."""
    port = free_ports(2 + plan.registers)
    far = Centre(folder / "far", FarmPlan(0), port, 0)
    near = Site(folder, plan, port + 1, port + 2)
    cutter = Cutter(port)
    async with trio.open_nursery() as nursery:
        await nursery.start(cutter.run)
        try:
            await far.begin()
            (folder / "uplink-token").write_text(far.site["token"])
            near.uplink = (
                f'[uplink]\nurl = "ws://127.0.0.1:{cutter.port}/api/v1/uplink"\nsite = "shop"\nreceipts = "central"\n'
                f'token_file = "{folder / "uplink-token"}"\nheartbeat = 1.0\nfirst_wait = 0.1\nlongest_wait = 0.5\n'
            )
            await near.start_sandbox()
            await near.start_service()
            await near.build()
            pair = Pair(near, far, cutter)
            with trio.fail_after(60):
                await pair.bind()
            yield pair
        finally:
            with trio.CancelScope(shield=True):
                for process in (near.service, far.service, near.sandbox):
                    await end_process(process)
        nursery.cancel_scope.cancel()


async def play(pair: Pair, count: int, steps: list[Step], random: Random) -> SiteVerdict:
    """Post while things are killed and cut, wait until everything has ended, and judge from the books."""
    send, receive = trio.open_memory_channel[int](count)
    for number in range(count):
        send.send_nowait(number)
    send.close()

    async def work() -> None:
        async for number in receive:
            await pair.post(number)
            await trio.sleep(random.uniform(0.0, 0.3))

    async with trio.open_nursery() as nursery:
        for _ in range(AT_ONCE):
            nursery.start_soon(work)
        for step in steps:
            await trio.sleep(random.uniform(0.2, 0.8))
            await step()
    await pair.settled()
    return await judge(pair)


async def judge(pair: Pair) -> SiteVerdict:
    """Fails unless each receipt is one document at the site, and both sides tell the same of it."""
    documents = books(pair.near)
    assert Counter(line["total"] for line in documents) == Counter(pair.posted), "one document each"
    made = {(line["total"], line["fd"]) for line in documents}
    rows = [*await pair.shown(pair.far, "/api/v1/receipts"), *await pair.shown(pair.far, "/api/v1/archive")]
    assert {(row["total"], row["fiscal"]["fd"]) for row in rows} == made, "the centre tells what stands in the books"
    there = await pair.shown(pair.near, "/api/v1/receipts")
    assert {(row["total"], row["fiscal"]["fd"]) for row in there} == made
    kills = pair.near.kills + pair.far.kills
    return SiteVerdict(len(pair.posted), len(documents), kills, pair.cuts, pair.in_window)


def books(farm: Farm) -> list[dict[str, Any]]:
    lines = [line for path in sorted(farm.books.glob("fn-*.jsonl")) for line in path.read_text().splitlines()]
    return [line for line in map(json.loads, lines) if line["kind"] == "sell"]
