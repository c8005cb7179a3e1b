"""Programs that know CashDesk: a whole day over HTTP, with a real agent and the simulated tax service."""

import io
import threading
from base64 import b64decode
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest
import trio
import zxingcpp
from msgspec.structs import replace
from PIL import Image

from kassanet import logs
from kassanet.edge.cashdesk import asking, telling
from kassanet.edge.prro_documents import PAINTERS, Painter
from schemas.records import NotFound
from tests.kassanet.service.counter import LOGIN, PASSWORD, Counter, counter, register, soap, text
from tests.kassanet.service.premises import Premises
from tests.kassanet.service.shop import until
from tests.kassanet.service.tax_office import COFFEE, DESK, REGISTER
from transports.prro.documents import Document

FREE = REGISTER + 1
JSON = {"Content-Type": "application/json"}
FORM_TYPE = "application/x-www-form-urlencoded"
FORM = {
    "num_fiscal": REGISTER, "external_id": "form-1", "total_sum": 1260, "round_sum": 3, "no_qr": 1, "no_text_print": 1,
    "products[0][name]": "Мило", "products[0][price]": 1257, "products[0][letters]": "А", "products[0][tax_prc]": 20,
    "payments[0][code]": 0, "payments[0][sum]": 1260,
}  # fmt: skip


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged meanwhile, as in life."""
    stream = io.StringIO()
    logs.configure("info", stream)
    yield stream
    logs.configure("info", io.StringIO())


async def test_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PAGE", 2)
    async with counter(tmp_path) as (office, _, desk, program):
        await _come_in(program)
        sold = await _first_sale(program)
        back = await program.sell(action_type="RETURN", order_ret_num=sold["fiscal_number"])
        assert (back["doc_type"], back["total_sum"], back["local_number"]) == ("RETURN", 1260, 3)
        mistake = await program.sell(payments=[{"code": 1, "sum": 1257}], total_sum=1257, round_sum=None)
        undone = await program.do("/check/storno", order_storno_num=mistake["fiscal_number"])
        assert (undone["doc_type"], undone["total_sum"], undone["local_number"]) == ("STORNO", 0, 5)
        await _cash_in_and_out(program)
        await _looked_at(program, sold)
        report = await program.do("/shift/xReport")
        assert report["sales"] == {
            "count": 1,
            "total_sum": 1260,
            "payments": [{"code": 0, "name": "ГОТІВКА", "sum": 1260}],
            "taxes": [{"letters": "А", "tax_prc": 20.0, "turnover": 1257, "sum": 210}],
        }
        assert (report["returns"]["total_sum"], report["service_input"], report["check"]) == (1260, 10_000, None)
        assert "X-ЗВІТ" in text(report)
        await _closing_time(program, report)
        kinds = [each["kind"] for each in await desk.documents()]
        assert kinds == [
            "close_shift", "z_report", "service_out", "service_in", "storno", "sale", "return", "sale", "open_shift",
        ]  # fmt: skip
        assert len(office.registered()) == len(kinds)
        assert {entry.document.head.cashier for entry in office.registered()} == {"Бойко Петро"}


async def _come_in(program: Counter) -> None:
    """Sign in, see the registers: the question goes through the agent to the tax service."""
    del program.http.headers["Authorization"]
    signed_in = (await program.ask("/authenticate", {"email": LOGIN, "password": PASSWORD})).json()
    assert signed_in["user"]["full_name"] == "Бойко Петро"
    assert (signed_in["active_rro"], signed_in["opened_shift"], signed_in["developer_id"]) == (True, 0, "tests")
    program.bears(signed_in["token"])
    [unit] = (await program.ask("/tax_objects")).json()["data"]
    assert [(each["num_fiscal"], each["available"]) for each in unit["registers"]] == [(REGISTER, True), (FREE, False)]
    assert unit["registers"][0]["shift"] == {"state": "CLOSED", "offline": False, "open_date": None}
    empty = await program.do("/shift/lastCheck", shift=False)
    assert set(empty.values()) == {None}
    zeros = await program.do("/shift/xReport", shift=False)
    assert (zeros["shift_open"], zeros["sales"]["count"], "X-ЗВІТ" in text(zeros)) == (False, 0, True)


async def _first_sale(program: Counter) -> Any:  # noqa: ANN401 - JSON
    """Opens the shift by itself; cash is rounded."""
    sold = await program.sell(external_id="order-1", width=32)
    assert (sold["status"], sold["local_number"], sold["total_sum"]) == ("DONE", 2, 1260)
    assert f"{'Заокруглення':28}0.03" in text(sold).splitlines()
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(b64decode(sold["qr"]))))
    assert code.text == sold["link"]
    assert await program.sell(external_id="order-1", width=32) == sold
    as_form = await program.http.post(f"{program.base}/check/sale", data={**FORM, "external_id": "order-1"})
    assert (as_form.json()["id"], as_form.json()["text_print"]) == (sold["id"], None)
    changed = await program.ask("/check/sale", {"num_fiscal": REGISTER, "external_id": "order-1", **soap(comment="!")})
    assert (changed.status_code, changed.json()["code"]) == (409, "other-content")
    last = await program.do("/shift/lastCheck")
    assert (last["id"], last["local_number"], last["fiscal_number"]) == (sold["id"], 2, sold["fiscal_number"])
    one = (await program.get(f"/tax_objects/{REGISTER}")).json()["data"]
    assert (one["shift"]["state"], one["state"], one["tin"]) == ("OPENED", "online", DESK["tin"])
    return sold


async def _cash_in_and_out(program: Counter) -> None:
    await program.do("/check/service", action_type="SERVICE_INPUT", total_sum=10_000)
    taken = await program.do("/check/service", action_type="SERVICE_OUTPUT", sum=5000, no_text_print=True, no_qr=True)
    assert (taken["doc_type"], taken["text_print"], taken["qr"]) == ("SERVICE_OUT", None, None)
    last = await program.do("/shift/lastCheck")
    assert (last["id"], last["local_number"], last["total_sum"]) == (taken["id"], None, 5000)
    assert await program.do("/shift/ping") == {"num_fiscal": REGISTER, "online": True, "shift_open": True}


async def _looked_at(program: Counter, sold: dict[str, Any]) -> None:
    path = f"/checks/{sold['id']}"
    assert (await program.get(f"{path}/text?width=32")).text == text(sold)
    assert "<svg" in (await program.get(f"{path}/html")).text
    picture = await program.get(f"{path}/png?width=32")
    assert picture.headers["Content-Type"] == "image/png"
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)))
    assert code.text == sold["link"]


async def _closing_time(program: Counter, report: dict[str, Any]) -> None:
    closed = await program.do("/shift", shift=False, action_type="CLOSE_SHIFT", external_id="close-1")
    last = await program.do("/shift/lastCheck", shift=False)
    assert (last["doc_type"], last["total_sum"]) == ("SERVICE_OUT", 5000)
    assert (closed["shift_open"], closed["check"]["doc_type"]) == (False, "CLOSE_SHIFT")
    assert closed["z_report"]["sales"] == report["sales"]
    assert "Z-ЗВІТ" in text(closed["z_report"])
    assert await program.do("/shift", shift=False, action_type="CLOSE_SHIFT", external_id="close-1") == closed
    assert await program.do("/shift/zReport", shift=False) == closed["z_report"]
    again = await program.ask("/shift", {"num_fiscal": REGISTER, "action_type": "CLOSE_SHIFT"})
    assert (again.status_code, again.json()["code"], again.headers["Shift-state"]) == (409, "shift", "false")


async def test_keys_refusals_and_a_report_that_closes(tmp_path: Path) -> None:
    async with counter(tmp_path, "/cashdesk/api/v2") as (office, _, _desk, program):
        none = await program.ask("/shift/zReport", {"num_fiscal": REGISTER})
        assert (none.status_code, none.json()["code"]) == (409, "shift")
        opened = await program.do("/shift", action_type="OPEN_SHIFT")
        assert (opened["check"]["local_number"], opened["z_report"]) == (1, None)
        await _asked_twice(program)
        refused = await program.ask("/check/storno", {"num_fiscal": REGISTER, "order_storno_num": "1"})
        assert (refused.status_code, refused.json()["code"]) == (422, "refused-by-tax-service"), refused.text
        assert refused.headers["Shift-state"] == "true"
        report = await program.do("/shift/zReport", shift=False)
        assert (report["shift_open"], report["check"]["doc_type"], report["sales"]["count"]) == (False, "Z_REPORT", 4)
        assert len(office.registered()) == 1 + 4 + 2


async def _asked_twice(program: Counter) -> None:
    said = {"num_fiscal": REGISTER, **soap()}
    for header in ("Idempotency-Key", "X-Request-Id"):
        one, two = [await program.ask("/check/sale", said, headers={header: f"by-{header}"}) for _ in range(2)]
        assert one.json() == two.json()
        assert one.json()["external_id"] == f"by-{header}"
    one, two = [await program.ask("/check/sale", said) for _ in range(2)]
    assert one.json()["id"] != two.json()["id"]
    long = await program.ask("/check/sale", said, headers={"Idempotency-Key": "x" * 129})
    assert (long.status_code, list(long.json()["errors"])) == (422, ["Idempotency-Key"])


async def test_offline_and_a_lost_answer(tmp_path: Path) -> None:
    async with counter(tmp_path) as (office, _, desk, program):
        await program.sell()
        office.disturb("SaleGoods", "cut_reply", at=10, nth=1)
        sold = await program.sell(external_id="lost")
        assert sold["status"] == "DONE"
        office.close()
        away = await program.sell(external_id="away")
        assert (away["status"], away["offline"]) == ("OFFLINE", True)
        assert (await program.do("/shift/ping"))["online"] is False
        assert (await program.get(f"/tax_objects/{REGISTER}")).json()["data"]["shift"]["offline"] is True
        nowhere = await program.ask("/tax_objects")
        assert nowhere.status_code == 503
        assert nowhere.json()["code"] in ("tax-server-away", "agent-no-time-stamp")
        assert int(nowhere.headers["Retry-After"]) > 0
        office.reopen()

        async def back() -> bool:
            return await desk.condition() == "online"

        await until(back, "the register to be online again")
        assert (await program.sell(external_id="away"))["status"] == "DONE"


async def test_the_last_check_is_never_the_one_before_it(tmp_path: Path) -> None:
    """Who lost an answer and has no key asks for it, and would sell again if it were not there."""
    async with counter(tmp_path) as (office, shop, _, program):
        shop.config = replace(shop.config, prro=replace(shop.config.prro, offline=False, tick=600.0))
        await shop.restart()
        assert shop.service is not None
        program.http.base_url = shop.service.addresses[0]
        first = await program.sell()
        office.disturb("SaleGoods", "delay", nth=1, seconds=1.0)
        async with trio.open_nursery() as nursery:
            began = len(office.registered())
            nursery.start_soon(partial(program.sell, external_id="slow"))
            await until(partial(_is_on_its_way, shop), "the sale to be on its way")
            last = await program.do("/shift/lastCheck")
        assert len(office.registered()) == began + 1
        assert (last["local_number"], last["status"]) == (first["local_number"] + 1, "DONE")
        office.disturb("SaleGoods", "status", at=503)
        lost = await program.ask("/check/sale", {"num_fiscal": REGISTER, **soap()})
        assert (lost.status_code, lost.json()["status"]) == (202, "PENDING")
        last = await program.do("/shift/lastCheck")
        assert (last["id"], last["status"], last["fiscal_number"]) == (lost.json()["id"], "PENDING", None)


async def _is_on_its_way(shop: Premises) -> bool:
    assert shop.service is not None
    prros = shop.service.prro.prros
    [register] = prros.rows
    try:
        return (await prros.by_key(register, "slow")).status == "stored"
    except NotFound:
        return False


async def test_no_whole_card_number_is_kept_or_shown(tmp_path: Path, log: io.StringIO) -> None:
    """Programs are asked for a masked one, and some send what they have."""
    number = "4111111111111111"
    async with counter(tmp_path) as (office, _, desk, program):
        paid = {"code": 1, "sum": 1257, "card_mask": number}
        sold = await program.sell(external_id="card", payments=[paid], total_sum=1257, round_sum=0)
        assert "************1111" in text(sold)
        again = {"code": 1, "sum": 1257, "pan": number}
        assert await program.sell(external_id="card", payments=[again], total_sum=1257, round_sum=0) == sold
        coffee = {**COFFEE, "payments": [{"form": 1, "sum": 4500, "slip": {"card": number}}]}
        await desk.do("card-2", coffee)
        assert len(office.registered()) == 3
        shown = (await program.get(f"/checks/{sold['id']}/html")).text
    kept = _everything_in(tmp_path)
    assert number.encode() not in kept
    assert number not in shown + log.getvalue()


def _everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


WRONG: tuple[tuple[str, dict[str, Any], list[str]], ...] = (
    ("/check/sale", {"total_sum": 1257}, ["total_sum"]),
    ("/check/sale", {"products": []}, ["products"]),
    ("/check/sale", {"products": [{"name": "Мило", "price": 12.57}]}, ["products[0].price"]),
    ("/check/sale", {"products": [{"name": "Мило", "price": 1257, "letters": "Я"}]}, ["products[0].letters"]),
    ("/check/sale", {"payments": [{"type": "BARTER", "sum": 1}], "round_sum": None}, ["payments[0].type"]),
    ("/check/sale", {"products": [{"name": "漢字", "price": 1257}]}, ["products[0].name"]),
    ("/check/sale", {"payments": [{"code": 0, "sum": 1260, "provided": 1}]}, ["payments[0].provided"]),
    ("/check/sale", {"num_fiscal": "many"}, ["num_fiscal"]),
    ("/check/service", {"action_type": "SERVICE_INPUT", "total_sum": 0}, ["total_sum"]),
    ("/check/service", {"action_type": "GIFT"}, ["action_type"]),
    ("/check/storno", {}, ["order_storno_num"]),
    ("/shift", {"action_type": "Z"}, ["action_type"]),
    ("/shift/xReport", {"width": 3}, ["width"]),
)


async def test_what_is_wrong_is_named_and_who_is_let_in(tmp_path: Path) -> None:
    async with counter(tmp_path) as (office, _, desk, program):
        await _wrong(program)
        await _broken(program)
        await _let_in(program)
        [cashier] = (await desk.http.get("/api/v1/prro/cashiers")).json()
        assert (await desk.http.delete(f"/api/v1/prro/cashiers/{cashier['id']}")).status_code == 204
        assert (await program.ask("/shift/ping", {"num_fiscal": REGISTER})).status_code == 401
        assert office.registered() == []
        assert await desk.documents() == []


async def _wrong(program: Counter) -> None:
    for path, change, fields in WRONG:
        answer = await program.ask(path, {"num_fiscal": REGISTER, **soap(), **change})
        found = (answer.status_code, answer.json()["code"], list(answer.json()["errors"]))
        assert found == (422, "invalid", fields), (path, change, answer.text)


async def _broken(program: Counter) -> None:
    for body, status, code in ((b"{", 400, "malformed"), (b"[]", 422, "invalid"), (b"[" * 10**5, 400, "malformed")):
        broken = await program.http.post("/cashdesk/check/sale", content=body, headers=JSON)
        assert (broken.status_code, broken.json()["code"]) == (status, code)
    huge = await program.http.post("/cashdesk/check/sale", content=b" " * (2**21 + 1), headers=JSON)
    assert (huge.status_code, huge.json()["code"]) == (413, "too-large")
    for method, path, status, code in (
        ("GET", "/check", 404, "not-found"),
        ("PUT", "/shift", 405, "method-not-allowed"),
    ):
        nowhere = await program.http.request(method, f"/cashdesk{path}")
        assert (nowhere.status_code, nowhere.json()["code"]) == (status, code)
    text = await program.http.post("/cashdesk/shift/xReport", content=b"{}", headers={"Content-Type": "text/plain"})
    assert (text.status_code, text.json()["code"]) == (415, "unsupported-media-type")
    form = await program.http.post("/cashdesk/check/sale", data={**FORM, "products[0][price]": "dear"})
    assert (form.status_code, list(form.json()["errors"])) == (422, ["products[0].price"])
    form = await program.http.post("/cashdesk/check/sale", content=b"a=1&a=2", headers={"Content-Type": FORM_TYPE})
    assert (form.status_code, form.json()["code"]) == (400, "malformed")


async def _let_in(program: Counter) -> None:
    name = program.http.headers.pop("developer-id")
    for path in ("/shift/xReport", "/authenticate"):
        blocked = await program.ask(path, {"num_fiscal": REGISTER})
        assert (blocked.status_code, blocked.json()["code"]) == (403, "no-developer")
    program.http.headers["developer-id"] = name
    wrong = await program.ask("/authenticate", {"email": LOGIN, "password": "incorrect-horse"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-login")
    nobody = await program.ask("/authenticate", {"password": "incorrect-horse"})
    assert (nobody.status_code, list(nobody.json()["errors"])) == (422, ["email"])
    tries = [await program.ask("/authenticate", {"email": LOGIN, "password": "x"}) for _ in range(6)]
    assert (tries[-1].status_code, tries[-1].json()["code"]) == (429, "too-many-requests")


async def test_strangers_are_not_listened_to_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for a token in a body takes time that others want."""
    monkeypatch.setattr(asking, "STRANGERS", 3)
    monkeypatch.setattr(asking, "STRANGERS_A_SECOND", 1e-6)
    async with counter(tmp_path) as (_, _shop, _desk, program):
        known = program.http.headers.pop("Authorization")
        said = {"num_fiscal": REGISTER, "api_token": "kassa_none"}
        statuses = [(await program.ask("/shift/xReport", said)).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        monkeypatch.setattr(asking, "_in_body", None)
        assert (await program.ask("/shift/xReport", said)).status_code == 429
        answer = await program.ask("/shift/xReport", said, headers={"Authorization": known})
        assert answer.status_code == 200, "whoever shows it at once is nobody's guest"


async def test_a_code_does_not_wait_for_large_pictures() -> None:
    painter, begun, release = Painter(), threading.Semaphore(0), threading.Event()

    def large(*arguments: object) -> bytes:
        begun.release()
        release.wait()
        return b""

    document = cast("Document", None)
    with patch("kassanet.edge.prro_documents.receipt_png", large), patch("kassanet.edge.prro_documents.Response"):
        async with trio.open_nursery() as nursery:
            for _ in range(PAINTERS):
                nursery.start_soon(painter.painted, document, 42, 2)
            for _ in range(PAINTERS):
                await trio.to_thread.run_sync(begun.acquire)
            try:
                with trio.fail_after(60):
                    assert (await painter.code("https://example.org")).startswith(b"\x89PNG")
            finally:
                release.set()


async def test_tokens_come_in_many_ways_and_stay_out_of_every_log(tmp_path: Path, log: io.StringIO) -> None:
    async with counter(tmp_path) as (_, _shop, desk, program):
        token = program.http.headers.pop("Authorization").removeprefix("Bearer ")
        said: dict[str, Any] = {"num_fiscal": REGISTER, "action_type": "OPEN_SHIFT", "external_id": "open"}
        ways: tuple[dict[str, Any], ...] = (
            {"headers": {"token": token}},
            {"params": {"api_token": token}},
            {"headers": {"Authorization": f"bearer {token}"}},
        )
        answers = [await program.ask("/shift", said, **way) for way in ways]
        answers.append(await program.ask("/shift", {**said, "api_token": token}))
        assert [answer.status_code for answer in answers] == [200] * 4, answers[-1].text
        for wrong in ({}, {"params": {"api_token": "kassa_none"}}, {"headers": {"token": "none"}}):
            refused = await program.ask("/shift", said, **wrong)
            assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
        await _every_route_wants_a_cashier(program, desk.http.headers["Authorization"])
        lines = (await desk.http.get("/api/v1/audit?limit=500")).text
        assert lines.count('"route":"/cashdesk/shift"') == 4
        assert '"by":"cashier 1"' in lines
        assert token not in lines + log.getvalue()
        assert "/cashdesk/shift" in log.getvalue()


async def test_a_foreign_register_is_as_one_that_does_not_exist(tmp_path: Path) -> None:
    async with counter(tmp_path) as (office, _, desk, program):
        sold = await program.sell()
        other = {"desk": {**DESK, "register": FREE, "tin": "12345678"}, "key_id": office.key_id}
        assert (await desk.http.post("/api/v1/prro", json=other)).status_code == 201
        told = []
        for number in (FREE, REGISTER + 7):
            answer = await program.ask("/check/sale", {"num_fiscal": number, **soap()})
            assert "Shift-state" not in answer.headers
            told.append((answer.status_code, answer.text.replace(str(number), "N")))
            assert (await program.get(f"/tax_objects/{number}")).status_code == 404
        assert told[0] == told[1]
        assert told[0][0] == 404
        limited = await register(desk, office.key_id, developer="other", login="other", registers=[REGISTER + 5])
        program.bears(limited["token"])
        assert (await program.ask("/shift/ping", {"num_fiscal": REGISTER})).status_code == 404
        theirs, none = await program.get(f"/checks/{sold['id']}/text"), await program.get("/checks/9999/text")
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.text.replace(str(sold["id"]), "N") == none.text.replace("9999", "N")


async def _every_route_wants_a_cashier(program: Counter, person: str) -> None:
    """Everything that stands under the dialect, asked by nobody, and by a person of this service."""
    described = (await program.http.get("/openapi.json")).json()["paths"]
    routes = [(path, method) for path in described if path.startswith("/cashdesk/") for method in described[path]]
    asked = [(path, method) for path, method in routes if method != "parameters" and "authenticate" not in path]
    assert len(asked) == 2 * 13
    for headers in ({}, {"Authorization": person}):
        for path, method in asked:
            address = path.replace("{num_fiscal}", str(REGISTER)).replace("{check_id}", "1")
            body = b"{" if "shift" in path else b""
            answer = await program.http.request(method, address, headers={**JSON, **headers}, content=body)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), (method, path)
