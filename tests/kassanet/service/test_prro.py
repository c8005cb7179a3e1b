"""Software registers over HTTP through the whole service: agent, tax service, signatures and time stamps are real."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kassanet.prro_config import AgentSection, PrroSection
from tests.kassanet.service.premises import INN, OTHER_INN, premises
from tests.kassanet.service.shop import until
from tests.kassanet.service.tax_office import COFFEE, DESK, REGISTER, till

KEY = "shop/none"
SILENT = PrroSection(tax_server="http://127.0.0.1:1/fs")


async def test_a_day_at_the_till(tmp_path: Path) -> None:
    async with till(tmp_path) as (office, _, counter):
        sold = await counter.do("order-1", COFFEE)
        assert (sold["local_number"], sold["sum"], sold["external_id"]) == (2, 4500, "order-1")
        assert await counter.do("order-1", COFFEE) == sold
        other = await counter.ask("order-1", {**COFFEE, "rounding": 1})
        assert (other.status_code, other.json()["type"]) == (409, "urn:kassanet:problem:other-content")
        path = f"{counter.path}/documents/{sold['id']}"
        assert (await counter.http.get(path)).json() == sold
        assert f"fn={REGISTER}" in sold["link"]
        text = (await counter.http.get(f"{path}/text?width=32")).text
        assert f"ЧЕК ФН {sold['fiscal_number']}" in text
        assert all(len(line) <= 32 for line in text.splitlines() if not line.startswith("https:"))
        assert "<svg" in (await counter.http.get(f"{path}/html")).text
        picture = await counter.http.get(f"{path}/png?width=32&scale=3")
        assert (picture.headers["Content-Type"], picture.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
        assert int.from_bytes(picture.content[16:20], "big") == 32 * 6 * 3
        for wrong in ("width=19", "scale=9", "scale=x"):
            answer = await counter.http.get(f"{path}/png?{wrong}")
            assert [error["path"] for error in answer.json()["errors"]] == [wrong[:5]]
        await counter.do("back-1", {**COFFEE, "kind": "return", "of": sold["fiscal_number"]})
        await counter.do("in-1", {"kind": "service_in", "sum": 10_000})
        assert "45.00" in (await counter.http.get(f"{counter.path}/x-report")).text
        await counter.do("close", {"kind": "close_shift"})
        closed = await counter.ask("close-2", {"kind": "close_shift"})
        assert (closed.status_code, closed.json()["type"]) == (409, "urn:kassanet:problem:shift")
        kinds = [each["kind"] for each in await counter.documents()]
        assert kinds == ["close_shift", "z_report", "service_in", "return", "sale", "open_shift"]
        assert len(office.registered()) == len(kinds)


async def test_a_lost_answer_is_settled(tmp_path: Path) -> None:
    async with till(tmp_path) as (office, _, counter):
        await counter.do("open", {"kind": "open_shift"})
        office.disturb("SaleGoods", "cut_reply", at=10, nth=1)
        sold = await counter.do("order-1", COFFEE)
        assert await counter.do("order-1", COFFEE) == sold
        assert [event.do for event in office.service.events.read() if event.in_window] == ["cut_reply"]
        assert [entry.num_fiscal for entry in office.registered()][1:] == [sold["fiscal_number"]]


async def test_offline_and_back_over_a_restart(tmp_path: Path) -> None:
    async with till(tmp_path) as (office, shop, counter):
        await counter.do("order-1", COFFEE)
        office.close()
        await counter.do("order-2", COFFEE, "offline")
        assert await counter.condition() == "offline"
        await shop.restart()
        async with shop.client(shop.token("admin")) as counter.http:
            again = await counter.do("order-2", COFFEE, "offline")
            assert again["is_offline"]
            office.reopen()

            async def back() -> bool:
                return await counter.condition() == "online"

            await until(back, "the register to be online again")
            await counter.do("order-2", COFFEE)
            await counter.do("order-3", COFFEE)
            kinds = [each["kind"] for each in await counter.documents()]
        assert kinds == ["sale", "offline_end", "sale", "offline_begin", "sale", "open_shift"]
        assert len(office.registered()) == len(kinds)


async def test_by_hand(tmp_path: Path) -> None:
    async with till(tmp_path) as (_, _shop, counter):
        none = await counter.http.post(f"{counter.path}/go-offline")
        assert (none.status_code, none.json()["type"]) == (503, "urn:kassanet:problem:out-of-service")
        await counter.do("order-1", COFFEE)
        assert (await counter.http.post(f"{counter.path}/go-offline")).json()["state"]["condition"] == "offline"
        await counter.do("order-2", COFFEE, "offline")
        assert (await counter.http.post(f"{counter.path}/go-online")).json()["state"]["condition"] == "online"
        assert (await counter.http.delete(counter.path)).json()["type"] == "urn:kassanet:problem:prro-busy"
        await counter.do("close", {"kind": "close_shift"})
        assert (await counter.http.delete(counter.path)).status_code == 204
        [line] = (await counter.http.get(f"/api/v1/audit?target={counter.path}&method=DELETE")).json()["lines"][:1]
        assert line["before"]["desk"]["register"] == REGISTER


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ({"kind": "sale"}, "operation.items"),
        ({"kind": "robbery"}, "operation.kind"),
        ({}, "operation.kind"),
        ({"kind": "z_report"}, "operation.kind"),
        ({**COFFEE, "surprise": 1}, "operation.surprise"),
        ({**COFFEE, "items": [{"name": "Кава", "price": -1}]}, "operation.items[0].price"),
        ({**COFFEE, "items": [{"name": "Кава", "price": 4500, "letters": "Я"}]}, "operation.items[0].letters"),
        ({**COFFEE, "payments": [{"form": 0, "sum": 1}]}, "operation.payments"),
    ],
)
async def test_what_is_wrong_is_named(tmp_path: Path, operation: dict[str, Any], path: str) -> None:
    async with premises(tmp_path, 0, prro=_with_agent(tmp_path)) as shop, shop.client(shop.token("admin")) as http:
        added = (await http.post("/api/v1/prro", json={"desk": DESK, "key_id": KEY})).json()["id"]
        asked = {"external_id": "a", "operation": operation}
        answer = await http.post(f"/api/v1/prro/{added}/operations", json=asked)
        assert (answer.status_code, path in [error["path"] for error in answer.json()["errors"]]) == (422, True), (
            answer.text
        )
        assert (await http.get(f"/api/v1/prro/{added}/documents")).json()["documents"] == []


async def test_registers_of_another_organisation_do_not_exist(tmp_path: Path) -> None:
    async with premises(tmp_path, 0, prro=_with_agent(tmp_path)) as shop, shop.client(shop.token("admin")) as admin:
        spec = {"desk": {**DESK, "tin": INN}, "key_id": KEY}
        path = f"/api/v1/prro/{(await admin.post('/api/v1/prro', json=spec)).json()['id']}"
        taken = await admin.post("/api/v1/prro", json=spec)
        assert (taken.status_code, taken.json()["type"]) == (409, "urn:kassanet:problem:prro-exists")
        async with shop.client(shop.token("operator", OTHER_INN)) as http:
            assert (await http.get("/api/v1/prro")).json() == []
            assert (await http.get(path)).status_code == 404
            assert (await http.post("/api/v1/prro", json=spec)).status_code == 404
        async with shop.client(shop.token("viewer", INN)) as http:
            assert [each["desk"]["tin"] for each in (await http.get("/api/v1/prro")).json()] == [INN]


async def test_without_a_tax_server_and_with_an_unknown_agent(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as shop, shop.client(shop.token("admin")) as http:
        off = await http.post("/api/v1/prro", json={"desk": DESK, "key_id": KEY})
        assert (off.status_code, off.json()["type"]) == (409, "urn:kassanet:problem:prro-off")
        shop.config = replace(shop.config, prro=SILENT)
        await shop.restart()
        async with shop.client(shop.token("admin")) as again:
            wrong = await again.post("/api/v1/prro", json={"desk": DESK, "key_id": KEY})
            assert (wrong.status_code, [error["path"] for error in wrong.json()["errors"]]) == (422, ["key_id"])


def _with_agent(folder: Path) -> PrroSection:
    """Neither the tax service nor the agent answers."""
    (folder / "token").write_text("none")
    agent = AgentSection("http://127.0.0.1:1", str(folder / "token"))
    return PrroSection(tax_server="http://127.0.0.1:1/fs", tick=1e6, agents={"shop": agent})
