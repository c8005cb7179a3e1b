"""Receipts between a site and its centre: forwarded once, copied whole, read over the link, exported and imported."""

import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
from msgspec.structs import replace

from tests.kassanet.edge.posted import receipt
from tests.kassanet.service.premises import INN, OTHER_INN
from tests.kassanet.sites.two import Two, two


def documents(both: Two) -> list[int]:
    """Totals of every receipt that the site's registers made."""
    return sorted(line.total or 0 for register in both.near.registers for line in register.made())


def priced(kopecks: int) -> dict[str, Any]:
    """A receipt of that total, so that its document is known among all."""
    item = {"name": "Link", "price": kopecks, "quantity": "1", "vat": "none"}
    return {"items": [item], "payments": {"cashless": kopecks}}


async def copied(both: Two) -> None:
    async def is_copied() -> bool:
        state = await both.state()
        return bool(state["owed"] == 0 and state["behind"] == 0)

    await both.until(is_copied)


async def test_a_receipt_posted_at_the_centre_is_made_at_the_site(tmp_path: Path) -> None:
    async with two(tmp_path, receipts="central") as both:
        circuit = await both.bind()
        posted = await both.post(circuit, "order-1", callback_url=None)
        done = await both.ended(posted["id"])
        [line] = both.near.registers[0].made()
        assert (done["status"], done["fiscal"]["fd"], done["fiscal"]["fn"]) == (
            "fiscalized",
            line.fd,
            done["fiscal"]["fn"],
        )
        assert done["kkt"] == f"shop/{both.near.registers[0].eip}"
        again = await both.ask("POST", f"/api/v1/circuits/{circuit}/receipts", receipt(external_id="order-1"))
        assert (again.status_code, again.json()["id"]) == (200, posted["id"])
        [there] = (await both.get("/api/v1/receipts", near=True))["receipts"]
        assert there["external_id"].startswith("kassanet:")
        assert there["fiscal"] == done["fiscal"]
        await copied(both)
        assert (await both.get("/api/v1/sites/1/receipts"))["receipts"] == [], "it is the centre's own"


async def test_what_no_register_there_can_make_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with two(tmp_path, receipts="central") as both:
        circuit = await both.bind()
        item = {"name": "Link", "price": 100, "quantity": "1", "vat": "none", "nomenclature_code": "00" * 32}
        bad = await both.post(circuit, "bad", items=[item | {"vat": "vat22"}], payments={"cashless": 100})
        good = await both.post(circuit, "good")
        assert (await both.ended(good["id"]))["status"] == "fiscalized"
        assert (await both.ended(bad["id"]))["status"] in ("refused", "fiscalized")


async def test_the_sites_own_receipts_are_copied_with_what_was_there_before(tmp_path: Path) -> None:
    async with two(tmp_path, receipts="local") as both:
        for number in range(3):
            await both.post(both.circuit, f"before-{number}", near=True)
        await both.ended(3, near=True)
        assert (await both.get("/api/v1/archive"))["receipts"] == []
        both.near.config = replace(both.near.config, uplink=replace(both.near.config.uplink, receipts="central"))
        await both.near.restart()
        await both.connected()
        await both.post(both.circuit, "after", near=True)
        own = await both.ended(4, near=True)

        async def all_there() -> bool:
            found = (await both.get("/api/v1/sites/1/receipts"))["receipts"]
            return [one["status"] for one in found].count("fiscalized") == 4

        await both.until(all_there)
        assert (await both.get("/api/v1/sites/1/receipts/4"))["fiscal"] == own["fiscal"]
        found = await both.get(f"/api/v1/sites/1/receipts?fn={own['fiscal']['fn']}&fd={own['fiscal']['fd']}")
        assert [one["id"] for one in found["receipts"]] == [4]


async def test_receipts_that_stay_there_are_read_over_the_link(tmp_path: Path) -> None:
    async with two(tmp_path, receipts="local") as both:
        await both.post(both.circuit, "own", near=True)
        own = await both.ended(1, near=True)
        assert (await both.get("/api/v1/sites/1/receipts/1")) == own
        page = await both.get("/api/v1/sites/1/receipts?status=fiscalized&limit=10")
        assert page == {"receipts": [own], "next_cursor": None}
        assert (await both.ask("GET", "/api/v1/sites/1/receipts/9")).status_code == 404
        assert (await both.ask("GET", "/api/v1/sites/1/receipts?colour=red")).status_code == 422
        exported = await both.ask("GET", "/api/v1/sites/1/receipts.ndjson")
        assert exported.text.count("\n") == 1
        circuit = await both.bind()
        refused = await both.ask("POST", f"/api/v1/circuits/{circuit}/receipts", receipt(external_id="not-taken"))
        assert refused.status_code == 422, "it would wait for ever: the site takes none"
        assert [error["path"] for error in refused.json()["errors"]] == ["circuit_id"]
        both.cutter.close()

        async def away() -> bool:
            return bool((await both.state())["condition"] == "away")

        await both.until(away)
        assert (await both.ask("GET", "/api/v1/sites/1/receipts")).status_code == 503


