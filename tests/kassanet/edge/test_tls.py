"""HTTPS by our own server: everything that holds over plain connections holds over encrypted ones."""

import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
import trio
from msgspec.structs import replace
from quart import Blueprint, Response, websocket

from kassanet.config import Config, ConfigError, check_certificate, load, parse
from kassanet.edge import tls
from kassanet.edge.application import public
from kassanet.edge.settings import ServerSettings
from kassanet.edge.tls import Certificate, CertificateRefused
from tests.kassanet.edge.certificates import trusting, write_certificate
from tests.kassanet.edge.conversation import UPGRADE, Running, application, read_until, running


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write_certificate(tmp_path)


def routes() -> Blueprint:
    blueprint = Blueprint("routes", __name__)

    @blueprint.websocket("/waiting")
    @public
    async def waiting() -> None:
        await websocket.accept()
        await websocket.receive()

    @blueprint.get("/long")
    @public
    async def long() -> Response:
        return Response(b"x" * 20_000_000)

    @blueprint.get("/never")
    @public
    async def never() -> str:
        await trio.Event().wait()
        return "never"

    return blueprint


@asynccontextmanager
async def encrypted(files: tuple[Path, Path], **changes: float) -> AsyncIterator[Running]:
    settings = replace(ServerSettings(port=0, shutdown_seconds=1.0, certificate=files[0], key=files[1]), **changes)
    async with running(application(blueprints=[routes()]), settings) as server:
        yield server


async def connect(server: Running, files: tuple[Path, Path]) -> "trio.SSLStream[trio.SocketStream]":
    stream = await trio.open_ssl_over_tcp_stream("127.0.0.1", server.port, ssl_context=trusting(files[0]))
    await stream.do_handshake()
    return stream


async def read_all(stream: "trio.SSLStream[trio.SocketStream]") -> int:
    size = 0
    while piece := await stream.receive_some():
        size += len(piece)
    return size


async def test_requests_over_https(files: tuple[Path, Path]) -> None:
    async with encrypted(files) as server:
        assert server.address.startswith("https://127.0.0.1:")
        for http2 in (False, True):
            async with httpx.AsyncClient(verify=trusting(files[0]), http2=http2, trust_env=False) as http:
                for _ in range(3):
                    answered = await http.get(f"{server.address}/healthz")
                    assert answered.json() == {"status": "ok"}
                assert answered.http_version == "HTTP/1.1"
                assert len((await http.get(f"{server.address}/long")).content) == 20_000_000
                refused = await http.post(f"{server.address}/never", content=b"x" * 3_000_000)
                assert refused.status_code == 405


async def test_the_end_is_told_from_a_cut(files: tuple[Path, Path]) -> None:
    async with encrypted(files) as server:
        stream = await connect(server, files)
        await stream.send_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = b""
        while piece := await stream.receive_some():  # without the closing alert this would raise
            got += piece
        assert b'{"status":"ok"}' in got
        await stream.aclose()


