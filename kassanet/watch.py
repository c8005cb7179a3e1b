"""``kassanet watch``: registers and circuits as they are now, in a terminal, over the live stream.

The connection is expected to break: it is made anew with a growing wait, and goes on from the last ``rev``, so that
nothing is shown twice and nothing is missed. Only a token that is not good ends it.
"""

import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import msgspec
import trio
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, WebSocketConnection, wrap_client_stream

from kassanet.failures import TokenRefused

TOPICS = ("kkt", "circuit")
FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
"""Seconds between two tries to connect; doubled each time, and spread so that watchers do not come back together."""

SILENCE = 40.0
"""Seconds without a word, not even a heartbeat, after which the connection is given up."""

CONNECT_SECONDS, GOODBYE_SECONDS = 10.0, 2.0
LARGEST = 2**26
"""Bytes of one message: a snapshot of a large estate."""

_COLOURS = {"ok": "green", "warning": "yellow", "critical": "red"}


class View:
    """What the stream said, applied in order. ``rev`` is where to go on from; ``connected`` is for people."""

    def __init__(self) -> None:
        self.rev: str | None = None
        self.connected = False
        self.trouble = ""
        self.kkts: dict[str, dict[str, Any]] = {}
        self.circuits: dict[str, dict[str, Any]] = {}

    def apply(self, message: Mapping[str, Any]) -> None:
        """Take a message in; those that say nothing about states are passed over."""
        if message["type"] == "snapshot":
            self.kkts.clear()
            self.circuits.clear()
        elif message["type"] != "delta":
            return
        for change in message["changes"]:
            board = self.kkts if change["topic"] == "kkt" else self.circuits
            if change["state"] is None:
                board.pop(change["key"], None)
            else:
                board[change["key"]] = change["state"]
        self.rev = message["rev"]


class Connection(Protocol):
    """The part of a WebSocket that is used."""

    async def send_message(self, message: str | bytes) -> None: ...
    async def get_message(self) -> str | bytes: ...


async def follow(connection: Connection, token: str, view: View, changed: Callable[[], None]) -> None:
    """Say who we are and what we want, then take in what comes; ends only by an exception."""
    await _say(connection, {"op": "auth", "token": token})
    await _say(connection, {"op": "subscribe", "topics": TOPICS, "since": view.rev})
    while True:
        with trio.fail_after(SILENCE):
            message = msgspec.json.decode(await connection.get_message())
        if message["type"] == "error" and message["problem"]["status"] in (401, 403):
            raise TokenRefused(message["problem"].get("detail", ""))
        view.connected, view.trouble = True, ""
        view.apply(message)
        changed()


async def keep_following(url: str, token: str, view: View, changed: Callable[[], None], random: Random) -> None:
    """Connect, follow, and connect again, for ever. Raises :class:`TokenRefused`, in a group."""
    wait = FIRST_WAIT
    while True:
        try:
            async with connect(url) as connection:
                await follow(connection, token, view, changed)
        except* (ConnectionClosed, ConnectionRejected, HandshakeError, OSError, trio.TooSlowError) as lost:
            wait = FIRST_WAIT if view.connected else min(2 * wait, LONGEST_WAIT)
            view.connected, view.trouble = False, _reason(lost)
        changed()
        await trio.sleep(wait * random.uniform(0.75, 1.25))


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[WebSocketConnection]:
    """The stream of the service at ``url``; the socket is closed at the end whoever ends it.

    trio-websocket leaves that to the garbage collector when the service said goodbye first.
    """
    parts = urlsplit(stream_url(url))
    secure, host = parts.scheme == "wss", parts.hostname or ""
    with trio.fail_after(CONNECT_SECONDS):
        plain = await trio.open_tcp_stream(host, parts.port or (443 if secure else 80))
    stream = _secured(plain, host) if secure else plain
    async with stream, trio.open_nursery() as nursery:
        with trio.fail_after(CONNECT_SECONDS):
            connection = await wrap_client_stream(
                nursery, stream, parts.netloc, parts.path, max_message_size=LARGEST, receive_buffer_size=2**16
            )
        try:
            yield connection
        finally:
            with trio.move_on_after(GOODBYE_SECONDS, shield=True):
                await connection.aclose()
            nursery.cancel_scope.cancel()


