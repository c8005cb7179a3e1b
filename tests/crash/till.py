"""Tills that sell by card, one at each pinpad, and repeat themselves until they are told what became of it."""

from random import Random
from typing import Any

import httpx
import trio

from tests.crash.counter import Counter

OTHER_TRIES = (httpx.TransportError, httpx.TimeoutException)
ENDED = ("done", "refused", "failed", "aborted", "reversed", "manual")
FIRST_PRICE = 1_000


class Tills:
    """Every sale has a total of its own, so that bank and registers tell by themselves what became of which."""

    def __init__(self, counter: Counter, seed: int) -> None:
        self._counter = counter
        self._random = Random(seed)
        self._posted = 0
        self._closing = False
        self.sales: dict[int, str] = {}
        self.prices: dict[int, int] = {}
        self.aborts = 0
        self.repeats = 0

    def close(self) -> None:
        """No further sales; those on their way are still seen through."""
        self._closing = True

    async def sell(self) -> None:
        async with trio.open_nursery() as nursery:
            for pinpad in self._counter.pinpads:
                nursery.start_soon(self._till, pinpad)

    async def _till(self, pinpad: int) -> None:
        async with self._counter.client() as client:
            while not self._closing:
                self._posted += 1
                number = self._posted
                sale = await self._persistently(client, "POST", "/api/v1/sales", self._sale(number, pinpad))
                self.prices[sale["id"]] = FIRST_PRICE + number
                if number % 7 == 0:
                    await self._abort(client, sale["id"])
                await self._see_through(client, sale["id"])
                if self.sales[sale["id"]] == "failed":
                    await trio.sleep(0.3)  # no register yet, or no terminal: customers do not come faster than that

    async def _abort(self, client: httpx.AsyncClient, sale_id: int) -> None:
        """As a customer who leaves: at any moment."""
        await trio.sleep(self._random.uniform(0.0, 1.5))
        try:
            await client.post(f"/api/v1/sales/{sale_id}/abort")
            self.aborts += 1
        except OTHER_TRIES:
            return

    async def _see_through(self, client: httpx.AsyncClient, sale_id: int) -> None:
        """Until it has ended, or only a person can go on."""
        while True:
            sale = await self._persistently(client, "GET", f"/api/v1/sales/{sale_id}")
            self.sales[sale_id] = sale["status"]
            if sale["status"] in ENDED:
                return
            await trio.sleep(0.1)

    async def _persistently(
        self, client: httpx.AsyncClient, method: str, path: str, said: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        while True:
            try:
                answer = await client.request(method, path, json=said)
            except OTHER_TRIES:
                self.repeats += 1
            else:
                if answer.status_code in (200, 202):
                    found: dict[str, Any] = answer.json()
                    return found
                assert answer.status_code in (401, 503, 504), answer.text
            await trio.sleep(0.05)

    def _sale(self, number: int, pinpad: int) -> dict[str, Any]:
        price = FIRST_PRICE + number
        item = {"name": "Кофе", "price": price, "quantity": "1", "vat": "none"}
        receipt = {"kind": "sell", "tax_system": "usn_income", "items": [item], "payments": {"cashless": price}}
        return {
            "external_id": f"sale-{number}",
            "circuit_id": self._counter.circuit,
            "pinpad_id": pinpad,
            "receipt": receipt,
        }
