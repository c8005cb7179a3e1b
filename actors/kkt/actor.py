"""The register's actor: what it does with each message that is not about its own rotation.

It is the only writer of its FN. Receipts come from its circuit one at a time; between two of them people may open and
close shifts, print reports and read documents.
"""

from collections.abc import Awaitable, Callable
from random import Random
from typing import ClassVar

import structlog
import trio
from msgspec.structs import replace

from actors.hub import Hub
from actors.kkt.connecting import NotSettled, connect
from actors.kkt.desk import Desk
from actors.kkt.making import Ended, GaveUp, LeftOpen, Outcome, make
from actors.kkt.rotation import LINK_DOWN, Rotation
from actors.kkt.settling import fence
from actors.kkt.shift_documents import change_shift
from actors.kkt.shifts import expired
from actors.runtime import Ref
from schemas.commands import (
    Activate,
    Announce,
    CloseShift,
    Committing,
    Deactivate,
    GaveBack,
    Job,
    Make,
    NotInRotation,
    OpenShift,
    Poll,
    PrintReport,
    PrintText,
    ReadDocument,
    Rehabilitate,
)
from schemas.kkt import ArchivedDocument, FnStatus, KktState, ShiftDocument
from schemas.records import Conflict, NotFound, SetKktActive
from transports.register import Lost, Refused, Unreachable

log = structlog.get_logger(__name__)


