"""Shifts, reports and a look at everything, by a person's hand."""

from pathlib import Path

import pytest
import trio

from tests.kassanet.service.premises import premises
from tests.kassanet.service.shop import Shop


async def test_a_day_by_hand(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        path = f"/api/v1/kkt/{register.eip}"
        await shop.ready()
        closed_already = await shop.http.post(f"{path}/close_shift")
        assert (closed_already.status_code, closed_already.json()["detail"]) == (
            409,
            f"the shift is closed already. Held by {register.eip}.",
        )
        opened = await shop.http.post(f"{path}/open_shift", json={"cashier": "Иванова"})
        line = register.book()[-1]
        assert (opened.status_code, opened.json()) == (200, {"shift": 1, "fd": line.fd, "fpd": line.fpd})
        assert line.kind == "open_shift"
        assert (await shop.state(register.eip))["fn"]["shift_is_open"]
        assert (await shop.http.post(f"{path}/open_shift")).status_code == 409
        before = register.book()
        report = await shop.http.post(f"{path}/x_report")
        assert (report.status_code, report.content) == (204, b"")
        assert register.book() == before
        await shop.ended(await shop.post())
        closed = await shop.http.post(f"{path}/z_report")
        line = register.book()[-1]
        assert (closed.json(), line.kind) == ({"shift": 1, "fd": line.fd, "fpd": line.fpd}, "close_shift")
        assert (await shop.ended(await shop.post()))[0]["fiscal"]["shift"] == 2
        assert not [each for each in (await shop.state(register.eip))["concerns"] if each["code"] == "foreign_writer"]


@pytest.mark.parametrize("command", ["open_shift", "x_report"])
async def test_a_command_waits_for_the_document_in_hand(tmp_path: Path, command: str) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        register.device.settings.document_seconds = 0.3
        number = await shop.post()
        await shop.condition(register.eip, "busy")
        answer = await shop.http.post(f"/api/v1/kkt/{register.eip}/{command}")
        assert answer.status_code == (204 if command == "x_report" else 409)  # the shift is open already
        assert (await shop.receipt(number))["status"] == "fiscalized"


async def test_a_register_out_of_reach_says_so(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ready()
        register.device.power_cycle(60)
        await shop.condition(register.eip, "unreachable")
        answer = await shop.http.post(f"/api/v1/kkt/{register.eip}/open_shift")
        assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[1]) == (409, "not-in-rotation")
        await shop.http.patch(f"/frs/{register.eip}/deactivate")
        await shop.condition(register.eip, "inactive")
        assert (await shop.http.post(f"/api/v1/kkt/{register.eip}/x_report")).status_code == 409


@pytest.mark.parametrize("cashier", ["漢字", "я" * 100, "a\x1bm", ""])
async def test_a_cashier_whom_the_register_cannot_print_hurts_nobody(tmp_path: Path, cashier: str) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ready()
        answer = await shop.http.post(f"/api/v1/kkt/{register.eip}/open_shift", json={"cashier": cashier})
        assert answer.status_code in (200, 409, 422)
        assert (await shop.ended(await shop.post()))[0]["status"] == "fiscalized"
        [actor] = await kkts(shop)
        assert actor["restarts"] == 0


async def test_a_lost_answer_to_a_command_by_hand_is_settled(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ready()
        register.disturb("22", "cut_reply", at=0, nth=1)
        opened = await shop.http.post(f"/api/v1/kkt/{register.eip}/open_shift")
        assert (opened.status_code, opened.json()["fd"]) == (200, register.book()[-1].fd)
        assert [line.kind for line in register.book()].count("open_shift") == 1


async def kkts(shop: Shop) -> list[dict[str, object]]:
    """The registers' actors in the tree."""
    tree = (await shop.http.get("/api/v1/actors")).json()
    [branch] = [child for child in tree["children"] if child["name"] == "kkts"]
    found: list[dict[str, object]] = branch["children"]
    return found


async def test_the_tree_is_there_to_be_looked_at(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        tree = (await shop.http.get("/api/v1/actors")).json()
        names = {child["name"]: child for child in tree["children"]}
        assert list(names)[:4] == ["journal", "circuits", "kkts", "pinpads"]
        [kkt] = names["kkts"]["children"]
        assert (kkt["name"], kkt["state"]) == (f"kkt/{place.registers[0].eip}", "running")


async def test_circuits_tell_their_queues(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        shop.circuit = await shop.create_circuit()
        for _ in range(3):
            await shop.post()
        await trio.sleep(0.5)  # a circuit looks at its depth now and then
        [state] = (await shop.http.get("/api/v1/circuits")).json()
        assert (state["queued"], state["idle"], state["busy"]) == (3, 0, 0)
        assert state["oldest_at"] is not None
