"""Cashiers registered by what their key signed, with real keys over HTTP: a good packet once, every other never."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from kassanet.edge.rates import TooManyRequests
from kassanet.sandbox.fiscal_server.registry import TEST_TIN
from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from kassanet.sandbox.keys.estate import PASSWORD
from schemas.cashiers import CashierRefused
from tests.kassanet.agent.office import slug
from tests.kassanet.service.desk import OTHER_TIN, CashDesk, cash_desk, registration
from tests.kassanet.service.premises import OTHER_INN
from tests.kassanet.service.tax_office import REGISTER
from transports.dstu.certificates import read_certificate
from transports.dstu.curves import M257
from transports.dstu.imports import import_key
from transports.dstu.keys import new_key
from transports.dstu.signing import Signer

LOGIN = {"login": "boiko", "password": "a good password", "developer": "till-maker"}


async def test_a_cashier_is_registered_known_by_its_token_and_revoked(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        asked = {"key_id": key, "name": "Бойко П. О.", "registers": [REGISTER]}
        written = (await desk.http.post("/api/v1/prro/registrations", json=asked)).json()
        assert (written["said"]["Tin"], written["said"]["Key"]) == (TEST_TIN, key)
        made = await desk.http.post("/api/v1/prro/cashiers", json={"packet": written["packet"], **LOGIN})
        assert made.status_code == 201, made.text
        cashier, token = made.json()["cashier"], made.json()["token"]
        assert (cashier["tin"], cashier["registers"], cashier["developer"]) == (TEST_TIN, [REGISTER], "till-maker")
        known = _cashiers(desk).of_token(token)
        assert known is not None
        assert known.may_use(REGISTER, TEST_TIN, key)
        assert not known.may_use(REGISTER + 1, TEST_TIN, key), "a register that was not named"
        assert not known.may_use(REGISTER, TEST_TIN, "local/another")
        assert (await desk.http.get(f"/api/v1/prro/tax-objects?cashier={cashier['id']}")).status_code == 200
        again = await desk.http.post("/api/v1/prro/cashiers", json={"packet": written["packet"], **LOGIN})
        assert (again.status_code, slug(again)) == (409, "packet-replayed")
        lines = (await desk.http.get("/api/v1/audit?target=/api/v1/prro/cashiers&method=POST")).json()["lines"]
        assert [line["status"] for line in lines] == [409, 201]
        assert (lines[1]["after"]["cashier"]["name"], lines[1]["after"]["token"]) == ("Бойко П. О.", "***")
        assert (await desk.http.get("/api/v1/prro/cashiers")).json() == [cashier]
        await _survives_a_restart(desk, token)
        async with desk.shop.client(desk.shop.token("admin")) as http:
            assert (await http.delete(f"/api/v1/prro/cashiers/{cashier['id']}")).status_code == 204
            assert "revoked_at" in (await http.get(f"/api/v1/prro/cashiers/{cashier['id']}")).json()
            gone = await http.get(f"/api/v1/prro/tax-objects?cashier={cashier['id']}")
        assert (gone.status_code, slug(gone)) == (409, "cashier-revoked")
        assert _cashiers(desk).of_token(token) is None
        assert token.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*.db*"))


async def _survives_a_restart(desk: CashDesk, token: str) -> None:
    signed_in = await _cashiers(desk).authenticate("boiko", "a good password")
    await desk.shop.restart()
    for kept in (token, signed_in.token):
        found = _cashiers(desk).of_token(kept)
        assert found == signed_in.cashier


def _cashiers(desk: CashDesk) -> Any:  # noqa: ANN401 - kassanet.cashiers.Cashiers of the service that runs now
    assert desk.shop.service is not None
    return desk.shop.service.prro.cashiers


def _broken(desk: CashDesk, key: str) -> dict[str, tuple[bytes, str]]:
    """What is no registration, and the word for it."""
    good = desk.signed(registration(key))
    yesterday = datetime.now(UTC) - timedelta(days=2)
    at = yesterday.isoformat()
    return {
        "rubbish": (b"\x30\x03abc", "malformed-packet"),
        "cut": (good[:-20], "malformed-packet"),
        "a byte changed": (good.replace(b"packet-1", b"packet-2"), "bad-signature"),
        "no registration": (desk.signed({"Command": "Objects"}), "malformed-packet"),
        "not JSON": (desk.signed(b"hello"), "malformed-packet"),
        "foreign organisation": (desk.signed(registration(key, tin=OTHER_TIN)), "tin-mismatch"),
        "old": (desk.signed(registration(key, age=1000)), "stale-packet"),
        "from the future": (desk.signed(registration(key, age=-1000)), "stale-packet"),
        "expired": (desk.signed(registration(key, Timestamp=at), "expired", yesterday), "certificate-not-valid"),
        "another's key": (desk.signed(registration(key, tin=OTHER_TIN), "stranger"), "key-mismatch"),
        "unknown key": (desk.signed(registration("local/none")), "key-mismatch"),
        "unknown agent": (desk.signed(registration("nobody/none")), "key-mismatch"),
    }


async def test_what_is_no_registration_registers_nobody(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        for name, (packet, word) in _broken(desk, key).items():
            refused = await desk.register(packet)
            assert (name, refused.status_code, slug(refused)) == (name, 422, word), refused.text
        foreign = await desk.http.post("/api/v1/prro/registrations", json={"key_id": "nobody/x", "name": "x"})
        assert (foreign.status_code, foreign.json()["errors"][0]["path"]) == (422, "key_id")
        assert (await desk.http.get("/api/v1/prro/cashiers")).json() == []
        assert (await desk.register(desk.signed(registration(key)))).status_code == 201


async def test_a_key_of_another_authority_registers_nobody(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        packet = desk.signed(registration(key))
        desk.shop.config = _trusting_another(desk)
        await desk.shop.restart()
        async with desk.shop.client(desk.shop.token("admin")) as desk.http:
            refused = await desk.register(packet)
        assert (refused.status_code, slug(refused)) == (422, "bad-signature")


def _trusting_another(desk: CashDesk) -> Any:  # noqa: ANN401 - a configuration
    certificate = str(desk.folder / "office/keys/fiscal-server.cer")
    return replace(desk.shop.config, prro=replace(desk.shop.config.prro, key_authorities=certificate))


async def test_a_certificate_that_borrows_a_keys_name_registers_nobody(tmp_path: Path) -> None:
    """Anybody can write a certificate with another's name for a key; without ``key_authorities`` nobody else minds."""
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        desk.shop.config = replace(desk.shop.config, prro=replace(desk.shop.config.prro, key_authorities=None))
        await desk.shop.restart()
        held = import_key(desk.container(), PASSWORD, ())
        for number, tin in enumerate((OTHER_TIN, TEST_TIN)):
            said = registration(key, number, tin=tin)
            packet = _borrowed(held.certificate, tin).sign(json.dumps(said).encode(), datetime.now(UTC))
            async with desk.shop.client(desk.shop.token("operator", tin)) as desk.http:
                refused = await desk.register(packet)
            assert (refused.status_code, slug(refused)) == (422, "key-mismatch"), refused.text


