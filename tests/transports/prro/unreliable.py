"""A simulated tax service behind a network that does what a test says, request after request, on the virtual clock."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import trio

from kassanet.sandbox.fiscal_server.server import FiscalServer, Response
from kassanet.sandbox.http import Request

Step = str | Callable[[Response], httpx.Response]
"""``pass``; ``refuse`` (no connection); ``drop_before`` and ``drop_after`` it was carried out; ``silent_before`` and
``silent_after`` (no answer ever); a status as text; or a function of the answer."""


class Unreliable(httpx.AsyncBaseTransport):
    """Steps are for ``/doc`` and ``/pck`` in turn, ``commands`` for ``/cmd``; afterwards everything passes."""

    def __init__(self, server: FiscalServer, steps: Sequence[Step] = (), commands: Sequence[Step] = ()) -> None:
        self.server = server
        self.steps = list(steps)
        self.commands = list(commands)
        self.sent: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await trio.lowlevel.checkpoint()
        body = await request.aread()
        to_command = request.url.path.endswith("/cmd")
        if not to_command:
            self.sent.append(body)
        queue = self.commands if to_command else self.steps
        step = queue.pop(0) if queue else "pass"
        return await self._take(step, Request("POST", request.url.path, dict(request.headers), body))

    async def _take(self, step: Step, request: Request) -> httpx.Response:
        if step == "refuse":
            raise httpx.ConnectError("refused")
        if isinstance(step, str) and step.isdigit():
            return httpx.Response(int(step), content=_stream("Сервер недоступний".encode()))
        if step in ("drop_before", "silent_before"):
            return await self._nothing(step)
        answer = self.server.answer(request)
        if step in ("drop_after", "silent_after"):
            return await self._nothing(step)
        if callable(step):
            return step(answer)
        return httpx.Response(answer.status, content=_stream(answer.body))

    async def _nothing(self, step: str) -> httpx.Response:
        if step.startswith("silent"):
            await trio.sleep_forever()
        raise httpx.RemoteProtocolError("closed")


def _stream(body: bytes) -> Any:  # noqa: ANN401 - httpx takes many
    async def pieces() -> Any:  # noqa: ANN401 - as above
        yield body

    return pieces()


def answering(status: int, body: bytes, **headers: str) -> Callable[[Response], httpx.Response]:
    """Carried out, and answered like this."""
    return lambda _answer: httpx.Response(status, content=_stream(body), headers=headers)
