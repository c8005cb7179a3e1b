"""Receipts over HTTP, as an integrator posts them, asks for them, takes them back and settles them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kassanet.edge.posted import item, receipt
from tests.kassanet.service.premises import INN, OTHER_INN, Premises, Register, premises
from tests.kassanet.service.shop import Shop

NDJSON = {"Content-Type": "application/x-ndjson"}


async def test_a_receipt_becomes_a_document_and_says_which(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        [register] = place.registers
        posted = await shop.http.post(shop.path, json=receipt())
        assert posted.status_code == 202
        number = posted.json()["id"]
        assert posted.json() == {
            "id": number,
            "external_id": "order-1001",
            "status": "queued",
            "circuit_id": shop.circuit,
        }
        made = await shop.becomes(number, "fiscalized")
        [document] = register.made()
        assert made["fiscal"] == {
            "fn": register.device.fn.serial,
            "fd": document.fd,
            "fpd": document.fpd,
            "shift": 1,
            "receipt_number": 1,
            "at": made["fiscal"]["at"],
            "kkt": register.eip,
            "qr": made["fiscal"]["qr"],
        }
        assert f"&i={document.fd}&fp={document.fpd}&n=1" in made["fiscal"]["qr"]
        assert made["request"]["items"] == [item(method=None)]
        history = (await shop.http.get(f"/api/v1/receipts/{number}/history")).json()
        assert [(line["revision"], line["status"]) for line in history] == [
            (1, "queued"),
            (2, "assigned"),
            (3, "fiscalized"),
        ]
        assert made["revision"] == 3


async def test_repeats_get_the_first_answer_and_other_content_is_refused(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        number = await shop.post(external_id="order-1")
        await shop.ended(number)
        same = receipt(external_id="order-1", callback_url="http://elsewhere.example/", items=[item(quantity="1")])
        for said in (receipt(external_id="order-1"), dict(reversed(same.items()))):
            repeat = await shop.http.post(shop.path, json=said)
            assert (repeat.status_code, repeat.json()["id"], repeat.json()["status"]) == (200, number, "fiscalized")
        other = await shop.http.post(shop.path, json=receipt(external_id="order-1", tax_system="osn"))
        assert other.status_code == 409
        assert other.json()["type"].endswith(":other-content")
        assert len(place.registers[0].made()) == 1
        await place.restart()
        await shop.again()
        assert (await shop.http.post(shop.path, json=receipt(external_id="order-1"))).json()["id"] == number


async def test_keys_belong_to_a_circuit(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        ids = set()
        for _ in range(2):
            shop.circuit = await shop.create_circuit()
            ids.add(await shop.post(external_id="order-1"))
        assert len(ids) == 2


async def test_a_cancelled_or_refused_receipt_keeps_its_key(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        number = await shop.post(external_id="order-1")
        cancelled = await shop.http.post(f"/api/v1/receipts/{number}/cancel", json={"reason": "mistake"})
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
        assert cancelled.json()["reason"] == "mistake"
        repeat = await shop.http.post(shop.path, json=receipt(external_id="order-1"))
        assert (repeat.status_code, repeat.json()["id"], repeat.json()["status"]) == (200, number, "cancelled")
        again = await shop.http.post(f"/api/v1/receipts/{number}/cancel")
        assert again.status_code == 409
        assert "cancelled" in again.json()["detail"]


async def test_what_was_cancelled_is_never_made(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        numbers = [await shop.post() for _ in range(6)]
        for number in numbers[::2]:
            assert (await shop.http.post(f"/api/v1/receipts/{number}/cancel")).status_code == 200
        [register] = place.registers
        await shop.add(register.eip)
        await shop.http.patch(f"/frs/{register.eip}/activate")
        ended = await shop.ended(*numbers)
        assert [each["status"] for each in ended] == ["cancelled", "fiscalized"] * 3
        assert len(register.made()) == 3
        late = await shop.http.post(f"/api/v1/receipts/{numbers[1]}/cancel")
        assert (late.status_code, late.json()["type"].rsplit(":", 1)[1]) == (409, "status")


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"items": [item(vat="vat22")]}, {"items[0].vat"}),
        ({"items": [item(), item(name="漢字", vat="vat5")]}, {"items[1].name", "items[1].vat"}),
        ({"payments": {"cash": 1}}, {"payments"}),
        ({"kind": "sell_correction", "customer": None}, {"correction"}),
    ],
)
async def test_what_can_never_be_made_is_refused_at_once(
    tmp_path: Path, changes: dict[str, Any], paths: set[str]
) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        items = changes.get("items", [item()])
        said = receipt(**{"payments": {"cashless": 50000 * len(items)}, **changes})
        refused = await shop.http.post(shop.path, json=said)
        assert refused.status_code == 422
        assert paths <= {error["path"] for error in refused.json()["errors"]}
        assert (await shop.http.get(shop.path)).json()["receipts"] == []


@pytest.mark.parametrize("many", [False, True])
async def test_a_repeat_is_answered_even_if_it_would_be_refused_today(tmp_path: Path, many: bool) -> None:
    """It was accepted before the circuit had this register: the same request still gets the same answer."""

    async def post(said: dict[str, Any]) -> tuple[int, int | None]:
        body = json.dumps(said) + "\n"
        if not many:
            answer = await shop.http.post(shop.path, content=body)
            return answer.status_code, answer.json().get("id")
        [line] = (await shop.http.post(shop.path, content=body, headers=NDJSON)).text.splitlines()
        told = json.loads(line)
        return told["status_code"], told.get("id")

    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        odd = receipt(items=[item(vat="vat22")])
        accepted, number = await post(odd)
        assert accepted == 202
        await shop.add(place.registers[0].eip)
        assert await post(odd) == (200, number)
        assert (await post({**odd, "tax_system": "osn"}))[0] == 409
        assert (await post({**odd, "external_id": "order-1002"}))[0] == 422


async def test_a_stream_of_receipts_good_and_bad(tmp_path: Path) -> None:
    """Good lines are accepted, bad ones named, wherever they stand; a repeat of the whole changes nothing."""
    async with premises(tmp_path, 2) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        good = [json.dumps(receipt(external_id=f"line-{number}"), ensure_ascii=False) for number in range(600)]
        bad = {
            3: "{not json",
            10: json.dumps(receipt(external_id="line-bad", payments={"cash": 1})),
            11: "[1,2,3]",
            255: json.dumps(receipt(external_id="line-4", tax_system="osn")),
            256: '{"external_id": "' + "x" * 300_000 + '"}',
            257: "\x00\x01",
            599: json.dumps(receipt(external_id="line-1")),
        }
        lines = [bad.get(number, line) for number, line in enumerate(good, 1)]
        body = "\n".join(lines).encode() + b"\n\n" + b"\xff\xfe{}\n"
        answer = await shop.http.post(shop.path, content=body, headers=NDJSON)
        assert answer.status_code == 200
        told = {line["line"]: line for line in map(json.loads, answer.text.splitlines())}
        assert set(told) == {*range(1, 601), 602}
        codes = {number: line["status_code"] for number, line in told.items() if line["status_code"] != 202}
        assert codes == {3: 400, 10: 422, 11: 422, 255: 409, 256: 413, 257: 400, 599: 200, 602: 400}
        assert told[599]["id"] == told[2]["id"]
        assert told[10]["problem"]["errors"][0]["path"] == "payments"
        assert all(line["status"] == "queued" for line in told.values() if line["status_code"] == 202)
        again = await shop.http.post(shop.path, content=body, headers=NDJSON)
        repeated = {line["line"]: line for line in map(json.loads, again.text.splitlines())}
        for number, line in told.items():
            expected = 200 if line["status_code"] == 202 else line["status_code"]
            assert repeated[number]["status_code"] == expected
            assert repeated[number].get("id") == line.get("id")


async def test_listing_filters_and_pages(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        made = [await shop.post(items=[item(price=100 + n)], payments={"cash": 100 + n}) for n in range(5)]
        await shop.ended(*made)
        await shop.http.patch(f"/frs/{place.registers[0].eip}/deactivate")
        await shop.condition(place.registers[0].eip, "inactive")
        waiting = [await shop.post() for _ in range(5)]
        other = await shop.create_circuit(OTHER_INN)

        async def found(query: str, path: str = "/api/v1/receipts") -> list[int]:
            answer = await shop.http.get(f"{path}?{query}")
            assert answer.status_code == 200, answer.text
            return [each["id"] for each in answer.json()["receipts"]]

        every = sorted(made + waiting, reverse=True)
        assert await found("") == every
        assert await found("", shop.path) == every
        assert await found("", f"/api/v1/circuits/{other}/receipts") == []
        assert await found(f"circuit_id={other}") == []
        assert await found("status=queued") == waiting[::-1]
        assert await found("status=fiscalized") == made[::-1]
        assert await found("total=102") == [made[2]]
        assert await found("external_id=order-4") == [made[3]]
        fiscal = (await shop.receipt(made[1]))["fiscal"]
        assert await found(f"fn={fiscal['fn']}&fd={fiscal['fd']}") == [made[1]]
        accepted = (await shop.receipt(waiting[0]))["accepted_at"].replace("+00:00", "Z")
        assert set(await found(f"since={accepted}")) >= set(waiting[1:])
        assert set(await found(f"until={accepted}")) >= set(made)
        assert not set(await found(f"until={accepted}")) & set(waiting[1:])

        pages, cursor = [], ""
        while True:
            page = (await shop.http.get(f"/api/v1/receipts?limit=3{cursor}")).json()
            pages.append([each["id"] for each in page["receipts"]])
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert pages == [every[0:3], every[3:6], every[6:9], every[9:]]


async def make_manual(
    place: Premises, shop: Shop, register: Register, callback_url: str | None = None
) -> dict[str, Any]:
    """A receipt whose document nobody can be sure of: two that fit stand in the archive, without a mark."""
    storage = register.device.storage
    assert storage is not None
    storage.limits.archive_mark = False
    register.device.settings.archive_limit = 120
    register.disturb("24", "power_cycle", at=1, seconds=600, nth=1)
    number = await shop.post(callback_url=callback_url)
    await shop.becomes(number, "unknown")
    await make_behind_our_back(register, (await shop.receipt(number))["total"])
    register.device.power.restore()
    return await shop.becomes(number, "manual")


async def make_behind_our_back(register: Register, total: int) -> None:
    """Somebody else's receipt, at once and without the wire."""
    from kassanet.sandbox.fiscal_storage import Current, Draft
    from schemas.receipts import Payments

    storage = register.device.storage
    assert storage is not None
    storage.begin(Current.RECEIPT, register.device.now())
    storage.commit(Draft(settlement=1, total=total, payments=Payments(cashless=total)), register.device.now())


