"""An integrator's own server: a real one on loopback, that answers as it is told and keeps what it was sent."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import h11
import trio


@dataclass(frozen=True)
class Notice:
    """One POST as it came. ``at`` is on Trio's clock."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Listener:
    """``answer`` decides the status of each notice."""

    def __init__(self) -> None:
        self.port = 0
        self.notices: list[Notice] = []
        self.answer: Callable[[Notice], int] = lambda _notice: 200

    def url(self, path: str = "/done") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, stream: trio.SocketStream) -> None:
        connection = h11.Connection(h11.SERVER)
        request, body = await _read(connection, stream)
        if request is None:
            return
        headers = {name.decode().lower(): value.decode() for name, value in request.headers}
        notice = Notice(request.target.decode(), headers, body, trio.current_time())
        self.notices.append(notice)
        await trio.lowlevel.checkpoint()
        told = h11.Response(status_code=self.answer(notice), headers=[("Content-Length", "0"), ("Connection", "close")])
        for event in (told, h11.EndOfMessage()):
            await stream.send_all(connection.send(event) or b"")


async def _read(connection: h11.Connection, stream: trio.SocketStream) -> tuple[h11.Request | None, bytes]:
    request, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(bytes(await stream.receive_some()))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        else:
            return request, body


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    async with trio.open_nursery() as nursery:
        [socket] = await nursery.start(partial(trio.serve_tcp, listener.serve, 0, host="127.0.0.1"))
        listener.port = socket.socket.getsockname()[1]
        yield listener
        nursery.cancel_scope.cancel()
