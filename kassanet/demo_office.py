"""What software registers need around them, as the demonstration sets it up: the way a new integrator goes.

::

    DATA/keys      test keys of an authority of our own         kassanet sandbox keys
    DATA/tax       the tax service and its time stamps          kassanet sandbox fiscal-server
    DATA/licence   the cash desk's licence for the agent        kassanet licence issue
    DATA/agent     the signing agent, a process of its own      kassanet agent

Everything stays where it is for the next start; only the licence is issued anew each time.
"""

import json
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from kassanet.agent.licence import Licence, issue, load_private
from kassanet.agent.store import AgentStore
from kassanet.demo_processes import sandbox, serving
from kassanet.edge.secrets import new_token, token_hash
from kassanet.prro_config import AgentSection, LocalAgentSection, PrroSection
from kassanet.sandbox.fiscal_server.registry import TEST_TIN
from kassanet.sandbox.keys.estate import KeyEntry, Listing, make, usual
from schemas.records import Role
from schemas.signing_records import AddAgentToken

TIN = TEST_TIN
CASHIERS = ("cashier", "director")
"""Whose keys are handed over, by their names in ``keys.json``; registers take them in turn."""

OUTAGE_AFTER = 25
OUTAGE_SECONDS = 15
_DAYS = 365
_PATIENCE = 120.0


class Office:
    """Where everything is. ``outage_after``: the tax service goes away at every so-manieth sale of a register."""

    def __init__(
        self,
        data: Path,
        count: int,
        tax_port: int,
        agent_port: int,
        outage_after: int = OUTAGE_AFTER,
        outage_seconds: float = OUTAGE_SECONDS,
    ) -> None:
        self.tax = data / "tax"
        self.agent_url = f"http://127.0.0.1:{agent_port}"
        self._tax_url = f"http://127.0.0.1:{tax_port}"
        self._data, self._keys, self._agent, self._licence = data, data / "keys", data / "agent", data / "licence"
        self._count, self._tax_port, self._agent_port = count, tax_port, agent_port
        self._outage = {"on": "SaleGoods", "every": outage_after, "do": "power_cycle", "at": 0}
        self._outage["seconds"] = outage_seconds

    @contextmanager
    def open(self) -> Iterator[None]:
        """Keys, tax service, licence and agent, as long as it lasts. Raises ``DevicesMissing``."""
        for folder in (self.tax, self._agent, self._licence):
            folder.mkdir(parents=True, exist_ok=True)
        if not (self._keys / "keys.json").exists():
            make(self._keys, usual(), datetime.now(UTC), time_stamp_url=f"{self._tax_url}/tsp")
        with ExitStack() as stack:
            stack.enter_context(sandbox(self._fiscal_server(), self._tax_port))
            words = ["agent", f"--config={self._written_settings()}"]
            self._keep_token("admin")
            self._keep_token("operator")
            stack.enter_context(serving(words, f"{self.agent_url}/readyz"))
            yield

    def section(self) -> PrroSection:
        """``[prro]`` of the service. It looks twice a second whether the tax service is back, to be watched."""
        agent = AgentSection(self.agent_url, str(self._token_file("operator")))
        return PrroSection(
            tax_server=f"{self._tax_url}/fs",
            authorities=str(self._keys / "authority.cer"),
            timeout=10.0,
            tick=0.5,
            local=LocalAgentSection(enabled=False),
            agents={"demo": agent},
        )

    async def hand_over(self) -> list[str]:
        """Give the agent the cashiers' keys, unless it has them; their names as registers know them."""
        headers = {"Authorization": f"Bearer {self._token_file('admin').read_text().strip()}"}
        listing = msgspec.json.decode((self._keys / "keys.json").read_bytes(), type=Listing)
        async with httpx.AsyncClient(
            base_url=self.agent_url, headers=headers, timeout=_PATIENCE, trust_env=False
        ) as client:
            known = {key["subject_key_id"]: key["id"] for key in _fine(await client.get("/api/v1/keys"))}
            for key in listing.keys:
                if key.name in CASHIERS and key.subject_key_id not in known:
                    given = _fine(await client.post("/api/v1/keys", json=self._upload(key)))
                    known[key.subject_key_id] = given["id"]
        return [f"demo/{known[key.subject_key_id]}" for key in listing.keys if key.name in CASHIERS]

    def cashiers(self) -> list[str]:
        """Their names, in the order of their keys."""
        listing = msgspec.json.decode((self._keys / "keys.json").read_bytes(), type=Listing)
        return [key.owner for key in listing.keys if key.name in CASHIERS]

    def _upload(self, key: KeyEntry) -> Mapping[str, object]:
        today = datetime.now(UTC).date()
        agreement = {"number": "1", "owner": key.owner, "signed": str(today), "until": str(today + _years(2))}
        container = b64encode((self._keys / key.files["pfx"]).read_bytes()).decode()
        return {"container": container, "password": key.password, "agreement": agreement}

    def _fiscal_server(self) -> Sequence[str]:
        faults = self.tax / "faults.jsonl"
        faults.write_bytes(msgspec.json.encode(self._outage) + b"\n")
        where = [f"--port={self._tax_port}", f"--state={self.tax}", f"--keys={self._keys}"]
        return ["fiscal-server", *where, f"--registers={max(8, self._count)}", f"--faults={faults}"]

    def _written_settings(self) -> Path:
        """The agent's configuration, with a licence and a master key."""
        master = self._agent / "master.key"
        if not master.exists():
            master.touch(mode=0o600)
            master.write_bytes(secrets.token_bytes(32))
        settings = {
            "port": self._agent_port,
            "data": str(self._agent / "store"),
            "log_level": "warning",
            "master_key_file": str(master),
            "time_stamp_url": f"{self._tax_url}/tsp",
            "licence": str(self._issued()),
            "licence_key": str(self._licence / "desk.pem.pub"),
        }
        path = self._agent / "agent.toml"
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
        return path

    def _issued(self) -> Path:
        today = datetime.now(UTC).date()
        licence = Licence(number="demo-1", server="demo", keys=10, issued=today, until=today + _years(1))
        path = self._licence / "licence.json"
        path.write_bytes(issue(licence, load_private(self._licence / "desk.pem")))
        return path

    def _keep_token(self, role: Role) -> None:
        path = self._token_file(role)
        if path.exists():
            return
        token = new_token()
        store = AgentStore.open(self._agent / "store")
        try:
            store.commit([AddAgentToken(token_hash(token), role, None, "demo", time.time())])
        finally:
            store.close()
        path.touch(mode=0o600)
        path.write_text(f"{token}\n")

    def _token_file(self, role: str) -> Path:
        return self._agent / f"{role}.token"


def _years(count: int) -> timedelta:
    return timedelta(days=_DAYS * count)


def _fine(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    if answer.status_code not in (200, 201):
        raise RuntimeError(f"{answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer.json()
