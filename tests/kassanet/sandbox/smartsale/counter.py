"""A till, a terminal and a bank on one table: everything in memory, on the virtual clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from msgspec.structs import replace

from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.smartsale.bank import BankHost, BankSettings, LedgerLine, host_faults, serve_bank_stream
from kassanet.sandbox.smartsale.cards import CardLine, CardScript
from kassanet.sandbox.smartsale.events import Events
from kassanet.sandbox.smartsale.terminal import (
    Codes,
    Terminal,
    TerminalSettings,
    keep_straight,
    sandbox_profile,
    serve_terminal_stream,
)
from schemas.pinpads import Wiring
from tests.kassanet.sandbox.smartsale.cash import Cash, Fields, Relay
from transports.memory import CLEAN, Faults, MemoryDialer, MemoryStream, null_modem

TID = "50101700"
NOON = 1_795_338_000.0  # 2026-11-22 12:00 at UTC+3
NAMES = ("0", TID, "127.0.0.1:7901")

SALE = {0: "1200", 4: "643", 25: "1", 26: "12", 27: TID}
LAST_SLIP = {25: "63", 27: TID, 64: "1", 65: "22"}
CHECK = {25: "26", 27: TID}
SETTLE = {25: "59", 27: TID}
EMERGENCY = {0: "1200", 4: "643", 25: "53", 27: TID}


class Counter:
    """``async with Counter().open() as counter``: then tills may be connected."""

    def __init__(
        self,
        *faults: Line,
        cards: tuple[CardLine, ...] = (),
        wiring: Wiring = "kph",
        settings: TerminalSettings | None = None,
        bank_settings: BankSettings | None = None,
        seed: int = 0,
    ) -> None:
        self.plan = FaultPlan(faults, seed)
        self.cards = CardScript(cards, seed)
        self.wiring = wiring
        self.settings = settings or TerminalSettings(card_seconds=0.3, pin_seconds=0.3)
        self.events = Events()
        self.ledger, self.memory = MemoryLines(), MemoryLines()
        self.host = BankHost(
            self.ledger,
            lambda: NOON,
            settings=bank_settings or BankSettings(),
            faults=host_faults(self.plan, seed),
            events=self.events,
        )
        self.number = 100

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Counter"]:
        async with trio.open_nursery() as self.nursery:
            self.bank = MemoryDialer(self.nursery, lambda stream: serve_bank_stream(self.host, stream))
            self.switch_on()
            yield self
            self.nursery.cancel_scope.cancel()

    def switch_on(self) -> Terminal:
        """A terminal that comes up from what was remembered."""
        self.terminal = Terminal(
            TID,
            Codes(sandbox_profile()),
            bank="127.0.0.1:5000",
            dialer=self.bank if self.wiring == "kph" else None,
            clock=lambda: NOON,
            settings=self.settings,
            customers=self.cards.for_device(*NAMES),
            faults=self.plan.for_device(*NAMES),
            events=self.events,
            lines=self.memory,
            names=NAMES,
        )
        self.nursery.start_soon(keep_straight, self.terminal)
        return self.terminal

    def till(self, there: Faults = CLEAN, back: Faults = CLEAN, *, persistent: bool = False) -> Cash:
        """A new connection; the terminal serves it."""
        ours, theirs = null_modem(there, back)
        self.nursery.start_soon(self._serve, theirs, persistent)
        return Cash(ours, Relay(self.bank.dial))

    async def _serve(self, theirs: MemoryStream, persistent: bool) -> None:
        await serve_terminal_stream(self.terminal, theirs, persistent=persistent)

    async def sell(self, amount: int = 1200, kind: str = "1", **more: str) -> Fields:
        """One whole operation over a connection of its own, with a number of its own."""
        self.number += 1
        told = {int(number.removeprefix("f")): value for number, value in more.items()}
        till = self.till()
        fields = {0: str(amount), 4: "643", 25: kind, 26: str(self.number), 27: TID, **told}
        result = await till.operate(fields)
        await till.stream.aclose()
        return result

    async def once(self, fields: dict[int, str]) -> Fields:
        """Any other operation."""
        till = self.till()
        result = await till.operate(fields)
        await till.stream.aclose()
        return result

    async def last_slip(self) -> str:
        return slip(await self.once(LAST_SLIP))

    def book(self) -> list[LedgerLine]:
        return self.host.bank.ledger.read()

    def told(self) -> list[tuple[str, int, bool]]:
        """The ledger in short: operation, amount, approved."""
        return [(line.op, line.amount, line.approved) for line in self.book()]

    def left(self) -> int:
        """Kopecks that customers have really paid in the end."""
        entries = self.host.bank.ledger.entries.values()
        return sum(entry.left * entry.side for entry in entries if entry.line.op not in ("void", "refund"))

    async def undone(self) -> None:
        """Wait until the terminal owes the bank nothing."""
        with trio.fail_after(120):
            while self.terminal.left_open() or self.terminal.in_hand:  # noqa: ASYNC110 - it has no event for us
                await trio.sleep(0.05)


def slip(fields: Fields) -> str:
    """The customer's slip of a result."""
    for entry in fields[90].decode("cp1251").split("~"):
        tag, _, rest = entry.partition("^")
        if tag.lower() == "0xdf":
            return rest.partition("^")[2]
    raise AssertionError("no slip")


def quick(**changes: object) -> TerminalSettings:
    """Settings with customers who know what they want."""
    return replace(TerminalSettings(card_seconds=0.3, pin_seconds=0.3), **changes)