def _borrowed(certificate: bytes, tin: str) -> Signer:
    """A key of one's own under the name of the key of that certificate."""
    identifier, now, key = read_certificate(certificate).key_identifier, datetime.now(UTC), new_key(M257)
    authority = Authority.founded(now - timedelta(days=1))
    terms = Terms(now - timedelta(hours=1), now + timedelta(days=1))
    with patch("kassanet.sandbox.keys.certificates.key_identifier", lambda _: identifier):
        return Signer(key, authority.certify(Owner("Хтось", edrpou=tin, drfo=tin), key, terms))


async def test_another_organisations_key_registers_nobody_for_this_one(tmp_path: Path) -> None:
    """Even when its certificate vouches for both: a person may work for two."""
    async with cash_desk(tmp_path) as desk:
        key = str((await desk.hand_over("both", tenant=TEST_TIN)).json()["key"])
        async with desk.shop.client(desk.shop.token("operator", OTHER_TIN)) as desk.http:
            refused = await desk.register(desk.signed(registration(key, tin=OTHER_TIN), "both"))
            assert (refused.status_code, slug(refused)) == (422, "key-mismatch"), refused.text
        async with desk.shop.client(desk.shop.token("operator", TEST_TIN)) as desk.http:
            assert (await desk.register(desk.signed(registration(key, 2), "both"))).status_code == 201


