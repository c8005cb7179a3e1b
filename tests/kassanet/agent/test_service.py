"""The agent over real HTTP: keys in, signatures out, and every kind of bad input."""

import base64
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kassanet.agent.importing import Importer
from kassanet.agent.licence import Licence, issue, load_private
from kassanet.sandbox.keys.estate import PASSWORD, Estate
from tests.kassanet.agent.office import (
    AGREEMENT,
    OTHER_TIN,
    PASSPHRASE,
    REGISTER,
    TIN,
    Client,
    base64_of,
    check,
    serving,
    settings,
    slug,
    stamping,
    token,
)
from transports.dstu.imports import import_key
from transports.dstu.verification import Verified, verify

pytestmark = pytest.mark.usefixtures("cheap", "imported_here")


async def test_from_container_to_stamped_signature(
    tmp_path: Path, key_folder: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kassanet.agent.app.Importer", Importer)  # as it is: in a process of its own
    bearer = token(tmp_path)
    async with stamping(estate) as tsp, serving(settings(tmp_path, time_stamp_url=tsp)) as running:
        client = Client(running.addresses[0], bearer)
        uploaded = await client.upload((key_folder / "one" / "key.jks").read_bytes(), agreement=AGREEMENT)
        assert uploaded.status_code == 201
        key = uploaded.json()
        assert (key["tenant"], key["signs"], key["warnings"], key["role"]) == (TIN, True, [], "entrepreneur")
        signed = await client.sign(key["id"], "d1", stamped=True)
        assert signed.status_code == 200
        message = base64.b64decode(signed.json()["signature"])
        verified = verify(message, authorities=[estate.authority], at=datetime.now(UTC))
        assert (verified.content, verified.level) == (check(), "CAdES-T")
        again = await client.sign(key["id"], "d1", stamped=True)
        assert (again.json()["signature"], again.json()["repeated"]) == (signed.json()["signature"], True)
        looked = (await client.call("POST", "/api/v1/unwrap", {"data": base64_of(message)})).json()
        assert (base64.b64decode(looked["content"]), looked["drfo"], looked["objections"]) == (check(), TIN, [])


async def test_keys_survive_a_restart(tmp_path: Path, key_folder: Path) -> None:
    bearer = token(tmp_path)
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], bearer)
        key = (await client.upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT)).json()["id"]
        signed = (await client.sign(key, "d1")).json()["signature"]
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], bearer)
        assert [each["id"] for each in (await client.get("/api/v1/keys"))] == [key]
        assert (await client.sign(key, "d1")).json()["signature"] == signed
        assert (await client.sign(key, "d2")).status_code == 200


async def test_bad_containers(tmp_path: Path, key_folder: Path) -> None:
    bearer = token(tmp_path)
    pfx, key_file = (key_folder / "one" / "key.pfx").read_bytes(), (key_folder / "one" / "Key-6.dat").read_bytes()
    other = base64_of((key_folder / "two" / "key.cer").read_bytes())
    agreement = base64_of((key_folder / "one" / "agreement.cer").read_bytes())
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], bearer)
        answers = {
            "wrong-password": await client.upload(pfx, "wrong"),
            "malformed": await client.upload(b"not a container"),
            "key-mismatch": await client.upload(key_file, certificates=[other]),
            "no-signing-key": await client.upload(key_file, certificates=[agreement]),
            "certificate-not-valid": await client.upload((key_folder / "expired" / "key.pfx").read_bytes()),
            "foreign-tin": await client.upload(pfx, tenant=OTHER_TIN),
            "invalid": await client.call("POST", "/api/v1/keys", {"container": "!", "password": 1}),
        }
        assert {wanted: slug(found) for wanted, found in answers.items()} == {wanted: wanted for wanted in answers}
        assert {found.status_code for found in answers.values()} == {422, 403}
        assert (await client.get("/api/v1/keys")) == []
        assert (await client.upload(pfx)).status_code == 201
        assert slug(await client.upload(pfx)) == "key-exists"


