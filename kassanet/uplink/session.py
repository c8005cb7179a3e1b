"""One link to the centre, from our hello to its end."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import msgspec
import structlog
import trio

from actors.durable import durably
from actors.store import StoreUnavailable
from kassanet.uplink.commands import LinkCommands
from kassanet.uplink.copying import Copying
from kassanet.uplink.desk import UplinkDesk
from kassanet.uplink.reading import look
from kassanet.uplink.states import StateTeller
from kassanet.uplink.taking import take
from schemas.site_link import (
    VERSIONS,
    Carry,
    Copied,
    Farewell,
    FromCentral,
    Hello,
    Ping,
    Pong,
    Read,
    Recall,
    Take,
    Welcome,
)
from schemas.site_records import AdoptCentral
from transports.uplink import UplinkLost

SILENCES = 3
"""Heartbeats without a word after which the link is given up."""

WORKERS = 16
"""Questions and receipts of the centre that are worked on at a time; more wait in the socket."""

log = structlog.get_logger("uplink")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(FromCentral).decode


class Socket(Protocol):
    """What is needed of an open link; :class:`transports.uplink.UplinkSocket` is one."""

    async def send(self, message: bytes) -> None: ...

    async def receive(self) -> str | bytes: ...


class UplinkSession:
    """``spawn`` runs a task that may outlive the link. ``welcomed`` is set once the centre has let us in."""

    def __init__(
        self,
        desk: UplinkDesk,
        socket: Socket,
        commands: LinkCommands,
        spawn: Callable[[Callable[[], Awaitable[None]]], object],
    ) -> None:
        self.welcomed: Welcome | None = None
        self.farewell: str | None = None
        self._desk = desk
        self._socket = socket
        self._commands = commands
        self._spawn = spawn
        self._copying = Copying(desk, self.say)
        self._at_work = trio.CapacityLimiter(WORKERS)
        self._nursery: trio.Nursery | None = None
        self._obey: dict[type, Callable[[Any], Awaitable[None]]] = {
            Ping: self._on_ping,
            Carry: self._on_carry,
            Recall: self._on_recall,
            Take: partial(self._beside, take),
            Copied: self._on_copied,
            Read: partial(self._beside, look),
            Farewell: self._on_farewell,
        }

    async def run(self) -> None:
        """Until it is cut. Raises :class:`UplinkLost`."""
        await self.say(self._hello())
        with trio.move_on_after(SILENCES * self._desk.settings.heartbeat) as patience:
            said = await self._hear()
        if patience.cancelled_caught:
            raise UplinkLost("the central server does not answer")
        if not isinstance(said, Welcome) or said.version not in VERSIONS:
            raise UplinkLost(self._reason(said), refused=True)
        await self._adopt(said)
        self.welcomed = said
        log.info("uplink_connected", central=said.central, name=said.name)
        lost: UplinkLost | StoreUnavailable | None = None
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._guarded, StateTeller(self._desk, self.say, said.since).run)
            nursery.start_soon(self._guarded, self._copying.run)
            try:
                await self._read(said.central)
            except (UplinkLost, StoreUnavailable) as error:
                lost = error  # raised below: the nursery would make a group of it
            nursery.cancel_scope.cancel()
        raise lost or UplinkLost("the link was cut")

    async def say(self, message: msgspec.Struct) -> None:
        """Raises :class:`UplinkLost`."""
        await self._socket.send(_encode(message))

    # -- beginning --------------------------------------------------------------------------------

    def _hello(self) -> Hello:
        said = self._desk.settings
        return Hello(
            VERSIONS, said.site or "", self._desk.version, self._desk.identity, said.receipts, said.commands,
            said.heartbeat,
        )  # fmt: skip

    async def _adopt(self, said: Welcome) -> None:
        """From now on every batch of the journal notes what it moves for this centre."""
        write = AdoptCentral(said.central, self._desk.settings.receipts, said.copied, self._desk.clock())
        await durably(self._desk.journal, write)

    def _reason(self, said: object) -> str:
        if isinstance(said, Farewell):
            self.farewell = said.reason
            return f"the central server does not let us in: {said.reason}"
        return "the central server speaks another protocol"

    # -- reading ----------------------------------------------------------------------------------

    async def _read(self, central: str) -> None:
        while True:
            with trio.move_on_after(SILENCES * self._desk.settings.heartbeat) as patience:
                said = await self._hear()
            if patience.cancelled_caught:
                raise UplinkLost("the central server says nothing any more")
            obey = self._obey.get(type(said))
            if obey is None:
                raise UplinkLost("the central server lets us in twice")
            await obey(said)

    async def _hear(self) -> Any:  # noqa: ANN401 - one of FromCentral
        try:
            return _decode(await self._socket.receive())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
            raise UplinkLost(f"a message of the central server cannot be read: {error}") from None

    async def _on_ping(self, said: Ping) -> None:
        waiting = await self._desk.reader.call(lambda store: store.behind())
        await self.say(Pong(said.at, waiting))

    async def _on_carry(self, said: Carry) -> None:
        assert self.welcomed is not None
        task = self._commands.hear(self.welcomed.central, said)
        if task is not None:
            self._spawn(task)

    async def _on_recall(self, said: Recall) -> None:
        assert self.welcomed is not None
        await self._commands.recall(self.welcomed.central, said.ids)

    async def _on_copied(self, said: Copied) -> None:
        self._copying.acknowledged(said)

    async def _on_farewell(self, said: Farewell) -> None:
        self.farewell = said.reason
        raise UplinkLost(f"the central server said goodbye: {said.reason}")

    async def _beside(self, work: Callable[[UplinkDesk, Any], Awaitable[msgspec.Struct]], said: object) -> None:
        """Work that asks the journal must not hold up the heartbeat; so much of it at a time."""
        assert self._nursery is not None
        borrower = object()
        await self._at_work.acquire_on_behalf_of(borrower)

        async def answer() -> None:
            try:
                await self.say(await work(self._desk, said))
            finally:
                self._at_work.release_on_behalf_of(borrower)

        self._nursery.start_soon(self._guarded, answer)

    async def _guarded(self, task: Callable[[], Awaitable[None]]) -> None:
        """A task that finds the link cut ends; the reader finds it too, and ends everything."""
        with suppress(UplinkLost):
            await task()
