"""Software registers whose section was taken out of the configuration: they are not forgotten silently."""

from pathlib import Path
from typing import Any

import httpx
import trio

from kassanet.prro_config import AgentSection, PrroSection
from kassanet.prros import SWITCHED_OFF
from tests.kassanet.service.premises import PATIENCE, premises
from tests.kassanet.service.tax_office import DESK


async def test_somebody_is_called_when_registers_are_left_behind(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("none\n")
    nobody = "http://127.0.0.1:1"
    section = PrroSection(tax_server=nobody, agents={"shop": AgentSection(nobody, str(tmp_path / "token"))})
    async with premises(tmp_path, 0, prro=section) as shop, shop.client(shop.token("admin")) as http:
        made = await http.post("/api/v1/prro", json={"desk": DESK, "key_id": "shop/key"})
        assert made.status_code == 201
        assert not [each for each in await alarms(http) if each["text"] == SWITCHED_OFF]
    async with premises(tmp_path, 0) as shop, shop.client(shop.token("admin")) as http:
        with trio.fail_after(PATIENCE):
            while not (found := await alarms(http)):  # noqa: ASYNC110 - over HTTP there is nothing to wait on
                await trio.sleep(0.05)
        [alarm] = found
        assert (alarm["key"], alarm["level"]) == (f"prro/{made.json()['id']}/prro_blocked", "critical")
        assert alarm["text"] == SWITCHED_OFF


async def test_healthz_names_what_signs(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as shop, shop.client(shop.token("viewer")) as http:
        said = (await http.get("/healthz")).json()
    assert said["status"] == "ok"
    assert set(said["signing"]) == {"backend", "fallback"}


async def alarms(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get("/api/v1/alarms")).json()
    return found
