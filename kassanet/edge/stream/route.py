"""``/api/v1/stream``: the stream over quart's WebSockets.

Frames are built once for everyone, so they do not go the usual way, on which each socket would encode them anew: the
guarded connection writes their bytes as they are. Where there is no such connection (HTTP/2) they are sent as text.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from h11 import LocalProtocolError
from msgspec import to_builtins
from quart import Blueprint, Websocket, websocket

from kassanet.edge.application import public, token_of
from kassanet.edge.auth import Access
from kassanet.edge.by_hand import ByHand, by_hand, check_may_command
from kassanet.edge.decoding import decode
from kassanet.edge.stream.frames import Frame
from kassanet.edge.stream.session import Commands
from kassanet.edge.stream.stream import Stream
from kassanet.fleet import Fleet
from schemas.problems import problem
from schemas.sites import parted
from schemas.stream import Command

Raw = Callable[[bytes], Awaitable[bool]]

_encode = msgspec.json.Encoder().encode


def stream_blueprint(stream: Stream) -> Blueprint:
    """The route. It is public: the token may come in the first message, or in the cookie of our own page."""
    blueprint = Blueprint("stream", __name__, url_prefix="/api/v1")

    @blueprint.websocket("/stream")
    @public
    async def live() -> None:
        token = token_of(websocket._get_current_object())  # type: ignore[attr-defined]  # as in QuartSocket
        try:
            await websocket.accept()
        except LocalProtocolError:
            return  # what came behind the opening was no WebSocket's, and its connection is past saving
        await stream.serve(QuartSocket(), token)

    return blueprint


RemoteCommands = Callable[[Access, str, str, dict[str, Any]], Awaitable[tuple[int, object]]]
"""Commands to registers of sites: who asks, the register's name here, the command, its arguments."""


def commands_to(fleet: Fleet, of_sites: RemoteCommands) -> Commands:
    """Commands by hand to the registers of a fleet, as ``POST /api/v1/kkt/<eip>/<command>`` has them."""

    async def carry_out(access: Access, command: Command) -> tuple[int, object]:
        kind, _, eip = command.target.partition("/")
        if kind != "kkt" or not eip:
            raise problem(404, "not-found", f"There is no {command.target}; commands go to kkt/<eip>.")
        if parted(eip) is not None:
            access.require("operator")
            said = to_builtins(decode(_encode(command.args), ByHand))
            return await of_sites(access, eip, command.name, said)
        check_may_command(access, fleet, eip)
        result = await by_hand(fleet, eip, command.name, decode(_encode(command.args), ByHand))
        return (204, None) if result is None else (200, result)

    return carry_out


class QuartSocket:
    """The WebSocket of the request in hand. When the client goes, quart cancels whoever serves it."""

    def __init__(self) -> None:
        self._websocket: Websocket = websocket._get_current_object()  # type: ignore[attr-defined]  # quart declares
        # the proxy as what it stands for; other tasks than the handler's need the thing itself
        state = self._websocket.scope.get("state", {})
        self._write: Raw | None = state.get("write_frames")
        self._abort: Callable[[], None] | None = state.get("abort")

    async def receive(self) -> str | bytes:
        text: str | bytes = await self._websocket.receive()
        return text

    async def send(self, frames: Sequence[Frame]) -> None:
        wire = frames[0].wire if len(frames) == 1 else b"".join(frame.wire for frame in frames)
        if self._write is None or not await self._write(wire):
            for frame in frames:
                await self._websocket.send(frame.payload.decode())

    async def close(self, code: int, reason: str) -> None:
        await self._websocket.close(code, reason)

    def abort(self) -> None:
        if self._abort is not None:
            self._abort()
