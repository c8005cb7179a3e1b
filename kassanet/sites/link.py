"""One link of one site, from its hello to its end.

A reader obeys what the site says, a writer sends what waits, a look-out measures and notices silence. Whoever waits for
an answer of the site hears :class:`Cut` when the link ends first.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog
import trio

from kassanet.edge.stream.frames import Frame
from kassanet.edge.stream.socket import Gone, Socket
from kassanet.sites.board import Board, TooMany
from kassanet.sites.copying import keep
from schemas.site_link import (
    VERSIONS,
    Carried,
    Copies,
    Farewell,
    FromSite,
    Hello,
    Page,
    Ping,
    Pong,
    Recall,
    States,
    Taken,
    Welcome,
)

if TYPE_CHECKING:
    from kassanet.sites.sites import Sites

HELLO_SECONDS = 10.0
SILENCES = 3
"""Heartbeats without a word after which a link is given up."""

WAITING = 256
"""Messages that may wait for the socket; who wants to say more waits itself."""

NONSENSE, UNAUTHORIZED, REPLACED, STOPPED, FAULT = 4400, 4401, 4409, 1001, 1011

Answer = TypeVar("Answer")

log = structlog.get_logger("sites.link")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(FromSite).decode


class Cut(Exception):
    """The link ended before the site answered."""


class NotUnderstood(Exception):
    """The site says what no site should; ``code`` closes its socket."""

    def __init__(self, text: str, code: int = NONSENSE) -> None:
        super().__init__(text)
        self.code = code


class Expected:
    """An answer that is waited for."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.came = trio.Event()

    def give(self, answer: object) -> None:
        self.answer = answer
        self.came.set()

    async def wait(self) -> Any:  # noqa: ANN401 - the asker knows what it asked for
        await self.came.wait()
        if isinstance(self.answer, Cut):
            raise self.answer
        return self.answer


