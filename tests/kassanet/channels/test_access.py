"""Who may speak to a channel, who may change what, and what is said to the others."""

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import trio
from msgspec.structs import replace

from kassanet.app import serve
from kassanet.config import Config, ConfigError, parse
from kassanet.payments import known_profiles
from kassanet.sandbox.billing.players import Answered, Notice, OsmpPlayer, PayKeeperPlayer, Sent
from kassanet.sandbox.faults import FaultPlan, Line
from tests.kassanet.channels.market import TEMPLATE, Market, market
from tests.kassanet.service.premises import INN, OTHER_INN, PATIENCE, premises
from tests.kassanet.service.shop import Shop

ONE = Notice("77", "100500", 20_050)
DESK: dict[str, Any] = {"channel": "desk", "account": "100500", "sum": 20_050}


def type_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]


async def fiscal(here: Market, name: str, kind: str, **channel: Any) -> None:  # noqa: ANN401 - settings
    await here.channel(name, kind, **channel)
    await here.route(name, name, policy="fiscalize_only", billing=None)


async def test_addresses_and_passwords(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "far", "osmp", open=False, allow=["10.0.0.0/8"])
        await fiscal(here, "near", "osmp", open=False, allow=["127.0.0.1", "10.0.0.0/8"])
        await fiscal(here, "secret", "osmp", open=False, user="bank", password="long enough")
        paid = OsmpPlayer().pay(ONE)
        assert type_of(await here.send("far", paid)) == (403, "foreign-address")
        assert type_of(await here.send("near", paid, **{"X-Forwarded-For": "10.0.0.1"})) == (403, "foreign-address")
        assert (await here.send("near", paid)).status_code == 200
        right = f"Basic {b64encode(b'bank:long enough').decode()}"
        for wrong in (
            "",
            "Basic",
            "Basic !!!",
            f"Basic {b64encode(b'bank:wrong').decode()}",
            f"Bearer {here.shop.token}",
        ):
            assert (await here.send("secret", paid, Authorization=wrong)).status_code == 401, wrong
        assert (await here.send("secret", paid, Authorization=right)).status_code == 200
        assert type_of(await here.send("nowhere", paid)) == (404, "not-found")
        rows = await here.payments()
        assert sorted(row["channel"] for row in rows) == ["near", "secret"]


async def test_acquirers_have_their_published_addresses(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "yoo", "yookassa", open=False, settings={"shop_id": "1", "secret": "s"})
        notice = Sent("POST", body=b'{"type":"notification"}')
        assert type_of(await here.send("yoo", notice)) == (403, "foreign-address")


async def test_wrong_signatures_leave_nothing(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "keeper", "paykeeper", settings={"secret": "word"})
        wrong = await here.pay(ONE, "keeper", PayKeeperPlayer("other"))
        assert wrong.status_code == 403
        assert not wrong.text.startswith("OK")
        right = await here.pay(ONE, "keeper", PayKeeperPlayer("word"))
        assert right.text == f"OK {hashlib.md5(b'77word').hexdigest()}"
        assert [row["account"] for row in await here.payments()] == ["100500"]


BAD = ["sum=200,50", "sum=-5", "sum=1.005", "sum=1e5", "sum=", "account=%FF", "account=%ZZ"]


async def test_bad_input_is_refused_in_the_dialect(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "bank", "osmp")
        said = dict(part.split("=") for part in OsmpPlayer().pay(ONE).query.split("&"))
        for query in BAD:
            name, value = query.split("=")
            changed = "&".join(f"{key}={value if key == name else old}" for key, old in said.items())
            answer = await here.send("bank", Sent("GET", changed))
            assert ElementTree.fromstring(answer.content).findtext("result") in ("300", "4"), query
        assert (await here.send("bank", Sent("POST", "", b"x" * 100_000))).status_code == 413
        assert await here.payments() == []


# -- YooKassa, whose notices prove nothing --------------------------------------------------------


