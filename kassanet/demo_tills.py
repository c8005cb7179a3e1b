"""Tills where people pay by card: what the demonstration does with pinpads, over HTTP, as a customer's program would.

Each sale is a payment and its receipt as one thing. Most customers pay; some are refused, some change their mind, and
now and then the cashier takes a sale back while it runs. Every sale that ended is one line on the terminal.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import httpx
import structlog
import trio

from kassanet.demo_shop import Shop
from kassanet.sandbox.smartsale.fleet import Place

GOODS = (
    ("Роутер Wi-Fi 6", 459000),
    ("Приставка цифрового ТВ", 329000),
    ("Кабель витая пара, 10 м", 45000),
    ("Камера видеонаблюдения", 289000),
    ("Подключение, выезд мастера", 50000),
    ("Карта памяти 64 ГБ", 79000),
)
ABORTED = 0.06
PATIENCE = 120

CARDS = (
    {"do": "decline", "code": "51", "p": 0.07},
    {"do": "cancelled", "p": 0.05},
    {"do": "slow", "p": 0.05},
    {"do": "pin_wrong", "p": 0.05},
    {"do": "approve", "card": "visa", "p": 0.3},
)
"""Who stands at the demonstration's terminals: a script for their sandbox."""

log = structlog.get_logger(__name__)


class Tills:
    """One till for each of the ``terminals``. Sales go to the circuit of ``shop``, in its name.

    ``pause`` is the mean time in seconds until the next customer comes.
    """

    def __init__(self, shop: Shop, terminals: Sequence[Place], pause: float = 2.0, seed: int = 2) -> None:
        self._shop = shop
        self._terminals = terminals
        self._pause = pause
        self._random = Random(seed)
        self._made = 0
        self._pinpads: dict[int, int] = {}

    async def build(self) -> None:
        """Add every pinpad that is not there yet, and switch it on."""
        known = {pinpad["spec"]["address"]: pinpad["id"] for pinpad in await self._shop.ask("GET", "/api/v1/pinpads")}
        for place in self._terminals:
            address = f"{place.host}:{place.port}"
            if address not in known:
                known[address] = (await self._shop.ask("POST", "/api/v1/pinpads", self._spec(place, address)))["id"]
            await self._shop.ask("POST", f"/api/v1/pinpads/{known[address]}/activate")
            self._pinpads[place.number + 1] = known[address]

    def _spec(self, place: Place, address: str) -> dict[str, object]:
        return {
            "address": address,
            "profile": "sandbox",
            "terminal_id": place.terminal_id,
            "title": f"Касса {place.number + 1}",
            "inn": self._shop.inn,
        }

    async def serve(self) -> None:
        """One customer after another at every till, for ever."""
        async with trio.open_nursery() as nursery:
            for till, pinpad in self._pinpads.items():
                nursery.start_soon(self._serve_till, till, pinpad)

    async def _serve_till(self, till: int, pinpad: int) -> None:
        while True:
            await trio.sleep(self._random.expovariate(1 / self._pause))
            try:
                sale = await self._sell(pinpad)
                print(f"  till {till}  {await self._told(pinpad, sale)}", flush=True)
            except (httpx.HTTPError, RuntimeError) as error:
                log.warning("demo_sale_failed", till=till, error=str(error))

    async def _sell(self, pinpad: int) -> dict[str, Any]:
        """A sale from its posting to its end, or to where it stands after a while."""
        sale = await self._shop.ask_as_shop("POST", "/api/v1/sales", self.sale(pinpad))
        path = f"/api/v1/sales/{sale['id']}"
        if self._random.random() < ABORTED:
            await trio.sleep(self._random.uniform(0.2, 2) * self._pause)
            await self._shop.ask_as_shop("POST", f"{path}/abort", fine=(200, 409))  # 409: it was too late for that
        return await self._shop.ask_as_shop("GET", f"{path}?wait={PATIENCE}")  # type: ignore[no-any-return]  # JSON

    def sale(self, pinpad: int) -> dict[str, object]:
        """A basket paid by card; sometimes a part of it in cash."""
        self._made += 1
        lines = self._random.sample(GOODS, self._random.choice((1, 1, 2, 3)))
        total = sum(price for _, price in lines)
        cash = 10000 if self._random.random() < 0.15 else 0
        return {
            "external_id": f"{self._shop.prefix}-till-{self._made}",
            "circuit_id": self._shop.circuit_id,
            "pinpad_id": pinpad,
            "receipt": {
                "kind": "sell",
                "tax_system": "usn_income",
                "items": [
                    {"name": name, "price": price, "quantity": "1", "vat": "none", "subject": "commodity"}
                    for name, price in lines
                ],
                "payments": {"cashless": total - cash, **({"cash": cash} if cash else {})},
            },
        }

    async def _told(self, pinpad: int, sale: dict[str, Any]) -> str:
        """A sale on one line: how it ended, the card, the document."""
        words = [f"{sale['total'] / 100:>10.2f} RUB", f"{sale['status']:<9}"]
        if sale["status"] == "failed":
            words.append(str(sale.get("reason") or ""))
        if sale.get("operation_id"):
            path = f"/api/v1/pinpads/{pinpad}/operations/{sale['operation_id']}"
            result = (await self._shop.ask_as_shop("GET", path)).get("result") or {}
            words += [str(result[name]) for name in ("card_type", "pan", "text") if result.get(name)]
            words += [f"RRN {result['rrn']}"] if result.get("rrn") else []
        if sale.get("fiscal"):
            words.append(f"ФД {sale['fiscal']['fd']} ФН {sale['fiscal']['fn']}")
        return "  ".join(words)
