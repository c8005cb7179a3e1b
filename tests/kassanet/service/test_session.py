"""Signing in with a browser: the cookie stands for the token, for our own page alone; trying is limited."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

from kassanet.edge import session
from tests.kassanet.service.premises import INN, Premises, premises

OWN = {"Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def browser(place: Premises, role: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a cookie and without a token."""
    async with place.client(None) as http:
        signed = await http.post("/api/v1/session", json={"token": place.token(role)}, headers=OWN)  # type: ignore[arg-type]  # a role's name
        assert signed.status_code == 200, signed.text
        yield http


async def test_the_cookie_stands_for_the_token_on_our_own_page_alone(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, browser(place, "operator") as http:
        who = (await http.get("/api/v1/session")).json()
        assert (who["role"], who["inn"]) == ("operator", None)
        said = {"inn": INN, "title": "x"}
        for foreign in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://127.0.0.1:1"}):
            refused = await http.post("/fcircuit", json=said, headers=foreign)
            assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[1]) == (403, "cross-origin")
        assert (await http.post("/fcircuit", json=said, headers=OWN)).status_code == 201
        assert (await http.get("/api/v1/audit", headers=OWN)).status_code == 403
        assert (await http.delete("/api/v1/session", headers=OWN)).status_code == 204
        assert (await http.get("/api/v1/session")).status_code == 401


async def test_the_cookie_is_out_of_reach(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, place.client(None) as http:
        token = place.token("viewer")
        for origin, secure in (
            (str(http.base_url).rstrip("/"), False),
            (f"https://{http.base_url.netloc.decode()}", True),
        ):
            answer = await http.post("/api/v1/session", json={"token": token}, headers={"Origin": origin})
            flags = {part.strip().lower() for part in answer.headers["Set-Cookie"].split(";")}
            assert {"httponly", "samesite=strict", "path=/"} <= flags
            assert ("secure" in flags) is secure


async def test_who_may_not_sign_in(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, place.client(None) as http:
        wrong = await http.post("/api/v1/session", json={"token": "kassa_" + "x" * 43}, headers=OWN)
        assert wrong.status_code == 401
        assert "Set-Cookie" not in wrong.headers
        elsewhere = {"Origin": "http://evil.example"}
        good = {"token": place.token("viewer")}
        assert (await http.post("/api/v1/session", json=good, headers=elsewhere)).status_code == 403
        assert (await http.delete("/api/v1/session", headers=elsewhere)).status_code == 403


async def test_trying_is_limited_by_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "TRIES", 3)
    async with premises(tmp_path, 0) as place, place.client(None) as http:
        said = {"token": "kassa_nobody"}
        seen = [(await http.post("/api/v1/session", json=said, headers=OWN)) for _ in range(5)]
        assert [answer.status_code for answer in seen] == [401, 401, 401, 429, 429]
        assert int(seen[-1].headers["Retry-After"]) >= 1


async def test_a_trusted_networks_browser_does_not_act_for_other_pages(tmp_path: Path) -> None:
    loopback = {"frs_auth": "trusted-net", "trusted_networks": ("127.0.0.0/8",)}
    async with premises(tmp_path, 0, **loopback) as place, place.client(None) as http:
        said = {"inn": INN, "title": "x"}
        for foreign in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await http.post("/fcircuit", json=said, headers=foreign)).status_code == 401
        assert (await http.post("/fcircuit", json=said)).status_code == 201  # a script


async def test_a_stale_cookie_does_not_hide_the_page(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, place.client(None) as http:
        port = http.base_url.port
        http.cookies.set(f"kassanet_{port}", "kassa_revoked")
        assert (await http.get("/")).status_code == 200
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/api/v1/session")).status_code == 401


@asynccontextmanager
async def streamed(port: int, headers: list[tuple[bytes, bytes]]) -> AsyncIterator[WebSocketConnection]:
    """A connection to the stream whose socket is closed here, whoever says goodbye first."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream, trio.open_nursery() as nursery:
        host, path = f"127.0.0.1:{port}", "/api/v1/stream"
        connection = await wrap_client_stream(nursery, stream, host, path, extra_headers=headers)
        yield connection
        await connection.aclose()


async def test_the_stream_takes_the_cookie_of_our_own_page_alone(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, place.client(None) as http:
        port, url = http.base_url.port, str(http.base_url).rstrip("/")
        assert port is not None
        cookie = (b"Cookie", f"kassanet_{port}={place.token('viewer')}".encode())
        with trio.fail_after(60):
            async with streamed(port, [cookie, (b"Origin", url.encode())]) as own:
                assert '"type":"welcome"' in await own.get_message()
            async with streamed(port, [cookie, (b"Origin", b"http://evil.example")]) as foreign:
                await foreign.send_message('{"op":"subscribe","topics":["kkt"]}')
                assert "unauthorized" in await foreign.get_message()
