"""What a user does over HTTP, one call each, with the answer checked where a test would only repeat it."""

from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar

import httpx
import trio

from tests.kassanet.edge.posted import receipt
from tests.kassanet.service.premises import INN, PATIENCE, Premises

Found = TypeVar("Found")
ON_THE_WAY = ("queued", "assigned", "unknown")


class Shop:
    """An administrator's client on the premises, and a circuit with its registers."""

    def __init__(self, place: Premises, token: str) -> None:
        self.place = place
        self.token = token
        self.http = place.client(token)
        self.circuit = 0
        self._posted = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def again(self) -> None:
        """The service was started anew, at another address."""
        await self.http.aclose()
        self.http = self.place.client(self.token)

    # -- circuits -------------------------------------------------------------------------------------------------

    async def open(self, inn: str = INN) -> int:
        """A circuit with every register of the premises, active."""
        self.circuit = await self.create_circuit(inn)
        for register in self.place.registers:
            await self.add(register.eip)
            assert (await self.http.patch(f"/frs/{register.eip}/activate")).status_code == 200
        return self.circuit

    async def create_circuit(self, inn: str = INN, **said: object) -> int:
        answer = await self.http.post("/fcircuit", json={"inn": inn, "title": "Лавка", **said})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def add(self, eip: str, circuit: int | None = None, kind: str = "terminalfa") -> None:
        answer = await self.http.post(f"/fcircuit/{circuit or self.circuit}/fr", json={"type": kind, "eip": eip})
        assert answer.status_code == 201, answer.text

    async def integration(self, circuit: int | None = None) -> dict[str, Any]:
        """Of type ``api``, active."""
        answer = await self.http.post(f"/fcircuit/{circuit or self.circuit}/int", json={"type": "api"})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        assert (await self.http.patch(f"/int/{made['id']}/activate")).status_code == 200
        return made

    async def state(self, eip: str) -> dict[str, Any]:
        answer = await self.http.get(f"/api/v1/kkt/{eip}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ready(self) -> None:
        """Every register of the premises is in rotation."""
        for register in self.place.registers:
            await self.condition(register.eip, "ready")

    async def back(self) -> None:
        """As :meth:`ready`, where there may be work left."""
        for register in self.place.registers:
            await self.condition(register.eip, "ready", "busy")

    async def condition(self, eip: str, *wanted: str) -> dict[str, Any]:
        """The register's state, once it is in one of these conditions."""

        async def there() -> dict[str, Any] | None:
            state = await self.state(eip)
            return state if state["condition"] in wanted else None

        return await until(there, f"{eip} to be {' or '.join(wanted)}")

    # -- receipts -------------------------------------------------------------------------------------------------

    async def post(self, http: httpx.AsyncClient | None = None, **changes: object) -> int:
        """A new receipt; its id."""
        self._posted += 1
        said = receipt(**{"external_id": f"order-{self._posted}", **changes})
        answer = await (http or self.http).post(self.path, json=said)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["id"])

    @property
    def path(self) -> str:
        return f"/api/v1/circuits/{self.circuit}/receipts"

    async def receipt(self, number: int) -> dict[str, Any]:
        answer = await self.http.get(f"/api/v1/receipts/{number}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def becomes(self, number: int, *wanted: str) -> dict[str, Any]:
        """The receipt, once it is in one of these statuses."""

        async def there() -> dict[str, Any] | None:
            receipt = await self.receipt(number)
            return receipt if receipt["status"] in wanted else None

        return await until(there, f"receipt {number} to be {' or '.join(wanted)}")

    async def ended(self, *numbers: int) -> list[dict[str, Any]]:
        """The receipts, once none of them is on its way."""
        return [await self.becomes(number, "fiscalized", "refused", "cancelled", "manual") for number in numbers]


async def until(there: Callable[[], Awaitable[Found | None]], what: str, patience: float = PATIENCE) -> Found:
    """What was looked for, as it was when it was there: a moment later it may be otherwise."""
    with trio.move_on_after(patience):
        while not (found := await there()):  # noqa: ASYNC110 - the service is asked, as a user would
            await trio.sleep(0.01)
        return found
    raise AssertionError(f"waited {patience:g} s in vain for {what}")
