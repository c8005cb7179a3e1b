"""A service with a register, billings and channels, and the people who ask it things."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import trio

from actors.payments import BillingSettings
from kassanet.sandbox.billing import playing
from kassanet.sandbox.billing.books import Ledger
from kassanet.sandbox.billing.command_line import SECRET, dialect
from kassanet.sandbox.billing.players import Notice, OsmpPlayer, Player, Sent
from kassanet.sandbox.billing.playing import Channel
from kassanet.sandbox.billing.rules import Billing
from kassanet.sandbox.billing.server import BillingServer
from kassanet.sandbox.faults import FaultPlan, Line
from tests.kassanet.service.premises import INN, PATIENCE, Premises, premises
from tests.kassanet.service.shop import Shop

TEMPLATE: dict[str, Any] = {
    "tax_system": "usn_income",
    "items": [{"name": "Услуги связи, л/с {account}", "vat": "none"}],
}
PASSWORD = "user:long password"


class Market:
    """The shop's client, and a billing for each kind that was asked for."""

    def __init__(self, place: Premises, shop: Shop, nursery: trio.Nursery) -> None:
        self.place = place
        self.shop = shop
        self.http = shop.http
        self.billings: dict[str, BillingServer] = {}
        self._nursery = nursery

    async def billing(self, kind: str = "osmp", *plan: Line, **more: Any) -> BillingServer:  # noqa: ANN401 - settings
        faults = FaultPlan(plan).for_device(kind)
        server = BillingServer(kind, Billing(Ledger()), dialect(kind), faults=faults)
        port = await self._nursery.start(server.serve, "127.0.0.1", 0)
        self.billings[kind] = server
        settings = {"secret": SECRET} if kind == "json" else {}
        url = f"http://127.0.0.1:{port}/"
        said = {"timeout": 5.0, "settings": settings, **more}
        await self.make("billings", name=kind, kind=kind, url=url, **said)
        return server

    async def channel(self, name: str = "bank", kind: str = "osmp", **more: Any) -> None:  # noqa: ANN401 - settings
        said: dict[str, Any] = {"open": True, **more} if kind in ("osmp", "sberbank", "robokassa", "yookassa") else more
        await self.make("channels", name=name, kind=kind, inn=INN, **said)

    async def route(self, name: str = "all", channel: str = "bank", **more: Any) -> None:  # noqa: ANN401 - settings
        said: dict[str, Any] = {"billing": "osmp", "circuit": self.shop.circuit, "receipt": TEMPLATE, **more}
        await self.make("routes", name=name, channel=channel, inn=INN, **said)

    async def make(self, what: str, **said: Any) -> None:  # noqa: ANN401 - settings
        wanted = {name: value for name, value in said.items() if value is not None}
        answer = await self.http.post(f"/api/v1/{what}", json=wanted)
        assert answer.status_code == 201, answer.text

    async def send(self, name: str, sent: Sent, **headers: str) -> httpx.Response:
        assert self.place.service is not None
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            url = f"{self.place.service.addresses[0]}/channels/{name}?{sent.query}"
            return await client.request(sent.method, url, content=sent.body, headers={**sent.headers, **headers})

    async def pay(self, notice: Notice, name: str = "bank", player: Player | None = None) -> httpx.Response:
        return await self.send(name, (player or OsmpPlayer()).pay(notice))

    def player(self, name: str = "bank", player: Player | None = None) -> Channel:
        assert self.place.service is not None
        return Channel(player or OsmpPlayer(), f"{self.place.service.addresses[0]}/channels/{name}")

    async def payments(self, **said: str) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/v1/payments", params=said)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["payments"]
        return found

    async def history(self, payment_id: int) -> list[str]:
        answer = await self.http.get(f"/api/v1/payments/{payment_id}/history")
        assert answer.status_code == 200, answer.text
        return [line["event"] for line in answer.json()]

    async def until(self, **wanted: object) -> dict[str, Any]:
        """The newest payment, once it is as wanted."""
        with trio.fail_after(PATIENCE):
            while True:
                rows = await self.payments()
                if rows and all(rows[0].get(name) == value for name, value in wanted.items()):
                    return rows[0]
                await trio.sleep(0.05)

    async def all_fiscalized(self, count: int) -> None:
        with trio.fail_after(PATIENCE):
            while len(self.receipts()) < count:  # noqa: ASYNC110 - the registers' books ring no bell
                await trio.sleep(0.05)

    def credited(self, kind: str = "osmp") -> list[tuple[str, str, int]]:
        return [(line.txn_id, line.account, line.sum) for line in self.billings[kind].billing.ledger.read()]

    def receipts(self) -> list[tuple[str, int]]:
        return [(line.kind, line.total) for register in self.place.registers for line in register.made()]


@asynccontextmanager
async def market(folder: Path, registers: int = 1, **changes: Any) -> AsyncIterator[Market]:  # noqa: ANN401 - settings
    """``changes`` are settings of the configuration."""
    hasty = partial(BillingSettings, poll=0.1, first_wait=0.05, unreached_wait=0.05)
    with patch("kassanet.channels.mediator.BillingSettings", hasty), patch.object(playing, "FIRST_WAIT", 0.05):
        async with _opened(folder, registers, changes) as here:
            yield here


@asynccontextmanager
async def _opened(folder: Path, registers: int, changes: dict[str, Any]) -> AsyncIterator[Market]:
    async with premises(folder, registers, **changes) as place, trio.open_nursery() as nursery:
        async with Shop(place, place.token("admin")) as shop:
            await shop.open()
            yield Market(place, shop, nursery)
        nursery.cancel_scope.cancel()
