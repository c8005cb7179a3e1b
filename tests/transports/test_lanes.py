"""Lanes over real sockets: connections are used again, no more of them than there are lanes, none is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
import trio

from transports.lanes import Lanes

PATIENCE = 60.0


class Echo:
    """Answers after ``go``; counts connections and requests that are in its hands."""

    def __init__(self) -> None:
        self.connections = self.busy = self.most = self.asked = 0
        self.go = trio.Event()
        self.url = ""

    async def attend(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        async with stream:
            while await stream.receive_some():
                self.asked += 1
                self.busy += 1
                self.most = max(self.most, self.busy)
                await self.go.wait()
                self.busy -= 1
                await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")


@asynccontextmanager
async def echo() -> AsyncIterator[Echo]:
    server = Echo()
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            serve = partial(trio.serve_tcp, server.attend, 0, host="127.0.0.1")
            [listener] = await nursery.start(serve)
            server.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
            yield server
            nursery.cancel_scope.cancel()


async def test_as_many_at_once_as_there_are_lanes() -> None:
    async with echo() as server, httpx.AsyncClient(transport=Lanes(3)) as client:
        answers: list[str] = []

        async def ask() -> None:
            answers.append((await client.get(server.url)).text)

        async with trio.open_nursery() as nursery:
            for _ in range(12):
                nursery.start_soon(ask)
            while server.busy < 3:  # noqa: ASYNC110 - real sockets
                await trio.sleep(0.001)
            server.go.set()
        assert (answers, server.most, server.asked) == (["OK"] * 12, 3, 12)
        assert server.connections == 3


async def test_one_after_another_is_one_connection() -> None:
    async with echo() as server, httpx.AsyncClient(transport=Lanes(10)) as client:
        server.go.set()
        for _ in range(5):
            assert (await client.get(server.url)).status_code == 200
        assert server.connections == 1


async def test_whoever_gives_up_gives_the_lane_back() -> None:
    async with echo() as server, httpx.AsyncClient(transport=Lanes(1)) as client:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.get, server.url)
            while not server.busy:  # noqa: ASYNC110 - real sockets
                await trio.sleep(0.001)
            nursery.cancel_scope.cancel()
        server.go.set()
        assert (await client.get(server.url)).text == "OK"
        async with client.stream("GET", server.url) as unread:
            assert unread.status_code == 200
        assert (await client.get(server.url)).text == "OK"


async def test_a_server_that_is_not_there_takes_no_lane() -> None:
    async with httpx.AsyncClient(transport=Lanes(1)) as client:
        for _ in range(2):
            with pytest.raises(httpx.ConnectError):
                await client.get("http://127.0.0.1:1")
