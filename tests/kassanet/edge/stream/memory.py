"""A stream without a server: sockets in memory, tokens in a table, a store that holds a few receipts."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
from msgspec import Struct

from actors.hub import Hub
from actors.journal import StoreUnavailable
from kassanet.edge.auth import Access, TokenBook
from kassanet.edge.rates import Rates
from kassanet.edge.stream.frames import Frame
from kassanet.edge.stream.socket import Gone
from kassanet.edge.stream.stream import Stream
from schemas.rows import ReceiptFilter, StoredCircuit, StoredReceipt
from schemas.stream import Command
from schemas.tree import ActorNode
from tests.kassanet.edge.conversation import Tokens

INN, OTHER_INN = "7801234564", "5190114620"
CIRCUITS = {1: StoredCircuit(1, INN, 1, "One", None), 2: StoredCircuit(2, OTHER_INN, 1, "Two", None)}


class State(Struct, frozen=True):
    """Of a register."""

    value: int
    filling: str = ""


class MemorySocket:
    """The client's side is :meth:`say` and :meth:`hear`. While ``stuck``, nothing that is sent gets through."""

    def __init__(self) -> None:
        self.closed: tuple[int, str] | None = None
        self.aborted = False
        self.sent: list[Frame] = []
        self.stuck = False
        self._to_server, self._from_client = trio.open_memory_channel[str | bytes](100)
        self._to_client, self._from_server = trio.open_memory_channel[dict[str, Any]](10_000)
        self._abort = trio.Event()

    async def receive(self) -> str | bytes:
        try:
            return await self._from_client.receive()
        except trio.EndOfChannel:
            raise Gone from None

    async def send(self, frames: Sequence[Frame]) -> None:
        if self.stuck:
            await self._abort.wait()
            raise Gone
        await trio.lowlevel.checkpoint()
        for frame in frames:
            self.sent.append(frame)
            self._to_client.send_nowait(json.loads(frame.payload))

    async def close(self, code: int, reason: str) -> None:
        await trio.lowlevel.checkpoint()
        self.closed = (code, reason)
        self._to_client.close()

    def abort(self) -> None:
        self.aborted = True
        self._abort.set()

    async def say(self, message: object) -> None:
        await self._to_server.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self, kind: str | None = None) -> dict[str, Any]:
        """The next message (of that type)."""
        while True:
            message = await self._from_server.receive()
            if kind is None or message["type"] == kind:
                return message

    def leave(self) -> None:
        self._to_server.close()

    async def enter(self, token: str, *topics: str, since: str | None = None) -> dict[str, Any]:
        """Token, subscription, and its first answer."""
        await self.say({"op": "auth", "token": token})
        await self.hear("welcome")
        if not topics:
            return {}
        await self.say({"op": "subscribe", "topics": topics, "since": since})
        return await self.hear()


class MemoryReader:
    """Stands for :class:`actors.reader.Reader`."""

    def __init__(self) -> None:
        self.rows: list[StoredReceipt] = []
        self.trouble: StoreUnavailable | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    async def call(self, ask: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - whatever is asked
        await trio.sleep(0.01)
        if self.trouble is not None:
            raise self.trouble
        found = ask(self)
        self.meanwhile()
        return found

    def receipts(self, wanted: ReceiptFilter) -> Sequence[StoredReceipt]:
        rows = [row for row in self.rows if row.circuit_id == wanted.circuit_id]
        return rows[::-1][: wanted.limit]


class Hall:
    """A running stream and everything that a test wants to reach."""

    def __init__(self, nursery: trio.Nursery, rates: Rates | None) -> None:
        self.hub = Hub()
        self.tokens = Tokens()
        self.book = TokenBook(self.tokens.read)
        self.reader = MemoryReader()
        self.carried_out: list[Command] = []
        self.gate = trio.Event()
        self.stream = Stream(
            self.hub,
            self.book,
            self.reader,  # type: ignore[arg-type]  # stands for the reader, see there
            CIRCUITS,
            lambda: ActorNode("root", "supervisor", "running", 0.0, 0),
            self._carry_out,
            rates,
        )
        self._nursery = nursery

    async def _carry_out(self, access: Access, command: Command) -> tuple[int, object]:
        access.require("operator")
        self.carried_out.append(command)
        if command.name == "slow":
            await self.gate.wait()
        return 200, {"done": command.name}

    def connect(self, token: str | None = None) -> MemorySocket:
        socket = MemorySocket()
        self._nursery.start_soon(self.stream.serve, socket, token)
        return socket

    def publish(self, key: str, value: int, circuit: int = 1, filling: str = "") -> None:
        self.hub.publish("kkt", key, State(value, filling), circuit=circuit)


@asynccontextmanager
async def hall(rates: Rates | None = None) -> AsyncIterator[Hall]:
    """For at most five minutes of the virtual clock: heartbeats would let a test wait for ever."""
    with trio.fail_after(300):
        async with trio.open_nursery() as nursery:
            built = Hall(nursery, rates)
            await nursery.start(built.stream.run)
            yield built
            nursery.cancel_scope.cancel()


def told(message: dict[str, Any]) -> dict[str, Any]:
    """What a snapshot or a delta says: values by key."""
    return {
        f"{change['topic']}/{change['key']}": change["state"] and change["state"].get("value")
        for change in message["changes"]
    }
