"""The server over real sockets: hypercorn's two defects are not ours, and every stop is bounded."""

import struct

import httpx
import pytest
import trio
from quart import Blueprint, websocket

from kassanet.edge import server as server_module
from kassanet.edge.application import public
from kassanet.edge.server import serve
from kassanet.edge.settings import ServerSettings
from tests.kassanet.edge.conversation import UPGRADE, Running, application, read_until, running

PRIOR_KNOWLEDGE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def sockets() -> Blueprint:
    """Three WebSocket routes: one that waits, one that floods, one that echoes."""
    blueprint = Blueprint("sockets", __name__)

    @blueprint.websocket("/waiting")
    @public
    async def waiting() -> None:
        await websocket.accept()
        await websocket.receive()

    @blueprint.websocket("/flood")
    @public
    async def flood() -> None:
        await websocket.accept()
        while True:
            await websocket.send("x" * 65536)

    @blueprint.websocket("/echo")
    @public
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    @blueprint.get("/slow")
    @public
    async def slow() -> str:
        await trio.sleep(1.0)
        return "slow but sure"

    @blueprint.get("/never")
    @public
    async def never() -> str:
        await trio.Event().wait()
        return "never"

    return blueprint


def settings(**changes: float) -> ServerSettings:
    return ServerSettings(**{"port": 0, "shutdown_seconds": 0.5, **changes})  # type: ignore[arg-type]  # port is whole


async def healthy(server: Running) -> bool:
    stream = await server.connect()
    async with stream:
        await stream.send_all(GET)
        return b'{"status":"ok"}' in await read_until(stream, b'"ok"}')


async def test_port_zero_reports_the_bound_address() -> None:
    async with running(application()) as server:
        assert server.address.startswith("http://127.0.0.1:")
        assert server.port > 0
        assert await healthy(server)


async def test_a_taken_port_is_a_plain_oserror() -> None:
    async with running(application()) as server:
        with pytest.raises(OSError, match=r"Address already in use|address"):
            await serve(application(), settings(port=server.port), stop=trio.Event())


async def test_a_stray_byte_after_an_upgrade_ends_only_its_own_connection() -> None:
    async with running(application(blueprints=[sockets()])) as server:
        bystander = await server.connect()
        await bystander.send_all(UPGRADE % b"/echo" + b"")
        for _ in range(5):
            stream = await server.connect()
            await stream.send_all(UPGRADE % b"/waiting" + b"x")
            await read_until(stream, b"never comes")
            await stream.aclose()
        assert await healthy(server)
        assert not server.done.is_set()
        await bystander.send_all(masked_text(b"still here"))
        assert b"still here" in await read_until(bystander, b"still here")
        await bystander.aclose()


async def test_garbage_on_the_wire_ends_only_its_own_connection() -> None:
    async with running(application(blueprints=[sockets()])) as server:
        for garbage in (
            b"\x00" * 100,
            b"GET\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff",
            b"GET / HTTP/1.1\r\n\r\n",
        ):
            stream = await server.connect()
            await stream.send_all(garbage)
            await stream.send_eof()
            await read_until(stream, b"never comes")
            await stream.aclose()
        assert await healthy(server)


async def test_a_client_that_stops_reading_does_not_hold_the_shutdown() -> None:
    async with running(application(blueprints=[sockets()]), settings()) as server:
        stream = await server.connect()
        await stream.send_all(UPGRADE % b"/flood")
        await read_until(stream, b"\r\n\r\n")
        await trio.sleep(0.2)  # let the flood fill every buffer on the way
        server.stop.set()
        with trio.fail_after(60):
            await server.done.wait()
        await stream.aclose()


async def test_a_client_that_stops_reading_is_cut_off_while_the_service_goes_on() -> None:
    async with running(application(blueprints=[sockets()]), settings(stall_seconds=0.2)) as server:
        stream = await server.connect()
        await stream.send_all(UPGRADE % b"/flood")
        await trio.sleep(0.6)
        assert await healthy(server)
        while await stream.receive_some():
            pass  # ends: the server has closed it
        await stream.aclose()


