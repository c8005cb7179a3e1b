"""A farm with pinpads: simulated terminals and their bank's host as processes of their own, killed like the rest."""

import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

import kassanet.sandbox.smartsale as sandbox
from kassanet.sandbox.smartsale.fleet import places
from tests.crash.farm import READY_SECONDS, Farm, FarmPlan, end_process, kassanet
from tests.ports import free_ports

PROFILE = Path(sandbox.__file__).parent / "profile.toml"
QUICK = ("wait_every=0.2", "reversal_seconds=0.3", "ack_seconds=0.4", "eot_seconds=0.5", "pin_seconds=0.1")


@dataclass(frozen=True)
class CounterPlan(FarmPlan):
    """``terminal_faults`` are lines for the terminals, ``host_faults`` for the bank."""

    pinpads: int = 4
    terminal_faults: Sequence[dict[str, object]] = ()
    host_faults: Sequence[dict[str, object]] = ()


@dataclass
class Counter(Farm):
    """``terminals`` and ``host`` keep what they did in :attr:`cash`."""

    terminals: trio.Process | None = None
    host: trio.Process | None = None
    terminal_kills: int = 0
    host_kills: int = 0
    pinpads: list[int] = field(default_factory=list)

    @property
    def cash(self) -> Path:
        return self.folder / "terminals"

    @property
    def counter_plan(self) -> CounterPlan:
        assert isinstance(self.plan, CounterPlan)
        return self.plan

    @property
    def terminal_port(self) -> int:
        return self.kkt_port + self.plan.registers

    @property
    def host_port(self) -> int:
        return self.terminal_port + self.counter_plan.pinpads

    async def start_terminals(self) -> None:
        plan = self.counter_plan
        self.terminals = await self._start("terminals", plan.terminal_faults)

    async def start_host(self) -> None:
        self.host = await self._start("host", self.counter_plan.host_faults)

    async def _start(self, only: str, faults: Sequence[dict[str, object]]) -> trio.Process:
        file = self.folder / f"{only}-faults.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in faults))
        command = [
            *kassanet("sandbox", "smartsale"),
            f"--only={only}",
            f"--count={self.counter_plan.pinpads}",
            f"--port={self.terminal_port}",
            f"--host-port={self.host_port}",
            f"--state={self.cash}",
            f"--faults={file}",
            "--card-seconds=0.2",
            *(f"--set={each}" for each in QUICK),
        ]
        with (self.folder / f"{only}.log").open("ab") as log:
            process = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        with trio.fail_after(READY_SECONDS):
            line = await process.stdout.receive_some(4096)
        assert line.startswith(b"ready"), line
        return process

    async def restart_terminals(self) -> None:
        """Power off for all terminals at once, and on again: what they must still reverse they remember."""
        await _kill(self.terminals)
        self.terminal_kills += 1
        await self.start_terminals()

    async def restart_host(self) -> None:
        await _kill(self.host)
        self.host_kills += 1
        await self.start_host()

    def _config(self) -> Path:
        path = super()._config()
        profiles = self.folder / "profiles.toml"
        profiles.write_text(PROFILE.read_text() + "\n[sandbox.timers]\nidle = 2.0\nacknowledge = 2.0\nlinger = 0.9\n")
        path.write_text(
            path.read_text() + f'[pinpads]\nsmartsale = "{profiles}"\nsettle_first = 0.2\nsettle_limit = 1.0\n'
            "[sales]\nhold_seconds = 5.0\n"
        )
        return path

    async def build(self) -> None:
        await super().build()
        async with self.client() as client:
            for place in places(self.counter_plan.pinpads, "127.0.0.1", self.terminal_port):
                said = {
                    "address": place.names[-1],
                    "profile": "sandbox",
                    "terminal_id": place.terminal_id,
                    "busy": "queue",
                }
                made = await client.post("/api/v1/pinpads", json=said)
                assert made.status_code == 201, made.text
                self.pinpads.append(made.json()["id"])
                on = await client.post(f"/api/v1/pinpads/{self.pinpads[-1]}/activate")
                assert on.status_code == 200, on.text


async def _kill(process: trio.Process | None) -> None:
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    await end_process(process)


@asynccontextmanager
async def running_counter(folder: Path, plan: CounterPlan) -> AsyncIterator[Counter]:
    """Started, built, and ended by process id whatever happens inside."""
    port = free_ports(2 + plan.registers + plan.pinpads)
    counter = Counter(folder, plan, port, port + 1)
    try:
        await counter.start_sandbox()
        await counter.start_host()
        await counter.start_terminals()
        await counter.start_service()
        await counter.build()
        yield counter
    finally:
        with trio.CancelScope(shield=True):
            for process in (counter.service, counter.terminals, counter.host, counter.sandbox):
                await end_process(process)
