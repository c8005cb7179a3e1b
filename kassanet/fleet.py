"""The fleet: which circuits, registers and integrations exist, and the actors that live for them.

The tables are small and every request needs them, so they are kept in memory beside the journal: a change is durable
first, then here, then an actor is started or stopped. Routes ask the fleet; actors never do.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

import msgspec
from msgspec.structs import replace

from actors.circuit import Circuit, Doorbell
from actors.hub import Hub
from actors.journal import Reader
from actors.kkt import Kkt, KktSettings
from actors.kkt.desk import Desk
from actors.kkt.timed import TimedRegister
from actors.runtime import ActorError, AskTimedOut, ChildSpec, Ref, Supervisor
from kassanet.devices import DeviceKind
from kassanet.finishing import to_the_end as to_the_end
from schemas.circuits import Flag, NewCircuit, NewIntegration, NewKkt
from schemas.commands import Activate, Deactivate, Restarted
from schemas.kkt import KktState
from schemas.problems import FieldError
from schemas.receipts import ReceiptRequest
from schemas.records import (
    AddIntegration,
    AddKkt,
    Conflict,
    CreateCircuit,
    NotFound,
    RemoveKkt,
    SetIntegrationActive,
    SetKktActive,
)
from schemas.rows import StoredCircuit, StoredIntegration, StoredKkt
from transports.address import dialer_for
from transports.register import Register
from transports.tape import Tape, TapedDialer

DOCUMENT_IN_HAND = 25.0
"""Seconds a register's actor has at stop: the longest command of the protocol, and a little."""

CIRCUIT_CAPACITY = 16_384
"""A circuit's mailbox takes a few messages from each of its registers at once."""


