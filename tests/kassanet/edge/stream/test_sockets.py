"""The stream over real sockets: readers that do not read, garbage."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from quart_trio import QuartTrio
from trio_websocket import ConnectionClosed, WebSocketConnection

from kassanet.edge.application import make_app
from kassanet.edge.settings import EdgeSettings, ServerSettings
from kassanet.edge.stream import outbox as outbox_module
from kassanet.edge.stream import stream as stream_module
from kassanet.edge.stream.route import stream_blueprint
from kassanet.watch import connect
from tests.kassanet.edge.conversation import UPGRADE, Running, read_until, running
from tests.kassanet.edge.stream.memory import Hall, hall, told


def application(built: Hall) -> QuartTrio:
    return make_app(
        tokens=built.book, ready=lambda: None, settings=EdgeSettings(), blueprints=(stream_blueprint(built.stream),)
    )


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Hall, Running]]:
    settings = ServerSettings(port=0, shutdown_seconds=1.0)
    async with hall() as built, running(application(built), settings) as server:
        yield built, server


@asynccontextmanager
async def subscribed(server: Running, token: str, *topics: str) -> AsyncIterator[WebSocketConnection]:
    async with connect(server.address) as connection:
        await connection.send_message(json.dumps({"op": "auth", "token": token}))
        await connection.send_message(json.dumps({"op": "subscribe", "topics": topics or ("kkt",)}))
        assert (await hear(connection, "snapshot"))["type"] == "snapshot"
        yield connection


async def hear(connection: WebSocketConnection, kind: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(await connection.get_message())
        if message["type"] == kind:
            return message


async def raw(server: Running, token: str) -> trio.SocketStream:
    """A subscriber of whom nothing is read but the answer to its upgrade; its kernel takes little."""
    plain = trio.socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await plain.connect(("127.0.0.1", server.port))
    stream = trio.SocketStream(plain)
    head = UPGRADE % b"/api/v1/stream"
    await stream.send_all(head[:-2] + f"Authorization: Bearer {token}\r\n\r\n".encode())
    while b"\r\n\r\n" not in await stream.receive_some(200):
        pass
    text = b'{"op":"subscribe","topics":["kkt"]}'
    await stream.send_all(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)
    return stream


async def crowd_out(built: Hall, witness: WebSocketConnection, rounds: int) -> None:
    """Large changes, each heard by the witness, whoever else does not read."""
    for value in range(rounds):
        built.publish("a", value, filling="x" * 400_000)
        with trio.fail_after(60):
            while told(await hear(witness, "delta")) != {"kkt/a": value}:
                pass


async def gone(built: Hall, remaining: int) -> None:
    with trio.fail_after(60):
        while built.stream.clients > remaining:  # noqa: ASYNC110 - the stream tells nobody who left
            await trio.sleep(0.05)


async def test_a_subscriber_that_never_reads_is_cut_off_and_slows_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "BYTES", 1_000_000)
    monkeypatch.setattr(stream_module, "LAST_WORD", 0.5)
    async with serving() as (built, server):
        token = built.tokens.add("viewer")
        never = await raw(server, token)
        async with subscribed(server, token) as witness:
            await crowd_out(built, witness, 15)
            await gone(built, 1)
        await never.aclose()


async def test_a_subscriber_that_reads_a_byte_now_and_then_is_cut_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "BYTES", 1_000_000)
    monkeypatch.setattr(stream_module, "LAST_WORD", 0.5)
    async with serving() as (built, server), trio.open_nursery() as nursery:
        token = built.tokens.add("viewer")
        slow = await raw(server, token)

        async def sip() -> None:
            while await slow.receive_some(1):  # noqa: ASYNC110 - the slowness is the point
                await trio.sleep(0.1)

        async with subscribed(server, token) as witness:
            nursery.start_soon(sip)
            await crowd_out(built, witness, 15)
            await gone(built, 1)
        nursery.cancel_scope.cancel()
        await slow.aclose()


async def test_a_subscriber_that_paused_hears_lagged_and_4408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "BYTES", 1_000_000)
    async with serving() as (built, server):
        token = built.tokens.add("viewer")
        paused = await raw(server, token)
        async with subscribed(server, token) as witness:
            await crowd_out(built, witness, 15)
        end = await read_until(paused, b"did not keep up")
        assert b'{"type":"lagged"}' in end[-100:]
        assert (4408).to_bytes(2, "big") in end[-40:]
        await paused.aclose()


@pytest.mark.parametrize(
    "garbage", [b"\x81\x05hello", b"\xff" * 50, b"\x81\xfe\xff\xff" + bytes(20), b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_garbage_on_the_wire_ends_only_its_own_socket(garbage: bytes) -> None:
    async with serving() as (built, server):
        token = built.tokens.add("viewer")
        async with subscribed(server, token) as witness:
            bad = await raw(server, token)
            await bad.send_all(garbage)
            await bad.send_eof()
            await gone(built, 1)
            await bad.aclose()
            built.publish("a", 1)
            assert told(await hear(witness, "delta")) == {"kkt/a": 1}


async def test_messages_that_mean_nothing_end_in_4400() -> None:
    async with serving() as (built, server):
        async with subscribed(server, built.tokens.add("viewer")) as connection:
            with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012 - which of the messages is the last is open
                for _ in range(30):
                    await connection.send_message("{nonsense")
                while True:
                    await connection.get_message()
        assert closed.value.reason is not None
        assert closed.value.reason.code == 4400


async def test_a_stop_is_told_with_1001() -> None:
    async with serving() as (built, server):
        stream = await raw(server, built.tokens.add("viewer"))
        await read_until(stream, b'"snapshot"')
        server.stop.set()
        end = await read_until(stream, b"stopping")
        assert (1001).to_bytes(2, "big") in end[-40:]
        await stream.aclose()


async def test_a_wrong_token_in_the_header_is_refused_at_the_door() -> None:
    async with serving() as (_, server):
        stream = await server.connect()
        upgrade = UPGRADE % b"/api/v1/stream"
        await stream.send_all(upgrade[:-2] + b"Authorization: Bearer kassa_wrong\r\n\r\n")
        assert b"401" in (await read_until(stream, b"\r\n\r\n")).splitlines()[0]
        await stream.aclose()
