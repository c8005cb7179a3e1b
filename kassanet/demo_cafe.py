"""A café in Kyiv whose tills are software registers: what the demonstration does with them over HTTP.

Each till begins with change in its drawer; most customers are sold something, some bring a thing back, and now and then
the cashier takes money out. Every document is one line on the terminal. When the tax service goes away the lines go on,
made offline, and when it is back a line tells what was delivered.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import httpx
import structlog
import trio

from kassanet.demo_office import TIN
from kassanet.sandbox.fiscal_server.registry import FIRST_REGISTER

MENU = (
    ("Еспресо", 4500),
    ("Капучино", 6500),
    ("Лате на вівсяному молоці", 9500),
    ("Чай трав’яний", 5500),
    ("Круасан з мигдалем", 8900),
    ("Сирник домашній", 11500),
    ("Борщ з пампушками", 14500),
    ("Вареники з вишнею", 13800),
)
BY_WEIGHT = ("Печиво вівсяне, ваг.", 48000)
"""Hryvnias and kopecks; the second is for a kilogram."""

TAXES = ({"letter": "А", "percent": 2000, "name": "ПДВ"},)
WHERE = {"org_name": "ТОВ «Приклад»", "point_name": "Кав’ярня", "point_address": "м. Київ, вул. Тестова, 1"}
CHANGE = 50000
NOTES = (5000, 10000, 20000, 50000, 100000)
RETURNED, TAKEN_OUT, IN_CASH = 0.06, 0.04, 0.4
WATCH_SECONDS = 0.5
_PATIENCE = 180.0
_FINE = (200, 201, 202)
_SAID = {"sale": "sale", "return": "return", "service_in": "change in", "service_out": "cash out"}

log = structlog.get_logger(__name__)


class Cafe:
    """``count`` tills. ``client`` speaks to the service with a token of the café's; ``pause`` is the mean time in
    seconds until the next customer of a till; ``prefix`` makes the numbers of its sales its own.
    """

    def __init__(self, client: httpx.AsyncClient, token: str, count: int, prefix: str, pause: float) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}
        self._count, self._prefix, self._pause = count, prefix, pause
        self._tills: list[Till] = []

    async def build(self, keys: Sequence[str], cashiers: Sequence[str]) -> None:
        """Add every register that is not there yet. They take the keys in turn."""
        known = {row["desk"]["register"]: row["id"] for row in await self.ask("GET", "/api/v1/prro")}
        for place in range(self._count):
            desk = {"register": FIRST_REGISTER + place, "number": place + 1, "tin": TIN, "taxes": TAXES, **WHERE}
            spec = {"desk": desk, "key_id": keys[place % len(keys)], "cashier": cashiers[place % len(cashiers)]}
            if desk["register"] not in known:
                known[desk["register"]] = (await self.ask("POST", "/api/v1/prro", spec))["id"]
            row = known[desk["register"]]
            self._tills.append(Till(self, row, place + 1, self._prefix, self._pause))

    async def serve(self) -> None:
        """One customer after another at every till, for ever."""
        async with trio.open_nursery() as nursery:
            for till in self._tills:
                nursery.start_soon(till.serve)
                nursery.start_soon(till.watch)

    async def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Raises ``RuntimeError`` for a problem."""
        answer = await self._client.request(method, path, json=body, headers=self._headers, timeout=_PATIENCE)
        if answer.status_code not in _FINE:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


