"""What the tests of the edge share: a running server on a free port, and clients that speak raw bytes to it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import trio
from quart import Blueprint
from quart_trio import QuartTrio

from kassanet.edge.application import make_app
from kassanet.edge.auth import Grants, TokenBook, new_token, token_hash
from kassanet.edge.server import serve
from kassanet.edge.settings import EdgeSettings, ServerSettings
from schemas.records import Role
from schemas.rows import StoredIntegration, StoredToken

UPGRADE = (
    b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Tokens:
    """A table of tokens in memory, with the store's read side."""

    def __init__(self) -> None:
        self.rows: list[StoredToken] = []
        self.integrations: list[StoredIntegration] = []
        self.reads = 0
        self.failure: Exception | None = None

    def add(self, role: Role, inn: str | None = None, integration_id: int | None = None) -> str:
        token = new_token()
        row = StoredToken(len(self.rows) + 1, token_hash(token), role, inn, integration_id, 0.0, None)
        self.rows.append(row)
        return token

    async def read(self) -> Grants:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return Grants(tuple(self.rows), tuple(self.integrations))


class Running:
    """A server under test."""

    def __init__(self, address: str, stop: trio.Event, done: trio.Event) -> None:
        self.address = address
        self.stop = stop
        self.done = done

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=60)


def application(
    tokens: Tokens | None = None,
    blueprints: Sequence[Blueprint] = (),
    settings: EdgeSettings | None = None,
    ready: Callable[[], str | None] = lambda: None,
) -> QuartTrio:
    book = TokenBook((tokens or Tokens()).read)
    return make_app(tokens=book, ready=ready, settings=settings or EdgeSettings(), blueprints=blueprints)


@asynccontextmanager
async def running(app: QuartTrio, settings: ServerSettings | None = None) -> AsyncIterator[Running]:
    """The server, stopped and waited for at the end. A test that hangs here has found a leak."""
    stop, done = trio.Event(), trio.Event()
    settings = settings or ServerSettings(port=0, shutdown_seconds=1.0)

    async def run(task_status: trio.TaskStatus[list[str]]) -> None:
        await serve(app, settings, stop=stop, task_status=task_status)
        done.set()

    with trio.fail_after(120):
        async with trio.open_nursery() as nursery:
            addresses: list[str] = await nursery.start(run)
            yield Running(addresses[0], stop, done)
            stop.set()


async def read_until(stream: trio.SocketStream, mark: bytes) -> bytes:
    """Bytes up to and including ``mark``, or up to the end."""
    got = b""
    while mark not in got:
        piece = await stream.receive_some()
        if not piece:
            break
        got += piece
    return got
