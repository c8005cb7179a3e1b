"""From a channel through the billing to the register, each policy and each way in which something is lost."""

from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from kassanet.sandbox.billing.players import (
    JsonPlayer,
    Notice,
    OsmpPlayer,
    PayKeeperPlayer,
    Player,
    RobokassaPlayer,
    SberbankPlayer,
    Sent,
    disordered,
    notices,
)
from kassanet.sandbox.faults import FaultPlan, Line
from tests.kassanet.channels.market import TEMPLATE, market

ONE = Notice("77", "100500", 20_050)


def told(answer: httpx.Response, name: str = "result") -> str | None:
    assert answer.status_code == 200, answer.text
    return ElementTree.fromstring(answer.content).findtext(name)


async def test_credited_once_fiscalized_once_and_the_repeat_hears_the_first(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing()
        await here.channel()
        await here.route()
        checked = await here.send("bank", OsmpPlayer().check(ONE))
        assert told(checked) == "0"
        assert ElementTree.fromstring(checked.content).find("fields/field1[@name='fio']") is not None
        first = await here.pay(ONE)
        again = await here.pay(ONE)
        assert (told(first), told(again)) == ("0", "0")
        assert told(first, "prv_txn") == told(again, "prv_txn") is not None
        row = await here.until(credit="done", receipt="fiscalized")
        assert here.credited() == [("77", "100500", 20_050)]
        assert here.receipts() == [("sell", 20_050)]
        events = await here.history(row["id"])
        assert events[:2] == ["checked", "received"]
        assert {"credited", "queued", "fiscalized", "notified"} <= set(events)


async def test_what_the_billing_refuses_is_not_fiscalized_and_is_owed(tmp_path: Path) -> None:
    results = {"404777": "5", "403777": "7", "479777": "79", "x" * 30: "4"}
    async with market(tmp_path) as here:
        await here.billing()
        await here.channel()
        await here.route()
        for number, (account, result) in enumerate(results.items(), 1):
            notice = Notice(str(number), account, 20_050)
            assert told(await here.pay(notice)) == told(await here.pay(notice)) == result
        rows = await here.payments(state="give_back")
        assert {(row["credit"], row["receipt"], row["give_back"]) for row in rows} == {("refused", "dropped", "owed")}
        assert len(rows) == len(results)
        assert not here.receipts()
        assert not here.credited()
        done = await here.http.post(f"/api/v1/payments/{rows[0]['id']}/given-back", json={"reason": "вернули"})
        assert done.json()["give_back"] == "done"
        assert len(await here.payments(state="give_back")) == len(results) - 1


LOSSES = ["cut_request", "drop_reply", "cut_reply", "bad_crc", "error:03", "power_cycle"]


@pytest.mark.parametrize("kind", ["osmp", "sberbank", "json"])
async def test_an_answer_lost_on_the_way_is_settled_with_the_same_number(tmp_path: Path, kind: str) -> None:
    async with market(tmp_path) as here:
        server = await here.billing(kind)
        await here.channel()
        await here.route(billing=kind)
        for number, do in enumerate(LOSSES, 1):
            line = Line(do=do, on="pay", nth=1, at=20 if do == "cut_reply" else None, seconds=0.05)
            server.faults = FaultPlan([line]).for_device(kind)
            await here.player().play([Notice(str(number), "100500", 100 + number)])
        await here.all_fiscalized(len(LOSSES))
        expected = [(str(number), "100500", 100 + number) for number in range(1, len(LOSSES) + 1)]
        assert here.credited(kind) == expected
        assert here.receipts() == [("sell", amount) for _, _, amount in expected]


async def test_a_late_billing_is_told_as_temporary_and_its_result_is_found_by_the_repeat(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing("osmp", Line(do="delay", on="pay", nth=1, seconds=0.5))
        await here.channel(deadline=0.1)
        await here.route()
        assert told(await here.pay(ONE)) == "1"
        await here.until(credit="done")
        channel = here.player()
        await channel.play([ONE])
        assert channel.believed == {"77": "paid"}
        assert len(here.credited()) == 1


async def test_a_question_waits_no_longer_than_the_channel(tmp_path: Path) -> None:
    slow = (Line(do="delay", on="check", seconds=1.0),)
    async with market(tmp_path, registers=0) as here:
        await here.billing("osmp", *slow)
        for kind in ("osmp", "sberbank"):
            await here.channel(f"{kind}-late", kind, deadline=0.1)
            await here.channel(kind, kind, deadline=30.0)
            for name in (kind, f"{kind}-late"):
                await here.route(name, name, policy="credit_only", circuit=None, receipt=None)
        asked = {"osmp": (OsmpPlayer().check(ONE), "result"), "sberbank": (SberbankPlayer().check(ONE), "CODE")}
        for kind, (sent, word) in asked.items():
            assert told(await here.send(f"{kind}-late", sent), word) == "1", "temporary in both dialects"
            assert told(await here.send(kind, sent), word) == "0"
        assert await here.payments() == []


async def test_every_dialect_reaches_every_billing(tmp_path: Path) -> None:
    players: dict[str, Player] = {
        "osmp": OsmpPlayer(),
        "sberbank": SberbankPlayer(),
        "paykeeper": PayKeeperPlayer("word"),
        "robokassa": RobokassaPlayer("p2"),
        "json": JsonPlayer("a secret of sixteen and more"),
    }
    settings = {
        "paykeeper": {"secret": "word"},
        "robokassa": {"password2": "p2"},
        "json": {"secret": "a secret of sixteen and more"},
    }
    async with market(tmp_path) as here:
        for billing in ("osmp", "sberbank", "json"):
            await here.billing(billing)
        for kind in players:
            await here.channel(kind, kind, settings=settings.get(kind, {}))
            for billing, accounts in (("osmp", "1*"), ("sberbank", "2*"), ("json", "3*")):
                await here.route(f"{kind}-{billing}", kind, account=accounts, billing=billing)
        for number, (kind, player) in enumerate(players.items()):
            items = [Notice(str(10 * number + place), f"{place}00500", 1000) for place in (1, 2, 3)]
            channel = here.player(kind, player)
            await channel.play(disordered(items, number, repeats=1.0))
            assert set(channel.believed.values()) == {"paid"}, kind
        await here.all_fiscalized(15)
        for billing in ("osmp", "sberbank", "json"):
            assert len(here.credited(billing)) == len({txn for txn, _, _ in here.credited(billing)}) == 5
        assert here.receipts() == [("sell", 1000)] * 15


async def test_two_channels_that_count_alike_are_two_payments(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing()
        for name in ("one", "two"):
            await here.channel(name)
            await here.route(name, name)
            assert told(await here.pay(ONE, name)) == "0"
        await here.all_fiscalized(2)
        assert [account for _, account, _ in here.credited()] == ["100500", "100500"]


async def test_fiscalize_then_credit(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing()
        await here.channel()
        await here.route(policy="fiscalize_then_credit")
        await here.player().play([ONE])
        row = await here.until(credit="done", receipt="fiscalized")
        events = await here.history(row["id"])
        assert events.index("fiscalized") < events.index("credited")
        assert (len(here.credited()), here.receipts()) == (1, [("sell", 20_050)])


async def test_only_one_side(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing()
        await here.channel()
        await here.route("credit", account="1*", policy="credit_only", circuit=None, receipt=None)
        await here.route("fiscal", account="2*", policy="fiscalize_only", billing=None)
        assert told(await here.pay(ONE)) == "0"
        assert told(await here.pay(Notice("78", "200500", 500))) == "0"
        await here.all_fiscalized(1)
        assert here.credited() == [("77", "100500", 20_050)]
        assert here.receipts() == [("sell", 500)]


async def test_repeats_and_disorder(tmp_path: Path) -> None:
    async with market(tmp_path, registers=2) as here:
        await here.billing()
        await here.channel()
        await here.route()
        items = notices(30, 5, accounts=6)
        channel = here.player()
        await channel.play(disordered(items, 5))
        assert set(channel.believed.values()) == {"paid"}
        await here.all_fiscalized(30)
        assert sorted(here.credited(), key=lambda line: int(line[0])) == [(n.txn_id, n.account, n.sum) for n in items]
        assert sorted(total for _, total in here.receipts()) == sorted(notice.sum for notice in items)


async def test_an_outage_keeps_the_order_of_each_account_and_a_restart_keeps_everything(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        server = await here.billing("osmp", Line(do="error:03", on="pay"))
        await here.channel(deadline=0.3)
        await here.route()
        for number in range(1, 6):
            while not await here.payments(txn_id=str(number)):
                assert told(await here.pay(Notice(str(number), "100500", 1000 + number))) == "1"
        assert len(await here.payments(state="open")) == 5
        await here.place.stop()
        server.faults = FaultPlan().for_device("osmp")
        await here.place.start()
        await here.shop.again()
        here.http = here.shop.http
        await here.all_fiscalized(5)
        assert [int(txn) for txn, _, _ in here.credited()] == [1, 2, 3, 4, 5]


async def test_a_payment_is_taken_back(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing(settings={"cancels": True})
        await here.channel()
        await here.route()
        assert told(await here.pay(ONE)) == "0"
        await here.until(receipt="fiscalized")
        cancel = Sent("GET", "command=cancel&txn_id=77&account=100500&sum=200.50")
        assert told(await here.send("bank", cancel)) == told(await here.send("bank", cancel)) == "0"
        assert told(await here.send("bank", Sent("GET", "command=cancel&txn_id=78"))) == "251"
        await here.all_fiscalized(2)
        assert here.receipts() == [("sell", 20_050), ("sell_refund", 20_050)]
        assert here.billings["osmp"].billing.ledger.cancelled == {"77"}
        assert (await here.until(credit="cancelled"))["txn_id"] == "77"


async def test_a_payment_without_its_receipt_is_taken_back(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await here.billing(settings={"cancels": True})
        await here.channel()
        await here.route()
        assert told(await here.pay(ONE)) == "0"
        row = await here.until(receipt="queued")
        assert (await here.http.post(f"/api/v1/receipts/{row['receipt_id']}/cancel")).status_code == 200
        assert told(await here.send("bank", Sent("GET", "command=cancel&txn_id=77"))) == "0"
        assert here.billings["osmp"].billing.ledger.cancelled == {"77"}
        assert len((await here.http.get("/api/v1/receipts")).json()["receipts"]) == 1


async def test_nothing_is_given_back_twice(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing(settings={"cancels": True})
        await here.channel()
        await here.route()
        two = Notice("78", "100500", 10_000)
        assert (told(await here.pay(ONE)), told(await here.pay(two))) == ("0", "0")
        first, second = sorted(await here.payments(), key=lambda row: int(row["txn_id"]))
        await here.all_fiscalized(2)
        back = await here.http.post(f"/api/v1/payments/{first['id']}/refund", json={"txn_id": "back-77", "sum": 50})
        assert back.status_code == 202
        assert told(await here.send("bank", Sent("GET", "command=cancel&txn_id=77"))) == "251"
        assert told(await here.send("bank", Sent("GET", "command=cancel&txn_id=78"))) == "0"
        late = await here.http.post(f"/api/v1/payments/{second['id']}/refund", json={"txn_id": "back-78"})
        assert late.status_code == 409
        await here.all_fiscalized(4)
        given = [total for kind, total in here.receipts() if kind == "sell_refund"]
        assert sorted(given) == [50, 10_000]


async def test_fixed_items_and_copies(tmp_path: Path) -> None:
    template = {
        **TEMPLATE,
        "items": [{"name": "Комиссия", "vat": "none", "sum": 1000}, {"name": "Связь {account}", "vat": "none"}],
        "copy_to": {"email": "office@example.ru"},
    }
    async with market(tmp_path) as here:
        await here.billing()
        await here.channel()
        await here.route(receipt=template)
        assert told(await here.pay(Notice("1", "5", 900))) == "241"
        assert told(await here.pay(ONE)) == "0"
        row = await here.until(receipt="fiscalized")
        request = (await here.http.get(f"/api/v1/receipts/{row['receipt_id']}")).json()["request"]
        assert [(item["name"], item["price"]) for item in request["items"]] == [
            ("Комиссия", 1000), ("Связь 100500", 19_050)
        ]  # fmt: skip
        assert request["customer"] == {"email": "office@example.ru"}
