"""A register under a real supervisor tree and a real store, with the simulated tax service behind a bad network.

The store's calls run at once instead of in threads: a virtual clock does not wait for threads.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import trio

from actors.hub import Hub
from actors.prro import Hand, Prro, PrroDesk, PrroSettings
from actors.runtime import ChildSpec, Envelope, Ref, Supervisor
from kassanet.sandbox.fiscal_server.records import Entry
from kassanet.sandbox.fiscal_server.registry import TEST_TIN, Registry, default_unit
from kassanet.sandbox.fiscal_server.rules import ServerRules
from kassanet.sandbox.fiscal_server.seals import PlainSeals, Signatory, plain_content, plain_envelope
from kassanet.sandbox.fiscal_server.server import FiscalServer as Server
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.reader import SqliteReader
from kassanet.store.sqlite.store import SqliteStore
from schemas.prro import Operation
from schemas.prro_commands import NotStamped, Perform, PrroState
from schemas.prro_records import AddPrro, StoredDocument, StoredPrro
from tests.actors.kkt.rack import InlineJournal, InlineReader
from tests.kassanet.sandbox.fiscal_server.till import CASHIER, DESK, REGISTER
from tests.transports.prro.unreliable import Step, Unreliable
from transports.prro.client import FiscalServer
from transports.prro.wire import Wire, WireSettings

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()
MANUAL = PrroSettings(tick=1e9)
"""Nothing happens by itself."""


def wall() -> float:
    """The one injected wall clock: it follows the virtual one."""
    return START + trio.current_time()


class Fuse:
    """Kills everything after so many steps of the disk, the network and the agent; ``steps`` None: never."""

    def __init__(self) -> None:
        self.steps: int | None = None
        self.kill: Callable[[], None] = lambda: None

    def burn(self) -> None:
        if self.steps is not None:
            self.steps -= 1
            if self.steps <= 0:
                self.kill()


class Disk(InlineJournal):
    """May be the last thing that was done before a kill, or the first that was not."""

    def __init__(self, store: SqliteStore, fuse: Fuse) -> None:
        super().__init__(store)
        self._fuse = fuse

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        self._fuse.burn()
        await super().receive_batch(envelopes)
        self._fuse.burn()
        await trio.lowlevel.checkpoint()


class Agent:
    """Signs at once; ``away`` makes it fail, ``fails_at`` once, at that signature. ``signed`` counts.

    ``stampless``: no time stamp is to be had.
    """

    def __init__(self, fuse: Fuse) -> None:
        self.away = False
        self.signed = 0
        self.fails_at = 0
        self.stamps = True
        self.stampless = False
        self._fuse = fuse

    def with_key(self, key_id: str) -> "Signing":
        return Signing(self, Signatory(key_id[-1] * 64, "Касир", (TEST_TIN,)) if key_id != "key" else CASHIER)

    async def stamped(self, content: bytes, signatory: Signatory) -> bytes:
        if self.stampless:
            raise NotStamped("the authority does not answer")
        return await self.sign(content, signatory, self.stamps)

    async def sign(self, content: bytes, signatory: Signatory, stamped: bool) -> bytes:
        self._fuse.burn()
        await trio.lowlevel.checkpoint()
        if self.away:
            raise ConnectionError("the agent is away")
        self.signed += 1
        if self.signed == self.fails_at:
            raise ConnectionError("the agent has stumbled")
        return plain_envelope(content, signatory, stamped=stamped)


class Signing(NamedTuple):
    """One key of the agent's: ``"key"`` is the cashier's, any other one's certificate is named by its last letter."""

    agent: Agent
    signatory: Signatory

    async def stamped(self, content: bytes) -> bytes:
        return await self.agent.stamped(content, self.signatory)

    async def bare(self, content: bytes) -> bytes:
        return await self.agent.sign(content, self.signatory, stamped=False)


