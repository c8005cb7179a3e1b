"""What a link must withstand: garbage, a second link of the same site, another version, TLS that proves nothing."""

import ssl
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import trio

from kassanet.config import Tls
from kassanet.tokens import add_site
from schemas.kkt import KktState
from schemas.site_link import Hello, LinkKkt, States
from schemas.sites import NewSite
from tests.kassanet.edge.certificates import trusting, write_certificate
from tests.kassanet.service.premises import INN, Premises, premises
from tests.kassanet.sites.cutter import Cutter
from transports.uplink import UplinkLost, UplinkSocket, dialled, tls_context

_encode = msgspec.json.Encoder().encode


def hello(**changes: Any) -> bytes:  # noqa: ANN401 - fields of the hello
    said = Hello((1,), "shop", "0.1", "0123456789abcdef", "local", (), 5.0)
    return _encode(msgspec.structs.replace(said, **changes))


async def site_token(place: Premises, name: str = "shop") -> str:
    async with place.client(place.token("admin")) as client:
        answer = await client.post("/api/v1/sites", json={"name": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])


def link(place: Premises, token: str) -> AbstractAsyncContextManager[UplinkSocket]:
    assert place.service is not None
    url = place.service.addresses[0].replace("http", "ws") + "/api/v1/uplink"
    return dialled(url, token, None, within=30.0, largest=2**20)


async def end_of(socket: UplinkSocket) -> str:
    """How it ends, whatever is said before."""
    with trio.fail_after(60):
        try:
            while True:
                await socket.receive()
        except UplinkLost as lost:
            return str(lost)


@pytest.mark.parametrize(
    "said",
    [
        b"rubbish",
        b"[]",
        b'{"t":"hello"}',
        b'{"t":"pong","at":1}',
        hello(versions=(99,)),
        hello() + b"x",
        b"[" * 100_000,
        hello(store="x" * 1000),
    ],
    ids=["text", "list", "empty", "no-hello", "version", "tail", "deep", "long"],
)
async def test_nonsense_ends_the_link_and_nothing_else(said: bytes, tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place:
        token = await site_token(place)
        other = await site_token(place, "other")
        async with link(place, other) as good:
            await good.send(hello(site="other"))
            async with link(place, token) as bad:
                await bad.send(said)
                assert "with 4400" in await end_of(bad)
            with trio.fail_after(60):
                assert '"t":"' in str(await good.receive()), "the other site is still there"


async def test_nonsense_after_the_hello_ends_it_too(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place:
        token = await site_token(place)
        for said in (b'{"t":"states","rev":1}', hello(), b'{"t":"taken","key":5}'):
            async with link(place, token) as socket:
                await socket.send(hello())
                await socket.send(said)
                assert "with 4400" in await end_of(socket)


async def test_a_token_speaks_for_its_own_site_only(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place:
        token = await site_token(place)
        async with link(place, token) as socket:
            await socket.send(hello(site="other"))
            assert "with 4401" in await end_of(socket)
        state = LinkKkt(INN, KktState("../other/1:2", "terminalfa", 1, "ready"))
        async with link(place, token) as socket:
            await socket.send(hello())
            await socket.send(_encode(States("a-1", (state,), first=True)))
            async with place.client(place.token("admin")) as client:
                with trio.fail_after(60):
                    while not (shown := (await client.get("/api/v1/kkt")).json()):  # noqa: ASYNC110 - it is a service that is asked
                        await trio.sleep(0.05)
        assert [kkt["eip"] for kkt in shown] == ["shop/../other/1:2"]


async def test_a_site_that_was_made_beside_the_service_is_let_in(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place:
        token = await trio.to_thread.run_sync(add_site, place.folder, NewSite("shop"))
        async with link(place, token) as socket:
            await socket.send(hello())
            with trio.fail_after(60):
                assert '"welcome"' in str(await socket.receive())


async def test_a_newer_link_takes_the_place_of_the_older(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place:
        token = await site_token(place)
        async with link(place, token) as old:
            await old.send(hello())
            with trio.fail_after(60):
                assert '"welcome"' in str(await old.receive())
            async with link(place, token) as new:
                await new.send(hello())
                assert "with 4409" in await end_of(old)
                with trio.fail_after(60):
                    assert '"welcome"' in str(await new.receive())


@pytest.mark.parametrize("role", ["admin", "viewer"])
async def test_only_a_sites_own_token_opens_an_uplink(role: str, tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place:
        token = place.token(role)  # type: ignore[arg-type]  # parametrised
        for wrong, status in ((token, 403), ("kassa_" + "x" * 43, 401)):
            url = f"{place.service.addresses[0].replace('http', 'ws')}/api/v1/uplink" if place.service else ""
            with pytest.raises(UplinkLost, match=str(status)) as caught:
                async with dialled(url, wrong, None, within=30.0, largest=1000):
                    pass
            assert caught.value.refused


async def test_a_centre_is_believed_only_by_its_authority(tmp_path: Path) -> None:
    chain, key = write_certificate(tmp_path)
    stranger, _ = write_certificate(tmp_path, "stranger")
    async with premises(tmp_path, 0, tls=Tls(str(chain), str(key))) as place:
        assert place.service is not None
        headers = {"Authorization": f"Bearer {place.token('admin')}"}
        base = place.service.addresses[0]
        async with httpx.AsyncClient(base_url=base, headers=headers, verify=trusting(chain), trust_env=False) as client:
            token = (await client.post("/api/v1/sites", json={"name": "shop"})).json()["token"]
        url = f"{base.replace('https', 'wss')}/api/v1/uplink"
        async with dialled(url, token, tls_context(url, chain), within=30.0, largest=2**20) as socket:
            await socket.send(hello())
            assert '"welcome"' in str(await socket.receive())
        with pytest.raises(UplinkLost, match="not who it should be"):
            async with dialled(url, token, tls_context(url, stranger), within=30.0, largest=1000):
                pass


async def test_a_dead_address_and_a_cut_opening_are_plain_losses() -> None:
    async with trio.open_nursery() as nursery:
        cutter = Cutter(1)
        await nursery.start(cutter.run)
        with pytest.raises(UplinkLost):
            async with dialled(f"ws://127.0.0.1:{cutter.port}/", "x", None, within=30.0, largest=1000):
                pass
        with pytest.raises(UplinkLost):
            async with dialled("ws://127.0.0.1:1/", "x", None, within=30.0, largest=1000):
                pass
        nursery.cancel_scope.cancel()


def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(OSError, match=r"certificate|PEM|NO_|crl"):
        tls_context("wss://kassanet.example/", tmp_path / "bad.pem")
    assert issubclass(ssl.SSLError, OSError)
