"""One operation with a fault in it. What each fault means is stated in :mod:`kassanet.sandbox.faults`.

What this protocol adds: ``bad_crc`` spoils the first N + 1 transmissions of the result, the next one is good.
``power_cycle`` with N = 1 strikes when the bank's answer is in and not yet remembered. ``error:XX`` answers with
field 39 = XX (decimal). Whatever keeps the result from being acknowledged ends in a reversal.
"""

import trio

from kassanet.sandbox.faults import Fault
from kassanet.sandbox.smartsale.bank import Answer
from kassanet.sandbox.smartsale.bank.rules import APPROVED
from kassanet.sandbox.smartsale.events import Approval
from kassanet.sandbox.smartsale.pieces import pieces
from kassanet.sandbox.smartsale.terminal.asked import Asked
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.journal import Entry
from kassanet.sandbox.smartsale.terminal.line import Line

AFTER_APPROVAL = 1


class Closing(Exception):
    """The connection ends here; ``abort`` resets it as if bytes were left unread."""

    def __init__(self, *, abort: bool = False) -> None:
        super().__init__()
        self.abort = abort


class Disturbance:
    """The fault of one exchange, or none. Its hooks are called at the moments they are named for."""

    def __init__(self, terminal: Terminal, line: Line, asked: Asked, fault: Fault | None) -> None:
        self._terminal = terminal
        self._line = line
        self._fault = fault or Fault("none")
        self._command = asked.kind or str(asked.operation)
        self._request = asked.message.frame()
        self._transmissions = 0

    @property
    def action(self) -> str:
        return self._fault.action

    @property
    def status(self) -> int:
        """Field 39 of an injected error: its digits as they were written."""
        return int(f"{self._fault.error:02X}") if f"{self._fault.error:02X}".isdigit() else 0

    def on_request(self) -> None:
        """A request was read, and nothing was said to it yet."""
        if self.action == "cut_request":
            self._tell()
            raise Closing(abort=self._fault.at < len(self._request))
        if self.action == "error":
            self._tell()

    async def on_start(self) -> None:
        """The request was acknowledged, and nothing was done yet."""
        if self.action == "power_cycle" and self._fault.at != AFTER_APPROVAL:
            await self._lose_power(None)

    async def on_answer(self, entry: Entry, answer: Answer) -> None:
        """The bank's answer came in, and is not remembered yet."""
        if self.action == "power_cycle":
            approved = answer.code == APPROVED
            await self._lose_power(Approval(entry.began.stan, answer.rrn) if approved else None)

    async def on_result(self) -> None:
        """There is a result, and none of it was sent."""
        if self.action == "power_cycle":
            await self._lose_power(self._terminal.approval())
        if self.action == "drop_reply":
            self._tell(self._terminal.approval())
            with trio.move_on_after(self._fault.seconds):
                await self._line.until_given_up()
            raise Closing

    async def send(self, wire: bytes) -> None:
        """Put a frame of the result on the line."""
        spoiled = self._fault.at if self.action == "bad_crc" else 0
        fault = self._fault if self._transmissions <= spoiled else None
        self._transmissions += 1
        if fault is not None and fault.action != "none" and self._transmissions == 1:
            self._tell(self._terminal.approval() if fault.action == "cut_reply" else None)
        for seconds, piece in pieces(fault, wire):
            await trio.sleep(seconds)
            await self._line.send(piece)
        if fault is not None and fault.action == "cut_reply":
            raise Closing

    async def _lose_power(self, approval: Approval | None) -> None:
        self._tell(approval)
        self._terminal.power_cycle(self._fault.seconds)
        await trio.lowlevel.checkpoint()  # where everything on this power ends

    def _tell(self, approval: Approval | None = None) -> None:
        self._terminal.events.tell(self._terminal.address, "fault", self._command, approval, self.action)