@pytest.mark.parametrize("seed", [1, 2])
async def test_cut_at_random_bytes_each_receipt_is_one_document(seed: int, tmp_path: Path) -> None:
    """From the books: everything accepted on either side is one document at the site, and both sides say the same."""
    random = Random(seed)
    async with two(tmp_path, registers=2, receipts="central") as both:
        circuit = await both.bind()
        prices: list[int] = []
        for number in range(8):
            both.cutter.cut_after(random.randrange(1, 3000))
            prices += [1000 + number, 5000 + number]
            await both.post(circuit, f"far-{number}", **priced(1000 + number))
            await both.post(both.circuit, f"near-{number}", near=True, **priced(5000 + number))
            await trio.sleep(random.uniform(0.0, 0.15))
        for number in range(8):
            assert (await both.ended(number + 1))["status"] == "fiscalized"
        await both.connected()
        await copied(both)
        assert documents(both) == sorted(prices)
        near = {one["fiscal"]["fd"] for one in (await both.get("/api/v1/receipts", near=True))["receipts"]}
        far = (await both.get("/api/v1/receipts"))["receipts"] + (await both.get("/api/v1/archive"))["receipts"]
        assert len(far) == 16
        assert {one["fiscal"]["fd"] for one in far} == near
        assert both.cutter.links > 3, "the link was cut"


async def test_a_circuit_is_bound_once_whoever_asks_how_often(tmp_path: Path) -> None:
    async with two(tmp_path, receipts="central") as both, trio.open_nursery() as nursery:
        bound: list[int] = []

        async def bind() -> None:
            bound.append(await both.bind())

        for _ in range(4):
            nursery.start_soon(bind)
        with trio.fail_after(60):
            while len(bound) < 4:  # noqa: ASYNC110 - they end on their own
                await trio.sleep(0.01)
        assert len(set(bound)) == 1
        assert len(await both.get(f"/fcircuit/{INN}")) == 1


async def test_a_site_set_up_anew_makes_no_receipts_of_another_organisation(tmp_path: Path) -> None:
    """Its circuit has the old number and another owner: what was posted for the first waits, and is not made there."""
    async with two(tmp_path, receipts="central") as both:
        circuit = await both.bind()
        await both.near.stop()
        shutil.rmtree(both.near.folder)
        both.near.folder.mkdir()
        posted = await both.post(circuit, "order-1")
        await both.near.start()
        both.near_token = both.near.token("admin")
        answer = await both.ask("POST", "/fcircuit", {"inn": OTHER_INN, "title": "Another"}, near=True)
        assert answer.json()["id"] == both.circuit
        own = await both.post(both.circuit, "own", near=True)
        await both.until(lambda: _is_archived(both, own["id"]))
        assert (await both.get(f"/api/v1/receipts/{posted['id']}"))["status"] == "queued"
        assert len((await both.get("/api/v1/receipts", near=True))["receipts"]) == 1


async def _is_archived(both: Two, receipt_id: int) -> bool:
    found = (await both.get("/api/v1/sites/1/receipts"))["receipts"]
    return [one["id"] for one in found] == [receipt_id]


async def test_restarts_of_either_side_lose_nothing(tmp_path: Path) -> None:
    async with two(tmp_path, registers=2, receipts="central") as both:
        circuit = await both.bind()
        for number in range(4):
            await both.post(circuit, f"order-{number}", **priced(1000 + number))
            await (both.far if number % 2 else both.near).restart()
        for number in range(4):
            assert (await both.ended(number + 1))["status"] == "fiscalized"
        assert documents(both) == [1000, 1001, 1002, 1003]


async def test_a_site_that_forgot_what_it_had_is_not_asked_to_make_it_anew(tmp_path: Path) -> None:
    """Its journal was put back to an older state: the document may exist, so a person decides."""
    async with two(tmp_path, receipts="central") as both:
        circuit = await both.bind()
        register = both.near.registers[0]
        await both.ask("PATCH", f"/frs/{register.eip}/deactivate", near=True)
        backup = await both.near_backup()
        posted = await both.post(circuit, "order-1")

        async def taken() -> bool:
            return bool((await both.get("/api/v1/receipts", near=True))["receipts"])

        await both.until(taken)
        await trio.sleep(0.5)
        await both.near.stop()
        both.restore_near(backup)
        await both.near.start()
        done = await both.ended(posted["id"])
        assert done["status"] == "manual"
        assert "does not know it any more" in done["reason"]
        assert register.made() == []


async def test_an_export_is_taken_in_once_and_never_made(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        for number in range(3):
            await both.post(both.circuit, f"own-{number}", near=True)
        await both.ended(3, near=True)
        exported = (await both.ask("GET", "/api/v1/receipts.ndjson", near=True)).content
        assert exported.count(b"\n") == 3
        headers = {"Content-Type": "application/x-ndjson"}
        async with both.far.client(both.far_token) as client:
            bad = exported + b'{"nonsense":1}\n'
            first = (await client.post("/api/v1/receipts.ndjson", content=bad, headers=headers)).json()
            assert (first["lines"], first["kept"], [error["path"] for error in first["errors"]]) == (4, 3, ["lines[4]"])
            again = (await client.post("/api/v1/receipts.ndjson", content=exported, headers=headers)).json()
            assert again == {"lines": 3, "kept": 0, "errors": []}
        async with both.far.client(both.far.token("admin", OTHER_INN)) as client:
            foreign = (await client.post("/api/v1/receipts.ndjson", content=exported, headers=headers)).json()
            assert (foreign["kept"], len(foreign["errors"])) == (0, 3)
            assert (await client.get("/api/v1/archive")).json()["receipts"] == []
        async with both.near.client(both.near_token) as client:
            own = (await client.post("/api/v1/receipts.ndjson", content=exported, headers=headers)).json()
            assert own["kept"] == 0, "they are here already"
        assert len((await both.get("/api/v1/archive"))["receipts"]) == 3
        assert sorted((await both.ask("GET", "/api/v1/archive.ndjson")).content.split(b"\n")) == sorted(
            exported.split(b"\n")
        )
        async with both.far.client(both.far.token("viewer", INN)) as client:
            assert len((await client.get("/api/v1/archive")).json()["receipts"]) == 3