async def test_no_agreement_no_signature(tmp_path: Path, key_folder: Path) -> None:
    bearer = token(tmp_path)
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], bearer)
        key = (await client.upload((key_folder / "one" / "key.pfx").read_bytes())).json()
        assert (key["signs"], key["warnings"]) == (
            False,
            ["there is no agreement with the owner on the use of this key"],
        )
        refused = await client.sign(key["id"], "d1")
        assert (refused.status_code, slug(refused)) == (403, "no-agreement")
        changed = await client.call("PATCH", f"/api/v1/keys/{key['id']}", {"agreement": AGREEMENT})
        assert changed.json()["signs"] is True
        assert (await client.sign(key["id"], "d1")).status_code == 200


async def test_what_a_key_does_not_sign(tmp_path: Path, key_folder: Path) -> None:
    bearer = token(tmp_path)
    policy = {"kinds": ["check"], "registers": [REGISTER], "a_minute": 2}
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], bearer)
        key = (
            await client.upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT, policy=policy)
        ).json()["id"]
        other_register = check().replace(REGISTER.encode(), b"4000999999")
        assert slug(await client.sign(key, "d1", b"{}", kind="command")) == "kind-not-allowed"
        assert slug(await client.sign(key, "d1", other_register)) == "foreign-register"
        assert slug(await client.sign(key, "d1", check(tin=OTHER_TIN))) == "foreign-tin"
        assert slug(await client.sign(key, "d1", b"junk")) == "unreadable"
        assert slug(await client.sign(key, "d1", b" " * (1 << 20))) == "invalid"
        assert slug(await client.sign(key, "d1", stamped=True)) == "time-stamp-unavailable"
        assert (await client.sign(key, "d2")).status_code == 200
        fast = await client.sign(key, "d3")
        assert (fast.status_code, slug(fast)) == (429, "too-fast")
        assert int(fast.headers["Retry-After"]) >= 1
        assert slug(await client.sign(key, "d2", check(2))) == "document-differs"
        assert slug(await client.sign("k9", "d1")) == "not-found"


async def test_batches(tmp_path: Path, key_folder: Path) -> None:
    bearer = token(tmp_path)
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], bearer)
        key = (await client.upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT)).json()["id"]
        documents = [
            {"id": "a", "kind": "check", "data": base64_of(check())},
            {"id": "b", "kind": "zrep", "data": base64_of(check())},
            {"id": "a", "kind": "check", "data": base64_of(check(2))},
            {"id": "c", "kind": "check", "data": base64_of(check(2))},
        ]
        answered = await client.call("POST", f"/api/v1/keys/{key}/sign-batch", {"documents": documents})
        results = answered.json()["results"]
    assert [each["id"] for each in results] == ["a", "b", "a", "c"]
    assert ["signed" in each for each in results] == [True, False, False, True]
    assert results[1]["problem"]["type"].endswith("unreadable")
    assert results[2]["problem"]["status"] == 409


async def test_each_token_within_its_bounds(tmp_path: Path, key_folder: Path) -> None:
    admin, own, foreign, viewer = (
        token(tmp_path),
        token(tmp_path, "operator", TIN),
        token(tmp_path, "admin", OTHER_TIN),
        token(tmp_path, "viewer"),
    )
    async with serving(settings(tmp_path)) as running:
        bearers = {"admin": admin, "own": own, "foreign": foreign, "viewer": viewer, "nobody": "kassa_x"}
        clients = {name: Client(running.addresses[0], bearer) for name, bearer in bearers.items()}
        key = (
            await clients["admin"].upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT)
        ).json()["id"]
        signed = {name: (await client.sign(key, "d1")).status_code for name, client in clients.items()}
        assert signed == {"admin": 200, "own": 200, "foreign": 404, "viewer": 403, "nobody": 401}
        deleted = {name: (await clients[name].call("DELETE", f"/api/v1/keys/{key}")).status_code for name in
                   ("own", "foreign", "viewer", "nobody")}  # fmt: skip
        assert deleted == {"own": 403, "foreign": 404, "viewer": 403, "nobody": 401}
        assert (await clients["foreign"].get("/api/v1/keys")) == []
        assert (await clients["foreign"].upload((key_folder / "one" / "key.zs2").read_bytes())).status_code in (
            403,
            422,
        )
        assert (await clients["foreign"].call("POST", "/api/v1/lock")).status_code == 403
        assert (await clients["admin"].call("DELETE", f"/api/v1/keys/{key}")).status_code == 204
        assert (await clients["admin"].sign(key, "d1")).status_code == 404