async def test_one_cashier_for_a_key_and_a_developer_and_one_for_a_login(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        assert (await desk.register(desk.signed(registration(key)), **LOGIN)).status_code == 201
        taken = await desk.register(desk.signed(registration(key, 2)), **LOGIN)
        assert (taken.status_code, slug(taken)) == (409, "cashier-exists")
        login = await desk.register(desk.signed(registration(key, 3)), **{**LOGIN, "developer": "another"})
        assert (login.status_code, slug(login)) == (409, "login-taken")
        alone = await desk.register(desk.signed(registration(key, 5)), login="x")
        assert (alone.status_code, alone.json()["errors"][0]["path"]) == (422, "password")
        short = await desk.register(desk.signed(registration(key, 4)), login="x", password="short")
        assert (short.status_code, slug(short)) == (422, "invalid")


async def test_passwords_are_tried_so_often_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kassanet.cashiers.TRIES_A_SECOND", 1e-6)  # however slow this machine is
    async with cash_desk(tmp_path) as desk:
        assert (await desk.register(desk.signed(registration(await desk.key())), **LOGIN)).status_code == 201
        cashiers = _cashiers(desk)
        good = await cashiers.authenticate("boiko", "a good password")
        assert cashiers.of_token(good.token) == good.cashier
        for login, password in (("boiko", "another one"), ("nobody", "a good password")):
            with pytest.raises(CashierRefused) as refused:
                await cashiers.authenticate(login, password)
            assert refused.value.code == "wrong-login"
        for _ in range(3):
            with pytest.raises(CashierRefused):
                await cashiers.authenticate("boiko", "wrong")
        with pytest.raises(TooManyRequests):
            await cashiers.authenticate("boiko", "a good password")


async def test_who_is_revoked_while_signing_in_is_not_signed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cash_desk(tmp_path) as desk:
        made = await desk.register(desk.signed(registration(await desk.key())), **LOGIN)
        cashiers = _cashiers(desk)
        fits = cashiers._passwords.fits

        async def slowly(*asked: Any) -> bool:  # noqa: ANN401 - of Passwords
            await cashiers.revoke(made.json()["cashier"]["id"])
            return bool(await fits(*asked))

        monkeypatch.setattr(cashiers._passwords, "fits", slowly)
        with pytest.raises(CashierRefused) as refused:
            await cashiers.authenticate("boiko", "a good password")
        assert refused.value.code == "wrong-login"


async def test_a_temporary_token_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with cash_desk(tmp_path) as desk:
        assert (await desk.register(desk.signed(registration(await desk.key())), **LOGIN)).status_code == 201
        cashiers = _cashiers(desk)
        signed_in = await cashiers.authenticate("boiko", "a good password")
        end = signed_in.until.timestamp()
        monkeypatch.setattr(cashiers, "_clock", lambda: end - 1)
        assert cashiers.of_token(signed_in.token) == signed_in.cashier
        monkeypatch.setattr(cashiers, "_clock", lambda: end + 1)
        assert cashiers.of_token(signed_in.token) is None


async def test_cashiers_of_another_organisation_do_not_exist(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        made = (await desk.register(desk.signed(registration(key)))).json()["cashier"]["id"]
        packet = base64.b64encode(desk.signed(registration(key, 2))).decode()
        async with desk.shop.client(desk.shop.token("operator", OTHER_INN)) as http:
            assert (await http.get("/api/v1/prro/cashiers")).json() == []
            for path in (f"cashiers/{made}", f"tax-objects?cashier={made}", f"tax-objects?key={key}"):
                assert (await http.get(f"/api/v1/prro/{path}")).status_code == 404
            assert (await http.delete(f"/api/v1/prro/cashiers/{made}")).status_code == 404
            foreign = await http.post("/api/v1/prro/cashiers", json={"packet": packet})
            assert (foreign.status_code, slug(foreign)) == (422, "tin-mismatch")
