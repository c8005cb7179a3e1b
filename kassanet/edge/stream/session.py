"""One client of the stream, from its token to its last word.

Two tasks: one reads and obeys, one writes what the outbox holds. Commands to registers run beside them, so that a slow
register holds up neither. Close codes: 4400 nonsense, 4401 no (more) token, 4408 lagged, 4429 the token connects too
often, 1001 the service stops.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Protocol

import trio
from msgspec import Struct

from actors.runtime.waits import Waits
from kassanet.edge.auth import Access, TokenBook, token_hash, unauthorized
from kassanet.edge.decoding import decode
from kassanet.edge.problems import fault, problem_of
from kassanet.edge.rates import Rates, TooManyRequests
from kassanet.edge.stream.allowance import Allowance
from kassanet.edge.stream.broadcast import Broadcast
from kassanet.edge.stream.frames import message
from kassanet.edge.stream.outbox import Outbox
from kassanet.edge.stream.socket import Gone, Socket
from kassanet.edge.stream.topics import Interest
from schemas.problems import Problem, problem
from schemas.stream import Auth, Command, Failed, Heartbeat, Reply, Subscribe, Welcome

HEARTBEAT = 15.0
"""Seconds of silence after which the client is told that all is well."""

AUTH_SECONDS = 10.0
"""Time for the first message to come."""

IN_HAND = 64
"""Commands of one client at a time."""

NONSENSE, UNAUTHORIZED, REVOKED, TOO_MANY = 4400, 4401, 4401, 4429


class Commands(Protocol):
    """Carries out a command with the rights of ``access``; returns status and result, raises what HTTP would."""

    async def __call__(self, access: Access, command: Command) -> tuple[int, object]: ...


class Session:
    """``interest_of`` turns topics into an interest, or raises a problem. ``lags``: what waited how long to be sent."""

    def __init__(
        self,
        socket: Socket,
        tokens: TokenBook,
        broadcast: Broadcast,
        interest_of: Callable[[Access, Sequence[str]], Interest],
        commands: Commands,
        rates: Rates,
        lags: Waits,
    ) -> None:
        self.socket = socket
        self.outbox = Outbox()
        self._tokens = tokens
        self._broadcast = broadcast
        self._interest_of = interest_of
        self._commands = commands
        self._rates = rates
        self._lags = lags
        self._access: Access | None = None
        self._token = b""
        self._interest: Interest | None = None
        self._in_hand = 0
        self._nonsense = Allowance(10, 0.2)
        self._subscriptions = Allowance(20, 1.0)
        self._nursery: trio.Nursery | None = None
        self._obey: dict[str, Callable[[str | bytes], Awaitable[None]]] = {
            "auth": self._on_auth,
            "subscribe": self._on_subscribe,
            "command": self._on_command,
        }

    async def run(self, token: str | None) -> None:
        """Until either side ends it. ``token`` is that of the header, if there was one."""
        try:
            async with trio.open_nursery() as self._nursery:
                self._nursery.start_soon(self._write, self._nursery.cancel_scope)
                if token is not None:
                    await self._enter(token, was_counted=True)  # at the door, as over HTTP
                await self._read()
        finally:
            if self._interest is not None:
                self._broadcast.leave(self._interest, self.outbox)

    def look(self) -> None:
        """To be called often: a heartbeat after some silence; and whose token is not what it was, is cut off."""
        if self.outbox.silence >= HEARTBEAT:
            self._say(Heartbeat(self._broadcast.rev))
        if self._access is not None and self._tokens.current(self._token) != self._access:
            self._refuse(unauthorized(), REVOKED, "the token is not good any more")

    # -- reading ----------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            if self._access is None:
                await self._first_message()
            while True:
                await self._hear(await self.socket.receive())
        except Gone:
            assert self._nursery is not None
            self._nursery.cancel_scope.cancel()

    async def _first_message(self) -> None:
        with trio.move_on_after(AUTH_SECONDS) as patience:
            await self._hear(await self.socket.receive())
        if patience.cancelled_caught:
            self._refuse(unauthorized(), UNAUTHORIZED, "no token came")

    async def _hear(self, text: str | bytes) -> None:
        """One message; what is wrong with it is told, and too much of it ends the session."""
        if self.outbox.closing is not None:
            return
        op: str | None = None
        try:
            op = _op_of(text)
            if self._access is None and op != "auth":
                self._refuse(unauthorized(), UNAUTHORIZED, "the first message must bring a token")
                return
            await self._obey[op](text)
        except Exception as error:
            self._say(Failed(_told(error), op))
            if not self._nonsense.take():
                self.outbox.close(NONSENSE, "too many messages that mean nothing")

    async def _on_auth(self, text: str | bytes) -> None:
        wanted = decode(text, Auth)
        if self._access is not None:
            raise problem(409, "known-already", "A token was sent before; connect anew to use another.")
        await self._enter(wanted.token, was_counted=False)

    async def _enter(self, token: str, *, was_counted: bool) -> None:
        access = await self._tokens.access(token)
        if access is None:
            self._refuse(unauthorized(), UNAUTHORIZED, "the token is not good")
            return
        if not was_counted:
            try:
                self._rates.take(access.name)
            except TooManyRequests as refused:
                self._refuse(refused, TOO_MANY, "the token asks too often")
                return
        self._access, self._token = access, token_hash(token)
        self._say(Welcome(access.name, access.role))

    async def _on_subscribe(self, text: str | bytes) -> None:
        wanted = decode(text, Subscribe)
        if not self._subscriptions.take():
            raise problem(429, "too-many-requests", "One subscription names all topics; change it less often.")
        interest = self._interest_of(self._who(), wanted.topics)
        if self._interest is not None:
            self._broadcast.leave(self._interest, self.outbox)
            self._interest = None
        await self._broadcast.join(interest, self.outbox, wanted.since)
        self._interest = interest

    async def _on_command(self, text: str | bytes) -> None:
        command = decode(text, Command)
        if self._in_hand >= IN_HAND:
            raise problem(429, "too-many-requests", f"{IN_HAND} commands are in hand; wait for their replies.")
        assert self._nursery is not None
        self._in_hand += 1
        self._nursery.start_soon(self._carry_out, command)

    async def _carry_out(self, command: Command) -> None:
        try:
            access = self._who()
            self._rates.take(access.name)
            status, result = await self._commands(access, command)
            reply = Reply(command.id, status, result)
        except Exception as error:
            found = _told(error)
            reply = Reply(command.id, found.status, problem=found)
        finally:
            self._in_hand -= 1
        self._say(reply)

    def _who(self) -> Access:
        """Who this is now: a token may have been revoked a moment ago."""
        access = self._tokens.current(self._token)
        if access is None:
            raise unauthorized()
        return access

    # -- writing ----------------------------------------------------------------------------------

    def _say(self, said: Struct) -> None:
        self.outbox.put(message(said))

    def _refuse(self, error: Exception, code: int, reason: str) -> None:
        self.outbox.close(code, reason, message(Failed(_told(error))))

    async def _write(self, session: trio.CancelScope) -> None:
        try:
            while taken := await self.outbox.take():
                await self.socket.send(taken)
                self._lags.add(self.outbox.sent())
            await self.socket.close(self.outbox.closing or 1000, self.outbox.reason)
        except Gone:
            pass
        session.cancel()


class _Op(Struct):
    op: Literal["auth", "subscribe", "command"]


def _op_of(text: str | bytes) -> str:
    return decode(text, _Op).op


def _told(error: Exception) -> Problem:
    return problem_of(error) or fault(error)
