"""How a register gets into rotation, stays there, and leaves it.

Conditions, and what leads from one to the next::

    inactive ──Activate──▶ connecting ──all settled──▶ ready ◀──document──▶ busy
                            ▲  │   │                              │
                 no answer  │  │   ▼ an attempt stays open        ▼ the register's own fault
                unreachable ◀──┘  settling                  out_of_rotation

Only a register in ``ready`` asks its circuit for work. Whoever lost the link, has an attempt open or was out of
rotation goes through ``connecting`` again: identity, then settling, then health, and only then ``ready``.
"""

from random import Random

import structlog
from msgspec.structs import replace

from actors.hub import Hub
from actors.kkt.connecting import Connection, Health, NotSettled, connect, read_health
from actors.kkt.desk import Desk
from actors.kkt.face import Face
from actors.kkt.faults import Faults
from actors.kkt.health import unfit
from actors.kkt.shift_documents import change_shift
from actors.kkt.shifts import close_due
from actors.runtime import Actor, ActorStopped, Overloaded, Ref, Timer
from actors.store import StoreUnavailable
from schemas.commands import Away, Idle, Poll, Requeued, Restarted
from schemas.kkt import Condition, FnStatus, KktState, ShiftDocument, ShiftStatus
from schemas.records import Conflict
from transports.register import Lost, Refused, Unreachable

log = structlog.get_logger(__name__)

LINK_DOWN = (Lost, Unreachable)


