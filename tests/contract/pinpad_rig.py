"""A pinpad driver over its simulated terminal in memory, whatever protocol the two speak, and the bank's ledger."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import trio

from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.privatbank import EcrSettings, EcrTerminal, serve_ecr_stream
from kassanet.sandbox.smartsale.bank import Bank, BankHost, BankSettings, LedgerLine, serve_bank_stream
from kassanet.sandbox.smartsale.cards import CardLine, CardScript
from kassanet.sandbox.smartsale.terminal import (
    Codes,
    Terminal,
    TerminalSettings,
    keep_straight,
    sandbox_profile,
    serve_terminal_stream,
)
from schemas.operations import OperationKind, PinpadAnswer
from transports.memory import MemoryDialer
from transports.pinpad import Order, Original, Pinpad, PinpadDriver, Place, Progress
from transports.privatbank import PrivatBankDriver
from transports.smartsale.driver import SmartSaleDriver

TID, EPOCH = "50101700", datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()


def wall() -> float:
    """A wall clock that goes with Trio's."""
    return EPOCH + trio.current_time()


class PinpadRig:
    """``disturb`` tells the terminal what goes wrong next with its payments."""

    def __init__(
        self,
        driver: PinpadDriver,
        dialer: MemoryDialer,
        currency: str,
        ledger: Callable[[], list[LedgerLine]],
        disturb: Callable[[Line], None],
        customers: Callable[[CardLine], None],
    ) -> None:
        self.driver = driver
        self.dialer = dialer
        self.currency = currency
        self.ledger = ledger
        self.customers = customers
        self._disturb = disturb
        self.pinpad: Pinpad = driver.pinpad(dialer, Place(terminal_id=TID))
        self.told: list[Progress] = []
        self._number = 0

    def disturb(self, do: str, *, at: int | None = None, seconds: float | None = None) -> None:
        self._disturb(Line(do=do, nth=1, at=at, seconds=seconds))

    def order(
        self, kind: OperationKind = "payment", amount: int | None = 1200, original: Original | None = None
    ) -> Order:
        self._number += 1
        at = f"{datetime.fromtimestamp(wall() + 3 * 3600, UTC):%Y%m%d%H%M%S}"
        return Order(
            kind=kind, number=self._number, at=at, amount=amount, currency=self.currency, terminal_id=TID,
            original=original,
        )  # fmt: skip

    async def run(self, order: Order) -> PinpadAnswer:
        """The whole exchange, acknowledged."""
        answer = await self.pinpad.run(self.pinpad.intend(order), self.told.append)
        await self.pinpad.acknowledge()
        return answer

    @property
    def charges(self) -> list[LedgerLine]:
        return [line for line in self.ledger() if line.op == "payment" and line.approved]


@asynccontextmanager
async def smartsale() -> AsyncIterator[PinpadRig]:
    async with trio.open_nursery() as nursery:
        lines = MemoryLines()
        host = BankHost(lines, wall, settings=BankSettings(same_day_refund=True))
        terminal = Terminal(
            TID,
            Codes(sandbox_profile()),
            dialer=MemoryDialer(nursery, partial(serve_bank_stream, host)),
            clock=wall,
            settings=TerminalSettings(),
            names=("0", TID, "memory"),
        )
        nursery.start_soon(keep_straight, terminal)

        def disturb(line: Line) -> None:
            terminal.faults = FaultPlan([_on(line, "payment")]).for_device("0")

        def customers(line: CardLine) -> None:
            terminal.customers = CardScript([line]).for_device("0")

        dialer = MemoryDialer(nursery, partial(serve_terminal_stream, terminal))
        driver = SmartSaleDriver(sandbox_profile())
        yield PinpadRig(driver, dialer, "643", host.bank.ledger.read, disturb, customers)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def privatbank() -> AsyncIterator[PinpadRig]:
    async with trio.open_nursery() as nursery:
        bank = Bank(MemoryLines(), wall, BankSettings(same_day_refund=True, utc_offset=2))
        terminal = EcrTerminal(TID, bank, clock=wall, settings=EcrSettings(), names=("0", TID, "memory"))

        def disturb(line: Line) -> None:
            terminal.faults = FaultPlan([_on(line, "Purchase")]).for_device("0")

        def customers(line: CardLine) -> None:
            terminal.customers = CardScript([line]).for_device("0")

        dialer = MemoryDialer(nursery, partial(serve_ecr_stream, terminal))
        yield PinpadRig(PrivatBankDriver(), dialer, "980", bank.ledger.read, disturb, customers)
        nursery.cancel_scope.cancel()


def _on(line: Line, name: str) -> Line:
    return Line(do=line.do, on=name, nth=line.nth, at=line.at, seconds=line.seconds)


RIGS = {"smartsale": smartsale, "privatbank": privatbank}