async def test_a_huge_body_is_refused_with_an_answer_that_arrives(files: tuple[Path, Path]) -> None:
    async with encrypted(files) as server:
        stream = await connect(server, files)
        await stream.send_all(b"POST /never HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(100):
            await stream.send_all(b"x" * 65536)
        got = b""
        with suppress(trio.BrokenResourceError):  # OpenSSL gives no closing alert over what it has not read
            while piece := await stream.receive_some():
                got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        assert b"405" in head.splitlines()[0]
        assert f"content-length: {len(body)}".encode() in head.lower()
        await trio.aclose_forcefully(stream)


async def test_whoever_speaks_no_tls_ends_only_its_own_connection(files: tuple[Path, Path]) -> None:
    async with encrypted(files) as server:
        for nonsense in (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x05xxxxx", b"\x00" * 300):
            stream = await server.connect()
            await stream.send_all(nonsense)
            assert b"200" not in await read_until(stream, b"never comes")
            await stream.aclose()
        strict = ssl.create_default_context()
        stranger = await trio.open_ssl_over_tcp_stream("127.0.0.1", server.port, ssl_context=strict)
        with pytest.raises(trio.BrokenResourceError):
            await stranger.do_handshake()
        await trio.aclose_forcefully(stranger)
        async with httpx.AsyncClient(verify=trusting(files[0]), trust_env=False) as http:
            assert (await http.get(f"{server.address}/healthz")).status_code == 200


async def test_a_client_that_stops_reading_is_cut(files: tuple[Path, Path]) -> None:
    async with encrypted(files, stall_seconds=0.2) as server:
        stream = await connect(server, files)
        await stream.send_all(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        await trio.sleep(0.6)
        got = 0
        with pytest.raises(trio.BrokenResourceError):
            got += await read_all(stream)
        assert got < 20_000_000
        await trio.aclose_forcefully(stream)


async def test_an_open_websocket_is_told_1001_at_shutdown(files: tuple[Path, Path]) -> None:
    async with encrypted(files, shutdown_seconds=5.0) as server:
        stream = await connect(server, files)
        await stream.send_all(UPGRADE % b"/waiting")
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive_some()
        assert b"101" in head.splitlines()[0]
        server.stop.set()
        frame = await stream.receive_some()
        assert frame[:4] == b"\x88" + bytes([len(frame) - 2]) + struct.pack(">H", 1001)
        await stream.aclose()
        with trio.fail_after(60):
            await server.done.wait()


async def test_an_endless_request_is_cut_when_the_grace_is_over(files: tuple[Path, Path]) -> None:
    async with encrypted(files, shutdown_seconds=0.4) as server:
        stream = await connect(server, files)
        await stream.send_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        await trio.sleep(0.1)
        server.stop.set()
        with trio.fail_after(60):
            await server.done.wait()
        await trio.aclose_forcefully(stream)


async def test_idle_connections_and_unfinished_handshakes_do_not_hold_the_shutdown(files: tuple[Path, Path]) -> None:
    async with encrypted(files, shutdown_seconds=600) as server:
        idle, silent = await connect(server, files), await server.connect()
        await trio.sleep(0.1)
        server.stop.set()
        with trio.fail_after(60):
            await server.done.wait()
        for stream in (idle, silent):
            await trio.aclose_forcefully(stream)


async def test_a_renewed_certificate_is_taken_and_a_broken_one_is_not(
    tmp_path: Path, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LOOK_AGAIN_SECONDS", 0.0)
    async with encrypted(files) as server:
        old = trusting(files[0])
        files[0].write_text("broken")
        async with httpx.AsyncClient(verify=old, trust_env=False) as http:
            assert (await http.get(f"{server.address}/healthz")).status_code == 200
        write_certificate(tmp_path)
        async with httpx.AsyncClient(verify=trusting(files[0]), trust_env=False) as http:
            assert (await http.get(f"{server.address}/healthz")).status_code == 200
        async with httpx.AsyncClient(verify=old, trust_env=False) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"{server.address}/healthz")


def test_what_cannot_be_used_is_refused_before_anything_listens(tmp_path: Path) -> None:
    chain, key = write_certificate(tmp_path)
    other, _ = write_certificate(tmp_path, "other")
    _, locked = write_certificate(tmp_path, "locked", b"secret")
    for certificate, secret, path, said in (
        (tmp_path / "nowhere.pem", key, "tls.certificate", "cannot be read"),
        (chain, tmp_path / "nowhere.key", "tls.key", "cannot be read"),
        (other, key, "tls.certificate", "cannot be used with the key"),
        (key, key, "tls.certificate", "cannot be used with the key"),
        (tmp_path / "locked.pem", locked, "tls.certificate", "cannot be used with the key"),
    ):
        with pytest.raises(CertificateRefused) as refused:
            Certificate(certificate, secret)
        assert refused.value.error.path == path
        assert said in refused.value.error.message


def test_a_wrong_certificate_is_told_with_its_line(tmp_path: Path) -> None:
    chain, key = write_certificate(tmp_path)
    file = tmp_path / "kassanet.toml"
    file.write_text(f'port = 1\n[tls]\ncertificate = "{tmp_path / "none.pem"}"\nkey = "{key}"\n')
    with pytest.raises(ConfigError, match=r"kassanet.toml:3: tls.certificate cannot be read: No such file"):
        check_certificate(load(file), file)
    file.write_text(f'[tls]\ncertificate = "{chain}"\nkey = "{key}"\n')
    config = load(file)
    check_certificate(config, file)
    assert config.server_settings().certificate == chain
    check_certificate(Config(), None)


@pytest.mark.parametrize("given", ["certificate", "key"])
def test_half_a_pair_is_a_mistake(given: str) -> None:
    with pytest.raises(ConfigError, match=rf"toml:2: tls.{given} stands without a"):
        parse(f'[tls]\n{given} = "x.pem"\n', "kassanet.toml")