class Rotation(Actor):
    """``state`` is how the register was last known; ``active`` whether it belongs in rotation."""

    def __init__(
        self, desk: Desk, circuit: Ref, hub: Hub, state: KktState, *, inn: str, active: bool, random: Random
    ) -> None:
        self._desk = desk
        self._circuit = circuit
        self._active = active
        self._faults = Faults(desk.settings, random)
        condition: Condition = "connecting" if active else "inactive"
        self._face = Face(replace(state, condition=condition, receipt_id=None, reason=None), desk, hub, inn)
        self._last_fd: int | None = None
        self._unsettled = False
        self._renewed = False
        self._handled: int | None = None
        self._timer: Timer | None = None
        self._looked_at = 0.0
        self._first_poll = random.random() * 0.2

    async def started(self) -> None:
        self._face.show()
        self._tell_circuit(Restarted(self._state.eip))
        if not self._active:
            self._unsettled = await self._has_left_open()
        if self._active or self._unsettled:
            self._poll_after(self._first_poll)

    async def _has_left_open(self) -> bool:
        """Whether an attempt made here has not been settled; a store that cannot tell is taken to mean yes."""
        try:
            return bool(await self._desk.reader.call(lambda store: store.open_attempts(eip=self._state.eip)))
        except StoreUnavailable:
            return True

    async def stopping(self) -> None:
        self._face.keep()
        await self._desk.register.aclose()

    def describe(self) -> dict[str, object]:
        return {"condition": self._state.condition, "reason": self._state.reason}

    @property
    def _state(self) -> KktState:
        return self._face.state

    # -- looking after itself ---------------------------------------------------------------------

    async def _poll(self, message: Poll) -> None:
        if self._state.condition == "ready":
            await self._look_after()
        elif self._active or self._unsettled:
            await self._connect()

    async def _look_after(self) -> None:
        thoroughly = self._desk.clock() - self._looked_at >= self._desk.settings.health_interval
        if thoroughly and await self._has_left_open():
            await self._connect()
            return
        try:
            if thoroughly:
                health = await read_health(self._desk)
                self._must_be_ours(health.fn)
                self._took(health)
            else:
                await self._glance()
            await self._close_old_shift()
        except LINK_DOWN as trouble:
            self._disconnected(str(trouble))
        except Refused as refusal:
            self._out_of_rotation(str(refusal))
        else:
            self._idle()
            self._poll_after(self._desk.settings.poll_interval)

    async def _glance(self) -> None:
        fn = await self._desk.register.fn_status()
        self._must_be_ours(fn)
        self._face.show(fn=fn, ofd=await self._desk.register.ofd_status(), read_at=self._desk.clock())

    async def _close_old_shift(self) -> None:
        fn, opened_at = self._state.fn, self._state.shift_opened_at
        if fn is None or opened_at is None or not fn.shift_is_open:
            return
        if close_due(fn.fn, opened_at, self._desk.clock(), self._desk.settings):
            await self._change_shift(fn)

    async def _connect(self) -> None:
        try:
            connection = await connect(self._desk, self._state.fn if self._active else None)
        except NotSettled as open_:
            self._settling(str(open_))
        except LINK_DOWN as trouble:
            self._disconnected(str(trouble))
        except (Refused, Conflict) as refusal:
            self._out_of_rotation(str(refusal))
        else:
            self._connected(connection)

    def _connected(self, connection: Connection) -> None:
        self._faults.connected()
        self._unsettled = False
        for receipt_id in connection.requeued:
            self._tell_circuit(Requeued(receipt_id))
        self._face.show(identity=connection.identity)
        self._last_fd = connection.health.fn.last_fd
        if connection.foreign:
            self._foreign(connection.foreign, connection.health.fn)
        self._took(connection.health)
        reason = unfit(self._state)
        if not self._active:
            self._inactive()
        elif reason:
            self._out_of_rotation(reason)
        else:
            self._idle()
            self._poll_after(self._desk.settings.poll_interval)

    def _took(self, health: Health) -> None:
        self._looked_at = self._desk.clock()
        self._face.show(
            fn=health.fn,
            device=health.device,
            ofd=health.ofd,
            shift=health.shift,
            shift_opened_at=health.shift_opened_at,
            fn_expires=health.fn_expires,
            read_at=self._desk.clock(),
        )
        self._face.keep()

    # -- conditions -------------------------------------------------------------------------------

    def _idle(self, **changes: object) -> None:
        self._face.show(condition="ready", receipt_id=None, reason=None, **changes)
        identity = self._state.identity
        self._tell_circuit(
            Idle(self._state.eip, self._state.type, identity.tax_systems if identity else 0, self._handled)
        )

    def _away(self, condition: str, reason: str, pause: float) -> None:
        self._face.show(condition=condition, reason=reason, receipt_id=None)
        self._tell_circuit(Away(self._state.eip))
        self._poll_after(pause)

    def _disconnected(self, reason: str) -> None:
        self._away("unreachable", reason, self._faults.reconnect_pause())

    def _settling(self, reason: str) -> None:
        self._unsettled = True
        self._away("settling", reason, self._desk.settings.settle_after)

    def _out_of_rotation(self, reason: str) -> None:
        log.warning("out_of_rotation", eip=self._state.eip, reason=reason)
        self._away("out_of_rotation", reason, self._faults.recheck_pause())

    def _inactive(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._face.show(condition="inactive", reason=None, receipt_id=None)
        self._tell_circuit(Away(self._state.eip))
        self._face.keep()

    # -- shared steps -----------------------------------------------------------------------------

    def _must_be_ours(self, status: FnStatus) -> None:
        identity = self._state.identity
        if identity is None or status.fn != identity.fn:
            raise Unreachable(f"another FN answers here: {status.fn}")
        if self._last_fd is not None and status.last_fd > self._last_fd:
            self._foreign(status.last_fd - self._last_fd, status)
        self._last_fd = status.last_fd

    def _foreign(self, documents: int, status: FnStatus) -> None:
        self._face.foreign += documents
        log.warning("foreign_writer", eip=self._state.eip, documents=documents, fd=status.last_fd)

    async def _change_shift(self, before: FnStatus) -> FnStatus:
        document = await change_shift(self._desk, before)
        return self._shift_changed(before, document)

    def _shift_changed(self, before: FnStatus, document: ShiftDocument) -> FnStatus:
        is_open = not before.shift_is_open
        status = replace(before, shift_is_open=is_open, last_fd=document.fd, current_document=0)
        self._last_fd = document.fd
        shift = ShiftStatus(is_open, document.shift, 0)
        self._face.show(fn=status, shift=shift, shift_opened_at=self._desk.clock() if is_open else None)
        return status

    def _poll_after(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.context.tell_later(seconds, Poll())

    def _tell_circuit(self, message: object) -> None:
        try:
            self._circuit.tell(message)
        except (Overloaded, ActorStopped) as reason:
            # The circuit asks everybody again when it comes back, and every poll of a ready register tells it.
            log.warning("circuit_deaf", eip=self._state.eip, reason=str(reason))
