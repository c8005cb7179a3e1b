"""Keys handed over through the cash desk, to the agent within and to one beside it: what is refused changes nothing."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kassanet.sandbox.fiscal_server.registry import TEST_TIN
from kassanet.sandbox.keys.estate import PASSWORD
from tests.kassanet.agent.office import AGREEMENT, slug
from tests.kassanet.service.desk import MASTER, OTHER_TIN, CashDesk, cash_desk
from tests.kassanet.service.shop import until
from tests.kassanet.service.tax_office import COFFEE, DESK


async def keys(desk: CashDesk, agent: str = "local") -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = (await desk.http.get(f"/api/v1/prro/agents/{agent}")).json()["keys"]
    return shown


@pytest.mark.parametrize("agent", ["local", "shop"])
async def test_a_key_is_handed_over_shown_changed_and_dropped(tmp_path: Path, agent: str) -> None:
    async with cash_desk(tmp_path) as desk:
        before = await keys(desk, agent)
        given = await desk.hand_over("stranger", agent)
        assert given.status_code == 201, given.text
        told = given.json()
        assert (told["agent"], told["state"], told["tenant"], told["signs"]) == (agent, "good", OTHER_TIN, True)
        assert (told["owner"], told["agreement"]) == ("Касир Два", AGREEMENT["number"])
        assert datetime.fromisoformat(told["valid_to"]) > datetime.now(UTC)
        path = f"/api/v1/prro/agents/{told['key'].replace('/', '/keys/')}"
        assert (await desk.http.get(path)).json() == told
        again = await desk.hand_over("stranger", agent)
        assert (again.status_code, slug(again)) == (409, "key-exists")
        over = {"agreement": {**AGREEMENT, "until": "2021-01-01"}}
        changed = (await desk.http.patch(path, json=over)).json()
        assert (changed["state"], changed["signs"]) == ("agreement-over", False)
        assert (await desk.http.delete(path)).status_code == 204
        assert (await desk.http.get(path)).status_code == 404
        assert await keys(desk, agent) == before


async def test_what_is_no_key_changes_nothing(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        foreign = desk.container("stranger", "key.cer")
        wrong = [
            (await desk.hand_over(password="another"), "wrong-password"),
            (await desk.hand_over("expired"), "certificate-not-valid"),
            (await desk.hand_over(tenant="99999999"), "foreign-tin"),
            (await desk.hand_over(container="AAAA"), "malformed"),
            (await desk.hand_over(**_bare(desk, foreign)), "key-mismatch"),
            (await desk.hand_over(agent="nobody"), "not-found"),
        ]
        assert [slug(answer) for answer, _ in wrong] == [word for _, word in wrong]
        assert all(answer.status_code in (403, 404, 422) for answer, _ in wrong)
        assert await keys(desk) == []


def _bare(desk: CashDesk, certificate: bytes) -> dict[str, Any]:
    """A container without a certificate, and one of somebody else beside it."""
    container = desk.container("cashier", "Key-6.dat")
    return {
        "container": base64.b64encode(container).decode(),
        "certificates": [base64.b64encode(certificate).decode()],
    }


async def test_secrets_are_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with cash_desk(tmp_path) as desk:
        await desk.key()
        [line] = (await desk.http.get("/api/v1/audit?method=POST")).json()["lines"][:1]
        assert (line["target"], line["status"]) == ("/api/v1/prro/agents/local/keys", 201)
        files = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
        said = "".join(capfd.readouterr())
    container = desk.container()
    for secret in (PASSWORD.encode(), container[:200], MASTER):
        assert not any(secret in data for data in files)
    assert PASSWORD not in said


async def test_the_whole_day_within_one_process(tmp_path: Path) -> None:
    """One key and one register: nothing waits for what waits for it."""
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        added = await desk.http.post("/api/v1/prro", json={"desk": DESK, "key_id": key})
        path = f"/api/v1/prro/{added.json()['id']}"

        async def do(name: str, operation: dict[str, Any]) -> dict[str, Any]:
            answer = await desk.http.post(f"{path}/operations", json={"external_id": name, "operation": operation})
            assert (answer.status_code, answer.json()["status"]) == (200, "registered"), answer.text
            made: dict[str, Any] = answer.json()
            return made

        await do("open", {"kind": "open_shift"})
        await do("in", {"kind": "service_in", "sum": 10_000})
        sold = await do("sale", COFFEE)
        await do("return", {**COFFEE, "kind": "return", "of": sold["fiscal_number"]})
        last = await do("sale-2", COFFEE)
        await do("storno", {"kind": "storno", "of": last["fiscal_number"]})
        await do("out", {"kind": "service_out", "sum": 500})
        assert "45.00" in (await desk.http.get(f"{path}/x-report")).text
        state = (await desk.http.get(f"{path}/tax-state")).json()
        assert (state["shift_is_open"], state["next_local"]) == (True, 8)
        assert (await desk.http.get(f"{path}/tax-totals")).json()["sales"]["sum"] == 4500
        await do("close", {"kind": "close_shift"})
        assert len(desk.office.registered()) == 9
        held = await desk.http.delete(f"/api/v1/prro/agents/{key.replace('/', '/keys/')}")
        assert (held.status_code, slug(held)) == (409, "key-in-use")
        tree = (await desk.http.get("/api/v1/actors")).text
        assert all(f'"{name}"' in tree for name in ("agent", "agent-journal", f"key/{key.partition('/')[2]}"))


async def test_the_agent_within_keeps_its_keys_over_a_restart_and_can_be_unlocked(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        (tmp_path / "master-key").write_bytes(bytes(32))
        await desk.shop.restart()
        async with desk.shop.client(desk.shop.token("admin")) as http:
            [shown] = (await http.get("/api/v1/prro/agents/local")).json()["keys"]
            assert (shown["key"], shown["state"], shown["signs"]) == (key, "locked", False)
            wrong = await http.post("/api/v1/prro/agents/local/unlock", json={"passphrase": "correct horse battery"})
            assert (wrong.status_code, slug(wrong)) == (403, "master-key")

            async def rings() -> bool:
                alarms = (await http.get("/api/v1/alarms")).json()
                return "agent_locked" in str(alarms)

            await until(rings, "the alarm of a locked agent")
        (tmp_path / "master-key").write_bytes(MASTER)
        await desk.shop.restart()
        async with desk.shop.client(desk.shop.token("admin")) as http:
            [shown] = (await http.get("/api/v1/prro/agents/local")).json()["keys"]
            assert (shown["state"], shown["signs"]) == ("good", True)


async def test_a_token_of_an_organisation_sees_its_keys_alone(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        assert (await desk.hand_over("stranger")).status_code == 201
        async with desk.shop.client(desk.shop.token("viewer", TEST_TIN)) as http:
            agents = {each["agent"]["name"]: each for each in (await http.get("/api/v1/prro/agents")).json()}
        assert [each["key"] for each in agents["local"]["keys"]] == [key]
        assert agents["local"]["agent"]["keys"] == 1
        async with desk.shop.client(desk.shop.token("admin", TEST_TIN)) as http:
            desk.http, before = http, desk.http
            foreign = await desk.hand_over("stranger")
            desk.http = before
            stranger = next(each["key"] for each in await keys(desk) if each["tenant"] == OTHER_TIN)
            borrowed = await http.post("/api/v1/prro", json={"desk": DESK, "key_id": stranger})
            own = await http.post("/api/v1/prro", json={"desk": DESK, "key_id": key})
        assert (foreign.status_code, slug(foreign)) == (403, "not-allowed")
        assert (borrowed.status_code, own.status_code) == (404, 201), "a key of another organisation does not exist"
