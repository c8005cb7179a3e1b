"""The pinpads: which exist, and the actors that live for them. Durable first, then here, then an actor.

Like :mod:`kassanet.fleet` for registers: routes and sales ask this, actors never do.
"""

from collections.abc import Callable
from functools import partial

import structlog
from msgspec.structs import replace

from actors.hub import Hub
from actors.journal import Reader
from actors.pinpad import Desk, Pinpad, PinpadSettings
from actors.pinpad.desk import Observer
from actors.pinpad.face import TOPIC
from actors.pinpad.turns import AT_WORK
from actors.runtime import ChildSpec, Ref, StartFailed, Supervisor
from kassanet.fleet import to_the_end
from kassanet.pinpad_kinds import Kinds, UnknownProfile, dialer_of, driver_of, place_of, terminal_profile
from schemas.operations import OperationRequest
from schemas.pinpad_commands import ActivatePinpad, Await, DeactivatePinpad, Submit
from schemas.pinpad_records import AcceptedOperation, AddPinpad, RemovePinpad, StoredOperation, StoredPinpad
from schemas.pinpads import Pinpad as ShownPinpad
from schemas.pinpads import PinpadSpec, PinpadState
from schemas.records import Conflict, NotFound
from transports.address import BadAddress
from transports.smartsale.profile import TerminalProfile

log = structlog.get_logger(__name__)

STOP_WITHIN = AT_WORK + 3.0


