"""The (driver, simulator) pairs under test. A new driver joins the suite by adding its pair to ``PAIRS``.

Everything a test does to a device goes through :class:`Simulated`, so the tests themselves know no protocol.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, Protocol

import msgspec
import trio

from kassanet.devices import DeviceKind
from kassanet.sandbox.books import BookLine, MemoryLines
from kassanet.sandbox.events import Events
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.fiscal_storage import FiscalStorage, Limits
from kassanet.sandbox.terminalfa import (
    Device,
    DeviceSettings,
    register_at_factory,
    registration_of,
    serve_device,
    serve_pty,
    serve_stream,
)
from schemas.kkt import Identity
from transports.link import ByteStream
from transports.terminalfa.driver import TerminalFaDriver
from transports.terminalfa.settings import TerminalFaSettings

NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()
"""Noon by the registers' own clocks, which are three hours ahead."""

Step = Literal["identify", "fn_status", "cancel", "item", "commit", "correct", "open_shift", "close_shift", "document"]
"""The exchanges of a driver that a test may disturb, whatever a protocol calls them."""


class Simulated(Protocol):
    """What the suite needs of a simulated register."""

    def identity(self) -> Identity:
        """What a driver should find out about it."""

    def book(self) -> list[BookLine]:
        """The documents that its fiscal storage holds, oldest first."""

    def local(self) -> datetime:
        """Its own clock."""

    def advance(self, seconds: float) -> None:
        """Let time go by for its clock and its fiscal storage."""

    def spend(self, seconds: float) -> None:
        """How long it takes for a document from now on."""

    def cut_archive(self, limit: int, *, mark: bool = True) -> None:
        """How many bytes of a document its archive tells, and whether it keeps the mark."""

    def disturb(self, step: Step, do: str, **how: float) -> None:
        """The next exchange of this step goes wrong: see :mod:`kassanet.sandbox.faults`."""

    def break_printer(self) -> None: ...

    def remove_fn(self) -> None: ...

    def cut_power(self, seconds: float) -> None: ...

    async def serve(self, stream: ByteStream, *, persistent: bool = False) -> None:
        """One connection, or a serial line."""

    async def listen(self, *, task_status: trio.TaskStatus[int]) -> None:
        """On a free port of loopback, until cancelled."""

    async def wire(self, *, task_status: trio.TaskStatus[str]) -> None:
        """On a pseudo-terminal, until cancelled."""


@dataclass(frozen=True)
class Pair:
    """``driver`` takes the seconds to wait for an answer and for quiet, ``simulated`` the tax systems registered."""

    name: str
    driver: Callable[[float, float], DeviceKind]
    simulated: Callable[[int], Simulated]


class SimulatedTerminalFa:
    """A Терминал-ФА with everything around it in memory."""

    def __init__(self, commands: Mapping[Step, str], tax_systems: int) -> None:
        self._commands = commands
        self._at = NOON
        self._lines = MemoryLines()
        self._limits = Limits(ofd_seconds=None)
        storage = FiscalStorage("9999078010000001", self._clock, limits=self._limits, book=lambda _: self._lines)
        self.device = Device(
            "550780100001",
            storage,
            self._clock,
            settings=DeviceSettings(document_seconds=0.0, restart_seconds=0.1),
            events=Events(MemoryLines()),
        )
        registration = registration_of("550780100001", 1)
        register_at_factory(self.device, msgspec.structs.replace(registration, tax_systems=tax_systems))

    def _clock(self) -> float:
        return self._at

    def identity(self) -> Identity:
        said, serial, fn = self.device.registration, self.device.serial, self.device.fn.serial
        return Identity(serial, fn, said.rnm, said.inn, said.modes, said.tax_systems, said.agents)

    def book(self) -> list[BookLine]:
        return [msgspec.json.decode(line, type=BookLine) for _, line in self._lines]

    def local(self) -> datetime:
        return self.device.now()

    def advance(self, seconds: float) -> None:
        self._at += seconds

    def spend(self, seconds: float) -> None:
        self.device.settings.document_seconds = seconds

    def cut_archive(self, limit: int, *, mark: bool = True) -> None:
        self.device.settings.archive_limit = limit
        self._limits.archive_mark = mark

    def disturb(self, step: Step, do: str, **how: float) -> None:
        said: dict[str, Any] = {"on": self._commands[step], "nth": 1, "do": do, **how}
        self.device.faults = FaultPlan([msgspec.convert(said, Line)]).for_device("0")

    def break_printer(self) -> None:
        self.device.printer = 2

    def remove_fn(self) -> None:
        self.device.storage = None

    def cut_power(self, seconds: float) -> None:
        self.device.power_cycle(seconds)

    async def serve(self, stream: ByteStream, *, persistent: bool = False) -> None:
        await serve_stream(self.device, stream, persistent=persistent)

    async def listen(self, *, task_status: trio.TaskStatus[int]) -> None:
        await serve_device(self.device, "127.0.0.1", 0, task_status=task_status)

    async def wire(self, *, task_status: trio.TaskStatus[str]) -> None:
        await serve_pty(self.device, task_status=task_status)


def _terminalfa(ffd: Literal["1.05", "1.2"], answer_limit: float, quiet: float) -> DeviceKind:
    return TerminalFaDriver(TerminalFaSettings(ffd=ffd, answer_limit=answer_limit, quiet=quiet))


_COMMANDS: dict[Step, str] = {
    "identify": "02",
    "fn_status": "08",
    "cancel": "10",
    "item": "2B",
    "commit": "24",
    "correct": "26",
    "open_shift": "22",
    "close_shift": "2A",
    "document": "30",
}
PAIRS = (
    Pair("terminalfa", partial(_terminalfa, "1.05"), partial(SimulatedTerminalFa, _COMMANDS)),
    Pair("pkfa12", partial(_terminalfa, "1.2"), partial(SimulatedTerminalFa, {**_COMMANDS, "item": "96"})),
)
