"""A cashier's program that knows CashDesk, at a service with one software register."""

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.kassanet.service.premises import Premises
from tests.kassanet.service.tax_office import REGISTER, TaxOffice, Till, till

LOGIN, PASSWORD = "boiko@example.com", "correct-horse"
SOAP: dict[str, Any] = {"name": "Мило", "price": 1257, "letters": "A", "tax_prc": 20}


class Counter:
    """What a program sends. ``base`` is one of the two places where the dialect stands."""

    def __init__(self, http: httpx.AsyncClient, base: str = "/cashdesk") -> None:
        self.http = http
        self.base = base

    async def ask(self, path: str, said: Any = None, **more: Any) -> httpx.Response:  # noqa: ANN401 - JSON
        return await self.http.post(f"{self.base}{path}", json={} if said is None else said, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - of httpx
        return await self.http.get(f"{self.base}{path}", **more)

    async def do(self, path: str, *, shift: bool | None = True, **said: Any) -> Any:  # noqa: ANN401 - JSON
        """About the register; ``shift`` is what the answer's header must say."""
        answer = await self.ask(path, {"num_fiscal": REGISTER, **said})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Shift-state"] == ("true" if shift else "false")
        return answer.json()

    async def sell(self, **more: Any) -> Any:  # noqa: ANN401 - JSON
        """Soap for 12.57, rounded to 12.60."""
        return await self.do("/check/sale", **{**soap(), **more})

    def bears(self, token: str) -> None:
        self.http.headers["Authorization"] = f"Bearer {token}"


def soap(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    said = {"products": [SOAP], "payments": [{"code": 0, "sum": 1260}], "total_sum": 1260, "round_sum": 3}
    return {**said, **more}


def text(answer: dict[str, Any]) -> str:
    return b64decode(answer["text_print"]).decode()


async def register(register: Till, key_id: str, **more: Any) -> Any:  # noqa: ANN401 - JSON
    """A new cashier, ``token`` and all."""
    asked = {"key_id": key_id, "name": "Бойко Петро", "registers": more.pop("registers", [])}
    packet = await register.http.post("/api/v1/prro/registrations", json=asked)
    assert packet.status_code == 200, packet.text
    said = {"packet": packet.json()["packet"], "login": LOGIN, "password": PASSWORD, **more}
    made = await register.http.post("/api/v1/prro/cashiers", json=said)
    assert made.status_code == 201, made.text
    return made.json()


@asynccontextmanager
async def counter(folder: Path, base: str = "/cashdesk") -> AsyncIterator[tuple[TaxOffice, Premises, Till, Counter]]:
    """The register is added, its cashier registered; the program has a developer's name and the lasting token."""
    async with till(folder) as (office, shop, desk), shop.client(None) as http:
        made = await register(desk, office.key_id)
        http.headers["developer-id"] = "tests"
        http.headers["Accept"] = "application/json"
        program = Counter(http, base)
        program.bears(made["token"])
        yield office, shop, desk, program
