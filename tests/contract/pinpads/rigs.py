"""The (driver, simulator) pairs under the actor, each behind a null modem. A new driver joins by adding its pair."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import trio

from actors.pinpad import Desk, Pinpad, PinpadSettings
from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.privatbank import EcrSettings, EcrTerminal, serve_ecr_stream
from kassanet.sandbox.smartsale.bank import Bank, BankHost, BankSettings, serve_bank_stream
from kassanet.sandbox.smartsale.cards import CardLine, CardScript, Customers
from kassanet.sandbox.smartsale.events import Events
from kassanet.sandbox.smartsale.terminal import (
    Codes,
    Terminal,
    TerminalSettings,
    keep_straight,
    sandbox_profile,
    serve_terminal_stream,
)
from schemas.operations import OperationKind
from schemas.pinpads import PinpadSpec
from tests.actors.kkt.rack import InlineReader, wall
from tests.actors.pinpad.counter import Counter
from tests.actors.pinpad.scripted import Terminal as Scripted
from transports.memory import MemoryDialer
from transports.pinpad import PinpadDriver, Place
from transports.privatbank import PrivatBankDriver
from transports.smartsale.driver import SmartSaleDriver

TID = "50101700"
BANK = "127.0.0.1:5000"
DECLINED = 5100
"""An amount that the simulated issuer refuses."""


class Simulated(Protocol):
    """What the suite needs of a simulated terminal and its bank."""

    driver: PinpadDriver
    dialer: MemoryDialer
    currency: str

    def left(self) -> int:
        """Kopecks that customers have really paid in the end."""

    def quiet(self) -> bool:
        """Whether the terminal has nothing to do any more."""


def _customers() -> Customers:
    line = CardLine(device="*", on="payment", amount=DECLINED, do="decline", code="51")
    return CardScript((line,)).for_device("0", TID, "memory:0")


def _left(bank: Bank) -> int:
    roots = (entry for entry in bank.ledger.entries.values() if entry.original is None)
    return sum(entry.left * entry.side for entry in roots)


class SmartSaleRig:
    """A simulated SmartSale terminal, its bank, and the profile of both."""

    currency = "643"

    def __init__(self, nursery: trio.Nursery, wiring: str) -> None:
        self.host = BankHost(MemoryLines(), wall, settings=BankSettings(), events=Events(MemoryLines()))
        bank = MemoryDialer(nursery, lambda stream: serve_bank_stream(self.host, stream))
        self._terminal = Terminal(
            TID,
            Codes(sandbox_profile()),
            bank=BANK,
            dialer=bank if wiring == "kph" else None,
            clock=wall,
            settings=TerminalSettings(card_seconds=0.3, pin_seconds=0.3),
            customers=_customers(),
            lines=MemoryLines(),
            events=Events(MemoryLines()),
            names=("0", TID, "memory:0"),
        )
        nursery.start_soon(keep_straight, self._terminal)
        self.driver: PinpadDriver = SmartSaleDriver(sandbox_profile(), dial=lambda *_: bank.dial())
        self.dialer = MemoryDialer(nursery, partial(serve_terminal_stream, self._terminal))

    def left(self) -> int:
        return _left(self.host.bank)

    def quiet(self) -> bool:
        return not self._terminal.left_open() and not self._terminal.in_hand


class PrivatBankRig:
    """A simulated ECR JSON terminal, and its bank."""

    currency = "980"

    def __init__(self, nursery: trio.Nursery) -> None:
        self._bank = Bank(MemoryLines(), wall, BankSettings(same_day_refund=True))
        self._terminal = EcrTerminal(
            TID, self._bank, clock=wall, settings=EcrSettings(card_seconds=0.3), customers=_customers()
        )
        self.driver: PinpadDriver = PrivatBankDriver()
        self.dialer = MemoryDialer(nursery, partial(serve_ecr_stream, self._terminal))

    def left(self) -> int:
        return _left(self._bank)

    def quiet(self) -> bool:
        return not self._terminal.busy


@dataclass(frozen=True)
class Pair:
    """``absent`` are kinds that this protocol or its profile does not have."""

    name: str
    make: Callable[[trio.Nursery], Simulated]
    spec: Mapping[str, Any]
    absent: frozenset[OperationKind] = frozenset()


PAIRS = (
    Pair("smartsale kph", lambda nursery: SmartSaleRig(nursery, "kph"), {"terminal_id": TID}),
    Pair(
        "smartsale pkh",
        lambda nursery: SmartSaleRig(nursery, "pkh"),
        {"terminal_id": TID, "wiring": "pkh", "allow": (BANK,)},
    ),
    Pair(
        "privatbank",
        PrivatBankRig,
        {"driver": "privatbank", "currencies": ("980",), "terminal_id": TID},
        frozenset(
            {"void", "settlement", "full_report", "short_report", "emergency_void", "preauthorisation", "completion",
             "top_up", "cash_withdrawal", "balance", "card_data"}
        ),
    ),
)  # fmt: skip


class Till(Counter):
    """A counter whose pinpad is a real driver's."""

    def __init__(self, folder: Path, simulated: Simulated, spec: PinpadSpec) -> None:
        super().__init__(folder, Scripted(), spec, PinpadSettings())
        self.simulated = simulated

    def _make(self) -> Pinpad:
        [row] = self.read.pinpads()
        place = Place(terminal_id=row.spec.terminal_id, wiring=row.spec.wiring, allow=row.spec.allow)
        desk = Desk(
            id=1,
            spec=row.spec,
            device=self.simulated.driver.pinpad(self.simulated.dialer, place),
            driver=self.simulated.driver,
            journal=self.root.ref("journal"),
            reader=InlineReader(self.read),
            clock=wall,
            settings=self._settings,
        )
        return Pinpad(desk, self.hub, row)

    async def pay(self, amount: int = 1200, **said: Any) -> tuple[int, str]:  # noqa: ANN401 - fields of the request
        return await self.do(amount=amount, currency=self.simulated.currency, **said)

    async def agree(self) -> None:
        """Both sides' money is the same, once the terminal has done what it still had to."""
        await self.until(self.simulated.quiet, limit=600.0)
        approved = [row for row in self.all() if row.status == "approved"]
        ours = sum((row.amount or 0) - row.returned for row in approved if row.kind == "payment")
        assert ours == self.simulated.left()


@asynccontextmanager
async def standing(folder: Path, pair: Pair) -> AsyncIterator[Till]:
    """A till, its actor and its terminal."""
    async with trio.open_nursery() as nursery:
        simulated = pair.make(nursery)
        spec = PinpadSpec(address="127.0.0.1:9000", **pair.spec)
        till = Till(folder, simulated, spec)
        try:
            async with trio.open_nursery() as inside:
                await till.start(inside)
                yield till
                till.root.stop()
        finally:
            till.store.close()
            till.read.close()
        nursery.cancel_scope.cancel()
