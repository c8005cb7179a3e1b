"""Card payments over HTTP through the whole service to simulated terminals and their bank."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from kassanet.sandbox.smartsale.cards import CARDS
from tests.kassanet.service.premises import INN, OTHER_INN, Premises, premises
from tests.kassanet.service.shop import Shop, until
from tests.kassanet.service.terminals import Bank, Counter, quick


@asynccontextmanager
async def counter(
    folder: Path,
    wiring: str = "kph",
    registers: int = 0,
    **spec: Any,  # noqa: ANN401 - fields of the pinpad
) -> AsyncIterator[tuple[Premises, Bank, Counter]]:
    async with premises(folder, registers, pinpads=quick(folder)) as place, trio.open_nursery() as nursery:
        bank = Bank(nursery)
        await bank.open()
        address = await bank.terminal(wiring=wiring)
        async with place.client(place.token("admin")) as http:
            till = Counter(http)
            allow = [bank.address] if wiring == "pkh" else []
            await till.add(address, wiring=wiring, allow=allow, **spec)
            yield place, bank, till
        await place.stop()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("wiring", ["kph", "pkh"])
async def test_a_payment_a_void_and_a_refund(tmp_path: Path, wiring: str) -> None:
    async with counter(tmp_path, wiring) as (_, bank, till):
        paid = await till.do(amount=120_000)
        assert (paid["status"], paid["result"]["status"], bank.left) == ("approved", 1, 120_000)
        assert "ОДОБРЕНО" in paid["result"]["slips"]["customer"]
        part = await till.do("void", of=paid["id"], amount=20_000)
        assert (part["status"], part["kind"], bank.left) == ("approved", "void", 100_000)
        assert (await till.do("settlement"))["status"] == "approved"
        rest = await till.do("void", of=paid["id"])
        assert (rest["status"], rest["performed"], rest["amount"]) == ("approved", "refund", 100_000)
        shown = await till.show(paid["id"])
        assert (shown["status"], shown["returned"], bank.left) == ("reversed", 120_000, 0)


async def test_all_fifteen_operations(tmp_path: Path) -> None:
    async with counter(tmp_path) as (_, _bank, till):
        paid = await till.do()
        reserved = await till.do("preauthorisation", amount=5000)
        asked: list[tuple[str, dict[str, Any]]] = [
            ("preauthorisation", {"amount": 500, "of": reserved["id"]}),
            ("completion", {"amount": 5100, "of": reserved["id"]}),
            ("top_up", {}),
            ("cash_withdrawal", {}),
            ("balance", {}),
            ("card_data", {}),
            ("connection_check", {}),
            ("receipt_copy", {}),
            ("receipt_copy", {"receipt_number": 1}),
            ("short_report", {}),
            ("full_report", {}),
            ("void", {"of": paid["id"]}),
            ("payment", {}),
            ("emergency_void", {}),
            ("settlement", {}),
            ("refund", {"amount": 100, "rrn": paid["result"]["rrn"], "auth_code": paid["result"]["auth_code"]}),
        ]
        for kind, said in asked:
            done = await till.do(kind, **said)
            assert done["status"] in ("approved", "refused" if kind == "refund" else ""), (kind, done)
        listed = (await till.http.get(f"{till.path}/operations?limit=500")).json()["operations"]
        assert {each["kind"] for each in listed} >= {kind for kind, _ in asked}


async def test_a_repeat_and_a_second_till(tmp_path: Path) -> None:
    async with counter(tmp_path) as (_, bank, till):
        first = await till.ask(external_id="order-1")
        again = await till.ask(external_id="order-1")
        assert (first.status_code, again.status_code) == (202, 200)
        assert (again.json(), bank.left) == (first.json(), 1200)
        other = await till.ask(external_id="order-1", amount=1300)
        assert (other.status_code, other.json()["type"]) == (409, "urn:kassanet:problem:other-content")
        answers: list[int] = []

        async def ask() -> None:
            answers.append((await till.ask()).status_code)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            nursery.start_soon(ask)
        assert sorted(answers) == [202, 409]


@pytest.mark.parametrize(
    ("said", "status", "path"),
    [
        ({"amount": 0}, 422, "amount"),
        ({"amount": -1}, 422, "amount"),
        ({"amount": 10**12}, 422, "amount"),
        ({"amount": "12.00"}, 422, "amount"),
        ({"amount": 1200, "currency": "999"}, 422, "currency"),
        ({"amount": 1200, "currency": "RUB"}, 422, "currency"),
        ({"amount": 1200, "surprise": 1}, 422, "surprise"),
        ({"kind": "robbery"}, 422, "kind"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(
    tmp_path: Path, said: dict[str, Any], status: int, path: str
) -> None:
    async with premises(tmp_path, 0, pinpads=quick(tmp_path)) as place, place.client(place.token("admin")) as http:
        till = Counter(http)
        await till.add("127.0.0.1:1")
        answer = await http.post(f"{till.path}/operations", json={"external_id": "x", "kind": "payment", **said})
        assert (answer.status_code, [error["path"] for error in answer.json()["errors"]]) == (status, [path])
        assert (await http.get(f"{till.path}/operations")).json()["operations"] == []


async def test_a_lost_result_is_settled_on_both_sides(tmp_path: Path) -> None:
    async with counter(tmp_path) as (_, bank, till):
        await till.do()
        for fault in ({"do": "drop_reply"}, {"do": "cut_reply", "at": 7}, {"do": "cut_request", "at": 9}):
            bank.disturb("payment", nth=1, **fault)
            lost = await till.do()
            assert lost["status"] in ("refused", "reversed"), lost
            await until(_is(bank, 1200), f"the bank to agree after {fault}")
        assert (await till.do())["status"] == "approved"


def _is(bank: Bank, left: int) -> Any:  # noqa: ANN401 - a question
    async def so() -> bool:
        return bank.left == left

    return so


async def test_a_payment_outlives_the_service(tmp_path: Path) -> None:
    """Stopped in the middle, started again: the same end."""
    async with counter(tmp_path) as (place, bank, till):
        paid = await till.do()
        await place.restart()
        async with place.client(place.token("admin")) as http:
            till.http = http
            assert await till.show(paid["id"]) == paid
            assert (await till.do("void", of=paid["id"]))["status"] == "approved"
            assert bank.left == 0


async def test_no_card_number_reaches_the_disk_or_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with counter(tmp_path, "pkh") as (place, bank, till):
        await till.do(amount=150_000)  # with a PIN
        bank.disturb("payment", "drop_reply", nth=1)
        await till.do()
        await till.do("card_data")
        await place.stop()
        kept = b"".join(path.read_bytes() for path in place.folder.rglob("*") if path.is_file())
        said = (caplog.text + "".join(capsys.readouterr())).encode()
        for card in CARDS.values():
            for secret in (card.pan, card.track2, card.pan[:12]):
                assert secret.encode() not in kept
                assert secret.encode() not in said
        assert b"0053" in kept, "the masked number is there"


async def test_steps_come_over_the_live_stream(tmp_path: Path) -> None:
    async with counter(tmp_path) as (place, _bank, till):
        assert place.service is not None
        seen: list[str | None] = []
        hub = place.service.pinpads._hub
        hub.listen(lambda: seen.append(getattr(hub.last("pinpads", "1"), "stage", None)))
        await till.do()
        assert {"connecting", "sent", "result"} <= set(seen)


async def test_pinpads_of_another_organisation_do_not_exist(tmp_path: Path) -> None:
    async with premises(tmp_path, 0, pinpads=quick(tmp_path)) as place, place.client(place.token("admin")) as admin:
        till = Counter(admin)
        await till.add("127.0.0.1:1")
        async with place.client(place.token("operator", OTHER_INN)) as http:
            assert (await http.get("/api/v1/pinpads")).json() == []
            assert (await http.get(till.path)).status_code == 404
            assert (await http.post("/api/v1/pinpads", json={"address": "a:1", "inn": INN})).status_code == 404
            made = await http.post("/api/v1/pinpads", json={"address": "a:1", "inn": OTHER_INN})
            assert made.status_code == 201
        async with place.client(place.token("viewer", INN)) as http:
            assert [each["id"] for each in (await http.get("/api/v1/pinpads")).json()] == [1]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"address": "nowhere"}, "address"),
        ({"profile": "unheard"}, "profile"),
        ({"driver": "dc3"}, "driver"),
        ({"settle_at": "25:00"}, "settle_at"),
        ({"allow": ["1.2.3.4:5"]}, "allow"),
        ({"allow": ["1.2.3.4"], "wiring": "pkh"}, "allow[0]"),
        ({"terminal_id": "№ 5"}, "terminal_id"),
        ({"currencies": []}, "currencies"),
    ],
)
async def test_a_pinpad_that_cannot_be(tmp_path: Path, spec: dict[str, Any], path: str) -> None:
    async with premises(tmp_path, 0) as place, place.client(place.token("admin")) as http:
        answer = await http.post("/api/v1/pinpads", json={"address": "127.0.0.1:9000", **spec})
        assert (answer.status_code, [error["path"] for error in answer.json()["errors"]]) == (422, [path])


async def test_adding_switching_and_removing(tmp_path: Path) -> None:
    async with premises(tmp_path, 0, pinpads=quick(tmp_path)) as place, place.client(place.token("admin")) as http:
        till = Counter(http)
        number = await till.add("127.0.0.1:1")
        taken = await http.post("/api/v1/pinpads", json={"address": "127.0.0.1:1"})
        assert (taken.status_code, taken.json()["type"]) == (409, "urn:kassanet:problem:pinpad-exists")
        twin = await http.post("/api/v1/pinpads", json={"address": "127.0.0.1:2", "terminal_id": "50101700"})
        same = await http.post(f"/api/v1/pinpads/{twin.json()['id']}/activate")
        assert (same.status_code, same.json()["type"]) == (409, "urn:kassanet:problem:same-device")
        assert (await till.do())["status"] == "failed"
        assert (await http.post(f"{till.path}/deactivate")).json()["state"]["condition"] == "inactive"
        assert (await till.ask()).json()["type"] == "urn:kassanet:problem:pinpad-inactive"
        assert (await http.delete(till.path)).status_code == 204
        assert (await http.get(till.path)).status_code == 404
        [line] = (await http.get(f"/api/v1/audit?target={till.path}&method=DELETE")).json()["lines"]
        assert (line["status"], line["before"]["spec"]["address"]) == (204, "127.0.0.1:1")
        again = await http.post("/api/v1/pinpads", json={"address": "127.0.0.1:1"})
        assert again.json()["id"] != number
        metrics = (await http.get("/metrics")).text
        assert 'kassanet_pinpad_operation_seconds_count{kind="payment",outcome="failed"} 1.0' in metrics
        assert 'kassanet_pinpad_condition{condition="inactive",driver="smartsale"' in metrics


async def test_a_verdict_by_hand_and_taking_back(tmp_path: Path) -> None:
    async with premises(tmp_path, 0, pinpads=quick(tmp_path)) as place, place.client(place.token("admin")) as http:
        till = Counter(http)
        await till.add("127.0.0.1:1")
        failed = await till.do()
        path = f"{till.path}/operations/{failed['id']}"
        assert (await http.post(f"{path}/cancel")).json()["type"] == "urn:kassanet:problem:status"
        verdict = {"verdict": "approved", "reason": "seen"}
        assert (await http.post(f"{path}/resolve", json=verdict)).json()["type"] == "urn:kassanet:problem:status"
        steps = (await http.get(f"{path}/history")).json()
        assert [step["status"] for step in steps] == ["accepted", "sending", "failed"]
        assert json.dumps(steps)


async def test_a_slip_on_a_register_between_its_documents(tmp_path: Path) -> None:
    async with counter(tmp_path, registers=1) as (place, bank, till), Shop(place, place.token("admin")) as shop:
        await shop.open()
        [register] = place.registers
        paid = await till.do()
        path = f"{till.path}/operations/{paid['id']}/print"
        assert (await till.http.post(path, json={"kkt": register.eip})).status_code == 204
        printed = list(register.device.paper.tape)
        assert printed[-len(paid["result"]["slips"]["customer"].splitlines()) :][-1].strip() == "ОДОБРЕНО"
        register.device.printer = 1
        refused = await till.http.post(path, json={"kkt": register.eip, "copy": "merchant"})
        assert refused.json()["type"] == "urn:kassanet:problem:refused-by-register"
        assert (await till.http.post(path, json={"kkt": "10.0.0.1:1"})).status_code == 404
        bank.disturb("payment", "drop_reply", nth=1)
        lost = await till.do()
        none = await till.http.post(f"{till.path}/operations/{lost['id']}/print", json={"kkt": register.eip})
        assert none.json()["type"] == "urn:kassanet:problem:no-slip"