async def test_cancelling_cuts_even_a_stuck_reader_at_once() -> None:
    app, stop = application(blueprints=[sockets()]), trio.Event()
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:

            async def run(task_status: trio.TaskStatus[list[str]]) -> None:
                await serve(app, settings(shutdown_seconds=600), stop=stop, task_status=task_status)

            addresses: list[str] = await nursery.start(run)
            stream = await trio.open_tcp_stream("127.0.0.1", int(addresses[0].rsplit(":", 1)[1]))
            await stream.send_all(UPGRADE % b"/flood")
            await trio.sleep(0.2)
            nursery.cancel_scope.cancel()
    await stream.aclose()


async def test_an_open_websocket_is_told_1001_at_shutdown() -> None:
    async with running(application(blueprints=[sockets()]), settings(shutdown_seconds=600)) as server:
        stream = await server.connect()
        await stream.send_all(UPGRADE % b"/waiting")
        await read_until(stream, b"\r\n\r\n")
        server.stop.set()
        frame = await read_until(stream, b"stopping")
        assert frame[:4] == b"\x88" + bytes([len(frame) - 2]) + struct.pack(">H", 1001)
        await stream.aclose()
        with trio.fail_after(60):
            await server.done.wait()


async def test_a_request_in_hand_is_answered_before_the_server_ends() -> None:
    async with (
        running(application(blueprints=[sockets()]), settings(shutdown_seconds=600)) as server,
        server.client() as http,
    ):
        async with trio.open_nursery() as nursery:
            answers = []

            async def ask() -> None:
                answers.append(await http.get("/slow"))

            nursery.start_soon(ask)
            await trio.sleep(0.4)
            server.stop.set()
        assert answers[0].text == "slow but sure"
        with trio.fail_after(60):
            await server.done.wait()


async def test_a_request_that_never_ends_is_cut_when_the_grace_is_over() -> None:
    async with running(application(blueprints=[sockets()]), settings()) as server:
        stream = await server.connect()
        await stream.send_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        await trio.sleep(0.1)
        began = trio.current_time()
        server.stop.set()
        with trio.fail_after(60):
            await server.done.wait()
        assert trio.current_time() - began > 0.4
        await stream.aclose()


async def test_idle_connections_do_not_hold_the_shutdown() -> None:
    async with running(application(), settings(shutdown_seconds=600)) as server:
        stream = await server.connect()
        await stream.send_all(GET)
        await read_until(stream, b'"ok"}')
        server.stop.set()
        with trio.fail_after(60):
            await server.done.wait()
        await stream.aclose()


async def test_a_connection_is_kept_alive_and_closed_when_idle() -> None:
    async with running(application(), settings(keep_alive_seconds=1.0)) as server:
        stream = await server.connect()
        for _ in range(3):
            await stream.send_all(GET)
            await read_until(stream, b'"ok"}')
            await trio.sleep(0.05)
        with trio.fail_after(60):
            assert await stream.receive_some() == b""
        await stream.aclose()


async def test_a_huge_body_is_refused_with_an_answer_that_arrives() -> None:
    async with running(application(blueprints=[sockets()])) as server:
        stream = await server.connect()
        await stream.send_all(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(200):
            await stream.send_all(b"x" * 65536)
        assert b"405" in await read_until(stream, b"never comes")  # up to a clean end, not a reset
        await stream.aclose()


async def test_more_connections_than_allowed_are_told_503_at_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "AT_THE_DOOR", 2)
    async with running(application(), settings(most_connections=1)) as server:
        first = await server.connect()
        await first.send_all(GET)
        await read_until(first, b'"ok"}')
        async with httpx.AsyncClient(base_url=server.address, trust_env=False) as http:
            refused = await http.post("/somewhere", content=b"x" * 100_000)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert refused.json()["type"] == "urn:kassanet:problem:overloaded"
        silent = [await server.connect() for _ in range(2)]
        for each in silent:
            assert b"503" in await read_until(each, b"\r\n")
        third = await server.connect()
        assert await third.receive_some() == b""  # a crowd is not told
        for each in (*silent, third):
            await each.aclose()
        await first.aclose()
        await trio.sleep(0.05)
        assert await healthy(server)


async def test_pings_keep_websockets_alive() -> None:
    async with running(application(blueprints=[sockets()]), settings(websocket_ping_seconds=0.05)) as server:
        stream = await server.connect()
        await stream.send_all(UPGRADE % b"/waiting")
        assert b"\x89\x00" in await read_until(stream, b"\x89\x00")
        await stream.aclose()


def masked_text(text: bytes) -> bytes:
    """A text frame as a client sends it, with a mask of zeros."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text
