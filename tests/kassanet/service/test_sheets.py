"""What support and accountants take away: attempts and their bytes, the QR code, the table for a spreadsheet."""

import contextlib
import csv
import io
import sqlite3
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from kassanet.edge import receipts_csv
from kassanet.edge.receipts_csv import plain
from tests.kassanet.service.premises import OTHER_INN, premises
from tests.kassanet.service.shop import Shop, until


async def test_an_attempt_shows_what_went_over_the_wire(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        number = await shop.post()
        await shop.ended(number)
        [attempt] = (await shop.http.get(f"/api/v1/receipts/{number}/attempts")).json()
        fiscal = (await shop.receipt(number))["fiscal"]
        assert (attempt["state"], attempt["fd"], attempt["fn"]) == ("fiscalized", fiscal["fd"], fiscal["fn"])
        assert attempt["fd_before"] < fiscal["fd"]
        path = f"/api/v1/receipts/{number}/attempts/{attempt['id']}/exchange"
        told = (await shop.http.get(path)).json()
        assert told["complete"] is True
        assert {piece["sent"] for piece in told["pieces"]} == {True, False}
        assert all(piece["hex"].startswith("b6") for piece in told["pieces"] if piece["sent"])
        assert (await shop.http.get(path.replace("attempts/", "attempts/9"))).status_code == 404
        await place.restart()
        await shop.again()
        forgotten = (await shop.http.get(path)).json()
        assert (forgotten["pieces"], forgotten["complete"]) == ([], False)
        async with place.client(place.token("admin", OTHER_INN)) as stranger:
            assert (await stranger.get(path)).status_code == 404


async def test_bytes_of_an_outcome_in_doubt_outlive_a_restart(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        register.disturb("24", "power_cycle", at=1, seconds=600, nth=1)
        number = await shop.post()
        await shop.becomes(number, "unknown")
        [attempt] = (await shop.http.get(f"/api/v1/receipts/{number}/attempts")).json()
        [file] = place.folder.rglob("*.db")

        async def kept() -> bool:
            with contextlib.closing(sqlite3.connect(file)) as journal:
                return journal.execute("SELECT 1 FROM exchanges").fetchone() is not None

        await until(kept, "the bytes to be on disk")
        await place.restart()
        await shop.again()
        told = (await shop.http.get(f"/api/v1/receipts/{number}/attempts/{attempt['id']}/exchange")).json()
        assert any(piece["sent"] for piece in told["pieces"])
        register.device.power.restore()
        await shop.ended(number)


async def test_a_fiscal_document_has_a_qr_code(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("viewer")) as looker:
        async with Shop(place, place.token("admin")) as shop:
            await shop.open()
            number = await shop.post()
            await shop.ended(number)
        answer = await looker.http.get(f"/api/v1/receipts/{number}/qr.svg")
        assert answer.headers["Content-Type"] == "image/svg+xml"
        picture = ElementTree.fromstring(answer.text)
        assert picture.tag.endswith("svg")
        assert (await looker.http.get("/api/v1/receipts/99/qr.svg")).status_code == 404


async def test_the_table_holds_everything_that_the_search_finds(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        numbers = [await shop.post(external_id=f"=order-{number}") for number in range(5)]
        await shop.ended(*numbers)
        answer = await shop.http.get("/api/v1/receipts.csv?separator=semicolon&zone=180")
        assert answer.headers["Content-Disposition"].endswith('"receipts.csv"')
        assert answer.content.startswith(receipts_csv.BOM)
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
        assert [int(row["id"]) for row in rows] == sorted(numbers, reverse=True)
        assert {row["total"] for row in rows} == {"500,00"}
        assert rows[-1]["external_id"] == "'=order-0"
        found = await shop.http.get("/api/v1/receipts.csv?external_id==order-3")
        assert len(found.text.splitlines()) == 2
        of_one = await shop.http.get(f"/api/v1/receipts?kkt={place.registers[0].eip}")
        assert len(of_one.json()["receipts"]) == 5
        for wrong in ("separator=tab", "zone=9999", "zone=x", "status=lost", "colour=red"):
            assert (await shop.http.get(f"/api/v1/receipts.csv?{wrong}")).status_code == 422


async def test_long_tables_are_read_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts_csv, "MOST", 3)
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        await shop.create_circuit()
        shop.circuit = 1
        for number in range(7):
            await shop.post(external_id=f"order-{number}")
        answer = await shop.http.get("/api/v1/receipts.csv")
        assert len(answer.text.splitlines()) == 8


def test_no_cell_is_a_formula() -> None:
    assert [plain(text) for text in ("=1+1", "+7", "-1", "@x", "\tx", "plain", "")] == [
        "'=1+1", "'+7", "'-1", "'@x", "'\tx", "plain", "",
    ]  # fmt: skip