class Acquirer:
    """YooKassa's API, as far as reading back goes."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.asked: list[bytes] = []

    async def serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            asked = await stream.receive_some(65_536)
            self.asked.append(asked)
            found = self.objects.get(asked.split(b" ")[1].decode())
            body = json.dumps(found or {"type": "error"}).encode()
            status = b"200 OK" if found else b"404 Not Found"
            await stream.send_all(
                b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )


async def test_yookassa_is_read_back(tmp_path: Path) -> None:
    acquirer = Acquirer()
    async with market(tmp_path) as here, trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, acquirer.serve, 0)
        api = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        await fiscal(here, "yoo", "yookassa", settings={"shop_id": "1", "secret": "s", "api": api})

        def notice(event: str, number: str) -> Sent:
            said = {"type": "notification", "event": event, "object": {"id": number, "amount": {"value": "9999.00"}}}
            return Sent("POST", body=json.dumps(said).encode())

        assert (await here.send("yoo", notice("payment.succeeded", "p1"))).status_code == 503, "it cannot be read back"
        amount = {"value": "200.50", "currency": "RUB"}
        paid = {"id": "p1", "status": "succeeded", "paid": True, "amount": amount, "metadata": {"account": "100500"}}
        acquirer.objects["/v3/payments/p1"] = paid
        assert (await here.send("yoo", notice("payment.succeeded", "p1"))).status_code == 200
        assert (await here.send("yoo", notice("payment.succeeded", "p1"))).status_code == 200
        assert (await here.send("yoo", notice("payment.canceled", "p2"))).status_code == 200
        await here.all_fiscalized(1)
        back = {"id": "r1", "status": "succeeded", "payment_id": "p1", "amount": {"value": "50.50", "currency": "RUB"}}
        acquirer.objects["/v3/refunds/r1"] = back
        for _ in range(2):
            assert (await here.send("yoo", notice("refund.succeeded", "r1"))).status_code == 200
        await here.all_fiscalized(2)
        assert here.receipts() == [("sell", 20_050), ("sell_refund", 5_050)]
        assert b"authorization: basic mtpz" in acquirer.asked[0].lower()
        nursery.cancel_scope.cancel()


# -- the registrar's side -------------------------------------------------------------------------


async def test_a_refund_that_overtakes_the_credit_comes_again(tmp_path: Path) -> None:
    acquirer = Acquirer()
    async with market(tmp_path) as here, trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, acquirer.serve, 0)
        api = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        server = await here.billing("osmp", Line(do="error:03", on="pay"))
        await here.channel("yoo", "yookassa", settings={"shop_id": "1", "secret": "s", "api": api})
        await here.route("yoo", "yoo")
        acquirer.objects["/v3/payments/p1"] = {
            "id": "p1", "status": "succeeded", "paid": True, "amount": {"value": "200.50", "currency": "RUB"},
            "metadata": {"account": "100500"},
        }  # fmt: skip
        acquirer.objects["/v3/refunds/r1"] = {
            "id": "r1", "status": "succeeded", "payment_id": "p1", "amount": {"value": "200.50", "currency": "RUB"},
        }  # fmt: skip
        paid, back = (
            Sent("POST", body=json.dumps({"type": "notification", "event": event, "object": {"id": name}}).encode())
            for event, name in (("payment.succeeded", "p1"), ("refund.succeeded", "r1"))
        )
        assert (await here.send("yoo", paid)).status_code == 200
        assert (await here.send("yoo", back)).status_code == 503, "a receipt will be made, and must be given back then"
        server.faults = FaultPlan().for_device("osmp")
        await here.until(receipt="fiscalized")
        assert (await here.send("yoo", back)).status_code == 200
        await here.all_fiscalized(2)
        assert here.receipts() == [("sell", 20_050), ("sell_refund", 20_050)]
        nursery.cancel_scope.cancel()


async def test_a_billing_posts_payments_refunds_and_corrections(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await fiscal(here, "desk", "api")
        first = await here.http.post("/api/v1/payments", json={"txn_id": "1", **DESK, "payer": {"email": "a@b.ru"}})
        again = await here.http.post("/api/v1/payments", json={"txn_id": "1", **DESK})
        other = await here.http.post("/api/v1/payments", json={"txn_id": "1", **DESK, "sum": 1})
        assert (first.status_code, again.status_code, type_of(other)) == (202, 200, (409, "other-content"))
        assert again.json()["id"] == first.json()["id"]
        row = await here.until(receipt="fiscalized")
        path = f"/api/v1/payments/{row['id']}"
        back = await here.http.post(f"{path}/refund", json={"txn_id": "2", "sum": 50})
        assert (back.status_code, back.json()["kind"], back.json()["of_id"]) == (202, "refund", row["id"])
        too_much = await here.http.post(f"{path}/refund", json={"txn_id": "3"})
        assert type_of(too_much) == (409, "refunded")
        fixed = await here.http.post(f"{path}/correction", json={"txn_id": "4"})
        assert fixed.status_code == 202
        await here.all_fiscalized(3)
        assert here.receipts() == [("sell", 20_050), ("sell_refund", 50), ("sell_correction", 20_050)]
        nested = await here.http.post(f"/api/v1/payments/{back.json()['id']}/refund", json={"txn_id": "5"})
        assert type_of(nested) == (409, "not-a-payment")


async def test_what_was_never_sold_is_not_refunded(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "desk", "api")
        row = (await here.http.post("/api/v1/payments", json={"txn_id": "1", **DESK})).json()
        assert (await here.http.post(f"/api/v1/receipts/{row['receipt_id']}/cancel")).status_code == 200
        path = f"/api/v1/payments/{row['id']}"
        assert type_of(await here.http.post(f"{path}/refund", json={"txn_id": "2"})) == (409, "no-receipt")
        assert (await here.http.post(f"{path}/correction", json={"txn_id": "3"})).status_code == 202


async def test_wrong_payments_are_located(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "desk", "api")
        await fiscal(here, "bank", "osmp")
        for changed, path in (
            ({"sum": 200.5}, "sum"), ({"sum": -1}, "sum"), ({"channel": "bank"}, "channel"),
            ({"account": " x"}, "account"), ({"channel": "none"}, "channel"), ({"txn_id": "a b"}, "txn_id"),
            ({"extra": 1}, "extra"),
        ):  # fmt: skip
            answer = await here.http.post("/api/v1/payments", json={"txn_id": "1", **DESK, **changed})
            assert type_of(answer) == (422, "invalid")
            assert path in [error["path"] for error in answer.json()["errors"]], answer.text


async def test_organisations_and_roles(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "desk", "api")
        await here.billing("json")
        row = (await here.http.post("/api/v1/payments", json={"txn_id": "1", **DESK})).json()
        async with here.place.client(here.place.token("admin", OTHER_INN)) as stranger:
            assert (await stranger.get("/api/v1/channels")).json() == []
            assert (await stranger.get("/api/v1/payments")).json()["payments"] == []
            assert (await stranger.get(f"/api/v1/payments/{row['id']}")).status_code == 404
            assert (await stranger.get("/api/v1/channels/desk")).status_code == 404
            assert (await stranger.delete("/api/v1/routes/desk")).status_code == 404
            assert (await stranger.get("/api/v1/topology")).json() == {"nodes": [], "edges": []}
            made = await stranger.post("/api/v1/channels", json={"name": "mine", "kind": "api", "inn": INN})
            assert made.status_code == 403
        async with here.place.client(here.place.token("operator")) as operator:
            shown = (await operator.get("/api/v1/billings/json")).json()
            assert shown["settings"] == {"secret": "***"}
            assert (await operator.delete("/api/v1/billings/json")).status_code == 403
            graph = (await operator.get("/api/v1/topology")).json()
            assert {node["id"] for node in graph["nodes"]} == {"channel/desk", "circuit/1", "billing/json"}
            assert graph["edges"] == [
                {"source": "channel/desk", "target": "circuit/1", "route": "desk", "policy": "fiscalize_only"}
            ]
        assert (await here.http.get("/api/v1/billings/json/state")).json()["state"]["breaker"] == "closed"


async def test_an_organisation_leads_no_money_into_billings_of_others(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await here.billing("json")
        async with here.place.client(here.place.token("admin", INN)) as own:
            channel = {"name": "mine", "kind": "api", "inn": INN}
            assert (await own.post("/api/v1/channels", json=channel)).status_code == 201
            route = {"name": "mine", "channel": "mine", "inn": INN, "policy": "credit_only", "billing": "json"}
            refused = await own.post("/api/v1/routes", json=route)
            unknown = await own.post("/api/v1/routes", json={**route, "billing": "none"})
            assert type_of(refused) == type_of(unknown) == (409, "dangling")
            assert (await own.get("/api/v1/billings/json")).status_code == 404
            assert (await here.http.post("/api/v1/routes", json=route)).status_code == 201
            assert (await own.get("/api/v1/billings/json")).json()["settings"] == {"secret": "***"}
            assert (await own.put("/api/v1/routes/mine", json={**route, "account": "1*"})).status_code == 200


async def test_a_name_that_had_payments_stays_with_its_organisation(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await fiscal(here, "desk", "api")
        assert (await here.http.post("/api/v1/payments", json={"txn_id": "1", **DESK})).status_code == 202
        for path in ("routes/desk", "channels/desk"):
            assert (await here.http.delete(f"/api/v1/{path}")).status_code == 204
        mine = {"name": "desk", "kind": "api", "inn": OTHER_INN}
        assert type_of(await here.http.post("/api/v1/channels", json=mine)) == (409, "name-used")
        assert (await here.http.post("/api/v1/channels", json={**mine, "inn": INN})).status_code == 201
        assert type_of(await here.http.put("/api/v1/channels/desk", json=mine)) == (409, "name-used")


async def test_a_channel_takes_no_notices_of_an_integration(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        said = {"type": "paykeeper", "param1": "shop", "param2": "word"}
        row = (await here.http.post("/fcircuit/1/int", json=said)).json()
        assert (await here.http.patch(f"/int/{row['id']}/activate")).status_code == 200
        for name in ("shop", f"paykeeper-{row['id']}"):
            wanted = {"name": name, "kind": "api", "inn": OTHER_INN}
            assert type_of(await here.http.post("/api/v1/channels", json=wanted)) == (409, "exists"), name


async def test_parts_are_changed_and_removed(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await here.billing()
        await here.channel()
        await here.route()
        twin = {"name": "twin", "channel": "bank", "inn": INN, "billing": "osmp", "circuit": 1, "receipt": TEMPLATE}
        assert type_of(await here.http.post("/api/v1/routes", json=twin)) == (409, "overlap")
        assert type_of(await here.http.post("/api/v1/channels", json={"name": "bank", "kind": "api", "inn": INN})) == (
            409, "exists"
        )  # fmt: skip
        assert type_of(await here.http.delete("/api/v1/billings/osmp")) == (409, "dangling")
        changed = {**twin, "name": "all", "account": "2*"}
        assert (await here.http.put("/api/v1/routes/all", json=changed)).status_code == 200
        assert (await here.http.put("/api/v1/routes/all", json=twin)).status_code == 422
        assert (await here.http.post("/api/v1/routes", json={**twin, "account": "1*"})).status_code == 201
        for what in ("routes/all", "routes/twin", "billings/osmp", "channels/bank"):
            assert (await here.http.delete(f"/api/v1/{what}")).status_code == 204
        await here.place.restart()
        await here.shop.again()
        assert (await here.shop.http.get("/api/v1/routes")).json() == []


def test_parts_of_the_configuration() -> None:
    config: Config = parse(
        """
        [[payments.channels]]
        name = "bank"
        kind = "osmp"
        inn = "5190114620"
        allow = ["10.0.0.0/8"]

        [[payments.billings]]
        name = "main"
        kind = "osmp"
        url = "http://127.0.0.1:1/"
        """
    )
    assert [spec.name for spec in config.payments.channels] == ["bank"]
    assert {profile.name for profile in known_profiles(None)} == {"clientno", "eps", "lanbilling", "sber-txt"}
    with pytest.raises(Exception, match="taken"):
        parse('[[payments.channels]]\nname="a"\nkind="api"\ninn="5190114620"\n' * 2)


TOML = """
[[payments.channels]]
name = "bank"
kind = "osmp"
inn = "5190114620"
open = true

