"""The device: it asks its bank, and knows of the past what the bank's ledger tells.

There is no acknowledgement in this protocol. So a terminal whose till has gone still finishes what it has begun, and
the money stays where the bank says: exactly what a driver must find out afterwards.
"""

import time
from collections.abc import Awaitable, Callable, Sequence

import trio
from msgspec import Struct

from kassanet.sandbox.faults import DeviceFaults
from kassanet.sandbox.power import Power
from kassanet.sandbox.smartsale.bank import Bank, Demand, LedgerLine
from kassanet.sandbox.smartsale.bank.messages import HostOperation
from kassanet.sandbox.smartsale.cards import Customers, Scenario
from kassanet.sandbox.smartsale.events import Events

NO_HOST, CANCELLED, DECLINED_BY_CARD, GENERAL = "1004", "1001", "1002", "1000"
CURRENCY = "980"
SUCCEEDED, FAILED, RUNNING = "0", "1", "2"
"""What getLastResult answers."""

Moment = Callable[[], Awaitable[None]]
"""Awaited at a moment at which the power may fail."""


class EcrSettings(Struct, kw_only=True, forbid_unknown_fields=True):
    """How the terminal behaves; times in seconds. ``tells_status`` off: answers leave ``trnStatus`` out."""

    card_seconds: float = 1.0
    slow_seconds: float = 20.0
    card_timeout: float = 30.0
    tells_status: bool = True


class Done(Struct, frozen=True):
    """What came of an operation: a line of the ledger, or a device code."""

    line: LedgerLine | None
    code: str
    auth: str | None = None
    card: str | None = None


class EcrTerminal:
    """One terminal. ``bank`` may be shared; ``names`` is how plans and scripts call it, the last its address."""

    def __init__(
        self,
        tid: str,
        bank: Bank,
        *,
        clock: Callable[[], float] = time.time,
        settings: EcrSettings | None = None,
        customers: Customers | None = None,
        faults: DeviceFaults | None = None,
        events: Events | None = None,
        names: Sequence[str] = ("0",),
    ) -> None:
        self.tid = tid
        self.bank = bank
        self.clock = clock
        self.settings = settings or EcrSettings()
        self.customers = customers or Customers()
        self.faults = faults or DeviceFaults([])
        self.events = events or Events()
        self.names = tuple(names)
        self.power = Power()
        self.door = trio.Lock()
        self.busy = False
        self.interrupted = trio.Event()
        self.last_result = SUCCEEDED
        self.stan = max((line.stan for line in self.lines()), default=0)

    @property
    def address(self) -> str:
        return self.names[-1]

    def lines(self) -> list[LedgerLine]:
        """What the bank has decided for this terminal, oldest first."""
        return [line for line in self.bank.ledger.read() if line.tid == self.tid]

    def find(self, invoice: str) -> LedgerLine | None:
        """By invoice number; ``""`` and ``0`` are the last one of the batch."""
        lines = [line for line in self.lines() if line.op in ("payment", "refund", "void")]
        if invoice in ("", "0"):
            return lines[-1] if lines else None
        return next((line for line in reversed(lines) if str(line.stan) == invoice), None)

    async def operate(self, op: HostOperation, amount: int, rrn: str | None, before: Moment, after: Moment) -> Done:
        """Ask the customer, then the bank. ``before`` and ``after`` are the moments around the bank's decision."""
        self.busy, self.last_result, self.interrupted = True, RUNNING, trio.Event()
        try:
            scenario = self.customers.next(amount, op)
            trouble = await self._customer(scenario)
            await before()
            done = Done(None, trouble) if trouble else self._ask_bank(op, amount, rrn, scenario)
            await after()
            self.last_result = SUCCEEDED if done.line is not None and done.line.approved else FAILED
            return done
        finally:
            self.busy = False
            if self.last_result == RUNNING:
                self.last_result = FAILED

    def power_cycle(self, seconds: float) -> None:
        """Lose power now and come back after ``seconds``; whatever is being done ends here."""
        self.power.cut(seconds)

    async def _customer(self, scenario: Scenario) -> str | None:
        """The device code that the customer's part ends with; None when the card is read."""
        settings = self.settings
        seconds = {"slow": settings.slow_seconds, "no_card": settings.card_timeout}.get(
            scenario.act, settings.card_seconds
        )
        with trio.move_on_after(seconds):
            await self.interrupted.wait()
            return CANCELLED
        return {
            "no_card": CANCELLED,
            "cancelled": CANCELLED,
            "removed": DECLINED_BY_CARD,
            "pin_blocked": DECLINED_BY_CARD,
            "no_host": NO_HOST,
        }.get(scenario.act)

    def _ask_bank(self, op: HostOperation, amount: int, rrn: str | None, scenario: Scenario) -> Done:
        self.stan += 1
        answer = self.bank.decide(
            Demand(
                op=op,
                tid=self.tid,
                stan=self.stan,
                amount=amount,
                currency=CURRENCY,
                rrn=rrn,
                pan=scenario.card.pan,
                issuer="05" if scenario.act == "partial" else scenario.issuer,
            )
        )
        line = next((line for line in reversed(self.lines()) if line.stan == self.stan), None)
        return Done(line, answer.code.zfill(4), answer.auth, scenario.card.brand)