class Pinpads:
    """Rows by id, and their actors. Every method runs in the Trio thread."""

    def __init__(
        self,
        root: Supervisor,
        reader: Reader,
        hub: Hub,
        kinds: Kinds,
        settings: PinpadSettings,
        clock: Callable[[], float],
        observe: Observer,
    ) -> None:
        self.rows: dict[int, StoredPinpad] = {}
        self.kinds = kinds
        self._root = root
        self._journal: Ref = root.ref("journal")
        self._reader = reader
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._observe = observe

    async def start(self) -> None:
        """Read the table and start an actor for each. A second call goes on where the first one failed."""
        for row in await self._reader.call(lambda store: store.pinpads()):
            if row.id not in self.rows:
                await self._start(row)

    # -- reading ----------------------------------------------------------------------------------

    def row(self, pinpad_id: int) -> StoredPinpad:
        try:
            return self.rows[pinpad_id]
        except KeyError:
            raise NotFound(f"there is no pinpad {pinpad_id}") from None

    def terminal_profile(self, pinpad_id: int) -> TerminalProfile:
        """What its operations are called in SA. Raises NotFound."""
        return terminal_profile(self.kinds, self.row(pinpad_id).spec)

    def state(self, pinpad_id: int) -> PinpadState:
        row = self.row(pinpad_id)
        state = self._hub.last(TOPIC, str(pinpad_id))
        return state if isinstance(state, PinpadState) else _unknown_state(row, None)

    def shown(self, pinpad_id: int) -> ShownPinpad:
        row = self.row(pinpad_id)
        return ShownPinpad(id=row.id, is_active=row.is_active, spec=row.spec, state=self.state(pinpad_id))

    def actor(self, pinpad_id: int) -> Ref:
        """Raises NotFound; Conflict ``pinpad_inactive`` for one that this configuration cannot drive."""
        self.row(pinpad_id)
        ref = self._root.registry.whereis(f"pinpad/{pinpad_id}")
        if ref is None:
            text = self.state(pinpad_id).reason or "it is not driven"
            raise Conflict("pinpad_inactive", f"pinpad {pinpad_id}: {text}")
        return ref

    async def last_charge(self, pinpad_id: int) -> StoredOperation | None:
        """The newest operation that the bank may have seen, the tries to undo it aside."""
        newest = await self._reader.call(lambda store: store.last_sent(pinpad_id, 8))
        return next((each for each in newest if each.sent != "emergency_void"), None)

    async def operation(self, pinpad_id: int, operation_id: int) -> StoredOperation:
        """Raises NotFound."""
        found = await self._reader.call(lambda store: store.operation(operation_id))
        if found is None or found.pinpad_id != pinpad_id:
            raise NotFound(f"operation {operation_id}")
        return found

    # -- asking -----------------------------------------------------------------------------------

    async def submit(
        self, pinpad_id: int, request: OperationRequest, *, holder: str | None = None, timeout: float = 15.0
    ) -> AcceptedOperation:
        """See :class:`schemas.pinpad_commands.Submit`."""
        return await self.actor(pinpad_id).ask(Submit(request, holder), timeout=timeout)

    async def wait(self, pinpad_id: int, operation_id: int, seconds: float) -> None:
        """Until it is not on its way any more; raises AskTimedOut."""
        await self.actor(pinpad_id).ask(Await(operation_id), timeout=seconds)

    # -- changing ---------------------------------------------------------------------------------

    @to_the_end
    async def add(self, spec: PinpadSpec) -> StoredPinpad:
        """Raises Conflict ``pinpad_exists``."""
        now = self._clock()
        pinpad_id = await self._journal.ask(AddPinpad(spec, now))
        row = StoredPinpad(pinpad_id, spec, 0, None, now)
        await self._start(row)
        return row

    @to_the_end
    async def activate(self, pinpad_id: int) -> StoredPinpad:
        """Raises Conflict ``same_device``."""
        await self.actor(pinpad_id).ask(ActivatePinpad(), timeout=15.0)
        return self._keep(replace(self.row(pinpad_id), is_active=1))

    @to_the_end
    async def deactivate(self, pinpad_id: int) -> StoredPinpad:
        """The operation in hand is finished."""
        await self.actor(pinpad_id).ask(DeactivatePinpad(), timeout=15.0)
        return self._keep(replace(self.row(pinpad_id), is_active=0))

    @to_the_end
    async def remove(self, pinpad_id: int) -> None:
        """Raises Conflict ``pinpad_busy`` while an operation is on its way, unknown, or waits for a person."""
        row = self.row(pinpad_id)
        is_driven = self._root.registry.whereis(f"pinpad/{pinpad_id}") is not None
        if row.is_active and is_driven:
            await self.deactivate(pinpad_id)
        try:
            await self._journal.ask(RemovePinpad(pinpad_id, self._clock()))
        except Exception:
            if row.is_active and is_driven:
                await self.activate(pinpad_id)
            raise
        del self.rows[pinpad_id]
        if is_driven:
            await self._root.branch("pinpads").stop_child(f"pinpad/{pinpad_id}")
        self._hub.forget(TOPIC, str(pinpad_id))

    def _keep(self, row: StoredPinpad) -> StoredPinpad:
        self.rows[row.id] = row
        return row

    # -- actors -----------------------------------------------------------------------------------

    async def _start(self, row: StoredPinpad) -> None:
        try:
            driver_of(self.kinds, row.spec)
            dialer_of(row.spec)
        except (UnknownProfile, BadAddress) as wrong:
            log.error("pinpad_not_driven", pinpad=row.id, reason=str(wrong))
            self._hub.publish(TOPIC, str(row.id), _unknown_state(row, str(wrong)), inn=row.spec.inn)
        else:
            spec = ChildSpec(f"pinpad/{row.id}", partial(self._make, row.id), kind="pinpad", stop_within=STOP_WITHIN)
            self.rows[row.id] = row
            try:
                await self._root.branch("pinpads").start_child(spec)
            except StartFailed as failed:
                del self.rows[row.id]
                raise failed.__cause__ or failed from None
        self.rows[row.id] = row

    def _make(self, pinpad_id: int) -> Pinpad:
        row = self.rows[pinpad_id]
        driver = driver_of(self.kinds, row.spec)
        desk = Desk(
            id=pinpad_id,
            spec=row.spec,
            device=driver.pinpad(dialer_of(row.spec), place_of(row.spec)),
            driver=driver,
            journal=self._journal,
            reader=self._reader,
            clock=self._clock,
            settings=self._settings,
            observe=self._observe,
        )
        state = self._hub.last(TOPIC, str(pinpad_id))
        settled_at = state.settled_at if isinstance(state, PinpadState) else row.settled_at
        return Pinpad(desk, self._hub, replace(row, settled_at=settled_at))


def _unknown_state(row: StoredPinpad, reason: str | None) -> PinpadState:
    return PinpadState(
        id=row.id, address=row.spec.address, driver=row.spec.driver, condition="inactive", reason=reason,
        terminal_id=row.spec.terminal_id, settled_at=row.settled_at,
    )  # fmt: skip