class Till:
    """One register. ``number`` is what people call it."""

    def __init__(self, cafe: Cafe, row: int, number: int, prefix: str, pause: float) -> None:
        self._cafe, self._path, self._number = cafe, f"/api/v1/prro/{row}", number
        self._prefix, self._pause = f"{prefix}-{number}", pause
        self._random = Random(number)
        self._made = self._waiting = 0
        self._sold: list[tuple[str, dict[str, Any]]] = []

    async def serve(self) -> None:
        await self._make({"kind": "service_in", "sum": CHANGE})
        while True:
            await trio.sleep(self._random.expovariate(1 / self._pause))
            await self._make(self.next_operation())

    async def watch(self) -> None:
        """Tell when the register goes offline, and when it is back."""
        before = "online"
        while True:
            try:
                state = (await self._cafe.ask("GET", self._path))["state"]
            except (httpx.HTTPError, RuntimeError) as error:
                log.warning("demo_till_not_seen", till=self._number, error=str(error))
            else:
                self._tell_change(before, state)
                before = state["condition"]
            await trio.sleep(WATCH_SECONDS)

    def _tell_change(self, before: str, state: dict[str, Any]) -> None:
        now = state["condition"]
        self._waiting = max(self._waiting, state.get("waiting", 0))
        if now == "offline" and before not in ("offline", "returning"):
            hours = (state.get("offline_left") or 0) / 3600
            print(
                f"  ПРРО {self._number}  offline: the tax service is away; {hours:.1f} hours of work left", flush=True
            )
        elif now == "online" and before in ("offline", "returning"):
            print(f"  ПРРО {self._number}  online again: {self._waiting} documents delivered", flush=True)
            self._waiting = 0
        elif now == "blocked" and before != "blocked":
            print(f"  ПРРО {self._number}  blocked: {state.get('reason')}", flush=True)

    async def _make(self, operation: dict[str, Any]) -> None:
        """The same order again until it is answered: it becomes one document."""
        self._made += 1
        order = {"external_id": f"{self._prefix}-{self._made}", "operation": operation}
        for pause in (0.5, 2.0, 8.0):
            try:
                made = await self._cafe.ask("POST", f"{self._path}/operations", order)
            except (httpx.HTTPError, RuntimeError) as error:
                log.warning("demo_document_failed", till=self._number, error=str(error))
                await trio.sleep(pause)
            else:
                print(f"  ПРРО {self._number}  {told(made)}", flush=True)
                if operation["kind"] == "sale" and made.get("fiscal_number"):
                    self._sold = [*self._sold[-20:], (made["fiscal_number"], operation)]
                return

    def next_operation(self) -> dict[str, Any]:
        """What the next customer wants, or the cashier."""
        chance = self._random.random()
        if chance < RETURNED and self._sold:
            return self._refund()
        if chance > 1 - TAKEN_OUT:
            return {"kind": "service_out", "sum": CHANGE // 10}
        return self._sale()

    def _sale(self) -> dict[str, Any]:
        items: list[dict[str, Any]] = [
            {"name": name, "price": price, "quantity": self._random.choice(("1", "1", "1", "2")), "letters": "А"}
            for name, price in self._random.sample(MENU, self._random.choice((1, 1, 2, 3)))
        ]
        if self._random.random() < 0.2:
            name, price = BY_WEIGHT
            weight = f"0.{self._random.randrange(120, 480)}"
            items.append({"name": name, "price": price, "quantity": weight, "unit": "кг", "letters": "А"})
        return {"kind": "sale", "items": items, **self._paid(sum(map(cost, items)))}

    def _paid(self, total: int) -> dict[str, Any]:
        """By card to the kopeck; in cash to ten kopecks, as the law has it, with a note that is large enough."""
        if self._random.random() >= IN_CASH:
            slip = {"acquirer": "АТ «Банк»", "system": "VISA", "card": "************0053", "authorization": "482913"}
            return {"payments": [{"form": 1, "sum": total, "slip": slip}]}
        rounded = (total + 5) // 10 * 10
        given = next((note for note in NOTES if note >= rounded), rounded)
        cash = {"form": 0, "sum": rounded, "provided": given}
        return {"payments": [cash], "rounding": rounded - total}

    def _refund(self) -> dict[str, Any]:
        """Everything of an earlier sale, the way it was paid."""
        number, sale = self._sold.pop(self._random.randrange(len(self._sold)))
        paid = [{"form": each["form"], "sum": each["sum"]} for each in sale["payments"]]
        return {**sale, "kind": "return", "of": number, "payments": paid}


def cost(item: dict[str, Any]) -> int:
    """Price × quantity in kopecks, rounded half up."""
    whole, _, fraction = item["quantity"].partition(".")
    return int(item["price"] * int(f"{whole}{fraction:0<3}") + 500) // 1000


def told(made: dict[str, Any]) -> str:
    """A document on one line: its numbers, the sum, what it is and what became of it."""
    words = [
        f"№ {made['local_number']:<4}",
        f"{made.get('fiscal_number') or '—':<14}",
        f"{made['sum'] / 100:>9.2f} UAH",
        f"{_SAID.get(made['kind'], made['kind']):<9}",
        made["status"],
    ]
    return "  ".join([*words, *([made["reason"]] if made.get("reason") else [])])
