"""Registers and service as real processes on loopback, to be killed and started again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trio

from tests.ports import free_ports

INN = "7801234564"
READY_SECONDS = 60.0


@dataclass(frozen=True)
class FarmPlan:
    """``faults`` are lines of a fault plan; ``sandbox_options`` further flags of the simulated registers."""

    registers: int = 6
    document_seconds: float = 0.4
    faults: Sequence[dict[str, object]] = ()
    sandbox_options: Sequence[str] = ()
    settle_after: float = 1.0


@dataclass
class Farm:
    """Everything of one run under ``folder``. ``token`` is an admin's."""

    folder: Path
    plan: FarmPlan
    port: int
    kkt_port: int
    token: str = ""
    circuit: int = 0
    sandbox: trio.Process | None = None
    service: trio.Process | None = None
    kills: int = field(default=0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def books(self) -> Path:
        return self.folder / "registers"

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60.0, trust_env=False
        )

    async def start_sandbox(self) -> None:
        faults = self.folder / "faults.jsonl"
        faults.write_text("".join(json.dumps(line) + "\n" for line in self.plan.faults))
        command = [
            *kassanet("sandbox", "terminalfa"),
            f"--count={self.plan.registers}",
            f"--port={self.kkt_port}",
            f"--state={self.books}",
            f"--document-seconds={self.plan.document_seconds}",
            f"--faults={faults}",
            *self.plan.sandbox_options,
        ]
        with (self.folder / "sandbox.log").open("ab") as log:
            self.sandbox = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE, stderr=log)
        assert self.sandbox.stdout is not None
        with trio.fail_after(READY_SECONDS):
            line = await self.sandbox.stdout.receive_some(4096)
        assert line.startswith(b"ready"), line

    async def start_service(self) -> None:
        command = [*kassanet("serve"), f"--config={self._config()}"]
        with (self.folder / "service.log").open("ab") as log:
            self.service = await trio.lowlevel.open_process(command, stdout=log, stderr=log)
        await self.ready()

    def _config(self) -> Path:
        path = self.folder / "kassanet.toml"
        path.write_text(
            f'data = "{self.folder / "data"}"\nport = {self.port}\nsettle_after = {self.plan.settle_after}\n'
            "[poll]\nstate = 2.0\n"
        )
        return path

    async def ready(self) -> None:
        assert self.service is not None
        with trio.fail_after(READY_SECONDS):
            async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
                while True:
                    assert self.service.poll() is None, "the service ended by itself: see service.log"
                    try:
                        if (await client.get("/readyz")).status_code == 200:
                            return
                    except httpx.TransportError:
                        pass
                    await trio.sleep(0.05)

    async def restart_service(self) -> None:
        """SIGKILL: nothing of the process runs any more, the kernel closes its sockets. Then start it again."""
        assert self.service is not None
        os.kill(self.service.pid, signal.SIGKILL)
        await self.service.wait()
        self.kills += 1
        await self.start_service()

    async def restart_sandbox(self) -> None:
        """Power off for all registers at once, and on again; what their FNs hold survives."""
        assert self.sandbox is not None
        os.kill(self.sandbox.pid, signal.SIGKILL)
        await end_process(self.sandbox)
        await self.start_sandbox()

    def documents(self) -> int:
        """In all books so far, those of shifts among them."""
        return sum(book.read_bytes().count(b"\n") for book in self.books.glob("fn-*.jsonl"))

    def faults_so_far(self) -> int:
        events = self.books / "events.jsonl"
        return events.read_text().count('"event":"fault"') if events.exists() else 0

    async def build(self) -> None:
        """A token, a circuit with all registers active."""
        made = await trio.run_process(
            [*kassanet("token", "create", "--role", "admin"), f"--data={self.folder / 'data'}"], capture_stdout=True
        )
        self.token = made.stdout.decode().strip()
        async with self.client() as client:
            answer = await client.post("/fcircuit", json={"inn": INN, "title": "Crash"})
            assert answer.status_code == 201, answer.text
            self.circuit = answer.json()["id"]
            for number in range(self.plan.registers):
                eip = f"127.0.0.1:{self.kkt_port + number}"
                answer = await client.post(f"/fcircuit/{self.circuit}/fr", json={"type": "terminalfa", "eip": eip})
                assert answer.status_code == 201, answer.text
                answer = await client.patch(f"/frs/{eip}/activate")
                assert answer.status_code == 200, answer.text


@asynccontextmanager
async def running_farm(folder: Path, plan: FarmPlan) -> AsyncIterator[Farm]:
    """Started, built, and ended by process id whatever happens inside."""
    port = free_ports(1 + plan.registers)
    farm = Farm(folder, plan, port, port + 1)
    try:
        await farm.start_sandbox()
        await farm.start_service()
        await farm.build()
        yield farm
    finally:
        with trio.CancelScope(shield=True):
            await end_process(farm.service)
            await end_process(farm.sandbox)


async def end_process(process: trio.Process | None) -> None:
    """Whatever state it is in."""
    if process is None:
        return
    if process.poll() is None:
        process.kill()
    await process.wait()
    if process.stdout is not None:
        await process.stdout.aclose()


def kassanet(*words: str) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", "kassanet", *words]
