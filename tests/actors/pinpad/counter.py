"""A pinpad's actor under a real supervisor tree and a real store; closed and opened again it is the next start."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import trio

from actors.hub import Hub
from actors.pinpad import Desk, Pinpad, PinpadSettings
from actors.runtime import ChildSpec, Ref, Supervisor, SupervisorSpec
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.reader import SqliteReader
from kassanet.store.sqlite.store import SqliteStore
from schemas.operations import OperationKind, OperationRequest, PinpadAnswer
from schemas.pinpad_commands import Await, Hold, Release, Settle, Submit
from schemas.pinpad_records import AddPinpad, OperationFilter, SetPinpadActive, StoredOperation
from schemas.pinpads import PinpadSpec, PinpadState
from tests.actors.kkt.rack import InlineJournal, InlineReader, wall
from tests.actors.pinpad.scripted import TID, ScriptedDriver, ScriptedPinpad, Terminal

SPEC = PinpadSpec(address="127.0.0.1:9000", terminal_id=TID)


class Counter:
    """One pinpad. ``pinpad`` is the driver's object of the present life."""

    def __init__(self, folder: Path, terminal: Terminal, spec: PinpadSpec, settings: PinpadSettings) -> None:
        opening = Opening(folder)
        self.store = SqliteStore.open(opening)
        self.read = SqliteReader(opening)
        self.terminal = terminal
        self.pinpad = ScriptedPinpad(terminal)
        self.hub = Hub()
        self.journal = InlineJournal(self.store)
        self.observed: list[tuple[OperationKind, str]] = []
        self.shown: list[tuple[str | None, str | None]] = []
        self._spec, self._settings = spec, settings
        self.root = Supervisor(
            "root",
            children=(ChildSpec("journal", lambda: self.journal, capacity=4096), SupervisorSpec("pinpads")),
        )
        self.hub.listen(self._look)
        self._posted = 0
        self._life = f"life {trio.current_time()}"

    async def start(self, nursery: trio.Nursery) -> None:
        if not self.read.pinpads():
            self.store.commit([AddPinpad(self._spec, wall())])
            self.store.commit([SetPinpadActive(1, 1, wall())])
        await nursery.start(self.root.run)
        spec = ChildSpec("pinpad/1", self._make, stop_within=30.0)
        await self.root.branch("pinpads").start_child(spec)

    def _make(self) -> Pinpad:
        [row] = self.read.pinpads()
        desk = Desk(
            id=1,
            spec=row.spec,
            device=self.pinpad,
            driver=ScriptedDriver(self.terminal),
            journal=self.root.ref("journal"),
            reader=InlineReader(self.read),
            clock=wall,
            settings=self._settings,
            observe=lambda kind, status, seconds: self.observed.append((kind, status)),
        )
        return Pinpad(desk, self.hub, row)

    def _look(self) -> None:
        state = self.hub.last("pinpads", "1")
        if isinstance(state, PinpadState):
            self.shown.append((state.condition, state.stage))

    @property
    def actor(self) -> Ref:
        return self.root.ref("pinpad/1")

    @property
    def state(self) -> PinpadState:
        state = self.hub.last("pinpads", "1")
        assert isinstance(state, PinpadState)
        return state

    async def submit(self, kind: OperationKind = "payment", *, holder: str | None = None, **changes: Any) -> int:  # noqa: ANN401
        """Ask for an operation; returns its id once it is accepted."""
        self._posted += 1
        if kind in ("payment", "preauthorisation", "top_up", "cash_withdrawal"):
            changes = {"amount": 1200, **changes}
        request = OperationRequest(kind=kind, **{"external_id": f"{self._life}-{self._posted}", **changes})
        return (await self.actor.ask(Submit(request, holder), timeout=60.0)).operation_id

    async def ended(self, operation_id: int) -> str:
        """Its status, once it is not on its way any more."""
        await self.actor.ask(Await(operation_id), timeout=4000.0)
        return self.operation(operation_id).status

    async def do(self, kind: OperationKind = "payment", **changes: Any) -> tuple[int, str]:  # noqa: ANN401
        operation_id = await self.submit(kind, **changes)
        return operation_id, await self.ended(operation_id)

    def operation(self, operation_id: int) -> StoredOperation:
        found = self.read.operation(operation_id)
        assert found is not None
        return found

    def result(self, operation_id: int) -> PinpadAnswer:
        result = self.operation(operation_id).result
        assert result is not None
        return msgspec.json.decode(result, type=PinpadAnswer)

    def history(self, operation_id: int) -> list[str]:
        return [step.status for step in self.read.operation_history(operation_id)]

    def all(self, **wanted: Any) -> list[StoredOperation]:  # noqa: ANN401 - fields of the filter
        return list(self.read.operations(OperationFilter(limit=100_000, **wanted)))

    async def hold(self, holder: str = "sale 1", seconds: float = 60.0) -> None:
        await self.actor.ask(Hold(holder, seconds), timeout=600.0)

    async def release(self, holder: str = "sale 1", *, is_open: bool = False) -> None:
        await self.actor.ask(Release(holder, is_open), timeout=60.0)

    async def verdict(self, operation_id: int, verdict: Any) -> None:  # noqa: ANN401 - a literal
        await self.actor.ask(Settle(operation_id, verdict, "seen in the bank's cabinet", "token 1"), timeout=60.0)

    async def until(self, wanted: Callable[[], bool], limit: float = 100_000.0, step: float = 0.5) -> None:
        """Let virtual time pass until it is so."""
        with trio.fail_after(limit):
            while not wanted():  # noqa: ASYNC110 - what is waited for is on disk, and time is virtual
                await trio.sleep(step)


@asynccontextmanager
async def running_counter(
    folder: Path,
    terminal: Terminal | None = None,
    *,
    settings: PinpadSettings | None = None,
    **spec: Any,  # noqa: ANN401 - fields of the pinpad
) -> AsyncIterator[Counter]:
    counter = Counter(
        folder, terminal or Terminal(), msgspec.structs.replace(SPEC, **spec), settings or PinpadSettings()
    )
    try:
        async with trio.open_nursery() as nursery:
            await counter.start(nursery)
            yield counter
            counter.root.stop()
    finally:
        counter.store.close()
        counter.read.close()