async def test_manual_is_settled_by_a_person(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        doubtful = await make_manual(place, shop, register)
        number, window = doubtful["id"], doubtful["window"]
        fn, first, last = window["fn"], window["first"], window["last"]
        assert (fn, last - first) == (register.device.fn.serial, 1)
        assert doubtful["reason"]
        assert (await shop.ended(await shop.post()))[0]["status"] == "fiscalized"  # manual does not hold the register

        path = f"/api/v1/receipts/{number}/resolve"
        for said, status in (
            ({"verdict": "fiscalized", "fn": fn, "fd": first}, 422),  # without a reason
            ({"verdict": "fiscalized", "reason": "seen"}, 422),
            ({"verdict": "fiscalized", "fn": fn, "fd": 1, "reason": "seen"}, 422),  # the registration
            ({"verdict": "fiscalized", "fn": fn, "fd": 999, "reason": "seen"}, 422),
            ({"verdict": "fiscalized", "fn": "9" * 16, "fd": first, "reason": "seen"}, 409),
            ({"verdict": "fiscalized", "fn": fn, "fd": first - 1, "reason": "seen"}, 409),  # answers the first receipt
            ({"verdict": "perhaps", "reason": "seen"}, 422),
        ):
            refused = await shop.http.post(path, json=said)
            assert refused.status_code == status, (said, refused.text)
            assert (await shop.receipt(number))["status"] == "manual"
        said = {"verdict": "fiscalized", "fn": fn, "fd": first, "reason": "seen on the tape"}
        settled = await shop.http.post(path, json=said)
        assert settled.status_code == 200
        assert settled.json()["fiscal"]["fd"] == first
        assert settled.json()["fiscal"]["fpd"] == next(line.fpd for line in register.book() if line.fd == first)
        history = (await shop.http.get(f"/api/v1/receipts/{number}/history")).json()
        assert history[-1]["status"] == "fiscalized"
        assert "seen on the tape" in history[-1]["detail"]
        assert "token" in history[-1]["detail"]
        assert (await shop.http.post(path, json=said)).status_code == 409


async def test_one_document_never_answers_two_receipts(tmp_path: Path) -> None:
    """UNIQUE: also when a person says so, and everything about the two is equal."""
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        one, two = [await make_manual(place, shop, register) for _ in range(2)]
        claim = {"verdict": "fiscalized", "fn": one["window"]["fn"], "fd": one["window"]["first"], "reason": "mine"}
        answers = [await shop.http.post(f"/api/v1/receipts/{each['id']}/resolve", json=claim) for each in (one, two)]
        assert [answer.status_code for answer in answers] == [200, 409]
        assert answers[1].json()["type"].endswith(":fd-taken")
        assert f"receipt {one['id']}" in answers[1].json()["detail"]


@pytest.mark.parametrize(("verdict", "ends", "made"), [("absent", "fiscalized", 1), ("cancelled", "cancelled", 0)])
async def test_the_other_verdicts(tmp_path: Path, verdict: str, ends: str, made: int) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        doubtful = await make_manual(place, shop, register)
        before = len(register.made())
        said = {"verdict": verdict, "reason": "looked at the tape"}
        answer = await shop.http.post(f"/api/v1/receipts/{doubtful['id']}/resolve", json=said)
        assert answer.status_code == 200
        [ended] = await shop.ended(doubtful["id"])
        assert ended["status"] == ends
        assert len(register.made()) == before + made


async def test_only_what_is_manual_is_settled_by_hand(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        number = await shop.post()
        await shop.ended(number)
        said = {"verdict": "absent", "reason": "I want another"}
        refused = await shop.http.post(f"/api/v1/receipts/{number}/resolve", json=said)
        assert refused.status_code == 409
        assert "fiscalized" in refused.json()["detail"]
        assert len(place.registers[0].made()) == 1


async def test_what_does_not_exist_is_404(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        number = await shop.post()
        for method, path in (
            ("POST", "/api/v1/circuits/99/receipts"),
            ("GET", "/api/v1/circuits/99/receipts"),
            ("GET", "/api/v1/receipts/99"),
            ("GET", "/api/v1/receipts/99/history"),
            ("POST", "/api/v1/receipts/99/cancel"),
            ("POST", "/api/v1/receipts/99/resolve"),
            ("GET", "/api/v1/receipts/99/callbacks"),
            ("POST", f"/api/v1/receipts/{number}/callbacks/99/retry"),
            ("GET", f"/api/v1/receipts/{10**30}"),
            ("POST", f"/api/v1/receipts/{number}/callbacks/{10**30}/retry"),
            ("GET", f"/api/v1/circuits/{10**30}/receipts"),
            ("GET", "/api/v1/receipts/-1"),
            ("GET", "/api/v1/receipts/one"),
        ):
            answer = await shop.http.request(method, path, json={})
            assert answer.status_code == 404, (method, path, answer.text)
            assert answer.json()["status"] == 404


async def test_all_kinds_in_one_day(tmp_path: Path) -> None:
    """Every kind of receipt through the whole service, on registers of both types, judged by the books."""
    kinds = ["sell", "sell_refund", "buy", "buy_refund", "sell_correction", "buy_correction"]
    async with premises(tmp_path, 2) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        for register, kind in zip(place.registers, ("terminalfa", "pkfa12"), strict=True):
            await shop.add(register.eip, kind=kind)
            await shop.http.patch(f"/frs/{register.eip}/activate")
        numbers = []
        for kind in kinds * 4:
            why = {"type": "order", "date": "2026-11-01", "number": "17"} if "correction" in kind else None
            numbers.append(await shop.post(kind=kind, correction=why, customer=None))
        ended = await shop.ended(*numbers)
        assert {each["status"] for each in ended} == {"fiscalized"}
        made = {(r.device.fn.serial, line.fd): line.kind for r in place.registers for line in r.made()}
        assert {(each["fiscal"]["fn"], each["fiscal"]["fd"]): each["kind"] for each in ended} == made
        assert all(register.made() for register in place.registers)
        assert place.registers[0].device.registration.inn == INN