class SiteLink:
    """Made for an accepted socket; :meth:`run` serves it until either side ends it."""

    def __init__(self, sites: "Sites", board: Board, socket: Socket, token: bytes, address: str | None) -> None:
        self.board = board
        self.ended = trio.Event()
        self.circuits_told = trio.Event()
        self.hello: Hello | None = None
        self.commands: dict[int, Expected] = {}
        self.pages: dict[int, Expected] = {}
        self._sites = sites
        self._socket = socket
        self._token = token
        self.address = address
        self._out, self._waiting = trio.open_memory_channel[msgspec.Struct](WAITING)
        self._heard_at = trio.current_time()
        self._closing: tuple[int, str] | None = None
        self._scope = trio.CancelScope()
        self._forwarding: Callable[[Taken], Awaitable[None]] | None = None
        self._obey: dict[type, Callable[[Any], Awaitable[None]]] = {
            States: self._on_states,
            Pong: self._on_pong,
            Carried: self._on_carried,
            Taken: self._on_taken,
            Copies: self._on_copies,
            Page: self._on_page,
        }

    async def run(self) -> None:
        """Returns when it is over, whatever ended it."""
        try:
            with self._scope:
                await self._serve()
        except Gone:
            pass
        except (NotUnderstood, TooMany) as reason:
            self._closing = (getattr(reason, "code", NONSENSE), str(reason)[:100])
            log.warning("site_not_understood", site=self.board.row.name, reason=str(reason)[:300])
        except Exception:  # whatever is wrong with one site's link is no matter of the others
            self._closing = (FAULT, "a fault of the central server")
            log.exception("site_link_failed", site=self.board.row.name)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 2.0):
                await self._end()
            self._socket.abort()
            self.ended.set()

    async def say(self, message: msgspec.Struct) -> None:
        """Waits while much is to be sent; raises :class:`Cut`."""
        try:
            await self._out.send(message)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise Cut from None

    def close(self, code: int, reason: str) -> None:
        """End it from outside."""
        self._closing = self._closing or (code, reason)
        self._scope.cancel()

    # -- beginning and end ------------------------------------------------------------------------

    async def _serve(self) -> None:
        self.hello = await self._first_word()
        async with self._sites.turn(self):
            try:
                await self._serve_site(self.hello)
            finally:
                self._let_go()

    async def _serve_site(self, hello: Hello) -> None:
        outcome: Exception | None = None
        async with trio.open_nursery() as nursery:
            end = nursery.cancel_scope
            nursery.start_soon(self._guarded, end, self._write)
            try:
                await self._greet(hello)
                nursery.start_soon(self._guarded, end, partial(self._look_out, hello.heartbeat))
                if hello.receipts == "central":
                    forwarding = self._sites.forwarding(self)
                    self._forwarding = forwarding.answered
                    nursery.start_soon(self._guarded, end, forwarding.run)
                await self._read()
            except Exception as error:
                outcome = error  # raised below: the nursery would make a group of it
            end.cancel()
        if outcome is not None and not isinstance(outcome, Cut):
            raise outcome

    async def _greet(self, hello: Hello) -> None:
        await self.say(await self._sites.welcome(self, hello))
        recalled = await self._sites.commands_to_recall(self)
        if recalled:
            await self.say(Recall(tuple(recalled)))

    async def _guarded(self, link: trio.CancelScope, task: Callable[[], Awaitable[None]]) -> None:
        """A task of the link: when it ends, the link does."""
        try:
            await task()
        except (Cut, Gone):
            pass
        except Exception:
            self._closing = self._closing or (FAULT, "a fault of the central server")
            log.exception("site_link_failed", site=self.board.row.name)
        link.cancel()

    async def _first_word(self) -> Hello:
        with trio.move_on_after(HELLO_SECONDS):
            said = self._understood(await self._socket.receive())
            if not isinstance(said, Hello):
                raise NotUnderstood("the first message must be a hello")
            if not set(said.versions) & set(VERSIONS):
                raise NotUnderstood(f"it speaks versions {said.versions[:8]}, this server {VERSIONS}")
            if said.site != self.board.row.name:
                raise NotUnderstood(f"the token is of site {self.board.row.name}, not {said.site[:32]}", UNAUTHORIZED)
            return said
        raise NotUnderstood("no hello came")

    def _let_go(self) -> None:
        """Everybody who waits for the site hears that the link is cut."""
        self._waiting.close()
        for expected in (*self.commands.values(), *self.pages.values()):
            expected.give(Cut())
        self.commands, self.pages = {}, {}

    async def _end(self) -> None:
        code, reason = self._closing or (STOPPED, "")
        if self._closing is not None:
            try:
                await self._socket.send([Frame(_encode(Farewell(reason)))])
            except Gone:
                return
        await self._socket.close(code, reason)

    # -- reading ----------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            said = self._understood(await self._socket.receive())
            self._heard_at = trio.current_time()
            obey = self._obey.get(type(said))
            if obey is None:
                raise NotUnderstood("it has said hello before")
            await obey(said)

    def _understood(self, text: str | bytes) -> Any:  # noqa: ANN401 - one of FromSite
        try:
            return _decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
            raise NotUnderstood(f"a message cannot be read: {error}") from None

    async def _on_states(self, said: States) -> None:
        self.board.told(said)
        if said.circuits is not None:
            self.circuits_told.set()

    async def _on_pong(self, said: Pong) -> None:
        self.board.lag = max(0.0, round(trio.current_time() - said.at, 3))
        self.board.behind = said.waiting
        await self._sites.count(self.board)

    async def _on_carried(self, said: Carried) -> None:
        await self._sites.carried(self.board, said)
        expected = self.commands.pop(said.id, None)
        if expected is not None:
            expected.give(said)

    async def _on_taken(self, said: Taken) -> None:
        if self._forwarding is not None:
            await self._forwarding(said)

    async def _on_copies(self, said: Copies) -> None:
        assert self.hello is not None
        await self.say(await keep(self._sites.journal, self.board.row, self.hello.store, said, self._sites.clock()))

    async def _on_page(self, said: Page) -> None:
        expected = self.pages.pop(said.id, None)
        if expected is not None:
            expected.give(said)

    # -- writing ----------------------------------------------------------------------------------

    async def _write(self) -> None:
        async for message in self._waiting:
            await self._socket.send([Frame(_encode(message))])

    async def _look_out(self, heartbeat: float) -> None:
        """A ping each heartbeat, and an end to who says nothing or may not be here any more."""
        last_ping = trio.current_time() - heartbeat
        while True:
            now = trio.current_time()
            if now - self._heard_at > SILENCES * heartbeat:
                log.warning("site_silent", site=self.board.row.name)
                return
            if not self._sites.may_stay(self.board, self._token):
                self._closing = (UNAUTHORIZED, "the token is not good any more")
                return
            if now - last_ping >= heartbeat:
                last_ping = now
                await self.say(Ping(now))
            await trio.sleep(min(0.5, heartbeat / 2))


def welcome(name: str, central: str, since: str, copied: int) -> Welcome:
    """The answer to a hello that is understood."""
    return Welcome(max(VERSIONS), name, central, since or None, copied)
