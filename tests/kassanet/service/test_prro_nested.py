"""A request that waits for an agent and for the tax service: who was away, late or unwilling is named, and what was not
signed left nothing behind, while what was signed is a document.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.structs import replace

from kassanet.agent.licence import Licence, issue, load_private
from kassanet.prro_config import AgentSection, LocalAgentSection
from tests.kassanet.agent.office import AGREEMENT, slug
from tests.kassanet.service.desk import CashDesk, cash_desk
from tests.kassanet.service.tax_office import COFFEE, DESK, REGISTER

OPEN = {"kind": "open_shift"}


@asynccontextmanager
async def deaf() -> AsyncIterator[str]:
    """The address of somebody who takes connections and never says a word."""

    async def listen(stream: trio.SocketStream) -> None:
        async with stream:
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, listen, 0, host="127.0.0.1")
        [listener] = await nursery.start(serve)
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def again_with(desk: CashDesk, **changes: object) -> None:
    """The service anew, with other settings of ``[prro]``."""
    desk.shop.config = replace(desk.shop.config, prro=replace(desk.shop.config.prro, **changes))
    await desk.shop.restart()
    desk.http.base_url = desk.shop.service.addresses[0] if desk.shop.service is not None else ""


async def objects(desk: CashDesk, key: str) -> tuple[int, str | list[int]]:
    """Status, and the registers or the problem's word."""
    answer = await desk.http.get(f"/api/v1/prro/tax-objects?key={key}")
    if answer.status_code != 200:
        return answer.status_code, slug(answer)
    return 200, [each["register"] for unit in answer.json() for each in unit["registers"]]


async def test_the_list_of_registers_and_everything_in_its_way(tmp_path: Path) -> None:
    token = tmp_path / "office/agent-token"
    wrong = tmp_path / "wrong-token"
    wrong.write_text("kassa_nobody")
    async with deaf() as silent, cash_desk(tmp_path) as desk:
        key, shop = await desk.key(), desk.office.key_id
        assert await objects(desk, key) == await objects(desk, shop) == (200, [REGISTER, REGISTER + 1])
        await desk.remote().call("POST", "/api/v1/lock")
        assert await objects(desk, shop) == (503, "agent-locked")
        desk.office.close()
        assert await objects(desk, key) == (503, "agent-no-time-stamp"), "it is the sandbox that stamps"
        desk.office.reopen()
        agents = {
            "away": AgentSection("http://127.0.0.1:1", str(token)),
            "late": AgentSection(silent, str(token), timeout=0.2),
            "later": AgentSection(silent, str(token)),
            "wrong": AgentSection(desk.office.agent, str(wrong)),
        }
        await again_with(desk, agents=agents, tax_server=f"{silent}/fs", patience=4.0)
        found = [await objects(desk, f"{name}/key") for name in (*agents, "nobody", "local")]
        assert found == [
            (503, "agent-away"), (504, "agent-late"), (504, "agent-late"), (503, "agent-token"), (422, "invalid"),
            (409, "agent-refused"),
        ]  # fmt: skip
        assert await objects(desk, key) == (504, "tax-server-late")
        await again_with(desk, tax_server="http://127.0.0.1:1/fs")
        assert await objects(desk, key) == (503, "tax-server-away")


async def register(desk: CashDesk, key: str) -> str:
    added = await desk.http.post("/api/v1/prro", json={"desk": DESK, "key_id": key})
    assert added.status_code == 201, added.text
    return f"/api/v1/prro/{added.json()['id']}"


