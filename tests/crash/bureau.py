"""Software registers as they stand in life: the service, a signing agent and the tax service, each its own process."""

import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import trio

from kassanet import tokens
from kassanet.sandbox.fiscal_server.registry import FIRST_REGISTER, TEST_TIN
from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.certificates import Owner
from kassanet.sandbox.keys.estate import Wanted, make
from tests.crash.cutting import CuttingWire, cutting_wire
from tests.crash.farm import READY_SECONDS, end_process, kassanet
from tests.kassanet.agent import office
from tests.ports import free_ports

TAXES = [{"letter": "А", "percent": 2000}]


@dataclass(frozen=True)
class BureauPlan:
    """``faults`` are lines of the tax service's plan; ``cut_share`` of connections to the agent break."""

    registers: int = 4
    faults: Sequence[dict[str, object]] = ()
    cut_share: float = 0.3
    seed: int = 1


class Process:
    """One of the three; ``command`` starts it, ``ready`` is an address that answers 200, or any answer, by then."""

    def __init__(self, name: str, folder: Path, command: Sequence[str], ready: str, statuses: Sequence[int]) -> None:
        self.name = name
        self.kills = 0
        self._log = folder / f"{name}.log"
        self._command = list(command)
        self._ready = ready
        self._statuses = statuses
        self._process: trio.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await trio.lowlevel.open_process(self._command, stdout=log, stderr=log)
        with trio.fail_after(READY_SECONDS):
            async with httpx.AsyncClient(verify=False, trust_env=False) as client:
                while not await self._is_ready(client):
                    assert self._process.poll() is None, f"{self.name} ended by itself: see {self._log}"
                    await trio.sleep(0.05)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(self._ready)).status_code in self._statuses
        except httpx.TransportError:
            return False

    async def kill(self) -> None:
        """SIGKILL: nothing of it runs any more, the kernel closes its sockets."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self.kills += 1

    async def restart(self) -> None:
        await self.kill()
        await self.start()

    async def end(self) -> None:
        await end_process(self._process)


class Bureau:
    """Everything of one run under ``folder``. ``wire`` is what the service's signatures come over."""

    def __init__(self, folder: Path, plan: BureauPlan, wire: CuttingWire, port: int) -> None:
        self.folder, self.plan, self.wire = folder, plan, wire
        self.url = f"http://127.0.0.1:{port}"
        self.agent_url, self.tax_url = f"http://127.0.0.1:{port + 1}", f"http://127.0.0.1:{port + 2}"
        self.token = tokens.create(folder / "data", "admin", None)
        self._agent_tokens = {role: office.token(folder / "agent", role) for role in ("admin", "operator")}
        self.tax = Process("tax", folder, self._fiscal_server(port + 2), f"{self.tax_url}/fs/doc", (405,))
        self.agent = Process("agent", folder, self._agent(port + 1), f"{self.agent_url}/readyz", (200,))
        self.service = Process("service", folder, self._service(port), f"{self.url}/readyz", (200,))
        self.registers: dict[int, int] = {}
        """Fiscal number → id."""

    @property
    def books(self) -> Path:
        return self.folder / "tax"

    @property
    def processes(self) -> tuple[Process, ...]:
        return self.tax, self.agent, self.service

    def client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30.0, verify=False, trust_env=False)

    def events(self) -> list[dict[str, Any]]:
        """What the tax service did to its clients, and answers that nobody took."""
        path = self.books / "events.jsonl"
        whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
        return [json.loads(line) for line in whole.splitlines()]

    async def build(self) -> None:
        """The cashier's key is with the agent, and every register with the service."""
        client = office.Client(self.agent_url, self._agent_tokens["admin"])
        container = (self.folder / "keys/cashier/key.pfx").read_bytes()
        given = await client.upload(container, agreement=office.AGREEMENT)
        assert given.status_code == 201, given.text
        key = f"shop/{given.json()['id']}"
        async with self.client() as http:
            for place in range(self.plan.registers):
                said = {"desk": _desk(place), "key_id": key, "cashier": "Бойко П. О."}
                made = await http.post("/api/v1/prro", json=said)
                assert made.status_code == 201, made.text
                self.registers[FIRST_REGISTER + place] = made.json()["id"]

    async def until_one_is_offline(self) -> None:
        """A register has noticed that the tax service is away; the service itself may be down meanwhile."""
        with trio.fail_after(READY_SECONDS):
            async with self.client() as client:
                while not await self._one_is_offline(client):  # noqa: ASYNC110 - another process comes to know it
                    await trio.sleep(0.1)

    async def _one_is_offline(self, client: httpx.AsyncClient) -> bool:
        try:
            answer = await client.get("/api/v1/prro")
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and any(each["state"]["condition"] == "offline" for each in answer.json())

    def _fiscal_server(self, port: int) -> list[str]:
        faults = self.folder / "faults.jsonl"
        faults.write_text("".join(json.dumps(line) + "\n" for line in self.plan.faults))
        words = ["sandbox", "fiscal-server", f"--port={port}", f"--state={self.books}", f"--keys={self.folder}/keys"]
        return kassanet(*words, f"--registers={self.plan.registers}", f"--faults={faults}", f"--seed={self.plan.seed}")

    def _agent(self, port: int) -> list[str]:
        master, path = self.folder / "master", self.folder / "agent.toml"
        master.write_bytes(bytes(range(32)))
        master.chmod(0o600)
        said = {"port": port, "data": str(self.folder / "agent"), "log_level": "error"}
        said |= {"master_key_file": str(master), "time_stamp_url": f"{self.tax_url}/tsp", "time_stamp_seconds": 2.0}
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in said.items()))
        return kassanet("agent", f"--config={path}")

    def _service(self, port: int) -> list[str]:
        """It looks for the tax service often, and closes no shift by itself: what is done is done by the tills."""
        token, path = self.folder / "agent-token", self.folder / "kassanet.toml"
        token.write_text(self._agent_tokens["operator"])
        path.write_text(
            f'data = "{self.folder}/data"\nport = {port}\n[prro]\ntax_server = "{self.tax_url}/fs"\n'
            f'authorities = "{self.folder}/keys/authority.cer"\ntimeout = 2.0\ntick = 0.3\nclose_shifts = false\n'
            f'[prro.agents.shop]\nurl = "http://127.0.0.1:{self.wire.port}"\ntoken_file = "{token}"\ntimeout = 5.0\n'
        )
        return kassanet("serve", f"--config={path}")