async def test_nobody_waits_while_a_message_is_looked_into(
    tmp_path: Path, key_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def noted(data: bytes) -> Verified:
        threads.append(threading.current_thread())
        return verify(data)

    monkeypatch.setattr("kassanet.agent.routes.verify", noted)
    async with serving(settings(tmp_path)) as running:
        client = Client(running.addresses[0], token(tmp_path))
        message = import_key((key_folder / "one/key.pfx").read_bytes(), PASSWORD).signer().sign(b"x", datetime.now(UTC))
        seen = await client.call("POST", "/api/v1/unwrap", {"data": base64_of(message)})
        assert (seen.status_code, seen.json()["owner"]) == (200, "Касир Один")
        bad = await client.call("POST", "/api/v1/unwrap", {"data": base64_of(b"0" * 2000)})
        assert (bad.status_code, slug(bad)) == (422, "malformed")
    assert len(threads) == 2
    assert threading.main_thread() not in threads


async def test_a_locked_agent(tmp_path: Path, key_folder: Path) -> None:
    bearer = token(tmp_path)
    async with serving(settings(tmp_path), passphrase=None) as running:
        client = Client(running.addresses[0], bearer)
        assert (await client.call("GET", "/readyz")).status_code == 503
        assert (await client.call("GET", "/healthz")).status_code == 200
        assert slug(await client.upload((key_folder / "one" / "key.pfx").read_bytes())) == "locked"
        unlocked = await client.call("POST", "/api/v1/unlock", {"passphrase": PASSPHRASE})
        assert unlocked.status_code == 204
        key = (await client.upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT)).json()["id"]
        assert (await client.call("GET", "/readyz")).status_code == 200
        await client.call("POST", "/api/v1/lock")
        locked = await client.sign(key, "d1")
        assert (locked.status_code, slug(locked)) == (503, "locked")
        wrong = await client.call("POST", "/api/v1/unlock", {"passphrase": "another passphrase"})
        assert (wrong.status_code, slug(wrong)) == (403, "master-key")
        await client.call("POST", "/api/v1/unlock", {"passphrase": PASSPHRASE})
        assert (await client.sign(key, "d1")).status_code == 200


async def test_licences(tmp_path: Path, key_folder: Path) -> None:
    data, key = tmp_path / "data", load_private(tmp_path / "desk.pem")
    bearer = token(data)

    def licensed(until: date) -> Path:
        (tmp_path / "licence").write_bytes(issue(Licence("L-1", "a", 1, date(2026, 1, 1), until), key))
        return tmp_path / "licence"

    said = {"licence_key": str(tmp_path / "desk.pem.pub"), "licence": str(tmp_path / "licence")}
    async with serving(settings(data, **said)) as running:
        client = Client(running.addresses[0], bearer)
        assert slug(await client.upload((key_folder / "one" / "key.pfx").read_bytes())) == "no-licence"
    licensed(date(2099, 1, 1))
    async with serving(settings(data, **said)) as running:
        client = Client(running.addresses[0], bearer)
        mine = (await client.upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT)).json()["id"]
        assert slug(await client.upload((key_folder / "two" / "key.pfx").read_bytes())) == "licence-full"
        assert (await client.sign(mine, "d1")).status_code == 200
        assert (await client.get("/api/v1/status"))["licence"]["number"] == "L-1"
    licensed(date(2026, 1, 2))
    async with serving(settings(data, **said)) as running:
        client = Client(running.addresses[0], bearer)
        assert slug(await client.sign(mine, "d2")) == "licence-over"
        assert "ended" in (await client.get("/api/v1/status"))["warnings"][0]
