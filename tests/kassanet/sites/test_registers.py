"""A site's registers at the centre: shown, dated when the link is cut, commanded as the site permits."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import trio
from trio_websocket import open_websocket_url

from actors.store import StoreUnavailable
from kassanet.store.backup import restore
from kassanet.store.sqlite.site_reading import SiteReading
from tests.kassanet.service.premises import INN, OTHER_INN
from tests.kassanet.sites.two import two


async def test_the_sites_registers_stand_beside_the_centres_own(tmp_path: Path) -> None:
    async with two(tmp_path, registers=2) as both:
        eips = [f"shop/{register.eip}" for register in both.near.registers]

        async def read() -> bool:
            return all(kkt["condition"] == "ready" for kkt in await both.get("/api/v1/kkt"))

        await both.until(read)
        shown = await both.get("/api/v1/kkt")
        assert sorted(kkt["eip"] for kkt in shown) == sorted(eips)
        assert {(kkt["site"], kkt["inn"], kkt["stale_since"]) for kkt in shown} == {("shop", INN, None)}
        assert (await both.get(f"/api/v1/kkt/{shown[0]['eip']}"))["fn"]["fn"] == shown[0]["fn"]["fn"]
        state = await both.state()
        assert (state["condition"], state["registers"], state["receipts"]) == ("connected", 2, "local")
        details = await both.get("/api/v1/sites/1")
        assert [circuit["inn"] for circuit in details["circuits"]] == [INN]


async def test_a_cut_link_is_told_with_its_time_and_heals(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        both.cutter.close()

        async def is_away() -> bool:
            return bool((await both.state())["condition"] == "away")

        await both.until(is_away)
        [kkt] = await both.get("/api/v1/kkt")
        assert kkt["stale_since"] == (await both.state())["away_since"]
        await both.post(both.circuit, "while-away", near=True)
        await both.ended(1, near=True)
        both.cutter.open = True
        await both.connected()

        async def equal() -> bool:
            [there] = await both.get("/api/v1/kkt")
            [here] = await both.get("/api/v1/kkt", near=True)
            same = [there[name] == here[name] for name in ("fn", "shift", "condition", "documents")]
            return all(same) and there["stale_since"] is None

        await both.until(equal)
        assert (await both.state())["reconnects"] >= 1


async def test_a_journal_that_cannot_be_read_for_a_moment_ends_a_link_and_no_actor(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        refused = 0

        def behind(_reading: SiteReading) -> int:
            nonlocal refused
            refused += 1
            raise StoreUnavailable("the disk is away")

        with patch.object(SiteReading, "behind", behind):
            with trio.fail_after(60):
                while refused < 2:  # noqa: ASYNC110 - it is asked at each heartbeat
                    await trio.sleep(0.05)
        await both.connected()
        tree = str(await both.get("/api/v1/actors", near=True))
        assert "StoreUnavailable" not in tree, "an actor fell over it"


async def test_a_restarted_centre_shows_what_it_knew_as_old(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        both.cutter.close()
        await both.far.restart()
        [kkt] = await both.get("/api/v1/kkt")
        assert kkt["site"] == "shop"
        assert kkt["stale_since"] is not None
        assert (await both.state())["condition"] == "away"
        both.cutter.open = True
        await both.connected()


async def test_commands_go_there_and_are_in_both_audit_logs(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        eip = f"shop/{both.near.registers[0].eip}"
        opened = await both.ask("POST", f"/api/v1/kkt/{eip}/open_shift", {"cashier": "Ann"})
        assert opened.status_code == 200, opened.text
        assert opened.json()["shift"] == 1
        assert (await both.ask("POST", f"/api/v1/kkt/{eip}/x_report")).status_code == 204
        refused = await both.ask("POST", f"/api/v1/kkt/{eip}/open_shift")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:kassanet:problem:shift")
        here = (await both.get("/api/v1/audit?limit=3"))["lines"]
        there = (await both.get("/api/v1/audit?limit=3", near=True))["lines"]
        assert [line["target"] for line in here] == [
            f"/api/v1/kkt/{eip}/{name}" for name in ("open_shift", "x_report", "open_shift")
        ]
        assert {line["by"] for line in there} == {f"uplink: {here[0]['by']}"}
        assert [line["status"] for line in there] == [line["status"] for line in here] == [409, 204, 200]
        done = await both.get("/api/v1/sites/1/commands")
        assert [(row["name"], row["status"], row["code"]) for row in done][-1] == ("open_shift", "done", 200)


async def test_what_the_site_does_not_permit_is_refused_by_name(tmp_path: Path) -> None:
    async with two(tmp_path, commands=("x_report",)) as both:
        eip = f"shop/{both.near.registers[0].eip}"
        refused = await both.ask("POST", f"/api/v1/kkt/{eip}/z_report")
        assert refused.status_code == 403
        assert refused.json()["type"].endswith("forbidden-by-site")
        assert "Site shop" in refused.json()["detail"]
        assert (await both.ask("POST", f"/api/v1/kkt/{eip}x/x_report")).status_code == 404
        assert (await both.ask("POST", f"/api/v1/kkt/{eip}/deactivate")).status_code == 403


async def test_a_register_is_switched_where_the_site_permits_it(tmp_path: Path) -> None:
    async with two(tmp_path, commands=("activate", "deactivate")) as both:
        eip = both.near.registers[0].eip
        off = await both.ask("POST", f"/api/v1/kkt/shop/{eip}/deactivate")
        assert (off.status_code, off.json()["is_active"]) == (200, 0)
        on = await both.ask("POST", f"/api/v1/kkt/shop/{eip}/activate")
        assert (on.status_code, on.json()["is_active"]) == (200, 1)


async def test_a_command_to_a_site_that_is_away_is_not_sent(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        both.cutter.close()
        eip = f"shop/{both.near.registers[0].eip}"

        async def away() -> bool:
            return bool((await both.state())["condition"] == "away")

        await both.until(away)
        refused = await both.ask("POST", f"/api/v1/kkt/{eip}/x_report")
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (503, "site-away")
        assert await both.get("/api/v1/sites/1/commands") == []


async def test_a_command_whose_answer_is_lost_is_unknown_until_the_site_is_back(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        register = both.near.registers[0]
        register.disturb("*", "delay", every=1, seconds=0.4)
        answers: list[httpx.Response] = []

        async def ask() -> None:
            answers.append(await both.ask("POST", f"/api/v1/kkt/shop/{register.eip}/open_shift"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)

            async def begun() -> bool:
                rows = await both.get("/api/v1/audit?method=COMMAND", near=True)
                return bool(rows["lines"])

            await both.until(begun)
            both.cutter.close()
        assert answers[0].status_code == 504, answers[0].text
        assert answers[0].json()["type"].endswith("outcome-unknown")
        [row] = await both.get("/api/v1/sites/1/commands")
        command = row["id"]
        assert row["status"] == "unknown"
        register.heal()

        async def made() -> bool:
            return any(line.kind == "open_shift" for line in register.book())

        await both.until(made)
        both.cutter.open = True

        async def settled() -> bool:
            row: dict[str, Any] = await both.get(f"/api/v1/sites/1/commands/{command}")
            return bool(row["status"] == "done")

        await both.until(settled)
        row = await both.get(f"/api/v1/sites/1/commands/{command}")
        assert (row["code"], row["result"]["shift"]) == (200, 1)
        assert sum(line.kind == "open_shift" for line in register.book()) == 1


async def test_a_centre_that_was_put_back_gets_no_old_answers_to_new_commands(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        register = both.near.registers[0]
        copy = await both.backup(both.far)
        opened = await both.ask("POST", f"/api/v1/kkt/shop/{register.eip}/open_shift")
        assert opened.status_code == 200
        await both.far.stop()
        restore(copy, both.far.folder, nothing_made_since=True)
        await both.far.start()
        await both.connected()
        closed = await both.ask("POST", f"/api/v1/kkt/shop/{register.eip}/close_shift")
        assert closed.status_code == 200
        assert [line.kind for line in register.book()][1:] == ["open_shift", "close_shift"]


async def test_an_organisation_sees_its_registers_only(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        for inn, seen in ((INN, 1), (OTHER_INN, 0)):
            async with both.far.client(both.far.token("operator", inn)) as client:
                assert len((await client.get("/api/v1/kkt")).json()) == seen
                assert (await client.get("/api/v1/sites")).json() == []
                eip = f"shop/{both.near.registers[0].eip}"
                assert (await client.get(f"/api/v1/kkt/{eip}")).status_code == (200 if seen else 404)
                answer = await client.post(f"/api/v1/kkt/{eip}/x_report")
                assert answer.status_code == (204 if seen else 404)


async def test_a_site_of_one_organisation_shows_no_other(tmp_path: Path) -> None:
    async with two(tmp_path, inn=INN, registers=1) as both:
        answer = await both.ask("POST", "/fcircuit", {"inn": OTHER_INN, "title": "Other"}, near=True)
        register = await both.near.add_register(OTHER_INN)
        said = {"type": "terminalfa", "eip": register.eip}
        added = await both.ask("POST", f"/fcircuit/{answer.json()['id']}/fr", said, near=True)
        assert added.status_code == 201, added.text

        async def told() -> bool:
            known = await both.get("/api/v1/sites/1")
            here = await both.get("/api/v1/kkt", near=True)
            return len(known["circuits"]) == 1 and len(here) == 2

        await both.until(told)
        await trio.sleep(0.5)
        assert len(await both.get("/api/v1/kkt")) == 1


async def test_a_revoked_token_ends_the_link_and_opens_nothing(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        assert (await both.ask("DELETE", "/api/v1/sites/1")).status_code == 204

        async def is_out() -> bool:
            return bool((await both.state())["condition"] == "revoked" and both.far.service is not None)

        await both.until(is_out)
        renewed = await both.ask("POST", "/api/v1/sites/1/token")
        assert renewed.json()["token"] != both.site["token"]
        async with both.far.client(renewed.json()["token"]) as client:
            for path in ("/api/v1/kkt", "/api/v1/sites", "/api/v1/receipts", "/frs"):
                assert (await client.get(path)).status_code == 403


async def test_the_stream_tells_of_sites_and_their_registers(tmp_path: Path) -> None:
    async with two(tmp_path) as both:
        assert both.far.service is not None
        url = both.far.service.addresses[0].replace("http", "ws") + "/api/v1/stream"
        headers = [(b"Authorization", f"Bearer {both.far_token}".encode())]
        async with open_websocket_url(url, extra_headers=headers) as socket:
            with trio.fail_after(60):
                await socket.send_message('{"op":"subscribe","topics":["kkt","sites"]}')
                told = ""
                while '"snapshot"' not in told:
                    told = str(await socket.get_message())
                assert f'"shop/{both.near.registers[0].eip}"' in told
                assert '"topic":"sites","key":"shop"' in told
                target = f"kkt/shop/{both.near.registers[0].eip}"
                await socket.send_message(f'{{"op":"command","id":1,"target":"{target}","name":"x_report"}}')
                while '"reply"' not in told:
                    told = str(await socket.get_message())
                assert '"status":204' in told
                both.cutter.close()
                while '"condition":"away"' not in told:
                    told = str(await socket.get_message())
