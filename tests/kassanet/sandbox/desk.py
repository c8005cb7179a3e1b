"""A register on the desk: commands go straight into it, its clock is turned by hand."""

from datetime import UTC, datetime
from typing import Any

from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.events import Events
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.fiscal_storage import FiscalStorage, Limits, Registration
from kassanet.sandbox.terminalfa import Device, DeviceSettings, register_at_factory, registration_of
from kassanet.sandbox.terminalfa.execution import execute
from transports.register import Refused
from transports.terminalfa.commands import Request, decode_reply, encode_request
from transports.terminalfa.commands.receipt import CommitReceipt, Item, OpenReceipt, PassItem, PassPayment
from transports.terminalfa.commands.request import Answer
from transports.terminalfa.commands.shifts import (
    BeginShiftClosing,
    BeginShiftOpening,
    CommitShiftClosing,
    CommitShiftOpening,
)
from transports.terminalfa.frames import Frame, FrameDecoder

SERIAL, FN = "550780100001", "9999078010000001"
NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()
"""Noon by the register's own clock, which is three hours ahead."""

WATER = Item(name="Вода", price=15000, quantity=1000, vat=6, method=4)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


class Clock:
    """UNIX time that only moves when told to."""

    def __init__(self, at: float = NOON) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


class Desk:
    """A registered device with everything around it in memory."""

    def __init__(
        self,
        *,
        faults: tuple[Line, ...] = (),
        limits: Limits | None = None,
        registration: Registration | None = None,
        settings: DeviceSettings | None = None,
    ) -> None:
        self.clock = Clock()
        self.records, self.lines = MemoryLines(), MemoryLines()
        self.books: list[MemoryLines] = []
        self.events = Events(MemoryLines())
        self.settings = settings or DeviceSettings(document_seconds=0.0)
        self.limits = limits or Limits(ofd_seconds=None)
        self.plan = FaultPlan(faults)
        self.device = self.switch_on()
        if self.device.fn.is_new:
            register_at_factory(self.device, registration or registration_of(SERIAL, 1))

    @property
    def book(self) -> MemoryLines:
        """The book that is written now."""
        return self.books[-1]

    def _book(self, generation: int) -> MemoryLines:
        self.books += [MemoryLines() for _ in range(len(self.books), generation + 1)]
        return self.books[generation]

    def switch_on(self) -> Device:
        """The device that comes up from what was remembered."""
        storage = FiscalStorage(FN, self.clock, limits=self.limits, records=self.records, book=self._book)
        self.device = Device(
            SERIAL,
            storage,
            self.clock,
            settings=self.settings,
            faults=self.plan.for_device("0", "127.0.0.1:7801"),
            events=self.events,
            lines=self.lines,
            names=("0", "127.0.0.1:7801"),
        )
        return self.device

    async def ask(self, request: Request[Answer]) -> Answer:
        """One command and its typed answer; raises Refused."""
        outcome = await execute(self.device, framed(encode_request(request)))
        return decode_reply(request, framed(outcome.reply))

    async def code(self, request: Request[Any]) -> int:
        """The error code that refuses a command; 0 when it is done."""
        try:
            await self.ask(request)
        except Refused as refused:
            return refused.code
        return 0

    async def open_shift(self) -> None:
        await self.ask(BeginShiftOpening(True))
        await self.ask(CommitShiftOpening())

    async def close_shift(self) -> None:
        await self.ask(BeginShiftClosing(True))
        await self.ask(CommitShiftClosing())

    async def pass_receipt(self, total: int = 15000, **payment: int | str) -> None:
        """Everything of a sale but its commit."""
        await self.ask(OpenReceipt())
        await self.ask(PassItem(Item(name="Вода", price=total, quantity=1000, vat=6, method=4)))
        said: dict[str, Any] = {"tax_system": 1, "cashless": total, **payment}
        await self.ask(PassPayment(**said))

    async def sell(self, total: int = 15000, **payment: int | str) -> int:
        """A whole sale; its FD."""
        await self.pass_receipt(total, **payment)
        return (await self.ask(CommitReceipt(1, total))).fd


def framed(wire: bytes) -> Frame:
    """The one frame in some bytes."""
    (event,) = FrameDecoder().feed(wire)
    assert isinstance(event, Frame)
    return event