class Kkt(Rotation):
    """One register."""

    answers: ClassVar[tuple[type[Exception], ...]] = (Conflict, NotFound, NotInRotation, Refused, Lost, Unreachable)

    def __init__(
        self, desk: Desk, circuit: Ref, hub: Hub, state: KktState, *, inn: str, active: bool, random: Random
    ) -> None:
        super().__init__(desk, circuit, hub, state, inn=inn, active=active, random=random)
        self._handlers: dict[type, Callable[..., Awaitable[object]]] = {
            Make: self._make,
            Poll: self._poll,
            Activate: self._activate,
            Deactivate: self._deactivate,
            OpenShift: self._open_shift,
            CloseShift: self._close_shift,
            PrintReport: self._print_report,
            PrintText: self._print_text,
            Rehabilitate: self._rehabilitate,
            Announce: self._announce,
            ReadDocument: self._read_document,
        }

    async def receive(self, message: object) -> object:
        return await self._handlers[type(message)](message)

    # -- receipts ---------------------------------------------------------------------------------

    async def _make(self, message: Make) -> None:
        job = message.job
        self._handled = job.receipt_id
        if self._state.condition != "ready":
            self._tell_circuit(GaveBack(self._state.eip, job))
            return
        self._face.show(condition="busy", receipt_id=job.receipt_id)
        try:
            status = await self._fn_ready_for_receipt()
        except LINK_DOWN as trouble:
            self._tell_circuit(GaveBack(self._state.eip, job))
            self._disconnected(str(trouble))
        except Refused as refusal:
            self._tell_circuit(GaveBack(self._state.eip, job))
            self._out_of_rotation(str(refusal))
        else:
            await self._conclude(job, await make(self._desk, job, status, self._committing))

    async def _fn_ready_for_receipt(self) -> FnStatus:
        """The FN as it is now: the same one, nothing open on it, in a shift younger than a day."""
        status = await self._desk.register.fn_status()
        self._must_be_ours(status)
        if status.current_document:
            await fence(self._desk)
            status = await self._desk.register.fn_status()
            self._must_be_ours(status)
        if status.current_document:
            raise Unreachable(f"document {status.current_document:02X} is open and cannot be dropped")
        if status.shift_is_open and expired(self._state.shift_opened_at, self._desk.clock()):
            status = await self._change_shift(status)
        if not status.shift_is_open:
            status = await self._change_shift(status)
        return status

    def _committing(self) -> None:
        self._tell_circuit(Committing(self._state.eip))

    async def _conclude(self, job: Job, outcome: Outcome) -> None:
        match outcome:
            case Ended(fd):
                self._last_fd = fd
                self._faults.clear()
                self._renewed = False
                self._documented(fd)
                self._idle()
            case LeftOpen(attempt):
                log.error("receipt_unknown", eip=self._state.eip, receipt=attempt.receipt_id)
                self._settling(f"receipt {attempt.receipt_id} is unknown until the register answers")
            case GaveUp():
                await self._gave_up(job, outcome)

    def _documented(self, fd: int | None) -> None:
        fn = self._state.fn
        if fn is not None and fd is not None:
            self._face.show(fn=replace(fn, last_fd=fd), documents=self._state.documents + 1)

    async def _gave_up(self, job: Job, outcome: GaveUp) -> None:
        eip = self._state.eip
        blamed = outcome.verdict in ("register", "check")
        if (blamed or outcome.silenced) and eip not in job.failed_on:
            job = replace(job, failed_on=(*job.failed_on, eip))
        self._last_fd = None
        self._tell_circuit(GaveBack(eip, job))
        if outcome.link_lost:
            self._disconnected(outcome.reason)
        elif blamed:
            self._out_of_rotation(outcome.reason)
        elif outcome.verdict == "shift_expired":
            await self._renew_shift()
        elif outcome.verdict == "transient":
            await self._rest(outcome.reason)
        else:
            self._idle()

    async def _renew_shift(self) -> None:
        if self._renewed:
            # Shifts are fiscal documents too: a register that finds a new shift too old makes no more of them.
            self._out_of_rotation("the shift just opened is refused as too old")
            return
        self._renewed = True
        try:
            status = await self._change_shift(await self._desk.register.fn_status())
            if not status.shift_is_open:
                await self._change_shift(status)
        except LINK_DOWN as trouble:
            self._disconnected(str(trouble))
        except Refused as refusal:
            self._out_of_rotation(str(refusal))
        else:
            self._idle()

    async def _rest(self, reason: str) -> None:
        pause = self._faults.transient_pause()
        if pause is None:
            self._out_of_rotation(reason)
            return
        await trio.sleep(pause)
        self._idle()

    # -- asked by people --------------------------------------------------------------------------

    async def _activate(self, message: Activate) -> KktState:
        await self._desk.durably(SetKktActive(self._state.eip, 1, self._desk.clock()))
        if self._active and self._state.condition in ("ready", "settling"):
            return self._state
        self._active = True
        self._face.show(condition="connecting", reason=None)
        try:
            self._connected(await connect(self._desk))
        except NotSettled as open_:
            self._settling(str(open_))
        except LINK_DOWN as trouble:
            self._disconnected(str(trouble))
        except Refused as refusal:
            self._out_of_rotation(str(refusal))
        except Conflict as conflict:
            if not self.context.envelope.waiting:
                # Nobody hears the refusal any more: who asked was told that it is active, and so it stays.
                self._out_of_rotation(str(conflict))
                return self._state
            self._active = False
            self._inactive()
            await self._desk.durably(SetKktActive(self._state.eip, 0, self._desk.clock()))
            raise
        return self._state

    async def _deactivate(self, message: Deactivate) -> None:
        self._active = False
        self._unsettled = self._unsettled or await self._has_left_open()
        if not self._unsettled:
            self._inactive()

    async def _rehabilitate(self, message: Rehabilitate) -> None:
        if self._state.condition == "out_of_rotation":
            self._faults.clear()
            await self._connect()

    async def _announce(self, message: Announce) -> None:
        if message.circuit_id == self._state.circuit_id and self._state.condition == "ready":
            self._idle()

    async def _open_shift(self, message: OpenShift) -> ShiftDocument:
        return await self._shift_by_hand(message.cashier, opening=True)

    async def _close_shift(self, message: CloseShift) -> ShiftDocument:
        return await self._shift_by_hand(message.cashier, opening=False)

    async def _shift_by_hand(self, cashier: str | None, *, opening: bool) -> ShiftDocument:
        self._must_be_ready()
        try:
            status = await self._desk.register.fn_status()
            self._must_be_ours(status)
            if status.shift_is_open == opening:
                text = "the shift is open already" if opening else "the shift is closed already"
                raise Conflict("shift", text, self._state.eip)
            document = await change_shift(self._desk, status, cashier)
        except LINK_DOWN as trouble:
            self._disconnected(str(trouble))
            raise
        self._shift_changed(status, document)
        return document

    async def _print_report(self, message: PrintReport) -> None:
        self._must_be_ready()
        try:
            await self._desk.register.x_report()
        except LINK_DOWN as trouble:
            self._disconnected(str(trouble))
            raise

    async def _print_text(self, message: PrintText) -> None:
        self._must_be_ready()
        try:
            await self._desk.register.print_text(message.text)
        except LINK_DOWN as trouble:
            self._disconnected(str(trouble))
            raise

    async def _read_document(self, message: ReadDocument) -> ArchivedDocument | None:
        identity = self._state.identity
        if self._state.condition not in ("ready", "out_of_rotation") or identity is None:
            raise NotInRotation(f"{self._state.eip} cannot be read now ({self._state.condition})")
        await self._must_hold(message.fn)
        document = await self._desk.register.document(message.fd)
        await self._must_hold(message.fn)
        return document

    async def _must_hold(self, fn: str) -> None:
        """Asked before and after: addresses get exchanged, and another FN has documents of the same numbers."""
        present = (await self._desk.register.fn_status()).fn
        if present != fn:
            raise NotInRotation(f"{self._state.eip} holds FN {present} now")

    def _must_be_ready(self) -> None:
        if self._state.condition != "ready":
            reason = f": {self._state.reason}" if self._state.reason else ""
            raise NotInRotation(f"{self._state.eip} is {self._state.condition}{reason}")
