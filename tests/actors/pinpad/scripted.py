"""A pinpad of one's own: a terminal with a bank behind it that keep their books in memory, and troubles on command.

The terminal outlives the driver objects over it, as a real one outlives our process. Whatever its cash register did
not acknowledge it reverses by itself, unless a test says otherwise.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import trio

from schemas.operations import FINANCIAL, OperationKind, PinpadAnswer, Slips
from schemas.problems import FieldError
from transports.link import Dialer
from transports.pinpad import (
    Abilities,
    Intent,
    LastOperation,
    NotConfigured,
    Order,
    Pinpad,
    Place,
    Progress,
    Tell,
    Unknown,
    Unreachable,
)

TID = "50101700"


@dataclass
class Script:
    """How one run goes. ``lose``: the answer never comes, ``before`` or ``after`` the bank has done it.

    ``ack``: the acknowledgement fails before or after the terminal has it. ``change`` alters the answer.
    """

    verdict: Literal["approved", "refused", "offline", "undefined"] = "approved"
    lose: Literal["before", "after"] | None = None
    ack: Literal["before", "after"] | None = None
    unreachable: bool = False
    seconds: float = 0.0
    change: Callable[[PinpadAnswer], PinpadAnswer] = lambda answer: answer


@dataclass
class Entry:
    """An operation in the terminal's journal."""

    kind: OperationKind
    amount: int | None
    number: int
    rrn: str
    at: str
    acknowledged: bool = False
    reversed: bool = False
    of: "Entry | None" = None


@dataclass
class Terminal:
    """The device and its bank. ``silent`` counts how often its check is not answered."""

    journal: list[Entry] = field(default_factory=list)
    scripts: deque[Script] = field(default_factory=deque)
    silent: int = 0
    mute_slips: int = 0
    tells: frozenset[str] = frozenset({"amount", "number", "at", "rrn", "kind"})
    reverses_itself: bool = True
    settled: int = 0
    sent: list[Order] = field(default_factory=list)
    abilities: Abilities = field(default_factory=lambda: Abilities(partial_void=True, partial_refund=True))
    interrupted: int = 0

    @property
    def standing(self) -> int:
        """What the bank has taken and not given back, in kopecks."""
        total = 0
        for entry in self.journal:
            if not entry.reversed:
                total += (entry.amount or 0) * (1 if entry.kind not in ("void", "refund") else -1)
        return total

    def last(self) -> Entry | None:
        done = [entry for entry in self.journal if not entry.reversed]
        return done[-1] if done else None

    def give_up(self) -> None:
        """The cash register is gone: what it did not acknowledge is reversed."""
        for entry in self.journal:
            if not entry.acknowledged and not entry.reversed and self.reverses_itself:
                entry.reversed = True


class ScriptedPinpad:
    """Implements ``transports.pinpad.Pinpad``. ``at_run`` and ``at_acknowledge`` look at the world in between."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.at_run: Callable[[Intent], None] = lambda intent: None
        self.at_acknowledge: Callable[[], None] = lambda: None
        self._entry: Entry | None = None
        self._script = Script()
        self._stop = trio.Event()

    def intend(self, order: Order) -> Intent:
        missing = self.terminal.abilities.missing.get(order.kind)
        if missing is not None:
            raise NotConfigured(missing)
        return Intent(order=order, request=msgspec.json.encode([order.kind, order.amount, order.number]))

    async def run(self, intent: Intent, tell: Tell) -> PinpadAnswer:
        self._script = script = self.terminal.scripts.popleft() if self.terminal.scripts else Script()
        await trio.lowlevel.checkpoint()
        if script.unreachable:
            raise Unreachable("no route to host")
        self.terminal.give_up()
        self.at_run(intent)
        self.terminal.sent.append(intent.order)
        tell(Progress("sent"))
        await self._person(script, tell)
        if script.lose == "before":
            raise Unknown("no answer")
        answer = script.change(self._answer(intent.order, script))
        if self._entry is not None and answer.amount is not None:
            self._entry.amount = answer.amount
        if script.lose == "after":
            self.terminal.give_up()
            raise Unknown("no answer")
        tell(Progress("result"))
        return answer

    async def acknowledge(self) -> None:
        await trio.lowlevel.checkpoint()
        self.at_acknowledge()
        if self._script.ack == "before":
            self.terminal.give_up()
            raise Unknown("the line is dead")
        if self._entry is not None:
            self._entry.acknowledged = True
        if self._script.ack == "after":
            raise Unknown("the line is dead")

    async def abandon(self) -> None:
        await trio.lowlevel.checkpoint()
        self.terminal.give_up()

    async def interrupt(self) -> None:
        await trio.lowlevel.checkpoint()
        self.terminal.interrupted += 1
        self._stop.set()

    async def check(self) -> str | None:
        await trio.lowlevel.checkpoint()
        if self.terminal.silent:
            self.terminal.silent -= 1
            raise Unknown("no answer to the check")
        self.terminal.give_up()
        return TID

    async def last_operation(self, order: Order | None = None) -> LastOperation | None:
        await trio.lowlevel.checkpoint()
        if self.terminal.mute_slips:
            self.terminal.mute_slips -= 1
            raise Unknown("no answer to the last slip")
        entry = self.terminal.last()
        if entry is None:
            return None
        told = {"amount": entry.amount, "number": entry.number, "at": entry.at, "rrn": entry.rrn, "kind": entry.kind}
        return msgspec.convert(
            {"approved": True, **{name: value for name, value in told.items() if name in self.terminal.tells}},
            LastOperation,
        )

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()

    async def _person(self, script: Script, tell: Tell) -> None:
        tell(Progress("card"))
        if script.seconds:
            with trio.move_on_after(script.seconds):
                await self._stop.wait()
                raise Unknown("given up")

    def _answer(self, order: Order, script: Script) -> PinpadAnswer:
        self._entry = None
        if script.verdict != "approved" or order.kind not in FINANCIAL:
            if order.kind == "settlement" and script.verdict == "approved":
                self.terminal.settled += 1
            return PinpadAnswer(verdict=script.verdict, status=16, text="as the script says", terminal_id=TID)
        if order.kind == "emergency_void":
            return self._emergency(order)
        rrn = f"6326{len(self.terminal.journal):08}"
        self._entry = Entry(order.kind, order.amount, order.number, rrn, order.at)
        self.terminal.journal.append(self._entry)
        return self._approved(order, rrn)

    def _emergency(self, order: Order) -> PinpadAnswer:
        entry = self.terminal.last()
        wanted = order.original.number if order.original is not None else None
        if entry is None or entry.number != wanted:
            return PinpadAnswer(verdict="refused", status=16, text="nothing to void", terminal_id=TID)
        entry.reversed = True
        return self._approved(order, entry.rrn)

    def _approved(self, order: Order, rrn: str) -> PinpadAnswer:
        return PinpadAnswer(
            verdict="approved",
            status=1,
            amount=order.amount,
            currency=order.currency,
            rrn=rrn,
            auth_code="A12345",
            pan="4276010000001234",
            terminal_id=TID,
            slips=Slips("СЛИП 4276 0100 0000 1234", "СЛИП 2"),
        )


class ScriptedDriver:
    """Implements ``transports.pinpad.PinpadDriver`` over one terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.made: list[ScriptedPinpad] = []

    @property
    def abilities(self) -> Abilities:
        return self.terminal.abilities

    def objections(self, order: Order) -> Sequence[FieldError]:
        return ()

    def pinpad(self, dialer: Dialer, place: Place) -> Pinpad:
        self.made.append(ScriptedPinpad(self.terminal))
        return self.made[-1]
