"""The terminal: what it is, what it remembers, and who may use it.

State here survives connections, and what is in the journal survives the power too. Nothing here waits: the line to the
cash register is the business of ``session``, that to the bank of ``banking``.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import trio

from kassanet.sandbox.books import Lines, MemoryLines
from kassanet.sandbox.faults import DeviceFaults
from kassanet.sandbox.power import Power
from kassanet.sandbox.smartsale.cards import Customers
from kassanet.sandbox.smartsale.events import Approval, Events
from kassanet.sandbox.smartsale.terminal.codes import Codes
from kassanet.sandbox.smartsale.terminal.journal import APPROVED, Delivered, Entry, Journal
from kassanet.sandbox.smartsale.terminal.settings import TerminalSettings
from transports.link import Dialer

MERCHANT = "000000501017"


class Terminal:
    """One terminal. ``clock`` is UNIX time (UTC); ``lines`` its memory; ``names`` how plans and scripts call it.

    ``bank`` is the host's ``ip:port``. With ``dialer`` the terminal goes there by itself (``kph``), without one it has
    the cash register carry its bytes (``pkh``). ``queue`` lets one request in at a time, ``banking`` one conversation
    with the bank, ``door`` one connection on a stream that a test brings.
    """

    def __init__(
        self,
        tid: str,
        codes: Codes,
        *,
        bank: str = "127.0.0.1:5000",
        dialer: Dialer | None = None,
        clock: Callable[[], float] = time.time,
        settings: TerminalSettings | None = None,
        customers: Customers | None = None,
        faults: DeviceFaults | None = None,
        events: Events | None = None,
        lines: Lines | None = None,
        names: Sequence[str] = ("0",),
    ) -> None:
        self.tid = tid
        self.codes = codes
        self.bank = bank
        self.dialer = dialer
        self.clock = clock
        self.settings = settings or TerminalSettings()
        self.customers = customers or Customers()
        self.faults = faults or DeviceFaults([])
        self.events = events or Events()
        self.journal = Journal(MemoryLines() if lines is None else lines)
        self.names = tuple(names)
        self.power = Power()
        self.door = trio.Lock()
        self.queue = trio.Lock()
        self.banking = trio.Lock()
        self.in_hand: Entry | None = None
        self._something_open = trio.Event()
        self.release()

    @property
    def address(self) -> str:
        """How events call this terminal: by the last of its names."""
        return self.names[-1]

    def now(self) -> str:
        """The terminal's local time, ``YYYYMMDDhhmmss``."""
        local = datetime.fromtimestamp(self.clock(), UTC) + timedelta(hours=self.settings.utc_offset)
        return f"{local:%Y%m%d%H%M%S}"

    def power_cycle(self, seconds: float) -> None:
        """Lose power now and come back after ``seconds``; whatever is being done ends here."""
        self.power.cut(seconds)

    # -- operations that are not over

    def delivered(self, entry: Entry) -> None:
        """The cash register has the result."""
        self.journal.write(Delivered(entry.began.number))

    def release(self) -> None:
        """Nobody works on an operation any more: whatever is not over is to be reversed now."""
        self.in_hand = None
        if not self.settings.reverses_voids:
            for entry in self.journal.open_entries():
                if entry.began.kind == "void" and entry.status == APPROVED:
                    self.delivered(entry)
        if self.journal.open_entries():
            self._something_open.set()

    def left_open(self) -> list[Entry]:
        """Operations to be reversed, or to be told to the bank, oldest first."""
        return [entry for entry in self.journal.open_entries() if entry is not self.in_hand]

    async def until_left_open(self) -> None:
        """Wait until there may be some."""
        while not self.left_open():
            self._something_open = trio.Event()
            await self._something_open.wait()

    def approval(self) -> Approval | None:
        """What the bank has approved and nobody has acknowledged: the window that faults are to land in."""
        entry = self.in_hand
        if entry is None or entry.status != APPROVED or entry.delivered:
            return None
        assert entry.decided is not None
        return Approval(entry.began.stan, entry.decided.rrn)
