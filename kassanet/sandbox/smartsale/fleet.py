"""Many terminals in one process and the bank's host behind them, with one directory for all that they remember."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import trio
from msgspec.structs import replace

from kassanet.sandbox.books import FileLines
from kassanet.sandbox.faults import DeviceFaults, FaultPlan
from kassanet.sandbox.smartsale.bank import BankHost, BankSettings
from kassanet.sandbox.smartsale.cards import CardScript
from kassanet.sandbox.smartsale.events import Events
from kassanet.sandbox.smartsale.terminal import (
    Codes,
    Terminal,
    TerminalSettings,
    keep_straight,
    sandbox_profile,
    serve_terminal,
    serve_terminal_pty,
)
from schemas.pinpads import Wiring
from transports.smartsale.profile import TerminalProfile
from transports.tcp import TcpDialer

MEMORY = "memory"


class Place:
    """Where terminal ``number`` of a sandbox stands; its id follows from that."""

    def __init__(self, number: int, host: str, port: int) -> None:
        self.number = number
        self.host = host
        self.port = port

    @property
    def terminal_id(self) -> str:
        """Eight digits."""
        return f"501{self.port:05d}"

    @property
    def names(self) -> tuple[str, str, str]:
        """How plans, scripts and events call the terminal: its number, its id, its address."""
        return str(self.number), self.terminal_id, f"{self.host}:{self.port}"


def places(count: int, host: str, first_port: int) -> list[Place]:
    """Consecutive ports."""
    return [Place(number, host, first_port + number) for number in range(count)]


class Fleet:
    """The terminals of a directory; ``bank`` is the address of their host. What they did before is there again."""

    def __init__(
        self,
        folder: Path,
        where: Sequence[Place],
        bank: str,
        *,
        profile: TerminalProfile | None = None,
        wiring: Wiring = "kph",
        settings: TerminalSettings | None = None,
        plan: FaultPlan | None = None,
        cards: CardScript | None = None,
        events: Events | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        (folder / MEMORY).mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.places = tuple(where)
        self._codes = Codes(profile or sandbox_profile())
        self._bank = bank
        self._wiring = wiring
        self._settings = settings or TerminalSettings()
        self._plan = plan or FaultPlan()
        self._cards = cards or CardScript()
        self._events = events or events_of(folder)
        self._clock = clock
        self.terminals = tuple(self._terminal(place) for place in where)

    async def serve(
        self, *, serial_lines: bool = False, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen on every port, and with ``serial_lines`` on ``pty-<number>`` in the folder, until cancelled."""
        async with trio.open_nursery() as nursery:
            for place, terminal in zip(self.places, self.terminals, strict=True):
                nursery.start_soon(keep_straight, terminal)
                await nursery.start(serve_terminal, terminal, place.host, place.port)
                if serial_lines:
                    await nursery.start(serve_terminal_pty, terminal, self.folder / f"pty-{place.number}")
            task_status.started()

    def _terminal(self, place: Place) -> Terminal:
        host, _, port = self._bank.rpartition(":")
        return Terminal(
            place.terminal_id,
            self._codes,
            bank=self._bank,
            dialer=TcpDialer(host, int(port)) if self._wiring == "kph" else None,
            clock=self._clock,
            settings=replace(self._settings),
            customers=self._cards.for_device(*place.names),
            faults=self._plan.for_device(*place.names),
            events=self._events,
            lines=FileLines(self.folder / MEMORY / f"terminal-{place.terminal_id}.jsonl"),
            names=place.names,
        )


def events_of(folder: Path, whose: str = "") -> Events:
    """``events.jsonl`` of a directory, or ``events-<whose>.jsonl``: one writer for each, maybe in other processes."""
    folder.mkdir(parents=True, exist_ok=True)
    return Events(FileLines(folder / (f"events-{whose}.jsonl" if whose else "events.jsonl")))


def host_of(
    folder: Path,
    *,
    settings: BankSettings | None = None,
    faults: DeviceFaults | None = None,
    events: Events | None = None,
    clock: Callable[[], float] = time.time,
) -> BankHost:
    """The bank of a directory; its ledger is ``host.jsonl`` there."""
    return BankHost(
        FileLines(folder / "host.jsonl"),
        clock,
        settings=replace(settings or BankSettings()),
        faults=faults,
        events=events or events_of(folder),
    )
