"""An integrator who wants one document for each receipt and repeats itself until it is told so."""

from collections.abc import Callable
from random import Random

import httpx
import trio

from tests.crash.farm import Farm

BURST = 10

OTHER_TRIES = (httpx.TransportError, httpx.TimeoutException)


class Shop:
    """Keeps ``ahead`` receipts waiting. ``total``: of every receipt, in kopecks; None gives each its own."""

    def __init__(self, farm: Farm, total: int | None, ahead: int) -> None:
        self._farm = farm
        self._total = total
        self._ahead = ahead
        self.acknowledged: dict[str, int] = {}
        self.repeats = 0
        self._posted = 0
        self._random = Random(1)
        self._closing = False

    async def sell(self) -> None:
        """Post until :meth:`close`; several at once, each repeated until acknowledged."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._steady_seller)
            for _ in range(2):
                nursery.start_soon(self._filling_seller)

    def close(self) -> None:
        """No further receipts; those on their way are still brought to an acknowledgement."""
        self._closing = True

    async def _steady_seller(self) -> None:
        """Always in the middle of a post, so that every kill meets one."""
        async with self._farm.client() as client:
            while not self._closing:
                self._posted += 1
                await self._post(client, self._posted)
                await trio.sleep(self._random.uniform(0.0, 0.1))

    async def _filling_seller(self) -> None:
        """Keeps the registers busy."""
        async with self._farm.client() as client:
            while not self._closing:
                if await self._waiting(client) < self._ahead:
                    await self._burst(client)
                else:
                    await trio.sleep(0.05)

    async def _burst(self, client: httpx.AsyncClient) -> None:
        """New receipts, and now and then an old one again: it must get its first answer."""
        for _ in range(BURST):
            self._posted += 1
            await self._post(client, self._posted)
        await self._post(client, self._random.randint(1, self._posted))

    async def _waiting(self, client: httpx.AsyncClient) -> int:
        path = f"/api/v1/circuits/{self._farm.circuit}/receipts?status=queued&limit={self._ahead}"
        answer = await _persistently(lambda: client.get(path))
        return len(answer.json()["receipts"]) if answer.status_code == 200 else 0

    async def _post(self, client: httpx.AsyncClient, number: int) -> None:
        receipt = self._receipt(number)
        path = f"/api/v1/circuits/{self._farm.circuit}/receipts"
        while True:
            try:
                answer = await client.post(path, json=receipt)
            except OTHER_TRIES:
                self.repeats += 1
            else:
                if answer.status_code in (200, 202):
                    self._note(str(receipt["external_id"]), answer.json()["id"])
                    return
                assert answer.status_code in (401, 503, 504), answer.text
            await trio.sleep(0.05)

    def _note(self, external_id: str, receipt_id: int) -> None:
        first = self.acknowledged.setdefault(external_id, receipt_id)
        assert first == receipt_id, f"{external_id} was {first} and is {receipt_id} now"

    def _receipt(self, number: int) -> dict[str, object]:
        price = self._total or 1000 + number
        return {
            "external_id": f"order-{number}",
            "kind": "sell",
            "tax_system": "usn_income",
            "items": [{"name": "Интернет, ноябрь", "price": price, "quantity": "1", "vat": "none"}],
            "payments": {"cashless": price},
        }


async def _persistently(request: Callable[[], object]) -> httpx.Response:
    while True:
        try:
            answer = await request()  # type: ignore[misc]  # a coroutine of httpx
        except OTHER_TRIES:
            await trio.sleep(0.05)
        else:
            assert isinstance(answer, httpx.Response)
            return answer