class Network(Unreliable):
    """``away``: no connection for anybody."""

    def __init__(self, server: Server, fuse: Fuse) -> None:
        super().__init__(server)
        self.away = False
        self._fuse = fuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._fuse.burn()
        await trio.lowlevel.checkpoint()
        if self.away:
            raise httpx.ConnectError("refused")
        answer = await super().handle_async_request(request)
        self._fuse.burn()
        await trio.lowlevel.checkpoint()
        return answer


class Counter:
    """Where one register stands. ``server`` outlives it."""

    def __init__(self, folder: Path, settings: PrroSettings, server: Server) -> None:
        opening = Opening(folder)
        self.store = SqliteStore.open(opening)
        self.read = SqliteReader(opening)
        self.settings = settings
        self.server = server
        self.fuse = Fuse()
        self.network = Network(server, self.fuse)
        self.agent = Agent(self.fuse)
        self.hub = Hub()
        self.journal = Disk(self.store, self.fuse)
        self.root = Supervisor("root", children=(ChildSpec("journal", lambda: self.journal, capacity=4096),))
        (added,) = self.store.commit([AddPrro(DESK, "key", "Касир", START)])
        assert isinstance(added, int)
        self.id = added

    async def start(self, nursery: trio.Nursery) -> None:
        self.fuse.kill = nursery.cancel_scope.cancel
        await nursery.start(self.root.run)
        await self.begin(self.row)

    async def begin(self, row: StoredPrro, on_change: Callable[[StoredPrro], None] = lambda row: None) -> None:
        """As who has read that row."""
        spec = ChildSpec("prro/1", partial(self._prro, row, on_change), capacity=64, stop_within=5.0)
        await self.root.start_child(spec)

    def _prro(self, row: StoredPrro, on_change: Callable[[StoredPrro], None]) -> Prro:
        wire = Wire(WireSettings(address="http://tax/fs", timeout=10.0), transport=self.network)

        def hand(key_id: str) -> Hand:
            signing = self.agent.with_key(key_id)
            return Hand(FiscalServer(wire, signing.stamped, plain_content), signing.stamped, signing.bare)

        reader = InlineReader(self.read)
        desk = PrroDesk(row, hand, self.root.ref("journal"), reader, wall, self.settings, on_change)
        return Prro(desk, self.hub)

    @property
    def ref(self) -> Ref:
        return self.root.ref("prro/1")

    async def perform(self, operation: Operation, key: str | None = None) -> StoredDocument:
        return await self.ref.ask(Perform(key, operation), timeout=600.0)

    def expect(self, *steps: Step, commands: Sequence[Step] = ()) -> None:
        self.network.steps, self.network.commands = list(steps), list(commands)

    @property
    def row(self) -> StoredPrro:
        found = self.read.prro(self.id)
        assert found is not None
        return found

    @property
    def state(self) -> PrroState:
        state = self.hub.last("prro", str(self.id))
        assert isinstance(state, PrroState)
        return state

    def documents(self) -> list[StoredDocument]:
        return list(self.read.prro_documents_since(self.id, 0))

    def registered(self) -> list[Entry]:
        """What the tax service has, by local number."""
        register = self.server.register(REGISTER)
        found = [register.find_local(number) for number in range(1, register.standing.next_local)]
        assert None not in found, "a gap"
        return [entry for entry in found if entry is not None]

    async def until(self, wanted: Callable[[], bool], step: float = 1.0) -> None:
        """Let virtual time pass until it is so."""
        with trio.fail_after(86_400.0):
            while not wanted():  # noqa: ASYNC110 - what is waited for is on disk, and time is virtual
                await trio.sleep(step)


def tax_service(rules: ServerRules | None = None) -> Server:
    return Server(Registry((default_unit(1),)), PlainSeals(), rules=rules, clock=wall)


@asynccontextmanager
async def open_counter(
    folder: Path, settings: PrroSettings = MANUAL, server: Server | None = None
) -> AsyncIterator[Counter]:
    counter = Counter(folder, settings, server or tax_service())
    async with trio.open_nursery() as nursery:
        await counter.start(nursery)
        yield counter
        counter.fuse.steps = None
        counter.root.stop()
    counter.store.close()
    counter.read.close()
