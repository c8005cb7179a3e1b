"""An integrator who wants one document for each receipt and repeats itself until it is told so."""

from collections.abc import Callable

import httpx
import trio

from tests.crash.farm import Farm

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
        self._closing = False

    async def sell(self) -> None:
        """Post until :meth:`close`; several at once, each repeated until acknowledged."""
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(self._seller)

    def close(self) -> None:
        """No further receipts; those on their way are still brought to an acknowledgement."""
        self._closing = True

    async def _seller(self) -> None:
        async with self._farm.client() as client:
            while not self._closing:
                if await self._waiting(client) < self._ahead:
                    self._posted += 1
                    await self._post(client, self._posted)
                else:
                    await trio.sleep(0.05)

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
                    self.acknowledged[str(receipt["external_id"])] = answer.json()["id"]
                    return
                assert answer.status_code in (401, 503, 504), answer.text
            await trio.sleep(0.05)

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