def _secured(plain: trio.SocketStream, host: str) -> trio.SSLStream[trio.SocketStream]:
    return trio.SSLStream(plain, ssl.create_default_context(), server_hostname=host, https_compatible=True)


def stream_url(url: str) -> str:
    """``http://host:port`` as the address of its stream; one that names a path is taken as it is."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") or "/api/v1/stream", "", ""))


def screen(view: View, now: float, rows: int = 40) -> RenderableType:
    """The whole picture; ``rows`` registers at most, those that need a person first."""
    return Group(_head(view), _circuits(view), _registers(view, now, rows))


def run(url: str, token: str) -> None:
    """Until Ctrl-C. Raises :class:`TokenRefused`, in a group."""
    console = Console()
    view = View()

    async def main() -> None:
        dirty = trio.Event()

        def changed() -> None:
            dirty.set()

        with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(keep_following, url, token, view, changed, Random())
                while True:
                    live.update(screen(view, time.time(), max(5, console.height - 12)), refresh=True)
                    with trio.move_on_after(1.0):
                        await dirty.wait()
                    dirty = trio.Event()
                    await trio.sleep(0.1)

    with suppress(KeyboardInterrupt):
        trio.run(main)


async def _say(connection: Connection, message: object) -> None:
    await connection.send_message(msgspec.json.encode(message).decode())


def _reason(lost: BaseExceptionGroup[Exception]) -> str:
    """Of the first cause: one line for the head of the screen."""
    error: BaseException = lost
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ConnectionClosed) and error.reason is not None:
        return f"closed with {error.reason.code}: {error.reason.reason or error.reason.name}"
    return str(error) or type(error).__name__


def _head(view: View) -> Text:
    busy = sum(state["condition"] == "busy" for state in view.kkts.values())
    bad = sum(state["level"] != "ok" for state in view.kkts.values())
    text = Text(f"{len(view.kkts)} registers, {busy} busy, {bad} with concerns   ")
    if view.connected:
        return text.append("live", "green")
    return text.append(f"not connected: {view.trouble or 'connecting'}", "red")


def _circuits(view: View) -> Table:
    table = Table("circuit", "title", "queued", "idle", "busy", expand=True)
    for state in sorted(view.circuits.values(), key=lambda state: int(state["id"])):
        table.add_row(*(_plain(state[name]) for name in ("sinn", "title", "queued", "idle", "busy")))
    return table


def _registers(view: View, now: float, rows: int) -> Table:
    table = Table("register", "circuit", "condition", "documents", "read", "concerns", expand=True)
    order = ("critical", "warning", "ok")
    ranked = sorted(view.kkts.values(), key=lambda state: (order.index(state["level"]), state["eip"]))
    for state in ranked[:rows]:
        table.add_row(*_row(state, now), style=_COLOURS[state["level"]])
    if len(ranked) > rows:
        table.caption = f"and {len(ranked) - rows} more"
    return table


def _row(state: Mapping[str, Any], now: float) -> list[Text]:
    read = state["read_at"]
    concerns = ", ".join(concern["code"] for concern in state["concerns"])
    ago = "never" if read is None else f"{max(0, now - read):.0f} s ago"
    condition = state["condition"] if state.get("stale_since") is None else "site away"  # true once, not live
    words = (state["eip"], state["circuit_id"] or "", condition, state["documents"], ago)
    return [_plain(word) for word in (*words, state["reason"] or concerns)]


def _plain(word: object) -> Text:
    """As it is: titles and reasons come from outside, and must neither be markup nor move the cursor."""
    return Text("".join(letter if letter.isprintable() else "?" for letter in str(word)))
