"""A running service with simulated registers on loopback, all in the test's own process, and clients for it.

The registers stay while the service is stopped and started again, as in life. Times are real but short.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import msgspec
import trio

from actors.kkt import KktSettings
from kassanet import tokens
from kassanet.app import Service, serve
from kassanet.config import Config, Poll
from kassanet.devices import kkt_settings
from kassanet.sandbox.books import BookLine, MemoryLines
from kassanet.sandbox.events import Events
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.fiscal_storage import FiscalStorage, Limits
from kassanet.sandbox.terminalfa import Device, DeviceSettings, register_at_factory, registration_of, serve_device
from schemas.records import Role

INN = "5190114620"
OTHER_INN = "7801234564"
PATIENCE = 60.0
RECEIPT_KINDS = {"sell", "sell_refund", "buy", "buy_refund", "sell_correction", "buy_correction"}


@dataclass
class Register:
    """A simulated register and the book of what its fiscal storage holds."""

    device: Device
    eip: str
    lines: MemoryLines

    def book(self) -> list[BookLine]:
        return [msgspec.json.decode(line, type=BookLine) for _, line in self.lines]

    def made(self) -> list[BookLine]:
        """Receipts and corrections."""
        return [line for line in self.book() if line.kind in RECEIPT_KINDS]

    def disturb(self, on: str, do: str, **how: object) -> None:
        """What goes wrong from now on (``nth=1``: once): see :mod:`kassanet.sandbox.faults`."""
        line = msgspec.convert({"on": on, "do": do, **how}, Line)
        self.device.faults = FaultPlan([line]).for_device("0")

    def heal(self) -> None:
        self.device.faults = FaultPlan([]).for_device("0")


def storage(number: int, lines: MemoryLines) -> FiscalStorage:
    """A new fiscal storage that writes its book into ``lines``."""
    return FiscalStorage(
        f"99990780100{number:05d}",
        time.time,
        limits=Limits(ofd_seconds=0.0),
        records=MemoryLines(),
        book=lambda _: lines,
    )


def register_number(number: int, inn: str) -> tuple[Device, MemoryLines]:
    """A registered device, not yet reachable."""
    lines, serial = MemoryLines(), f"5507801{number:05d}"
    settings = DeviceSettings(document_seconds=0.02, restart_seconds=0.1)
    device = Device(serial, storage(number, lines), settings=settings, events=Events(MemoryLines()))
    register_at_factory(device, registration_of(serial, number + 1, inn))
    return device, lines


class Premises:
    """``registers`` listen from the beginning; the service runs between :meth:`start` and :meth:`stop`."""

    def __init__(self, folder: Path, nursery: trio.Nursery, config: Config) -> None:
        self.folder = folder
        self.config = config
        self.registers: list[Register] = []
        self.service: Service | None = None
        self._nursery = nursery
        self._down = trio.Event()

    # -- things ---------------------------------------------------------------------------------------------------

    async def add_register(self, inn: str = INN) -> Register:
        number = len(self.registers)
        device, lines = register_number(number, inn)
        port: int = await self._nursery.start(serve_device, device, "127.0.0.1", 0)
        self.registers.append(Register(device, f"127.0.0.1:{port}", lines))
        return self.registers[-1]

    def token(self, role: Role, inn: str | None = None) -> str:
        """As ``kassanet token create`` makes one, also beside the running service."""
        return tokens.create(self.folder, role, inn)

    def client(self, token: str | None) -> httpx.AsyncClient:
        assert self.service is not None
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.service.addresses[0], headers=headers, timeout=60.0, trust_env=False)

    # -- the service ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._down = trio.Event()
        with trio.fail_after(PATIENCE):
            self.service = await self._nursery.start(self._serve)

    async def stop(self) -> None:
        if self.service is not None:
            self.service.stop.set()
            with trio.fail_after(PATIENCE):
                await self._down.wait()
            self.service = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def _serve(self, task_status: trio.TaskStatus[Service]) -> None:
        try:
            await serve(self.config, task_status=task_status)
        finally:
            self._down.set()


@asynccontextmanager
async def _in_haste() -> AsyncIterator[None]:
    """Registers that failed, and queues, are looked at again soon; in life that takes seconds."""

    def hasty(config: Config) -> KktSettings:
        settings = kkt_settings(config)
        return msgspec.structs.replace(settings, reconnect_first=0.1, reconnect_limit=0.3, recheck_interval=0.3)

    with patch("kassanet.app.kkt_settings", hasty), patch("actors.circuit.actor.TICK", 0.2):
        yield


@asynccontextmanager
async def premises(folder: Path, registers: int = 1, **changes: Any) -> AsyncIterator[Premises]:  # noqa: ANN401 - settings
    """``changes`` are settings of the configuration."""
    quick = Config(
        data=str(folder / "data"),
        port=0,
        settle_after=0.3,
        shutdown=2.0,
        poll=Poll(state=0.1, health=0.3),
    )
    config = msgspec.structs.replace(quick, **changes)
    (folder / "data").mkdir(exist_ok=True)
    async with _in_haste(), trio.open_nursery() as nursery:
        place = Premises(folder / "data", nursery, config)
        for _ in range(registers):
            await place.add_register()
        await place.start()
        try:
            yield place
        finally:
            with trio.CancelScope(shield=True):
                await place.stop()
            nursery.cancel_scope.cancel()
