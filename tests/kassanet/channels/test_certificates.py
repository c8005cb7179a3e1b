"""Channels that demand a certificate of their client: in real handshakes, and told by a proxy that is trusted."""

import ssl
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from kassanet.config import Config, ConfigError, Tls, check_certificate, parse
from kassanet.edge.client_certificates import fits, wanted
from kassanet.sandbox.billing.players import Notice, OsmpPlayer
from tests.kassanet.channels.market import Market, market
from tests.kassanet.edge.certificates import Authority, trusting, write_certificate
from tests.kassanet.service.premises import premises

BANK = "CN=bank.example,O=Bank\\, Ltd"
ONE = OsmpPlayer().pay(Notice("77", "100500", 20_050))
Files = tuple[Path, Path]


def loaded(files: Files) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files[0].read_bytes())


def fingerprint(files: Files) -> str:
    return loaded(files).fingerprint(SHA256()).hex()


async def channels(here: Market, bank: Files) -> None:
    """By subject, by fingerprint, and one that demands nothing."""
    for name, demand in (("subject", BANK), ("print", fingerprint(bank)), ("open", None)):
        said = {"open": demand is None} if demand is None else {"open": False, "client_certificate": demand}
        await here.channel(name, "osmp", **said)
        await here.route(name, name, policy="fiscalize_only", billing=None)


async def answers(url: str, chain: Path, shown: Files | None) -> list[int]:
    """Of the three channels; 0 where the handshake failed."""
    context: ssl.SSLContext = trusting(chain)
    if shown is not None:
        context.load_cert_chain(*shown)
    found = [0, 0, 0]
    for place, name in enumerate(("subject", "print", "open")):
        async with httpx.AsyncClient(verify=context, timeout=60, trust_env=False) as client:
            with suppress(httpx.TransportError):
                found[place] = (await client.get(f"{url}/channels/{name}?{ONE.query}")).status_code
    return found


async def test_in_the_handshake(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    chain, key = write_certificate(tmp_path)
    bank, renewed = authority.issue(BANK, "bank"), authority.issue(BANK, "renewed")
    other = authority.issue("CN=other.example,O=Bank\\, Ltd", "other")
    expired = authority.issue(BANK, "expired", days=1)
    forged = stranger.issue(BANK, "forged")
    tls = Tls(str(chain), str(key), client_ca=str(authority.certificate))
    async with market(tmp_path, registers=0) as plain:
        await channels(plain, bank)
    async with premises(tmp_path, 0, tls=tls) as place:
        assert place.service is not None
        url = place.service.addresses[0]
        assert url.startswith("https://")
        assert await answers(url, chain, bank) == [200, 200, 200]
        assert await answers(url, chain, renewed) == [200, 403, 200]
        assert await answers(url, chain, other) == [403, 403, 200]
        assert await answers(url, chain, None) == [403, 403, 200]
        assert await answers(url, chain, expired) == [0, 0, 0]
        assert await answers(url, chain, forged) == [0, 0, 0]


HEADER = "X-Client-Cert"


async def test_told_by_a_proxy(tmp_path: Path) -> None:
    bank = Authority(tmp_path).issue(BANK, "bank")
    other = Authority(tmp_path, "second").issue("CN=other.example", "other")
    colons = ":".join(fingerprint(bank)[place : place + 2] for place in range(0, 64, 2)).upper()
    der = b64encode(loaded(bank).public_bytes(Encoding.DER)).decode()
    async with market(tmp_path, registers=0, tls=Tls(client_header=HEADER), trusted_proxies=("127.0.0.1",)) as here:
        await channels(here, bank)
        for told, by_subject, by_print in (
            (fingerprint(bank), 403, 200),
            (colons, 403, 200),
            (quote(bank[0].read_text()), 200, 200),
            (f":{der}:", 200, 200),
            (quote(other[0].read_text()), 403, 403),
            ("nonsense", 403, 403),
            (":!:", 403, 403),
            ("", 403, 403),
        ):
            headers = {HEADER: told, "X-Forwarded-For": "203.0.113.7"}
            assert (await here.send("subject", ONE, **headers)).status_code == by_subject, told
            assert (await here.send("print", ONE, **headers)).status_code == by_print, told


async def test_of_a_stranger_the_header_is_nothing(tmp_path: Path) -> None:
    bank = Authority(tmp_path).issue(BANK, "bank")
    async with market(tmp_path, registers=0, tls=Tls(client_header=HEADER), trusted_proxies=("203.0.113.1",)) as here:
        await channels(here, bank)
        answer = await here.send("print", ONE, **{HEADER: fingerprint(bank)})
        assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[1]) == (403, "foreign-certificate")


async def test_what_no_certificate_can_be_is_refused(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        said = {"name": "bank", "kind": "osmp", "inn": "5190114620", "client_certificate": "no certificate"}
        answer = await here.http.post("/api/v1/channels", json=said)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "client_certificate")


def test_subjects_are_compared_as_names() -> None:
    assert fits(wanted("CN=a,O=b"), wanted("CN=a,O=b"))
    assert not fits(wanted("CN=a,O=b"), wanted("O=b,CN=a"))
    assert not fits(wanted("CN=a"), wanted("ab" * 32))
    assert fits(wanted("sha256:" + "AB" * 32), wanted("ab" * 32))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[tls]\nclient_ca = "a.pem"', "tls.client_ca stands without a certificate"),
        ('[tls]\nclient_header = "X Cert"', "tls.client_header"),
    ],
)
def test_settings_that_cannot_be_meant(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse(text)


def test_authorities_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    chain, key = write_certificate(tmp_path)
    config = Config(tls=Tls(str(chain), str(key), client_ca=str(key)))
    with pytest.raises(ConfigError, match=r"tls\.client_ca holds no certificates"):
        check_certificate(config, None)
