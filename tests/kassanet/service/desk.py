"""The cash desk with everything around it: a tax service, an agent within, one beside it, and keys to hand over."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from msgspec.structs import replace

from kassanet.prro_config import LocalAgentSection, PrroSection
from kassanet.sandbox.fiscal_server.registry import TEST_TIN
from kassanet.sandbox.keys.certificates import Owner
from kassanet.sandbox.keys.estate import PASSWORD, Wanted
from tests.kassanet.agent.office import AGREEMENT, Client
from tests.kassanet.service.premises import Premises, premises
from tests.kassanet.service.tax_office import TaxOffice, tax_office
from transports.dstu.imports import KeyMaterial, import_key

OTHER_TIN = "3012345679"
KEYS = [
    Wanted("stranger", Owner("Касир Два", edrpou=OTHER_TIN, drfo=OTHER_TIN)),
    Wanted("both", Owner("Касир Чотири", edrpou=TEST_TIN, drfo=OTHER_TIN)),
    Wanted("expired", Owner("Касир Три", edrpou=TEST_TIN, drfo=TEST_TIN), expired=True),
]
MASTER = bytes(range(32))


class CashDesk:
    """``http`` speaks as an admin of the service."""

    def __init__(self, folder: Path, office: TaxOffice, shop: Premises, http: httpx.AsyncClient) -> None:
        self.folder, self.office, self.shop, self.http = folder, office, shop, http

    def container(self, name: str = "cashier", kind: str = "key.pfx") -> bytes:
        return (self.folder / "office/keys" / name / kind).read_bytes()

    async def hand_over(self, name: str = "cashier", agent: str = "local", **said: Any) -> httpx.Response:  # noqa: ANN401 - fields
        body = {"container": _text(self.container(name)), "password": PASSWORD, "agreement": AGREEMENT, **said}
        return await self.http.post(f"/api/v1/prro/agents/{agent}/keys", json=body)

    async def key(self) -> str:
        """The cashier's key with the agent within, as registers name it."""
        given = await self.hand_over()
        assert given.status_code == 201, given.text
        return str(given.json()["key"])

    def remote(self) -> Client:
        """The agent beside the service, at its own door."""
        return Client(self.office.agent, (self.folder / "office/agent-token").read_text().strip())

    def signed(self, said: dict[str, Any] | bytes, name: str = "cashier", at: datetime | None = None) -> bytes:
        """By that key, without any agent's rules."""
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        key = import_key(self.container(name), PASSWORD, ())
        return key.signer(kupyna=False).sign(content, at or datetime.now(UTC))

    async def register(self, packet: bytes, **more: object) -> httpx.Response:
        return await self.http.post("/api/v1/prro/cashiers", json={"packet": _text(packet), **more})


def registration(key: str, number: int = 1, tin: str = TEST_TIN, age: float = 0.0, **more: object) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(seconds=age)).isoformat()
    said = {"Registration": "cashier", "UID": f"packet-{number}", "Timestamp": at, "Tin": tin, "Name": "Бойко П. О."}
    return {**said, "Key": key, **more}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def section(folder: Path, office: TaxOffice, **changes: object) -> PrroSection:
    """``[prro]`` with an agent within, unlocked by a file."""
    master = folder / "master-key"
    master.write_bytes(MASTER)
    master.chmod(0o600)
    local = LocalAgentSection(master_key_file=str(master), time_stamp_url=f"{office.address}/tsp")
    authorities = str(office.folder / "keys/authority.cer")
    return replace(office.section(), local=local, key_authorities=authorities, agents_every=0.2, **changes)


class Here:
    """Opens containers in this process: starting another takes a second."""

    def __init__(self, seconds: float) -> None:
        pass

    async def __call__(self, container: bytes, password: str, certificates: Sequence[bytes]) -> KeyMaterial:
        return import_key(container, password, certificates)


@asynccontextmanager
async def cash_desk(folder: Path, **changes: object) -> AsyncIterator[CashDesk]:
    """``changes`` are settings of ``[prro]``."""
    (folder / "office").mkdir()
    with patch("kassanet.agent.embedded.Importer", Here), patch("kassanet.agent.app.Importer", Here):
        async with (
            tax_office(folder / "office", more=KEYS) as office,
            premises(folder, 0, prro=section(folder, office, **changes)) as shop,
            shop.client(shop.token("admin")) as http,
        ):
            yield CashDesk(folder, office, shop, http)
