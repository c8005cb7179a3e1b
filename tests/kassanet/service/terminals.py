"""Simulated terminals and their bank on loopback, in the test's own process, beside a running service."""

import time
from pathlib import Path
from typing import Any

import httpx
import trio

import kassanet.sandbox.smartsale as sandbox
from kassanet.config import Pinpads
from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.smartsale.bank import BankHost, BankSettings, LedgerLine, serve_bank
from kassanet.sandbox.smartsale.cards import CardLine, CardScript
from kassanet.sandbox.smartsale.events import Events
from kassanet.sandbox.smartsale.terminal import (
    Codes,
    Terminal,
    TerminalSettings,
    keep_straight,
    sandbox_profile,
    serve_terminal,
)
from tests.kassanet.service.premises import INN, PATIENCE
from transports.tcp import TcpDialer

PROFILES = Path(sandbox.__file__).parent / "profile.toml"


def quick(folder: Path) -> Pinpads:
    """The terminals' own profile, and a service that does not wait long."""
    file = folder / "terminals.toml"
    file.write_text(PROFILES.read_text() + "\n[sandbox.timers]\nidle = 0.7\nacknowledge = 2.0\n")
    return Pinpads(smartsale=str(file), settle_first=0.1, settle_limit=0.3)


class Bank:
    """A bank, and terminals of it; what one of them does is in :attr:`book`."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._ledger = MemoryLines()
        self.events = Events(MemoryLines())
        self.host = BankHost(self._ledger, time.time, settings=BankSettings(), events=self.events)
        self.address = ""
        self.terminals: list[Terminal] = []

    async def open(self) -> None:
        port: int = await self._nursery.start(serve_bank, self.host, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{port}"

    async def terminal(self, *faults: Line, cards: tuple[CardLine, ...] = (), wiring: str = "kph") -> str:
        """A new terminal; returns its address."""
        number = len(self.terminals)
        names = (str(number), f"501017{number:02d}", "here")
        host, _, port = self.address.rpartition(":")
        terminal = Terminal(
            names[1],
            Codes(sandbox_profile()),
            bank=self.address,
            dialer=TcpDialer(host, int(port)) if wiring == "kph" else None,
            clock=time.time,
            settings=TerminalSettings(card_seconds=0.02, pin_seconds=0.02, wait_every=0.05, reversal_seconds=0.1),
            customers=CardScript(cards).for_device(*names),
            faults=FaultPlan(faults).for_device(*names),
            events=self.events,
            lines=MemoryLines(),
            names=names,
        )
        self.terminals.append(terminal)
        self._nursery.start_soon(keep_straight, terminal)
        served: int = await self._nursery.start(serve_terminal, terminal, "127.0.0.1", 0)
        return f"127.0.0.1:{served}"

    def disturb(self, on: str, do: str, number: int = 0, **how: Any) -> None:  # noqa: ANN401 - fields of a fault
        """What goes wrong at a terminal from now on (``nth=1``: once)."""
        names = self.terminals[number].names
        self.terminals[number].faults = FaultPlan([Line(on=on, do=do, **how)]).for_device(*names)

    @property
    def book(self) -> list[LedgerLine]:
        return self.host.bank.ledger.read()

    @property
    def left(self) -> int:
        """Kopecks that customers have really paid in the end."""
        roots = (entry for entry in self.host.bank.ledger.entries.values() if entry.original is None)
        return sum(entry.left * entry.side for entry in roots)


class Counter:
    """A till's client, and one pinpad of the service."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.path = ""
        self._posted = 0

    async def add(self, address: str, **spec: Any) -> int:  # noqa: ANN401 - fields of the pinpad
        said = {"address": address, "profile": "sandbox", "terminal_id": "50101700", "inn": INN, **spec}
        made = await self.http.post("/api/v1/pinpads", json=said)
        assert made.status_code == 201, made.text
        self.path = f"/api/v1/pinpads/{made.json()['id']}"
        assert (await self.http.post(f"{self.path}/activate")).status_code == 200
        return int(made.json()["id"])

    async def ask(self, kind: str = "payment", **said: Any) -> httpx.Response:  # noqa: ANN401 - fields of the request
        self._posted += 1
        body = {"external_id": f"till-{self._posted}", "kind": kind, **said}
        if kind in ("payment", "preauthorisation", "top_up", "cash_withdrawal"):
            body.setdefault("amount", 1200)
        return await self.http.post(f"{self.path}/operations?wait={PATIENCE:.0f}", json=body)

    async def do(self, kind: str = "payment", **said: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = await self.ask(kind, **said)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def show(self, operation_id: int) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get(f"{self.path}/operations/{operation_id}?wait=60")).json()
        return found
