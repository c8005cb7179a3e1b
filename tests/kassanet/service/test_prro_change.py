"""A certificate is renewed and the register gets another key: over HTTP, with real signatures at the tax service."""

from pathlib import Path
from typing import Any

import pytest

from kassanet.sandbox.fiscal_server.registry import TEST_TIN
from schemas.records import Role
from tests.kassanet.agent.office import AGREEMENT, slug
from tests.kassanet.service.desk import OTHER_TIN, CashDesk, cash_desk
from tests.kassanet.service.premises import INN
from tests.kassanet.service.tax_office import COFFEE, Till

CLOSE = {"kind": "close_shift"}


async def at_work(desk: CashDesk) -> Till:
    """A register with the key of the agent beside the service."""
    till = Till(desk.http)
    await till.add(desk.office.key_id)
    return till


async def renewed(desk: CashDesk) -> str:
    """The same organisation's next key, within the service."""
    given = await desk.hand_over("both", tenant=TEST_TIN)
    assert given.status_code == 201, given.text
    return str(given.json()["key"])


async def change(till: Till, **said: object) -> Any:  # noqa: ANN401 - a response
    return await till.http.patch(till.path, json=said)


def owners(desk: CashDesk) -> list[str]:
    """Who signed each document that the tax service has."""
    return [entry.signatory.name for entry in desk.office.registered()]


async def test_a_renewed_key_takes_over(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        till, new = await at_work(desk), await renewed(desk)
        await till.do("order-1", COFFEE)
        early = await change(till, key_id=new)
        assert (early.status_code, slug(early)) == (409, "prro-busy")
        assert "close_shift" in early.json()["detail"]
        await till.do("close-1", CLOSE)
        changed = await change(till, key_id=new, cashier=None, desk={"point_name": "Крамниця"})
        assert changed.status_code == 200, changed.text
        shown = changed.json()
        assert (shown["key_id"], shown["state"]["key_id"], shown["desk"]["point_name"]) == (new, new, "Крамниця")
        assert (await till.http.get(till.path)).json() == shown
        [line] = (await till.http.get(f"/api/v1/audit?target={till.path}&method=PATCH&limit=1")).json()["lines"]
        assert (line["before"]["key_id"], line["after"]["key_id"]) == (desk.office.key_id, new)
        held = await till.http.delete(f"/api/v1/prro/agents/{new.replace('/', '/keys/')}")
        assert (held.status_code, slug(held)) == (409, "key-in-use")
        former = await till.http.delete(f"/api/v1/prro/agents/{desk.office.key_id.replace('/', '/keys/')}")
        assert former.status_code != 409, "nothing signs with it any more"
        sold = await till.do("order-2", COFFEE)
        assert "Крамниця" in (await till.http.get(f"{till.path}/documents/{sold['id']}/text")).text
        await desk.shop.restart()
        async with desk.shop.client(desk.shop.token("admin")) as till.http:
            await till.do("close-2", CLOSE)
            await till.do("order-1", COFFEE)
        assert owners(desk) == ["Бойко Петро"] * 4 + ["Касир Чотири"] * 4


async def test_offline_the_key_stays_and_what_it_made_goes_out(tmp_path: Path) -> None:
    async with cash_desk(tmp_path, tick=1e6) as desk:
        till, new = await at_work(desk), await renewed(desk)
        await till.do("order-1", COFFEE)
        desk.office.close()
        await till.do("order-2", COFFEE, "offline")
        await till.do("close-1", CLOSE, "offline")
        refused = await change(till, key_id=new)
        assert (refused.status_code, slug(refused)) == (409, "prro-busy")
        assert "go-online" in refused.json()["detail"]
        desk.office.reopen()
        assert (await till.http.post(f"{till.path}/go-online")).status_code == 200
        assert (await change(till, key_id=new)).status_code == 200
        await till.do("order-3", COFFEE)
        assert owners(desk) == ["Бойко Петро"] * 7 + ["Касир Чотири"] * 2


async def test_the_same_key_at_another_agent_goes_on_in_its_shift(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        till, moved = await at_work(desk), await desk.key()
        await till.do("order-1", COFFEE)
        assert (await change(till, key_id=moved)).json()["key_id"] == moved
        await till.do("order-2", COFFEE)
        await till.do("close-1", CLOSE)


async def test_what_cannot_be_its_key(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        till, new = await at_work(desk), await renewed(desk)
        stranger = (await desk.hand_over("stranger")).json()["key"]
        before = (await till.http.get(till.path)).json()
        found = {
            "of another organisation": await change(till, key_id=stranger),
            "of no agent": await change(till, key_id="nobody/key"),
            "unknown to its agent": await change(till, key_id="local/none"),
            "no key": await change(till, key_id=None),
            "another register": await change(till, desk={"register": 4_000_000_002}),
        }
        answers = {name: (answer.status_code, slug(answer)) for name, answer in found.items()}
        assert answers == {
            "of another organisation": (422, "invalid"),
            "of no agent": (422, "invalid"),
            "unknown to its agent": (404, "not-found"),
            "no key": (422, "invalid"),
            "another register": (422, "invalid"),
        }
        over = {"agreement": {**AGREEMENT, "until": "2021-01-01"}}
        await till.http.patch(f"/api/v1/prro/agents/{new.replace('/', '/keys/')}", json=over)
        unsigned = await change(till, key_id=new)
        assert (unsigned.status_code, slug(unsigned)) == (503, "agent-agreement")
        desk.office.close()
        away = await change(till, key_id=await desk.key())
        assert away.status_code == 503
        assert (await till.http.get(till.path)).json()["key_id"] == before["key_id"] == desk.office.key_id


@pytest.mark.parametrize(("role", "inn", "status"), [("operator", None, 403), ("admin", INN, 404)])
async def test_who_may(tmp_path: Path, role: Role, inn: str | None, status: int) -> None:
    async with cash_desk(tmp_path) as desk:
        till = await at_work(desk)
        async with desk.shop.client(desk.shop.token(role, inn)) as till.http:
            assert (await change(till, cashier="Шевчук")).status_code == status


async def test_a_token_of_an_organisation_knows_no_other_keys(tmp_path: Path) -> None:
    """One certificate may vouch for two: the key is of the organisation that it is kept for."""
    async with cash_desk(tmp_path) as desk:
        till, new = await at_work(desk), await renewed(desk)
        elsewhere = (await desk.hand_over("both", tenant=OTHER_TIN)).json()["key"]
        refused = await change(till, key_id=elsewhere)
        assert (refused.status_code, [error["path"] for error in refused.json()["errors"]]) == (422, ["key_id"])
        async with desk.shop.client(desk.shop.token("admin", TEST_TIN)) as till.http:
            assert (await change(till, key_id=elsewhere)).status_code == 404
            assert (await change(till, key_id=new)).status_code == 200
