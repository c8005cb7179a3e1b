"""The stream as a whole: who is connected, what they share, and who must go."""

from collections.abc import Callable, Sequence

import trio
from msgspec.structs import replace

from actors.hub import Hub
from actors.journal import Reader
from actors.runtime.waits import Waits
from kassanet.edge.auth import Access, TokenBook
from kassanet.edge.rates import Rates
from kassanet.edge.stream.broadcast import Broadcast
from kassanet.edge.stream.outbox import LAGGED
from kassanet.edge.stream.session import Commands, Session
from kassanet.edge.stream.socket import Socket
from kassanet.edge.stream.topics import Circuits, Interest, interest
from schemas.tree import ActorNode

WATCH = 0.5
"""Seconds between two looks at who may stay, and at the tree of actors while somebody watches it."""

LAST_WORD = 10.0
"""Seconds that a client has to hear its last word before it is cut off."""


class Stream:
    """Serves sockets over one hub. ``tree`` shows the actors as they are now.

    ``rates`` count what tokens ask over HTTP; a token in a first message and a command are requests like any other.
    """

    def __init__(
        self,
        hub: Hub,
        tokens: TokenBook,
        reader: Reader,
        circuits: Circuits,
        tree: Callable[[], ActorNode],
        commands: Commands,
        rates: Rates | None = None,
    ) -> None:
        self.broadcast = Broadcast(hub, reader, circuits)
        self.lags = Waits()
        """How long what is sent to clients waited, from the tick until it was written."""
        self.lagged = 0
        """Clients that did not keep up and were let go."""
        self._hub = hub
        self._tokens = tokens
        self._circuits = circuits
        self._tree = tree
        self._commands = commands
        self._rates = rates or Rates()
        self._sessions: set[Session] = set()

    @property
    def clients(self) -> int:
        """Sockets that are open now."""
        return len(self._sessions)

    @property
    def lag(self) -> float:
        """How long the client that is furthest behind has waited for what is the oldest in its outbox, in seconds."""
        return max((session.outbox.lag for session in self._sessions), default=0.0)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run beside the server: ticks, and a look around now and then."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.broadcast.run)
            nursery.start_soon(self._look_around)
            task_status.started()

    async def serve(self, socket: Socket, token: str | None) -> None:
        """One accepted socket, until it ends. ``token`` is that of its Authorization header."""
        session = Session(
            socket, self._tokens, self.broadcast, self._interest_of, self._commands, self._rates, self.lags
        )
        self._sessions.add(session)
        try:
            await session.run(token)
        finally:
            self._sessions.discard(session)
            self.lagged += session.outbox.closing == LAGGED

    def _interest_of(self, access: Access, topics: Sequence[str]) -> Interest:
        found = interest(access, topics, self._circuits)
        if "actors" in found.topics:
            self._show_actors()
        return found

    async def _look_around(self) -> None:
        while True:
            await trio.sleep(WATCH)
            overdue = trio.current_time() - LAST_WORD
            for session in tuple(self._sessions):
                session.look()
                if session.outbox.closing is not None and session.outbox.closed_at <= overdue:
                    session.socket.abort()
            self.broadcast.following.tidy()
            if "actors" in self.broadcast.topics:
                self._show_actors()

    def _show_actors(self) -> None:
        """Actors do not tell when their mailboxes fill, so the tree is looked at, and only while somebody watches."""
        present = {node.name: node for node in _flat(self._tree())}
        for name in self._hub.all("actors").keys() - present.keys():
            self._hub.forget("actors", name)
        for name, node in present.items():
            if node != self._hub.last("actors", name):
                self._hub.publish("actors", name, node)


def _flat(node: ActorNode) -> Sequence[ActorNode]:
    below = [found for child in node.children for found in _flat(child)]
    return [replace(node, children=()), *below]
