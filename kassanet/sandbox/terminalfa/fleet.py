"""Many registers in one process, with one directory for everything that they remember and tell."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import trio

from kassanet.sandbox.books import FileLines
from kassanet.sandbox.events import Events
from kassanet.sandbox.faults import FaultPlan
from kassanet.sandbox.fiscal_storage import FiscalStorage, Limits
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.handlers.registration import register_at_factory
from kassanet.sandbox.terminalfa.organisation import INN, registration_of
from kassanet.sandbox.terminalfa.server import serve_device, serve_pty
from kassanet.sandbox.terminalfa.settings import DeviceSettings

MEMORY = "memory"


class Place:
    """Where register ``number`` of a sandbox stands; its serial numbers follow from that."""

    def __init__(self, number: int, host: str, port: int) -> None:
        self.number = number
        self.host = host
        self.port = port

    @property
    def names(self) -> tuple[str, str]:
        """How fault plans and events call the register: its number, its address."""
        return str(self.number), f"{self.host}:{self.port}"

    @property
    def serial(self) -> str:
        """Twelve digits."""
        return f"55{self.port:05d}{self.number:05d}"

    @property
    def fn_serial(self) -> str:
        """Sixteen digits, of a test storage."""
        return f"9999{self.port:05d}{self.number:07d}"


def places(count: int, host: str, first_port: int) -> list[Place]:
    """Consecutive ports."""
    return [Place(number, host, first_port + number) for number in range(count)]


class Fleet:
    """The registers of a directory. What they committed before is there again; new ones are registered."""

    def __init__(
        self,
        folder: Path,
        where: Sequence[Place],
        *,
        settings: DeviceSettings | None = None,
        limits: Limits | None = None,
        plan: FaultPlan | None = None,
        inn: str = INN,
        clock: Callable[[], float] = time.time,
    ) -> None:
        (folder / MEMORY).mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._settings = settings or DeviceSettings()
        self._limits = limits or Limits()
        self._plan = plan or FaultPlan()
        self._inn = inn
        self._clock = clock
        self._events = Events(FileLines(folder / "events.jsonl"))
        self.places = tuple(where)
        self.devices = tuple(self._device(place) for place in where)

    async def serve(
        self, *, serial_lines: bool = False, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen on every port, and with ``serial_lines`` on ``pty-<number>`` in the folder, until cancelled."""
        async with trio.open_nursery() as nursery:
            for place, device in zip(self.places, self.devices, strict=True):
                await nursery.start(serve_device, device, place.host, place.port)
                if serial_lines:
                    await nursery.start(serve_pty, device, self.folder / f"pty-{place.number}")
            task_status.started()

    def _device(self, place: Place) -> Device:
        device = Device(
            place.serial,
            self._storage(place),
            self._clock,
            settings=replace(self._settings),
            faults=self._plan.for_device(*place.names),
            events=self._events,
            lines=FileLines(self.folder / MEMORY / f"kkt-{place.serial}.jsonl"),
            names=place.names,
        )
        if device.fn.is_new:
            register_at_factory(device, registration_of(place.serial, place.port, self._inn))
        return device

    def _storage(self, place: Place) -> FiscalStorage:
        name = f"fn-{place.fn_serial}"

        def book(generation: int) -> FileLines:
            suffix = f".{generation}" if generation else ""
            return FileLines(self.folder / f"{name}{suffix}.jsonl")

        return FiscalStorage(
            place.fn_serial,
            self._clock,
            limits=replace(self._limits),
            records=FileLines(self.folder / MEMORY / f"{name}.jsonl"),
            book=book,
            zone=timezone(timedelta(hours=self._settings.utc_offset)),
        )
