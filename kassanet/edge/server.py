"""The HTTP server: one hypercorn worker inside the service's own nursery.

It follows ``hypercorn.trio.run.worker_serve`` (lifespan, keep-alive, graceful stop) with three differences: connections
are guarded (:mod:`kassanet.edge.guard`), addresses are bound before anything starts, so that a taken port is a plain
``OSError``, and stopping is bounded: connections get ``shutdown_seconds`` and not a moment more.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
import structlog
import trio
from hypercorn.config import Config as HypercornConfig
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import (
    AppWrapper,
    ASGIFramework,
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)

from kassanet.edge.guard import LINGER, GuardedConnection
from kassanet.edge.settings import ServerSettings
from kassanet.edge.tls import Certificate
from schemas.problems import problem

AT_THE_DOOR = 64
"""Connections beyond the limit that are told so at the same time; others are only closed."""

_log = structlog.get_logger("edge.server")


def _full() -> bytes:
    said = msgspec.json.encode(problem(503, "overloaded", "Too many connections are open; nothing was done.").problem)
    return (
        b"HTTP/1.1 503 \r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\nRetry-After: 2\r\n"
        b"Connection: close\r\n\r\n%b" % (len(said), said)
    )


_FULL = _full()


async def serve(
    app: ASGIFramework,
    settings: ServerSettings,
    *,
    stop: trio.Event,
    task_status: trio.TaskStatus[list[str]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve ``app`` until ``stop`` is set, then drain for at most ``shutdown_seconds`` and return.

    Reports the bound addresses (``["http://127.0.0.1:8080"]``) through ``task_status``; port 0 takes a free one.
    Cancelling it is the hurried way: connections are cut at once. Raises ``OSError`` when an address cannot be bound,
    ``CertificateRefused`` when TLS is asked for and cannot be had.
    """
    certificate = (
        None
        if settings.certificate is None or settings.key is None
        else Certificate(settings.certificate, settings.key, settings.clients, optional=settings.clients_optional)
    )
    listeners = await trio.open_tcp_listeners(settings.port, host=settings.host, backlog=1024)
    config = hypercorn_config(settings)
    wrapped = _Yielding(app)
    state: dict[str, Any] = {}
    lifespan = Lifespan(wrapped, config, state)
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        server = _Server(wrapped, config, settings, state, certificate)
        addresses = [_address(listener, "http" if certificate is None else "https") for listener in listeners]
        task_status.started(addresses)
        _log.info("listening", addresses=addresses)
        await server.run(listeners, stop)
        await lifespan.wait_for_shutdown()
        nursery.cancel_scope.cancel()


def hypercorn_config(settings: ServerSettings) -> HypercornConfig:
    """The part of hypercorn's configuration that its protocol code reads."""
    config = HypercornConfig()
    config.accesslog = None
    config.graceful_timeout = settings.shutdown_seconds
    config.shutdown_timeout = settings.shutdown_seconds
    config.keep_alive_timeout = settings.keep_alive_seconds
    config.ssl_handshake_timeout = 10.0
    config.keep_alive_max_requests = 1_000_000  # an integrator's connection lives as long as it likes
    config.websocket_max_message_size = 2**20
    config.include_server_header = False
    return config


class _Yielding:
    """The application, as hypercorn calls it, yielding after each WebSocket message.

    hypercorn drops what is sent on a closed WebSocket without a checkpoint; a handler that does nothing but send would
    then never let anyone else run, not even those who would cancel it.
    """

    def __init__(self, app: ASGIFramework) -> None:
        self._app = app

    async def __call__(
        self,
        scope: Scope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
        sync_spawn: Callable[..., Any],
        call_soon: Callable[..., Any],
    ) -> None:
        async def send_and_yield(event: ASGISendEvent) -> None:
            await send(event)
            await trio.lowlevel.checkpoint()

        await self._app(scope, receive, send_and_yield if scope["type"] == "websocket" else send)


class _Server:
    """The accept loop and the connections that it let in."""

    def __init__(
        self,
        app: AppWrapper,
        config: HypercornConfig,
        settings: ServerSettings,
        state: dict[str, Any],
        certificate: Certificate | None,
    ) -> None:
        self._app = app
        self._config = config
        self._settings = settings
        self._state = state
        self._certificate = certificate
        self._context = WorkerContext(None)
        self._open: set[GuardedConnection] = set()
        self._last_left = trio.Event()
        self._turned_away = 0

    async def run(self, listeners: list[trio.SocketListener], stop: trio.Event) -> None:
        async with trio.open_nursery() as connections:
            try:
                await self._accept(listeners, connections, stop)
                await self._drain(connections)
            finally:
                for connection in tuple(self._open):
                    connection.abort()
                connections.cancel_scope.cancel()

    async def _accept(self, listeners: list[trio.SocketListener], connections: trio.Nursery, stop: trio.Event) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(trio.serve_listeners, self._handle, listeners, handler_nursery=connections))
            await stop.wait()
            nursery.cancel_scope.cancel()

    async def _drain(self, connections: trio.Nursery) -> None:
        """Idle connections end at once, WebSockets with 1001, requests when they are answered: all within the grace."""
        await self._context.terminated.set()
        for connection in tuple(self._open):
            connections.start_soon(connection.goodbye)
        with trio.move_on_after(self._settings.shutdown_seconds) as grace:
            while self._open:
                self._last_left = trio.Event()
                await self._last_left.wait()
        if grace.cancelled_caught:
            _log.warning("connections_cut", count=len(self._open), seconds=self._settings.shutdown_seconds)

    async def _handle(self, stream: trio.SocketStream) -> None:
        if len(self._open) >= self._settings.most_connections:
            _log.warning("connection_refused", open=len(self._open))
            await self._turn_away(stream)
            return
        connection = GuardedConnection(
            self._app,
            self._config,
            self._context,
            self._state,
            stream if self._certificate is None else self._certificate.wrap(stream),
            stall=self._settings.stall_seconds,
            ping_every=self._settings.websocket_ping_seconds,
            on_end=self._ended,
        )
        self._open.add(connection)
        await connection.run()

    async def _turn_away(self, stream: trio.SocketStream) -> None:
        """Say 503 where it can be said without a handshake, to a few at a time: a crowd must not hold what is left."""
        if self._certificate is not None or self._turned_away >= AT_THE_DOOR:
            return
        self._turned_away += 1
        try:
            with trio.move_on_after(LINGER), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await stream.send_all(_FULL)
                await stream.send_eof()
                while await stream.receive_some(2**16):  # what is left unread makes the end a reset: see guard.py
                    pass
        finally:
            self._turned_away -= 1

    def _ended(self, connection: GuardedConnection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._last_left.set()


def _address(listener: trio.SocketListener, scheme: str) -> str:
    host, port, *_ = listener.socket.getsockname()
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
