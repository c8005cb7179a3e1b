"""Whose turn it is at a pinpad, and seeing each operation through; one task does it, beside the actor's mailbox.

What is unknown comes first: nothing else is done at a pinpad until that is settled, an emergency void above all, which
is for the last operation only. Then whoever keeps the pinpad, or whoever has waited longest.
"""

import structlog
import trio

from actors.hub import Hub
from actors.pinpad.desk import Desk
from actors.pinpad.face import Face, first_state
from actors.pinpad.holds import Holds
from actors.pinpad.line import Line, Waiting
from actors.pinpad.performing import ask_who, order_of, perform, request_of, stale
from actors.pinpad.rules import Facts, plan
from actors.pinpad.settling import SETTLING, resume, settle
from actors.runtime import Actor
from actors.store import StoreUnavailable
from schemas.operations import FINANCIAL, FullRequest, OperationStatus
from schemas.pinpad_commands import NotPossible
from schemas.pinpad_records import EndOperation, StoredOperation, StoredPinpad
from schemas.pinpads import Condition
from schemas.records import Conflict

log = structlog.get_logger(__name__)

AT_WORK = 25.0
"""Seconds an operation in hand is given at a stop. What has not ended then is settled after the next start."""


class Turns(Actor):
    """The part of the actor that works; :class:`actors.pinpad.Pinpad` is the part that is asked."""

    def __init__(self, desk: Desk, hub: Hub, row: StoredPinpad) -> None:
        self._desk = desk
        self._active = bool(row.is_active)
        self._settled_at = row.settled_at
        self._added_at = row.added_at
        self._face = Face(desk, hub, first_state(desk, row.settled_at))
        self._line = Line()
        self._holds = Holds(desk)
        self._undecided: set[int] = set()
        self._leaving = False
        self._pause = trio.Event()
        self._deciding = trio.Lock()

    async def started(self) -> None:
        """Read what is on its way; nothing is sent before the mailbox is open."""
        opened, holds = await self._desk.reader.call(
            lambda store: (store.open_operations(self._desk.id), store.pinpad_holds(self._desk.id))
        )
        self._holds.adopt(holds)
        self._undecided = {each.id for each in opened if each.status == "manual" and each.sent in FINANCIAL}
        self._line.unsettled.extend(each.id for each in opened if each.status not in ("manual", "accepted"))
        for each in opened:
            if each.status == "accepted":
                self._line.waiting.append(Waiting(each.id, each.accepted_at, each.holder))
        self._show_condition()
        self.context.spawn(self._work)

    async def stopping(self) -> None:
        """The operation in hand is given a moment; the link is given back in any case."""
        self._leaving = True
        with trio.move_on_after(AT_WORK):
            while self._line.current is not None and not self._resting:  # noqa: ASYNC110 - a stop is no event
                await trio.sleep(0.05)
        await self._desk.device.aclose()

    @property
    def _resting(self) -> bool:
        """Whether the operation in hand is unknown and its pinpad did not answer."""
        return bool(self._line.unsettled) and not self._deciding.locked()

    def describe(self) -> dict[str, object]:
        return {"condition": self._face.state.condition, "waiting": len(self._line.waiting), "holds": len(self._holds)}

    # -- the task ---------------------------------------------------------------------------------

    async def _work(self) -> None:
        await self._resume()
        while True:
            try:
                worked = await self._turn()
            except StoreUnavailable as reason:
                log.warning("pinpad_waits_for_store", pinpad=self._desk.id, reason=reason.reason)
                await trio.sleep(1.0)
                continue
            if not worked:
                await self._free()
                await self._line.rung()

    async def _resume(self) -> None:
        """Bring what a stop left behind to a definite end, or to ``unknown``."""
        for operation_id in list(self._line.unsettled):
            operation = await self._read(operation_id)
            if await resume(self._desk, operation) != "unknown":
                self._line.unsettled.remove(operation_id)
                await self._ended(operation_id)

    async def _turn(self) -> bool:
        """Do one thing; False when there is nothing to do."""
        if self._leaving:
            return False
        if self._line.unsettled:
            await self._settle(self._line.unsettled[0])
            return True
        waiting = self._next()
        if waiting is None:
            return False
        await self._perform(waiting)
        return True

    def _next(self) -> Waiting | None:
        for waiting in self._line.waiting:
            if not self._holds.bars(waiting.holder):
                self._line.waiting.remove(waiting)
                return waiting
        return None

    async def _perform(self, waiting: Waiting) -> None:
        self._line.current = waiting.operation_id
        try:
            operation = await self._read(waiting.operation_id)
            if operation.status == "accepted":
                await self._perform_accepted(operation)
        finally:
            self._line.current = None
        await self._ended(waiting.operation_id)

    async def _perform_accepted(self, operation: StoredOperation) -> None:
        self._face.took(operation)
        self._show_condition()
        refusal = await self._why_not_now(operation)
        if refusal is not None:
            await self._fail(operation.id, refusal)
            return
        await ask_who(self._desk)
        self._face.show(terminal_id=self._desk.terminal_id)
        original = await self._read(operation.of) if operation.of is not None else None
        order = order_of(self._desk, operation, original)
        status = await perform(self._desk, operation, order, self._face.tell)
        if status == "unknown":
            self._line.unsettled.append(operation.id)

    async def _why_not_now(self, operation: StoredOperation) -> str | None:
        """The rules once more: while it waited its turn, its original may have been given back, or a day settled."""
        if operation.external_id.startswith(SETTLING):
            return "left behind by a stop; it is decided with its original"
        if stale(self._desk, operation):
            return "it waited too long for its turn"
        request = request_of(operation)
        try:
            planned = plan(request, await self._facts(request))
        except (NotPossible, Conflict) as refusal:
            return str(refusal)
        if planned.kind != operation.sent:
            return "a settlement has come between"
        if operation.of is not None and (planned.of is None or planned.of.id != operation.of):
            return "another operation has come between"
        return None

    async def _settle(self, operation_id: int) -> None:
        operation = await self._read(operation_id)
        if operation.status == "unknown":
            self._line.current = operation_id
            self._face.took(operation)
            self._face.show(stage="settling", reason=operation.reason)
            self._show_condition()
            try:
                await self._settle_unknown(operation)
            finally:
                self._line.current = None
        if operation_id in self._line.unsettled:
            self._line.unsettled.remove(operation_id)
        await self._ended(operation_id)

    async def _settle_unknown(self, operation: StoredOperation) -> None:
        """Until it is settled, by the pinpad or by a person."""
        wait = self._desk.settings.settle_first
        while not self._leaving:
            async with self._deciding:
                operation = await self._read(operation.id)
                if operation.status != "unknown":
                    return
                if await settle(self._desk, operation, self._face.tell) is not None:
                    return
            self._pause = trio.Event()
            with trio.move_on_after(wait):
                await self._pause.wait()
            wait = min(2 * wait, self._desk.settings.settle_limit)

    # -- shared steps -----------------------------------------------------------------------------

    async def _facts(self, request: FullRequest) -> Facts:
        """What the rules need to know of this request, as it is on disk now."""
        of, pinpad_id = request.of, self._desk.id
        original, done, last = await self._desk.reader.call(
            lambda store: (
                store.operation(of) if of is not None else None,
                store.operations_of(of) if of is not None else (),
                store.last_sent(pinpad_id, 8),
            )
        )
        return Facts(
            spec=self._desk.spec,
            abilities=self._desk.driver.abilities,
            settings=self._desk.settings,
            settled_at=self._settled_at,
            original=original if original is not None and original.pinpad_id == pinpad_id else None,
            done=done,
            last=last,
        )

    async def _read(self, operation_id: int) -> StoredOperation:
        return await self._desk.operation(operation_id)

    async def _fail(self, operation_id: int, reason: str) -> None:
        await self._desk.durably(EndOperation(operation_id, "failed", reason, self._desk.clock()))

    async def _ended(self, operation_id: int) -> None:
        """It is not in hand any more; where it must be settled, nobody hears of it yet."""
        if operation_id in self._line.unsettled:
            return
        operation = await self._read(operation_id)
        if operation.sent == "settlement" and operation.status == "approved":
            self._settled_at = operation.changed_at
        self._decided(operation.id, operation.status, financial=operation.sent in FINANCIAL)
        self._face.ended(operation.status, operation.reason)
        self._show_condition()
        self._line.over(operation_id)

    def _decided(self, operation_id: int, status: OperationStatus, *, financial: bool) -> None:
        if status == "manual" and financial:
            self._undecided.add(operation_id)
        else:
            self._undecided.discard(operation_id)

    async def _free(self) -> None:
        """Nothing is in hand and nothing waits that may go."""
        self._show_condition()

    def _show_condition(self) -> None:
        self._face.show(
            condition=self._condition,
            waiting=len(self._line.waiting),
            holds=len(self._holds),
            settled_at=self._settled_at,
        )
        if self._undecided:
            blocking = min(self._undecided)
            self._face.show(reason=f"operation {blocking} awaits a person's verdict")

    @property
    def _condition(self) -> Condition:
        if self._line.unsettled:
            return "settling"
        if self._line.current is not None:
            return "busy"
        if self._undecided:
            return "blocked"
        if not self._active:
            return "inactive"
        return "held" if self._holds.holder is not None else "ready"