async def ask(desk: CashDesk, path: str, name: str, operation: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
    return await desk.http.post(f"{path}/operations", json={"external_id": name, "operation": operation})


UNWILLING: dict[str, tuple[dict[str, Any], int, str]] = {
    "agreement": ({"agreement": {**AGREEMENT, "until": "2021-01-01"}}, 503, "agent-agreement"),
    "kind": ({"policy": {"kinds": ["command"]}}, 409, "agent-refused"),
    "register": ({"policy": {"registers": ["4000999999"]}}, 409, "agent-refused"),
}


@pytest.mark.parametrize("name", UNWILLING)
async def test_what_is_not_signed_leaves_nothing_and_is_made_once_later(tmp_path: Path, name: str) -> None:
    change, status, word = UNWILLING[name]
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        one = f"/api/v1/prro/agents/{key.replace('/', '/keys/')}"
        path = await register(desk, key)
        assert (await ask(desk, path, "open", OPEN)).json()["status"] == "registered"
        assert (await desk.http.patch(one, json=change)).status_code == 200
        refused = await ask(desk, path, "order-1", COFFEE)
        assert (refused.status_code, slug(refused)) == (status, word), refused.text
        assert len((await desk.http.get(f"{path}/documents")).json()["documents"]) == 1
        assert len(desk.office.registered()) == 1
        back = {"agreement": AGREEMENT, "policy": {}}
        assert (await desk.http.patch(one, json=back)).status_code == 200
        made = (await ask(desk, path, "order-1", COFFEE)).json()
        assert (made["status"], made["local_number"]) == ("registered", 2), "no number was lost"
        assert (await ask(desk, path, "order-1", COFFEE)).json() == made
        assert len(desk.office.registered()) == 2


async def test_a_register_that_could_not_even_ask_says_so(tmp_path: Path) -> None:
    """The first that it needs is a command, and the key signs none."""
    async with cash_desk(tmp_path) as desk:
        given = (await desk.hand_over(policy={"kinds": ["check", "zrep"]})).json()
        path = await register(desk, given["key"])
        refused = await ask(desk, path, "open", OPEN)
        assert (refused.status_code, slug(refused)) == (409, "agent-refused"), refused.text
        one = f"/api/v1/prro/agents/{given['key'].replace('/', '/keys/')}"
        assert (await desk.http.patch(one, json={"policy": {}})).status_code == 200
        assert (await ask(desk, path, "open", OPEN)).json()["status"] == "registered"


async def test_too_many_signatures_are_told_apart(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        given = await desk.hand_over(policy={"a_minute": 1})
        path = await register(desk, given.json()["key"])
        fast = [await ask(desk, path, f"o-{number}", OPEN) for number in range(2)]
        assert "agent-too-fast" in [slug(answer) for answer in fast if answer.status_code == 429]


async def test_what_was_signed_is_a_document_whatever_became_of_it(tmp_path: Path) -> None:
    """The tax service fails after the signature, and the register may not go offline: 202, and once it works again the
    same request is answered with the one document."""
    async with cash_desk(tmp_path, offline=False) as desk:
        path = await register(desk, await desk.key())
        assert (await ask(desk, path, "open", OPEN)).json()["status"] == "registered"
        desk.office.disturb("SaleGoods", "status", at=503)
        stored = await ask(desk, path, "order-1", COFFEE)
        assert (stored.status_code, stored.json()["status"]) == (202, "stored"), stored.text
        desk.office.disturb("SaleGoods", "delay", nth=1, seconds=0.0)
        made = await ask(desk, path, "order-1", COFFEE)
        assert (made.status_code, made.json()["status"]) == (200, "registered"), made.text
        assert (made.json()["id"], made.json()["local_number"]) == (stored.json()["id"], 2)
        assert len(desk.office.registered()) == 2


async def test_a_locked_agent_and_a_licence_that_is_over_make_nothing(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        path = await register(desk, desk.office.key_id)
        assert (await ask(desk, path, "open", OPEN)).json()["status"] == "registered"
        await desk.remote().call("POST", "/api/v1/lock")
        locked = await ask(desk, path, "order-1", COFFEE)
        assert (locked.status_code, slug(locked)) == (503, "agent-locked")
        assert len(desk.office.registered()) == 1
        state = (await desk.http.get("/api/v1/prro/agents/shop")).json()
        assert (state["agent"]["condition"], state["keys"][0]["state"]) == ("locked", "locked")
        key = await desk.key()
        await again_with(desk, local=_licensed(desk, date(2026, 1, 2)))
        assert await objects(desk, key) == (503, "agent-licence")
        refused = await desk.hand_over("stranger")
        assert (refused.status_code, slug(refused)) == (403, "licence-over")
        agent = (await desk.http.get("/api/v1/prro/agents/local")).json()["agent"]
        assert (agent["licence"]["number"], agent["keys"]) == ("L-1", 1)
        assert "ended" in agent["warnings"][0]


def _licensed(desk: CashDesk, until: date) -> LocalAgentSection:
    key = load_private(desk.folder / "desk.pem")
    (desk.folder / "licence").write_bytes(issue(Licence("L-1", "till.example", 9, date(2026, 1, 1), until), key))
    local = desk.shop.config.prro.local
    return replace(local, licence=str(desk.folder / "licence"), licence_key=str(desk.folder / "desk.pem.pub"))


async def test_a_register_that_is_not_ours_and_a_document_that_is_too_large(tmp_path: Path) -> None:
    async with cash_desk(tmp_path) as desk:
        key = await desk.key()
        said = {"desk": {**DESK, "register": 4_000_999_999}, "key_id": key}
        foreign = f"/api/v1/prro/{(await desk.http.post('/api/v1/prro', json=said)).json()['id']}"
        refused = await ask(desk, foreign, "order-1", COFFEE)
        assert (refused.status_code, slug(refused)) == (503, "out-of-service"), refused.text
        state = await desk.http.get(f"{foreign}/tax-state")
        assert (state.status_code, slug(state)) == (409, "tax-server-refused"), state.text
        path = await register(desk, key)
        item = {"name": "Ж" * 128, "price": 1, "letters": "А"}
        huge = {"kind": "sale", "items": [item] * 950, "payments": [{"form": 0, "sum": 950}]}
        large = await ask(desk, path, "order-1", huge)
        assert (large.status_code, large.json()["errors"][0]["path"]) == (422, "operation.items"), large.text
        assert (await ask(desk, path, "order-2", COFFEE)).json()["local_number"] == 2, "it has taken no number"
        assert len(desk.office.registered()) == 2


async def test_one_connection_to_the_agent_is_enough(tmp_path: Path) -> None:
    """Everything that a day has, and questions meanwhile: nobody waits for what waits for him."""
    async with cash_desk(tmp_path) as desk:
        shop = replace(desk.shop.config.prro.agents["shop"], connections=1)
        await again_with(desk, agents={"shop": shop})
        path = await register(desk, desk.office.key_id)
        async with trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(ask, desk, path, f"order-{number}", COFFEE)
                nursery.start_soon(objects, desk, desk.office.key_id)
        assert len(desk.office.registered()) == 5
        assert (await ask(desk, path, "close", {"kind": "close_shift"})).json()["status"] == "registered"
        assert len(desk.office.registered()) == 7