class Fleet:
    """Rows by id, and their actors. Every method runs in the Trio thread.

    ``observe`` is told type, command, outcome and seconds of every command to a register. ``closed`` tells why
    receipts of a circuit without registers will never be made.
    """

    def __init__(
        self,
        root: Supervisor,
        reader: Reader,
        hub: Hub,
        kinds: Mapping[str, DeviceKind],
        settings: KktSettings,
        clock: Callable[[], float],
        random: Random,
        observe: Callable[[str, str, str, float], None] | None = None,
    ) -> None:
        self.circuits: dict[int, StoredCircuit] = {}
        self.kkts: dict[str, StoredKkt] = {}
        self.integrations: dict[int, StoredIntegration] = {}
        self.tapes: dict[str, Tape] = {}
        self.kinds = kinds
        self.closed: Callable[[int], FieldError | None] = lambda _circuit_id: None
        self.started = False
        self._root = root
        self._journal: Ref = root.ref("journal")
        self._reader = reader
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._random = random
        self._observe = observe
        self._doorbells: dict[int, Doorbell] = {}

    async def start(self) -> None:
        """Read the tables and start an actor for every circuit and register."""
        circuits, kkts, integrations = await self._reader.call(
            lambda store: (store.circuits(), store.kkts(), store.integrations())
        )
        self.integrations = {row.id: row for row in integrations}
        for circuit in circuits:
            await self._start_circuit(circuit)
        for kkt in kkts:
            await self._start_kkt(kkt)
        self.started = True

    # -- reading ----------------------------------------------------------------------------------

    def circuit(self, circuit_id: int) -> StoredCircuit:
        try:
            return self.circuits[circuit_id]
        except KeyError:
            raise NotFound(f"there is no circuit {circuit_id}") from None

    def kkt(self, eip: str) -> StoredKkt:
        try:
            return self.kkts[eip]
        except KeyError:
            raise NotFound(f"there is no register {eip}") from None

    def integration(self, integration_id: int) -> StoredIntegration:
        try:
            return self.integrations[integration_id]
        except KeyError:
            raise NotFound(f"there is no integration {integration_id}") from None

    def kkts_of(self, circuit_id: int) -> list[StoredKkt]:
        return [row for row in self.kkts.values() if row.circuit_id == circuit_id]

    def integrations_of(self, circuit_id: int) -> list[StoredIntegration]:
        return [row for row in self.integrations.values() if row.circuit_id == circuit_id]

    def state(self, eip: str) -> KktState | None:
        state = self._hub.last("kkt", eip)
        return state if isinstance(state, KktState) else None

    def actor(self, eip: str) -> Ref:
        self.kkt(eip)
        return self._root.ref(f"kkt/{eip}")

    def ring(self, circuit_id: int) -> None:
        """Receipts of this circuit have been queued."""
        bell = self._doorbells.get(circuit_id)
        if bell is not None:
            bell.ring(self._root.registry.whereis(f"circuit/{circuit_id}"))

    def tell_circuit(self, circuit_id: int, message: object) -> None:
        """Tell a circuit's actor; one that cannot hear looks into the store by itself."""
        ref = self._root.registry.whereis(f"circuit/{circuit_id}")
        if ref is not None:
            try:
                ref.tell(message)
            except ActorError:
                self.ring(circuit_id)

    def objections(self, circuit_id: int) -> Callable[[ReceiptRequest], Sequence[FieldError]]:
        """Why no register type of the circuit can ever make a receipt; a circuit without registers waits for one."""
        drivers = [self.kinds[kind] for kind in sorted({row.type for row in self.kkts_of(circuit_id)})]
        closed = None if drivers else self.closed(circuit_id)
        if closed is not None:
            return lambda _receipt: (closed,)

        def all_object(receipt: ReceiptRequest) -> Sequence[FieldError]:
            found: Sequence[FieldError] = ()
            for driver in drivers:
                found = driver.objections(receipt)
                if not found:
                    return ()
            return found

        return all_object

    # -- changing ---------------------------------------------------------------------------------

    @to_the_end
    async def create_circuit(self, wanted: NewCircuit) -> StoredCircuit:
        write = CreateCircuit(wanted.inn, wanted.title, wanted.max_wait, self._clock())
        return await self.take_in(await self._journal.ask(write))

    @to_the_end
    async def take_in(self, circuit_id: int) -> StoredCircuit:
        """A circuit that is on disk begins to work; one that works already is as it is."""
        if circuit_id in self.circuits:
            return self.circuits[circuit_id]
        rows = await self._reader.call(lambda store: store.circuits())
        row = next(row for row in rows if row.id == circuit_id)
        await self._start_circuit(row)
        return row

    @to_the_end
    async def add_kkt(self, circuit_id: int, wanted: NewKkt) -> StoredKkt:
        self.circuit(circuit_id)
        await self._journal.ask(AddKkt(circuit_id, wanted.eip, wanted.type, self._clock()))
        row = StoredKkt(wanted.eip, circuit_id, wanted.type, 0, None, None, None)
        await self._start_kkt(row)
        return row

    @to_the_end
    async def activate(self, eip: str, patience: float) -> StoredKkt:
        """The register is read at once where it answers; raises Conflict ``same_device``.

        One that does not answer within ``patience`` seconds is active all the same, and is tried again for ever.
        """
        row = self.kkt(eip)
        try:
            await self.actor(eip).ask(Activate(), timeout=patience, control=True)
        except ActorError:
            # No answer yet. The actor makes it durable itself; asking the journal too makes sure that it is now. The
            # question may have waited behind a document until nobody wanted it any more, so it is told again.
            await self._journal.ask(SetKktActive(eip, 1, self._clock()))
            self.actor(eip).tell(Activate(), control=True)
        return self._keep(replace(row, is_active=1))

    @to_the_end
    async def deactivate(self, eip: str) -> StoredKkt:
        """Durable at once; the document in hand is finished first."""
        row = self.kkt(eip)
        await self._journal.ask(SetKktActive(eip, 0, self._clock()))
        self.actor(eip).tell(Deactivate(), control=True)
        return self._keep(replace(row, is_active=0))

    @to_the_end
    async def remove(self, eip: str) -> None:
        """Raises Conflict ``kkt_busy`` while a document is in hand or unknown, and then changes nothing.

        What its circuit had given or promised it goes back to the queue.
        """
        row = self.kkt(eip)
        state = self.state(eip)
        if state is not None and state.receipt_id is not None:
            raise Conflict("kkt_busy", f"{eip} has a document in hand", f"receipt {state.receipt_id}")
        await self._take_out(row)
        try:
            await self._journal.ask(RemoveKkt(eip, self._clock()))
        except Exception:
            if row.is_active:
                self.actor(eip).tell(Activate(), control=True)
            raise
        del self.kkts[eip]
        self.tapes.pop(eip, None)
        await self._root.branch("kkts").stop_child(f"kkt/{eip}")
        self._hub.forget("kkt", eip)
        self.tell_circuit(row.circuit_id, Restarted(eip))

    async def _take_out(self, row: StoredKkt) -> None:
        """Out of rotation before it is removed: nobody would settle a document that began in between."""
        try:
            await self.actor(row.eip).ask(Deactivate(), timeout=3.0, control=True)
        except AskTimedOut:
            raise Conflict("kkt_busy", f"{row.eip} is at work", row.eip) from None

    @to_the_end
    async def add_integration(
        self, circuit_id: int, wanted: NewIntegration, params: bytes, callback_key: str | None, token: bytes | None
    ) -> StoredIntegration:
        self.circuit(circuit_id)
        write = AddIntegration(
            circuit_id, wanted.type, wanted.param1, wanted.param2, params, callback_key, token, self._clock()
        )
        integration_id = await self._journal.ask(write)
        row = StoredIntegration(
            integration_id, circuit_id, wanted.type, wanted.param1, wanted.param2, params, 0, callback_key
        )
        self.integrations[integration_id] = row
        return row

    @to_the_end
    async def switch_integration(self, integration_id: int, active: Flag) -> StoredIntegration:
        row = self.integration(integration_id)
        await self._journal.ask(SetIntegrationActive(integration_id, active, self._clock()))
        self.integrations[integration_id] = replace(row, is_active=active)
        return self.integrations[integration_id]

    def _keep(self, row: StoredKkt) -> StoredKkt:
        self.kkts[row.eip] = row
        return row

    # -- actors -----------------------------------------------------------------------------------

    async def _start_circuit(self, row: StoredCircuit) -> None:
        self.circuits[row.id] = row
        self._doorbells[row.id] = Doorbell()
        spec = ChildSpec(
            f"circuit/{row.id}", partial(self._make_circuit, row.id), kind="circuit", capacity=CIRCUIT_CAPACITY
        )
        await self._root.branch("circuits").start_child(spec)

    def _make_circuit(self, circuit_id: int) -> Circuit:
        return Circuit(
            self.circuits[circuit_id],
            self._doorbells[circuit_id],
            self._journal,
            self._reader,
            self._hub,
            self.kinds,
            self._clock,
        )

    async def _start_kkt(self, row: StoredKkt) -> None:
        self.kkts[row.eip] = row
        self._hub.publish("kkt", row.eip, _last_state(row), circuit=row.circuit_id)
        spec = ChildSpec(f"kkt/{row.eip}", partial(self._make_kkt, row.eip), kind="kkt", stop_within=DOCUMENT_IN_HAND)
        await self._root.branch("kkts").start_child(spec)

    def _taped(self, eip: str) -> TapedDialer:
        """The way to a register, with what went over it lately; the tape outlives the actor."""
        return TapedDialer(dialer_for(eip), self.tapes.setdefault(eip, Tape(self._clock)))

    def _make_kkt(self, eip: str) -> Kkt:
        row = self.kkts[eip]
        register: Register = self.kinds[row.type].register(self._taped(eip))
        if self._observe is not None:
            register = TimedRegister(register, partial(self._observe, row.type))
        desk = Desk(eip, register, self._journal, self._reader, self._clock, self._settings)
        return Kkt(
            desk,
            self._root.ref(f"circuit/{row.circuit_id}"),
            self._hub,
            self.state(eip) or _last_state(row),
            inn=self.circuits[row.circuit_id].inn,
            active=bool(row.is_active),
            random=self._random,
        )


def _last_state(row: StoredKkt) -> KktState:
    """What was known before this start; a state written by another version that cannot be read is forgotten."""
    fresh = KktState(row.eip, row.type, row.circuit_id, "inactive")
    if row.state is None:
        return fresh
    try:
        state = msgspec.json.decode(row.state, type=KktState)
    except msgspec.MsgspecError:
        return fresh
    return replace(state, type=row.type, circuit_id=row.circuit_id, condition="inactive", receipt_id=None)
