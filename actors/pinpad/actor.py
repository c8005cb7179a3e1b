"""The pinpad's actor: what it answers to tills, sales and people.

Each operation is checked against the rules and the state first, then on disk, then acknowledged; what comes of it is
:mod:`actors.pinpad.turns`. A repeat of a known key is answered from the journal, whatever the pinpad does.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import ClassVar

import msgspec
import trio

from actors.durable import NOT_WRITTEN
from actors.hub import Hub
from actors.pinpad.desk import Desk
from actors.pinpad.line import Waiting
from actors.pinpad.performing import draft
from actors.pinpad.rules import Plan, plan
from actors.pinpad.settling import SETTLING
from actors.pinpad.timetable import day_of, due
from actors.pinpad.turns import Turns
from actors.runtime import LATER, Envelope
from actors.store import StoreUnavailable
from schemas.operations import CHARGES, FINISHED, FullRequest, OperationRequest, content_digest, full
from schemas.pinpad_commands import (
    ActivatePinpad,
    Await,
    DeactivatePinpad,
    Hold,
    Interrupt,
    NotPossible,
    Release,
    Settle,
    Submit,
    Tick,
)
from schemas.pinpad_records import (
    AcceptedOperation,
    AcceptOperation,
    EndOperation,
    ResolveOperation,
    SetPinpadActive,
    StoredOperation,
    StoredPinpad,
)
from schemas.problems import FieldError
from schemas.records import Conflict, NotFound

DAILY = "settlement/"
"""How the keys of settlements begin that the timetable asked for."""


class Pinpad(Turns):
    """One pinpad."""

    answers: ClassVar[tuple[type[Exception], ...]] = (Conflict, NotFound, NotPossible, StoreUnavailable)

    def __init__(self, desk: Desk, hub: Hub, row: StoredPinpad) -> None:
        super().__init__(desk, hub, row)
        self._wanting: deque[tuple[Hold, Envelope]] = deque()
        self._orphans = False
        self._settlement_after = 0.0
        self._handlers: dict[type, Callable[..., Awaitable[object]]] = {
            Submit: self._submit,
            Await: self._await,
            Interrupt: self._interrupt,
            Settle: self._settle_by_hand,
            Hold: self._hold,
            Release: self._release,
            ActivatePinpad: self._activate,
            DeactivatePinpad: self._deactivate,
            Tick: self._tick,
        }

    async def started(self) -> None:
        await super().started()
        self.context.tell_later(0.0, Tick(again=True))

    async def receive(self, message: object) -> object:
        return await self._handlers[type(message)](message)

    # -- operations -------------------------------------------------------------------------------

    async def _submit(self, message: Submit) -> AcceptedOperation:
        _check_key(message.request.external_id)
        request = full(message.request, await self._currency_meant(message.request))
        repeated = await self._repeated(request)
        if repeated is not None:
            return repeated
        self._must_be_open(message)
        planned = plan(request, await self._facts(request))
        order = draft(self._desk, request, planned.kind, planned.amount, planned.of)
        objections = tuple(self._desk.driver.objections(order))
        if objections:
            raise NotPossible(objections)
        self._must_have_room(message, planned)
        return await self._accept(request, planned, message.holder)

    async def _currency_meant(self, request: OperationRequest) -> str:
        """Where the request does not say it."""
        of = request.of
        original = await self._desk.reader.call(lambda store: store.operation(of)) if of is not None else None
        return self._desk.spec.currencies[0] if original is None else original.currency

    async def _repeated(self, request: FullRequest) -> AcceptedOperation | None:
        known = await self._known(request.external_id)
        if known is None:
            return None
        if known.digest != content_digest(request):
            text = f"{request.external_id} was asked before with other content"
            raise Conflict("other_content", text, f"operation {known.id}")
        if known.status == "accepted" and not self._line.knows(known.id):
            # The disk failed between the write and its answer, so whoever asked was told that it is not known.
            self._line.join(Waiting(known.id, known.accepted_at, known.holder))
        return AcceptedOperation(known.id, known.status, False)

    async def _known(self, external_id: str) -> StoredOperation | None:
        return await self._desk.reader.call(lambda store: store.operation_by_key(self._desk.id, external_id))

    def _must_be_open(self, message: Submit) -> None:
        if not self._active:
            raise Conflict("pinpad_inactive", f"pinpad {self._desk.id} is not active")
        if self._undecided and message.request.kind in CHARGES:
            blocking = min(self._undecided)
            raise Conflict("pinpad_blocked", f"operation {blocking} awaits a person's verdict", f"operation {blocking}")

    def _must_have_room(self, message: Submit, planned: Plan) -> None:
        if planned.kind == "settlement" and len(self._holds) and not message.request.forced:
            raise Conflict("sales_open", f"{len(self._holds)} sales are open", self._holds.names())
        queues = self._desk.spec.busy == "queue" and len(self._line.waiting) < self._desk.settings.queue
        if queues:
            return
        if self._line.busy:
            in_hand = self._line.current
            holder = "" if in_hand is None else f"operation {in_hand}"
            raise Conflict("pinpad_busy", f"pinpad {self._desk.id} is {self._face.state.condition}", holder)
        if self._holds.bars(message.holder):
            holder = self._holds.holder or ""
            raise Conflict("pinpad_held", f"pinpad {self._desk.id} is kept by {holder}", holder)

    async def _accept(self, request: FullRequest, planned: Plan, holder: str | None) -> AcceptedOperation:
        now = self._desk.clock()
        write = AcceptOperation(
            pinpad_id=self._desk.id,
            external_id=request.external_id,
            kind=request.kind,
            performed=planned.kind if planned.kind != request.kind else None,
            amount=planned.amount,
            currency=request.currency,
            of=planned.of.id if planned.of is not None else None,
            digest=content_digest(request),
            body=msgspec.json.encode(request),
            at=now,
            holder=holder,
        )
        try:
            accepted = await self._desk.journal.ask(write)
        except NOT_WRITTEN:
            self._orphans = True  # it may be on disk all the same: looked for at the next tick
            raise
        self._line.join(Waiting(accepted.operation_id, now, holder))
        self._show_condition()
        return accepted

    async def _await(self, message: Await) -> object:
        operation = await self._read(message.operation_id)
        if operation.status in FINISHED or operation.status == "manual":
            return None
        self._line.wait_for(operation.id, self.context.envelope)
        return LATER

    async def _interrupt(self, message: Interrupt) -> None:
        operation = await self._read(message.operation_id)
        if self._line.leave(operation.id):
            end = EndOperation(operation.id, "cancelled", "taken back while it waited", self._desk.clock())
            await self._desk.durably(end)
            await self._ended(operation.id)
        elif self._line.current == operation.id and not self._line.unsettled:
            await self._desk.device.interrupt()
        else:
            raise Conflict("status", f"operation {operation.id} is {operation.status}", operation.status)

    async def _settle_by_hand(self, message: Settle) -> None:
        """While the lock is held nobody tries to find it out, so that no void follows a person's verdict."""
        if (await self._read(message.operation_id)).status == "manual":
            await self._resolve(message)
            return
        try:
            self._deciding.acquire_nowait()
        except trio.WouldBlock:
            text = f"operation {message.operation_id} is being settled at this moment"
            raise Conflict("status", text, "unknown") from None
        try:
            await self._resolve(message)
        finally:
            self._deciding.release()
        self._pause.set()

    async def _resolve(self, message: Settle) -> None:
        operation = await self._read(message.operation_id)
        if operation.status not in ("manual", "unknown"):
            raise Conflict("status", f"operation {operation.id} is {operation.status}", operation.status)
        write = ResolveOperation(operation.id, message.verdict, message.reason, message.by, self._desk.clock())
        await self._desk.journal.ask(write)
        await self._look_again()
        if operation.status == "manual":
            await self._ended(operation.id)

    async def _look_again(self) -> None:
        """A verdict decides the emergency voids of the operation too."""
        opened = await self._desk.reader.call(lambda store: store.open_operations(self._desk.id))
        present = {each.id for each in opened if each.status == "manual"}
        self._undecided &= present
        if not self._undecided:
            self._face.show(reason=None)
        self._show_condition()

    # -- keeping it for a sale --------------------------------------------------------------------

    async def _hold(self, message: Hold) -> object:
        if not self._active:
            raise Conflict("pinpad_inactive", f"pinpad {self._desk.id} is not active")
        if self._undecided:
            blocking = min(self._undecided)
            raise Conflict("pinpad_blocked", f"operation {blocking} awaits a person's verdict", f"operation {blocking}")
        mine = self._holds.holder == message.holder
        if mine or not (self._line.busy or self._holds.bars(message.holder)):
            await self._keep_for(message)
            return None
        if self._desk.spec.busy == "queue":
            self._wanting.append((message, self.context.envelope))
            return LATER
        if self._holds.holder is not None:
            raise Conflict("pinpad_held", f"pinpad {self._desk.id} is kept", self._holds.holder)
        raise Conflict("pinpad_busy", f"pinpad {self._desk.id} is {self._face.state.condition}")

    async def _keep_for(self, message: Hold) -> None:
        await self._holds.take(message.holder, message.seconds)
        self.context.tell_later(message.seconds + 0.01, Tick())
        self._show_condition()

    async def _release(self, message: Release) -> None:
        await self._holds.release(message.holder, is_open=message.is_open)
        self._show_condition()
        self._line.ring()

    async def _free(self) -> None:
        await super()._free()
        if self._wanting and not self._line.busy and self._holds.holder is None:
            self.context.tell_later(0.0, Tick())  # granted from the mailbox, where nothing else can come between

    async def _serve_wanting(self) -> None:
        while self._wanting and not self._line.busy and self._holds.holder is None:
            message, envelope = self._wanting.popleft()
            if not envelope.waiting:
                continue
            try:
                await self._keep_for(message)
            except (Conflict, NotFound, StoreUnavailable, *NOT_WRITTEN) as reason:
                envelope.fail(reason)
            else:
                envelope.answer(None)

    # -- activity, time ---------------------------------------------------------------------------

    async def _activate(self, message: ActivatePinpad) -> None:
        await self._desk.journal.ask(SetPinpadActive(self._desk.id, 1, self._desk.clock()))
        self._active = True
        self._show_condition()

    async def _deactivate(self, message: DeactivatePinpad) -> None:
        await self._desk.journal.ask(SetPinpadActive(self._desk.id, 0, self._desk.clock()))
        self._active = False
        self._desk.told.clear()  # another device may stand there when it is active again
        self._show_condition()

    async def _tick(self, message: Tick) -> None:
        if message.again:
            self.context.tell_later(self._desk.settings.tick, Tick(again=True))
        await self._serve_wanting()
        for waiting in self._line.stale(self._desk.clock() - self._desk.settings.patience):
            await self._fail(waiting.operation_id, "it waited too long for its turn")
            await self._ended(waiting.operation_id)
        if self._orphans:
            await self._fail_orphans()
        self._line.ring()
        await self._settle_day()

    async def _fail_orphans(self) -> None:
        """Operations whose acceptance was not answered by the disk: nobody was told that they are accepted."""
        opened = await self._desk.reader.call(lambda store: store.open_operations(self._desk.id))
        for each in opened:
            if each.status == "accepted" and not self._line.knows(each.id):
                await self._fail(each.id, "the journal was not available when it was asked for")
        self._orphans = False

    async def _settle_day(self) -> None:
        """The daily settlement, once its time has come and nothing of the day is open."""
        spec, settings, now = self._desk.spec, self._desk.settings, self._desk.clock()
        if spec.settle_at is None or not self._active or now < self._settlement_after:
            return
        moment = due(spec.settle_at, now, self._settled_at or self._added_at, settings.utc_offset)
        if moment is None or self._line.busy:
            return
        if len(self._holds):
            self._face.show(reason=f"the settlement waits for {self._holds.names()}")
            return
        self._settlement_after = now + settings.settlement_pause
        request = await self._daily_request(day_of(moment, settings.utc_offset))
        await self._accept(request, plan(request, await self._facts(request)), None)

    async def _daily_request(self, day: str) -> FullRequest:
        """The first key of this day that was not used yet."""
        number = 1
        while True:
            key = f"{DAILY}{day}/{number}"
            if await self._known(key) is None:
                return FullRequest(external_id=key, kind="settlement", currency=self._desk.spec.currencies[0])
            number += 1


def _check_key(external_id: str) -> None:
    if external_id.startswith((SETTLING, DAILY)):
        raise NotPossible((FieldError("external_id", "begins as our own keys do", "another beginning"),))
