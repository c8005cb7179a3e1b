"""Sales over HTTP through the whole service: simulated terminals, their bank, and simulated registers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.kassanet.edge.posted import item, receipt
from tests.kassanet.service.premises import Premises, premises
from tests.kassanet.service.shop import Shop
from tests.kassanet.service.terminals import Bank, Counter, quick


class Till:
    """A shop with a pinpad."""

    def __init__(self, place: Premises, shop: Shop, bank: Bank, pinpad: int) -> None:
        self.place = place
        self.shop = shop
        self.bank = bank
        self.pinpad = pinpad

    def body(self, key: str = "sale-1", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the receipt
        said = receipt(external_id=None, **changes)
        card = {"pinpad_id": self.pinpad} if said["payments"].get("cashless") else {}
        return {"external_id": key, "circuit_id": self.shop.circuit, "receipt": said, **card}

    async def sell(self, key: str = "sale-1", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = await self.shop.http.post("/api/v1/sales?wait=60", json=self.body(key, **changes))
        assert answer.status_code in (200, 202), answer.text
        found: dict[str, Any] = answer.json()
        return found

    @property
    def documents(self) -> int:
        return sum(len(register.made()) for register in self.place.registers)


@asynccontextmanager
async def till(folder: Path, registers: int = 1) -> AsyncIterator[Till]:
    async with premises(folder, registers, pinpads=quick(folder)) as place, trio.open_nursery() as nursery:
        bank = Bank(nursery)
        await bank.open()
        address = await bank.terminal()
        async with Shop(place, place.token("admin")) as shop:
            await shop.open()
            yield Till(place, shop, bank, await Counter(shop.http).add(address))
        await place.stop()
        nursery.cancel_scope.cancel()


async def test_card_cash_and_both(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        card = await desk.sell()
        assert (card["status"], card["charge"], card["total"]) == ("done", 50000, 50000)
        assert card["fiscal"]["fd"] > 0
        again = await desk.sell()
        assert again["id"] == card["id"]
        cash = await desk.sell("sale-2", payments={"cash": 50000})
        both = await desk.sell("sale-3", payments={"cash": 20000, "cashless": 30000})
        assert (cash["status"], both["status"], both["charge"]) == ("done", "done", 30000)
        assert (desk.bank.left, desk.documents) == (80000, 3)
        operation = await desk.shop.http.get(f"/api/v1/pinpads/{desk.pinpad}/operations/{card['operation_id']}")
        assert operation.json()["status"] == "approved"
        assert operation.json()["result"]["slips"]["customer"]
        made = await desk.shop.http.get(f"/api/v1/receipts/{card['receipt_id']}")
        assert made.json()["external_id"] == "sale-1"
        listed = (await desk.shop.http.get("/api/v1/sales?status=done&limit=2")).json()
        assert [each["id"] for each in listed["sales"]] == [both["id"], cash["id"]]
        history = (await desk.shop.http.get(f"/api/v1/sales/{card['id']}/history")).json()
        assert [each["status"] for each in history] == ["accepted", "charging", "charged", "fiscalizing", "done"]


async def test_the_banks_slip_on_the_registers_paper(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        said = {**desk.body(), "print_slip": True}
        sale = (await desk.shop.http.post("/api/v1/sales?wait=60", json=said)).json()
        assert (sale["status"], desk.bank.left, desk.documents) == ("done", 50000, 1)


async def test_a_declined_card(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        price = 99_990_051  # the issuer's code 51: not enough money
        declined = await desk.sell(items=[item(price=price)], payments={"cashless": price})
        assert declined["status"] == "refused"
        assert (desk.bank.left, desk.documents) == (0, 0)


async def test_a_register_that_refuses_gives_the_money_back(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        desk.place.registers[0].disturb("24", "error:58")
        sale = await desk.sell()
        assert sale["status"] == "reversed", sale
        assert (desk.bank.left, desk.documents) == (0, 0)


async def test_taken_back_while_the_customer_waits(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        desk.place.registers[0].device.settings.document_seconds = 0.05
        desk.bank.terminals[0].settings.card_seconds = 5.0
        posted = await desk.shop.http.post("/api/v1/sales", json=desk.body())
        assert posted.status_code == 202
        path = f"/api/v1/sales/{posted.json()['id']}"
        taken = await desk.shop.http.post(f"{path}/abort?wait=60")
        assert taken.status_code == 200, taken.text
        assert taken.json()["status"] in ("aborted", "reversed")
        assert (desk.bank.left, desk.documents) == (0, 0)
        assert (await desk.shop.http.post(f"{path}/abort")).status_code == 409


async def test_a_lost_result_is_found_out(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        desk.bank.disturb("payment", "drop_reply", nth=1)
        sale = await desk.sell()
        assert (sale["status"], desk.bank.left, desk.documents) in (
            ("done", 50000, 1),
            ("reversed", 0, 0),
            ("failed", 0, 0),
            ("refused", 0, 0),
        )


async def test_a_currency_that_is_not_said_is_the_pinpads_own(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        desk.pinpad = await Counter(desk.shop.http).add("127.0.0.1:1", currencies=["980"], terminal_id=None)
        sale = await desk.sell()
        assert (sale["status"], sale["currency"]) == ("failed", "980")  # nobody is at that address
        assert (await desk.sell())["id"] == sale["id"]
        assert (await desk.sell("sale-2", payments={"cash": 50000}))["currency"] == "643"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"pinpad_id": None}, "pinpad_id"),
        ({"pinpad_id": "one"}, "pinpad_id"),
        ({"currency": "RUB"}, "currency"),
        ({"currency": "840"}, "currency"),
        ({"time_limit": 0}, "time_limit"),
        ({"receipt": "text"}, "receipt"),
        ({"receipt": receipt(external_id="another")}, "receipt.external_id"),
        ({"receipt": receipt(external_id=None, kind="sell_refund")}, "receipt.kind"),
        ({"receipt": receipt(external_id=None, payments={"cashless": 1})}, "receipt.payments"),
        ({"receipt": receipt(external_id=None, items=[item(price=-1)])}, "receipt.items[0].price"),
        ({"receipt": receipt(external_id=None, items=[item(vat="vat17")])}, "receipt.items[0].vat"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_what_is_wrong_is_named_and_charges_nobody(tmp_path: Path, changes: dict[str, Any], path: str) -> None:
    async with till(tmp_path) as desk:
        said = {name: value for name, value in {**desk.body(), **changes}.items() if value is not None}
        answer = await desk.shop.http.post("/api/v1/sales?wait=60", json=said)
        assert answer.status_code == 422, answer.text
        assert path in [each["path"] for each in answer.json()["errors"]], answer.text
        assert desk.bank.book == []
        assert (await desk.shop.http.get("/api/v1/sales")).json()["sales"] == []


async def test_other_content_unknown_things_and_taken_keys(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        await desk.sell(payments={"cash": 50000})
        other = await desk.shop.http.post("/api/v1/sales", json=desk.body(payments={"cash": 20000, "cashless": 30000}))
        assert other.status_code == 409
        assert other.json()["type"].endswith(":other-content")
        nowhere = await desk.shop.http.post("/api/v1/sales", json={**desk.body("sale-2"), "pinpad_id": 77})
        assert nowhere.status_code == 404
        nowhere = await desk.shop.http.post("/api/v1/sales", json={**desk.body("sale-2"), "circuit_id": 77})
        assert nowhere.status_code == 404
        assert (await desk.shop.http.post(desk.shop.path, json=receipt(external_id="sale-3"))).status_code == 202
        taken = await desk.shop.http.post("/api/v1/sales", json=desk.body("sale-3"))
        assert (taken.status_code, taken.json()["type"].rpartition(":")[2]) == (409, "receipt-exists")
        assert (await desk.shop.http.get("/api/v1/sales/77")).status_code == 404
        assert (await desk.shop.http.get("/api/v1/sales?status=sold")).status_code == 422
