"""The register: the box of electronics around a fiscal storage.

State here survives connections, as on the real device. A power cut loses the open document, the text buffer and the
place in the archive; the memory and the fiscal storage keep the rest. Nothing here waits: how long things take is the
business of :mod:`kassanet.sandbox.terminalfa.execution`.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import trio

from kassanet.sandbox.books import Lines, MemoryLines
from kassanet.sandbox.events import Events
from kassanet.sandbox.faults import DeviceFaults
from kassanet.sandbox.fiscal_storage import (
    Current,
    Document,
    Draft,
    FiscalStorage,
    FnError,
    Form,
    Registration,
)
from kassanet.sandbox.power import Power
from kassanet.sandbox.terminalfa.drawer import Sums, count
from kassanet.sandbox.terminalfa.failures import Code, Failure, demand
from kassanet.sandbox.terminalfa.memory import Drawer, Memory
from kassanet.sandbox.terminalfa.paper import Paper
from kassanet.sandbox.terminalfa.settings import DeviceSettings
from transports.terminalfa.tlv import Tlv

Opened = TypeVar("Opened")


class Device:
    """One register. ``clock`` is UNIX time (UTC); ``lines`` its own memory; ``names`` how fault plans call it.

    ``storage`` None is a register without a fiscal storage. ``printer``, ``fatal_error`` and ``clock_is_set`` show in
    its status and make it refuse documents. With ``jams`` the next document is committed, and then printing it fails.
    ``posing_as`` is another device that answers in its place, as when addresses were swapped. ``door`` lets one
    connection in at a time, ``queue`` one command, also where there are several links.
    """

    def __init__(
        self,
        serial: str,
        storage: FiscalStorage | None,
        clock: Callable[[], float] = time.time,
        *,
        settings: DeviceSettings | None = None,
        faults: DeviceFaults | None = None,
        events: Events | None = None,
        lines: Lines | None = None,
        names: Sequence[str] = ("0",),
    ) -> None:
        self.serial = serial
        self.storage = storage
        self.clock = clock
        self.settings = settings or DeviceSettings()
        self.faults = faults or DeviceFaults([])
        self.events = events or Events(MemoryLines())
        self.memory = Memory(MemoryLines() if lines is None else lines)
        self.names = tuple(names)
        self.power = Power()
        self.door = trio.Lock()
        self.queue = trio.Lock()
        self.paper = Paper()
        self.printer = 0
        self.fatal_error = False
        self.clock_is_set = True
        self.jams = False
        self.posing_as: Device | None = None
        self.fn_errors: deque[int] = deque(maxlen=8)
        self._switched_on_at = clock()
        self._drawer: Sums | None = None
        self.boot()

    def boot(self) -> None:
        """What a restart leaves: whatever was not in memory or storage is gone."""
        self.opened: object = None
        self.document_being_read: list[Tlv] | None = None
        self.paper.buffer.clear()
        if self.storage is not None:
            self.storage.power_on()

    def power_cycle(self, seconds: float) -> None:
        """Lose power now and come back after ``seconds``; whatever is being executed ends here."""
        self.boot()
        self.power.cut(seconds)

    @property
    def address(self) -> str:
        """How events call this device: by the last of its names."""
        return self.names[-1]

    # -- the clock

    def now(self) -> datetime:
        """The register's own idea of local time."""
        settings = self.settings
        utc = self.clock()
        gained = settings.clock_gains * (utc - self._switched_on_at) / 86_400
        ahead = settings.utc_offset * 3600 + settings.clock_ahead + self.memory.state.clock_ahead + gained
        return datetime.fromtimestamp(utc, UTC).replace(tzinfo=None) + timedelta(seconds=ahead)

    def set_clock(self, local: datetime) -> None:
        ahead = (local - self.now()).total_seconds()
        self.memory.change(clock_ahead=self.memory.state.clock_ahead + ahead)
        self.clock_is_set = True

    # -- the fiscal storage

    @property
    def fn(self) -> FiscalStorage:
        """The storage; refuses when there is none."""
        if self.storage is None:
            raise Failure(Code.NO_FN)
        return self.storage

    @property
    def registration(self) -> Registration:
        """What the register is registered with; refuses when it is not."""
        registration = self.fn.registration
        if registration is None:
            raise Failure(Code.FN_NOT_REGISTERED)
        return registration

    def begin(self, current: Current, opened: object) -> None:
        """Start a document; ``opened`` collects what is passed for it."""
        self.demand_health()
        registration = self.fn.registration
        demand(registration is None or registration.kkt_serial == self.serial, Code.FN_MISMATCH)
        self.fn.begin(current, self.now())
        self.opened = opened

    def demand_health(self) -> None:
        """What must be in order before a document is begun, and before it is committed."""
        demand(not self.fatal_error, Code.HARDWARE)
        demand(self.clock_is_set, Code.CLOCK)
        demand(self.printer == 0, Code.PRINTER)

    def collecting(self, kind: type[Opened], code: Code) -> Opened:
        """The open document, which must be of this kind."""
        if not isinstance(self.opened, kind):
            raise Failure(code)
        return self.opened

    def cancel(self) -> None:
        """Drop the document being formed."""
        self.opened = None
        if self.storage is not None:
            self.storage.cancel()

    def recall(self, error: FnError) -> int:
        """Keep the storage's complaint for the command that reads the last ones; answers its code."""
        self.fn_errors.append(error.fault)
        return int(error.fault)

    # -- the cash drawer

    @property
    def drawer(self) -> Sums | None:
        """Sums since the shift was opened, worked out when first asked; None before the first shift."""
        if self._drawer is None and self.fn.shift.number:
            self._drawer = self._recount()
        return self._drawer

    def _recount(self) -> Sums:
        kept = self.memory.state.drawer
        since: list[Document] = []
        for fd in range(self.fn.last_fd, kept.fd if kept.fd <= self.fn.last_fd else 0, -1):
            document = self.fn.document(fd)
            assert document is not None
            since.append(document)
            if document.form is Form.OPEN_SHIFT:
                break
        sums = Sums(kept.cash, kept.electronic) if kept.fd <= self.fn.last_fd else Sums()
        for document in reversed(since):
            sums = count(sums, document)
        return sums

    def keep_drawer(self, sums: Sums) -> None:
        """Remember sums that no document tells."""
        self.memory.change(drawer=Drawer(sums.cash, sums.electronic, self.fn.last_fd))
        self._drawer = sums

    def commit(self, draft: Draft) -> Document:
        """Let the storage make the document, close what collected it and count its money."""
        document = self.fn.commit(draft, self.now())
        self.opened = None
        if self._drawer is not None or document.form is Form.OPEN_SHIFT:
            self._drawer = count(self._drawer or Sums(), document)
        return document