[[payments.billings]]
name = "main"
kind = "osmp"
url = "http://127.0.0.1:1/"

[[payments.routes]]
name = "all"
channel = "bank"
inn = "5190114620"
policy = "fiscalize_only"
circuit = 1
receipt = { tax_system = "usn_income", items = [{ name = "Связь, л/с {account}", vat = "none" }] }
"""


async def test_parts_of_the_configuration_work_and_stay(tmp_path: Path) -> None:
    """The route's circuit can only be made over HTTP, so the service starts without it and the route begins then."""
    payments = parse(TOML).payments
    async with premises(tmp_path, 1, payments=payments) as place, Shop(place, place.token("admin")) as shop:
        assert [route["name"] for route in (await shop.http.get("/api/v1/routes")).json()] == []
        await shop.open()
        with trio.fail_after(PATIENCE):
            while not (await shop.http.get("/api/v1/routes")).json():  # noqa: ASYNC110 - no bell is rung for it
                await trio.sleep(0.05)
        assert place.service is not None
        async with httpx.AsyncClient(base_url=place.service.addresses[0], trust_env=False, timeout=60) as bank:
            paid = await bank.get(f"/channels/bank?{OsmpPlayer().pay(ONE).query}")
        assert ElementTree.fromstring(paid.content).findtext("result") == "0"
        for kind, name in (("channels", "bank"), ("billings", "main"), ("routes", "all")):
            assert type_of(await shop.http.delete(f"/api/v1/{kind}/{name}")) == (409, "configured")
        rows = (await shop.http.get("/api/v1/payments")).json()["payments"]
        assert [(row["channel"], row["route"], row["sum"]) for row in rows] == [("bank", "all", 20_050)]
        place.config = replace(place.config, payments=payments)
        await place.restart()
        await shop.again()
        assert [route["name"] for route in (await shop.http.get("/api/v1/routes")).json()] == ["all"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('channel = "bank"', 'channel = "other"'), "The route all leads to channel other"),
        (('policy = "fiscalize_only"', 'billing = "other"'), "The route all leads to billing other"),
        (('kind = "osmp"\nurl', 'kind = "json"\nurl'), "The billing main cannot work"),
        (("", TOML[TOML.index("[[payments.routes]]") :].replace('"all"', '"twin"')), "Routes all and twin would both"),
    ],
)
async def test_a_configuration_that_does_not_fit_is_refused_and_named(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    text = TOML.replace(*change) if change[0] else TOML + change[1]
    config = replace(parse(text), data=str(tmp_path), port=0)
    with pytest.raises(BaseExceptionGroup) as raised:
        await serve(config)
    assert raised.group_contains(ConfigError, match=told)


# -- integrations of circuits ---------------------------------------------------------------------


async def test_a_paykeeper_integration_works_by_itself(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        said = {"type": "paykeeper", "param1": "shop-5", "param2": "word", "param3": "usn_income", "param5": "Интернет"}
        made = (await here.http.post(f"/fcircuit/{here.shop.circuit}/int", json=said)).json()
        assert made.get("working", True)
        name = f"paykeeper-{made['id']}"
        player = PayKeeperPlayer("word")
        assert (await here.pay(ONE, name, player)).status_code == 404, "it is switched off"
        await here.http.patch(f"/int/{made['id']}/activate")
        for channel in (name, "shop-5", name):
            assert player.believes(ONE, Answered(200, (await here.pay(ONE, channel, player)).content)) == "paid"
        assert (await here.pay(ONE, name, PayKeeperPlayer("other"))).status_code == 403
        row = await here.until(receipt="fiscalized")
        assert (row["channel"], row["policy"], here.receipts()) == (name, "fiscalize_only", [("sell", 20_050)])
        request = (await here.http.get(f"/api/v1/receipts/{row['receipt_id']}")).json()["request"]
        assert request["items"][0]["name"] == "Интернет"
        said = {"channel": name, "account": "7", "sum": "20050"}
        explained = (await here.http.get("/api/v1/routes/explain", params=said)).json()
        assert (explained["route"]["name"], explained["receipt"]["items"][0]["name"]) == (name, "Интернет")
        graph = (await here.http.get("/api/v1/topology")).json()
        assert {"source": f"channel/{name}", "target": f"circuit/{here.shop.circuit}"} in graph["edges"]
        assert {f"channel/{name}"} <= {node["id"] for node in graph["nodes"] if node["title"] == "shop-5"}
