"""A circuit and its registers under a real supervisor tree and a real store, on the virtual clock.

The store's calls run at once instead of in threads: a virtual clock does not wait for threads.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import msgspec
import trio

from actors.circuit import Circuit, Doorbell
from actors.hub import Hub
from actors.journal import Reader, StoreUnavailable
from actors.kkt import Kkt, KktSettings
from actors.kkt.desk import Desk
from actors.runtime import Actor, ChildSpec, Envelope, Ref, Supervisor, SupervisorSpec
from kassanet.edge.intake import digest
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.reader import SqliteReader
from kassanet.store.sqlite.store import SqliteStore
from schemas.commands import Activate
from schemas.kkt import KktState
from schemas.problems import FieldError
from schemas.receipts import ReceiptRequest
from schemas.records import AcceptReceipt, AddKkt, CreateCircuit, SetKktActive
from schemas.rows import StoredCircuit, StoredReceipt
from tests.actors.kkt.scripted import ScriptedRegister
from tests.actors.receipts import receipt

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()
INN = "7801234564"


def wall() -> float:
    """The one injected wall clock: it follows the virtual one."""
    return START + trio.current_time()


def local() -> datetime:
    return datetime.fromtimestamp(wall(), timezone(timedelta(hours=3))).replace(tzinfo=None)


class InlineJournal(Actor):
    """The journal without a thread; ``away`` makes the disk fail."""

    drains: ClassVar[bool] = True

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.away = False

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        await trio.lowlevel.checkpoint()
        if self.away:
            for envelope in envelopes:
                envelope.fail(StoreUnavailable("disk full"))
            return
        writes: list[Any] = [envelope.message for envelope in envelopes]
        for envelope, answer in zip(envelopes, self.store.commit(writes), strict=True):
            if isinstance(answer, Exception):
                envelope.fail(answer)
            else:
                envelope.answer(answer)


class InlineReader(Reader):
    """The reader without a thread."""

    def __init__(self, store: SqliteReader) -> None:
        self._store = store

    async def call(self, ask: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - whatever is asked for
        await trio.lowlevel.checkpoint()
        return ask(self._store)


class Anything:
    """A driver that can make every receipt."""

    def objections(self, receipt: ReceiptRequest) -> Sequence[FieldError]:
        return ()


class Rack:
    """One circuit with scripted registers ``kkt0:1``, ``kkt1:1``, …"""

    def __init__(
        self, folder: Path, count: int, settings: KktSettings, registers: Sequence[ScriptedRegister] = ()
    ) -> None:
        opening = Opening(folder)
        self.store = SqliteStore.open(opening)
        self.read = SqliteReader(opening)
        self.settings = settings
        self.hub = Hub()
        self.journal = InlineJournal(self.store)
        self.registers = registers or [
            ScriptedRegister(local, fn=f"99990789020038{n:02}", serial=f"5501010061{n:02}") for n in range(count)
        ]
        self.eips = [f"kkt{number}:1" for number in range(count)]
        self.bell = Doorbell()
        self.root = Supervisor(
            "root",
            children=(
                ChildSpec("journal", lambda: self.journal, capacity=4096),
                SupervisorSpec("circuits"),
                SupervisorSpec("kkts", unordered=True),
            ),
        )
        self._posted = 0

    async def start(self, nursery: trio.Nursery, *, max_wait: int | None = None) -> None:
        await nursery.start(self.root.run)
        circuits = self.read.circuits()
        if not circuits:
            self.store.commit([CreateCircuit(INN, "Rack", max_wait, wall())])
            self.store.commit([AddKkt(1, eip, "terminalfa", wall()) for eip in self.eips])
            self.store.commit([SetKktActive(eip, 1, wall()) for eip in self.eips])
        [row] = self.read.circuits()
        await self.root.branch("circuits").start_child(
            ChildSpec("circuit/1", lambda: self._circuit(row), capacity=4096)
        )
        for eip, register in zip(self.eips, self.registers, strict=True):
            await self.root.branch("kkts").start_child(
                ChildSpec(f"kkt/{eip}", lambda eip=eip, register=register: self._kkt(eip, register), stop_within=25.0)  # type: ignore[misc]
            )

    def _circuit(self, row: StoredCircuit) -> Circuit:
        ref, reader = self.root.ref("journal"), InlineReader(self.read)
        return Circuit(row, self.bell, ref, reader, self.hub, {"terminalfa": Anything()}, wall)

    def _kkt(self, eip: str, register: ScriptedRegister) -> Kkt:
        desk = Desk(eip, register, self.root.ref("journal"), InlineReader(self.read), wall, self.settings)
        [row] = [each for each in self.read.kkts() if each.eip == eip]
        fresh = KktState(eip, "terminalfa", 1, "inactive")
        state = fresh if row.state is None else msgspec.json.decode(row.state, type=KktState)
        circuit = self.root.ref("circuit/1")
        return Kkt(desk, circuit, self.hub, state, inn=INN, active=bool(row.is_active), random=Random(7))

    def kkt(self, number: int = 0) -> Ref:
        return self.root.ref(f"kkt/{self.eips[number]}")

    def post(self, **changes: object) -> int:
        """Accept a receipt durably and ring; returns its id."""
        self._posted += 1
        request = receipt(**{"external_id": f"order-{self._posted}", **changes})
        body = msgspec.json.encode(request)
        write = AcceptReceipt(
            1, None, request.external_id, request.kind, request.total, digest(request), body, None, wall()
        )
        [accepted] = self.store.commit([write])
        self.bell.ring(self.root.ref("circuit/1"))
        return accepted.receipt_id  # type: ignore[attr-defined,no-any-return]

    def receipt(self, receipt_id: int) -> StoredReceipt:
        found = self.read.receipt(receipt_id)
        assert found is not None
        return found

    def state(self, number: int = 0) -> KktState:
        state = self.hub.last("kkt", self.eips[number])
        assert isinstance(state, KktState)
        return state

    async def until(self, wanted: Callable[[], bool], limit: float = 600.0, step: float = 0.1) -> None:
        """Let virtual time pass until it is so."""
        with trio.fail_after(limit):
            while not wanted():  # noqa: ASYNC110 - what is waited for is on disk, and time is virtual
                await trio.sleep(step)

    async def ended(self, *receipts: int) -> list[str]:
        """The statuses, once none of them is on its way any more."""
        on_the_way = ("queued", "assigned", "unknown")
        await self.until(lambda: all(self.receipt(each).status not in on_the_way for each in receipts))
        return [self.receipt(each).status for each in receipts]


@asynccontextmanager
async def running_rack(
    folder: Path,
    count: int = 1,
    settings: KktSettings | None = None,
    *,
    max_wait: int | None = None,
    registers: Sequence[ScriptedRegister] = (),
) -> AsyncIterator[Rack]:
    """``registers`` are those of an earlier rack on the same folder, for a restart."""
    rack = Rack(folder, count, settings or KktSettings(), registers)
    async with trio.open_nursery() as nursery:
        await rack.start(nursery, max_wait=max_wait)
        yield rack
        rack.root.stop()
    rack.store.close()
    rack.read.close()


__all__ = ["Activate", "Rack", "running_rack", "wall"]
