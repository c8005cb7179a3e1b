"""An internet provider that sells all day: what the demonstration does over HTTP, as a customer would."""

import time
from collections.abc import Sequence
from random import Random
from typing import Any

import httpx
import structlog
import trio

INN = "7801234564"
"""A made-up organisation; its check digits are right."""

TARIFFS = (
    ("Интернет 100 Мбит/с", 55000),
    ("Интернет 300 Мбит/с", 75000),
    ("Интернет 1 Гбит/с", 99000),
    ("Цифровое ТВ, базовый пакет", 25000),
    ("Аренда роутера", 10000),
    ("Видеонаблюдение, 1 камера", 30000),
)
STREETS = ("Лесная", "Садовая", "Речная", "Полевая", "Морская")

FINE = (200, 201, 202)
PATIENCE = 330.0  # above the longest wait that can be asked for

log = structlog.get_logger(__name__)


class Shop:
    """``registers`` are the addresses to put into its circuit."""

    def __init__(self, client: httpx.AsyncClient, token: str, registers: Sequence[str], seed: int = 1) -> None:
        self._client = client
        self._admin = {"Authorization": f"Bearer {token}"}
        self._registers = registers
        self._random = Random(seed)
        self.prefix = f"demo-{int(time.time()):x}"
        self.circuit_id = 0
        self.inn = INN
        self._made = 0
        self._path = ""
        self._own: dict[str, str] = {}

    async def build(self) -> None:
        """A circuit, its registers switched on, and an integration whose token the shop uses from then on."""
        self.circuit_id = circuit = await self.open_circuit(INN, "ООО «Демо-Телеком»", self._registers)
        integration = await self.ask("POST", f"/fcircuit/{circuit}/int", {"type": "api", "param1": "demo shop"})
        await self.ask("PATCH", f"/int/{integration['id']}/activate")
        self._own = {"Authorization": f"Bearer {integration['token']}"}
        self._path = f"/api/v1/circuits/{circuit}/receipts"

    async def open_circuit(self, inn: str, title: str, registers: Sequence[str]) -> int:
        """The organisation's circuit with these registers, made where it is not there yet; answers its number."""
        answer = await self._client.get(f"/fcircuit/{inn}", headers=self._admin)
        known = answer.status_code == httpx.codes.OK and answer.json()
        circuit = int(known[0]["id"] if known else (await self._made_circuit(inn, title))["id"])
        for eip in registers:
            await self.ask("POST", f"/fcircuit/{circuit}/fr", {"type": "terminalfa", "eip": eip}, fine=(201, 409))
            await self.ask("PATCH", f"/frs/{eip}/activate")
        return circuit

    async def _made_circuit(self, inn: str, title: str) -> Any:  # noqa: ANN401 - JSON
        return await self.ask("POST", "/fcircuit", {"inn": inn, "title": title})

    async def ask(self, method: str, path: str, body: object = None, fine: tuple[int, ...] = FINE) -> Any:  # noqa: ANN401 - JSON
        """What an administrator asks for; raises ``RuntimeError`` for an answer that is not ``fine``."""
        return await self._asked(self._admin, method, path, body, fine)

    async def ask_as_shop(self, method: str, path: str, body: object = None, fine: tuple[int, ...] = FINE) -> Any:  # noqa: ANN401 - JSON
        """The same with the integration's own token, which answers slowly where it is asked to wait."""
        return await self._asked(self._own, method, path, body, fine)

    async def _asked(self, headers: dict[str, str], method: str, path: str, body: object, fine: tuple[int, ...]) -> Any:  # noqa: ANN401 - JSON
        answer = await self._client.request(method, path, json=body, headers=headers, timeout=PATIENCE)
        if answer.status_code not in fine:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def sell(self, rate: float) -> None:
        """Post ``rate`` receipts a second for ever; one that is not taken is posted again, with the same number."""
        if rate <= 0:
            return
        async with trio.open_nursery() as nursery:
            due = trio.current_time()
            while True:
                nursery.start_soon(self._post, self.receipt())
                due += self._random.expovariate(rate)
                await trio.sleep_until(due)

    async def _post(self, receipt: dict[str, object]) -> None:
        for pause in (0.5, 2.0, 8.0):
            try:
                answer = await self._client.post(self._path, json=receipt, headers=self._own)
            except httpx.HTTPError as error:
                log.warning("demo_receipt_postponed", error=str(error))
            else:
                if answer.status_code < 500:
                    return
            await trio.sleep(pause)

    def receipt(self) -> dict[str, object]:
        """A realistic sale; now and then a refund."""
        self._made += 1
        lines = self._random.sample(TARIFFS, self._random.choice((1, 1, 1, 2, 3)))
        items = [
            {"name": f"{name}, ноябрь", "price": price, "quantity": "1", "vat": "none", "subject": "service"}
            for name, price in lines
        ]
        total = sum(price for _, price in lines)
        how = "cash" if self._random.random() < 0.15 else "cashless"
        buyer = f"{self._random.choice(STREETS).lower()}{self._random.randrange(1, 200)}"
        return {
            "external_id": f"{self.prefix}-{self._made}",
            "kind": "sell_refund" if self._random.random() < 0.03 else "sell",
            "tax_system": "usn_income",
            "customer": {"email": f"{_latin(buyer)}@mail.example"},
            "items": items,
            "payments": {how: total},
        }


_LETTERS = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "abvgdeejziiklmnoprstufhccss-y-eua", strict=True))


def _latin(text: str) -> str:
    return "".join(_LETTERS.get(letter, letter) for letter in text).replace("-", "")