@asynccontextmanager
async def running_bureau(folder: Path, plan: BureauPlan) -> AsyncIterator[Bureau]:
    """Started, built, and ended by process id whatever happens inside."""
    _make_keys(folder / "keys")
    port = free_ports(3)
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(cutting_wire(port + 1, plan.cut_share, Random(plan.seed)))
        bureau = Bureau(folder, plan, wire, port)
        try:
            async with trio.open_nursery() as nursery:
                for process in bureau.processes:
                    nursery.start_soon(process.start)
            await bureau.build()
            yield bureau
        finally:
            with trio.CancelScope(shield=True):
                for process in bureau.processes:
                    await process.end()


def _make_keys(folder: Path) -> None:
    rounds, containers.ROUNDS = containers.ROUNDS, 10
    try:
        owner = Owner("Бойко Петро", "ТОВ Тест", edrpou=TEST_TIN, drfo=TEST_TIN)
        make(folder, [Wanted("cashier", owner)], datetime.now(UTC))
    finally:
        containers.ROUNDS = rounds


def _desk(place: int) -> dict[str, Any]:
    names = {"org_name": "ТОВ «Тест»", "point_name": "Магазин", "taxes": TAXES}
    return {"register": FIRST_REGISTER + place, "number": place + 1, "tin": TEST_TIN, **names}
