"""Stalls of a market, one at each software register, which repeat every operation until they are told its outcome."""

from random import Random
from typing import Any

import httpx
import trio

from tests.crash.bureau import Bureau

OTHER_TRIES = (httpx.TransportError, httpx.TimeoutException)
LATER = (401, 503, 504)
FIRST_PRICE = 1_000
SHIFT_SALES = 12
"""Sales after which a shift is closed."""


class Stalls:
    """Every sale has a total of its own, so that the tax service's books tell by themselves what became of it."""

    def __init__(self, bureau: Bureau, seed: int) -> None:
        self._bureau = bureau
        self._random = Random(seed)
        self._posted = 0
        self._closing = False
        self.prices: dict[str, int] = {}
        """Of sales, by their keys."""

        self.answered: dict[str, tuple[int, int]] = {}
        """Register and document of every operation that was told as made."""

        self.tries = 0
        self.repeats = 0

    def close(self) -> None:
        """No further customers; those at the counter are still served."""
        self._closing = True

    async def sell(self) -> None:
        async with trio.open_nursery() as nursery:
            for register in self._bureau.registers.values():
                nursery.start_soon(self._stall, register)

    async def _stall(self, register: int) -> None:
        made: list[tuple[str, dict[str, Any]]] = []
        async with self._bureau.client() as client:
            while not self._closing:
                self._posted += 1
                key, operation = f"order-{self._posted}", _sale(FIRST_PRICE + self._posted)
                self.prices[key] = FIRST_PRICE + self._posted
                made.append((key, operation))
                await self._done(client, register, *made[-1])
                if self._random.random() < 0.15:
                    self.repeats += 1
                    await self._done(client, register, *self._random.choice(made))
                if len(made) % SHIFT_SALES == 0:
                    await self._done(client, register, f"close-{key}", {"kind": "close_shift"})
                await trio.sleep(self._random.uniform(0.0, 0.1))

    async def _done(self, client: httpx.AsyncClient, register: int, key: str, operation: dict[str, Any]) -> None:
        """Until it is made, or refused; the same key must then always be the same document."""
        said = {"external_id": key, "operation": operation}
        while True:
            self.tries += 1
            try:
                answer = await client.post(f"/api/v1/prro/{register}/operations", json=said)
            except OTHER_TRIES:
                await trio.sleep(0.05)
                continue
            if answer.status_code == 200:
                document = (register, answer.json()["id"])
                first = self.answered.setdefault(key, document)
                assert first == document, f"{key} was document {first} and is {document} now"
                return
            assert answer.status_code in (202, *LATER), answer.text
            await trio.sleep(0.1)


def _sale(price: int) -> dict[str, Any]:
    item = {"name": "Яблука", "price": price, "letters": "А"}
    return {"kind": "sale", "items": [item], "payments": [{"form": 0, "sum": price}]}
