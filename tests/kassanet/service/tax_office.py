"""The simulated tax service and a signing agent beside a running service: real signatures, everything over HTTP."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import msgspec
import trio

from kassanet.prro_config import AgentSection, PrroSection
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.fiscal_server.dstu import DstuSeals
from kassanet.sandbox.fiscal_server.records import Entry
from kassanet.sandbox.fiscal_server.registry import FIRST_REGISTER, TEST_TIN, Registry, default_unit
from kassanet.sandbox.fiscal_server.server import FiscalServer
from kassanet.sandbox.fiscal_server.service import MORE_ACTIONS, Service
from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.certificates import Owner
from kassanet.sandbox.keys.estate import Estate, Wanted, load, make
from tests.kassanet.agent import office
from tests.kassanet.service.premises import Premises, premises

REGISTER = FIRST_REGISTER
DESK: dict[str, Any] = {
    "register": REGISTER,
    "number": 1,
    "tin": TEST_TIN,
    "org_name": "ТОВ «Тест»",
    "point_name": "Магазин",
    "taxes": [{"letter": "А", "percent": 2000}],
}
COFFEE: dict[str, Any] = {
    "kind": "sale",
    "items": [{"name": "Кава", "price": 4500, "letters": "А"}],
    "payments": [{"form": 0, "sum": 4500}],
}


class TaxOffice:
    """``service`` is the tax service, ``key_id`` a cashier's key as registers name it."""

    def __init__(self, folder: Path, estate: Estate, tin: str) -> None:
        self.folder, self.estate = folder, estate
        seals = DstuSeals(estate.server, (estate.authority,), time.time)
        self.server = FiscalServer(Registry((default_unit(2, tin),)), seals)
        self.service = Service(self.server, stamp=estate.time_stamps.respond)
        self.address = ""
        self.agent = ""
        self.key_id = ""

    def section(self) -> PrroSection:
        """``[prro]`` of a service beside it."""
        return PrroSection(
            tax_server=f"{self.address}/fs",
            authorities=str(self.folder / "keys/authority.cer"),
            timeout=10.0,
            tick=0.5,
            agents={"shop": AgentSection(self.agent, str(self.folder / "agent-token"))},
        )

    def disturb(self, on: str, do: str, **how: object) -> None:
        """What goes wrong from now on (``nth=1``: once)."""
        line = msgspec.convert({"on": on, "do": do, **how}, Line)
        plan = FaultPlan([line], actions=MORE_ACTIONS)
        self.service._faults[str(REGISTER)] = plan.for_device(str(REGISTER))

    def close(self) -> None:
        self.service.maintain(3600.0)

    def reopen(self) -> None:
        self.service.maintain(-1.0)

    def registered(self) -> list[Entry]:
        """What it has, by local number."""
        register = self.server.register(REGISTER)
        found = [register.find_local(number) for number in range(1, register.standing.next_local)]
        assert None not in found, "a gap"
        return [entry for entry in found if entry is not None]


class Till:
    """One register of a service over HTTP."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.path = ""

    async def add(self, key_id: str) -> None:
        made = await self.http.post("/api/v1/prro", json={"desk": DESK, "key_id": key_id, "cashier": "Бойко П. О."})
        assert made.status_code == 201, made.text
        self.path = f"/api/v1/prro/{made.json()['id']}"

    async def ask(self, key: str, operation: dict[str, Any]) -> httpx.Response:
        return await self.http.post(f"{self.path}/operations", json={"external_id": key, "operation": operation})

    async def do(self, key: str, operation: dict[str, Any], status: str = "registered") -> Any:  # noqa: ANN401 - JSON
        answer = await self.ask(key, operation)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == status, answer.text
        return answer.json()

    async def documents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.http.get(f"{self.path}/documents")).json()["documents"]
        return found

    async def condition(self) -> str:
        return str((await self.http.get(self.path)).json()["state"]["condition"])


@asynccontextmanager
async def tax_office(folder: Path, tin: str = TEST_TIN, more: Sequence[Wanted] = ()) -> AsyncIterator[TaxOffice]:
    """Both as long as it lasts; ``more`` are keys that nobody has been given."""
    place = TaxOffice(folder, _keys(folder / "keys", tin, more), tin)
    async with trio.open_nursery() as nursery:
        port = await nursery.start(partial(place.service.serve, "127.0.0.1", 0))
        place.address = f"http://127.0.0.1:{port}"
        master = folder / "master"
        master.write_bytes(bytes(range(32)))
        master.chmod(0o600)
        settings = office.settings(folder / "agent", time_stamp_url=f"{place.address}/tsp", master_key_file=str(master))
        token = office.token(folder / "agent")
        (folder / "agent-token").write_text(f"{token}\n")
        async with office.serving(settings, None) as agent:
            [place.agent] = agent.addresses
            await _hand_over(place, office.Client(place.agent, token))
            yield place
        nursery.cancel_scope.cancel()


def _keys(folder: Path, tin: str, more: Sequence[Wanted]) -> Estate:
    for name, data in _key_files(tin, tuple(more)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return load(folder)


@cache
def _key_files(tin: str, more: tuple[Wanted, ...]) -> dict[str, bytes]:
    """Made once for all tests of a process: keys take longer than anything that is done with them."""
    rounds, containers.ROUNDS = containers.ROUNDS, 10
    try:
        with TemporaryDirectory() as name:
            folder = Path(name) / "keys"
            cashier = Wanted("cashier", Owner("Бойко Петро", "ТОВ Тест", edrpou=tin, drfo=tin))
            make(folder, [cashier, *more], datetime.now(UTC))
            files = [path for path in folder.rglob("*") if path.is_file()]
            return {str(path.relative_to(folder)): path.read_bytes() for path in files}
    finally:
        containers.ROUNDS = rounds


async def _hand_over(place: TaxOffice, client: office.Client) -> None:
    container = (place.folder / "keys/cashier/key.pfx").read_bytes()
    given = await client.upload(container, agreement=office.AGREEMENT)
    assert given.status_code == 201, given.text
    place.key_id = f"shop/{given.json()['id']}"


@asynccontextmanager
async def till(folder: Path) -> AsyncIterator[tuple[TaxOffice, Premises, Till]]:
    """A service with one register, added."""
    (folder / "office").mkdir()
    async with (
        tax_office(folder / "office") as place,
        premises(folder, 0, prro=place.section()) as shop,
        shop.client(shop.token("admin")) as http,
    ):
        register = Till(http)
        await register.add(place.key_id)
        yield place, shop, register
