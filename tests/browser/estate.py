"""Registers and the service as processes, some circuits, and a token for each role: what the browser looks at.

The last three registers fail once on whatever they are given first, so that a receipt awaits a person's verdict.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.processes import last_line, running, stop
from tests.browser.office import Office, open_office
from tests.kassanet.edge.posted import item, receipt
from tests.kassanet.service.tax_office import COFFEE, DESK
from tests.ports import free_ports

INN, OTHER_INN = "7801234564", "5190114620"
HEALTHY, FAULTY = 6, 3
PATIENCE = 60.0
POISONED = "order-poison"
TEMPLATE = {"tax_system": "usn_income", "items": [{"name": "Услуги связи", "vat": "none"}]}


class Estate:
    """``circuit`` has registers that work, ``faulty`` those that fail once, ``idle`` none at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(HEALTHY + FAULTY + 2)
        self.tokens: dict[str, str] = {}
        self.circuit = self.faulty = self.idle = self.prro = 0
        self.service: subprocess.Popen[bytes] | None = None
        self._kkt_port = self.port + 1
        self._config = folder / "kassanet.toml"
        self._settings = f'data = "{folder / "data"}"\nport = {self.port}\n[poll]\nstate = 1.0\nhealth = 2.0\n'
        self._config.write_text(self._settings)
        self.office: Office

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def eip(self, number: int) -> str:
        """Of a register; the one after the last exists nowhere."""
        return f"127.0.0.1:{self._kkt_port + number}"

    @contextmanager
    def sandbox(self) -> Iterator[None]:
        plan = self.folder / "faults.jsonl"
        faulty = range(HEALTHY, HEALTHY + FAULTY)
        plan.write_text(
            "".join(json.dumps({"device": str(each), "on": "2D", "nth": 1, "do": "error:03"}) + "\n" for each in faulty)
        )
        words = ["kassanet", "sandbox", "terminalfa", f"--count={HEALTHY + FAULTY}", f"--port={self._kkt_port}"]
        words += [f"--state={self.folder / 'registers'}", "--document-seconds=0.05", f"--faults={plan}", f"--inn={INN}"]
        log = self.folder / "sandbox.log"
        with running(words, log) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"ready"), last_line(log)
            yield

    @contextmanager
    def tax_office(self) -> Iterator[None]:
        """With it the service, started afterwards, has software registers."""
        with open_office(self.folder / "office") as self.office:
            self._config.write_text(self._settings + self.office.section)
            yield

    def start(self) -> None:
        with (self.folder / "service.log").open("ab") as log:
            command = [sys.executable, "-m", "kassanet", "serve", f"--config={self._config}"]
            self.service = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers, "the service to be ready")

    def stop(self) -> None:
        if self.service is not None:
            stop(self.service)
            self.service = None

    def _answers(self) -> bool:
        assert self.service is not None
        assert self.service.poll() is None, last_line(self.folder / "service.log")
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def build(self) -> None:
        for role in ("viewer", "operator", "admin"):
            command = [sys.executable, "-m", "kassanet", "token", "create", f"--role={role}"]
            made = subprocess.run([*command, f"--data={self.folder / 'data'}"], stdout=subprocess.PIPE, check=True)
            self.tokens[role] = made.stdout.decode().strip()
        self.circuit = self._circuit("ООО «Ромашка»", INN, range(HEALTHY - 1))
        self.faulty = self._circuit("ООО «Лютик»", INN, range(HEALTHY, HEALTHY + FAULTY))
        self.idle = self._circuit("Idle", OTHER_INN, ())
        self.call("POST", "/api/v1/pinpads", {"address": self.eip(HEALTHY + FAULTY)})
        self.post(self.faulty, external_id=POISONED)
        self.post(self.idle, external_id="order-waiting")
        self._ways()
        self.prro = int(self.call("POST", "/api/v1/prro", {"desk": DESK, "key_id": self.office.key_id})["id"])
        self.sell("coffee-1")
        for number in range(12):
            self.post(self.circuit, external_id=f"first-{number}")
        until(lambda: self.counts() == {"fiscalized": 12, "manual": 1, "queued": 1}, "the first receipts")

    def _ways(self) -> None:
        """What comes over ``counter`` goes to registers at once, over ``web`` first to a billing that is ``gone``."""
        way = {"inn": INN, "circuit": self.circuit, "receipt": TEMPLATE}
        for name in ("counter", "web"):
            self.call("POST", "/api/v1/channels", {"name": name, "kind": "api", "inn": INN})
        self.call("POST", "/api/v1/billings", {"name": "gone", "kind": "osmp", "url": f"http://{self.eip(99)}/"})
        only = {"name": "counter", "channel": "counter", "policy": "fiscalize_only"}
        self.call("POST", "/api/v1/routes", {**way, **only})
        self.call("POST", "/api/v1/routes", {**way, "name": "web", "channel": "web", "billing": "gone"})

    def _circuit(self, title: str, inn: str, registers: Any) -> int:  # noqa: ANN401 - numbers
        circuit = int(self.call("POST", "/fcircuit", {"inn": inn, "title": title})["id"])
        for number in registers:
            self.call("POST", f"/fcircuit/{circuit}/fr", {"type": "terminalfa", "eip": self.eip(number)})
            self.call("PATCH", f"/frs/{self.eip(number)}/activate")
        return circuit

    # -- the API, by which every effect of the page is judged ------------------------------------------------------

    def call(self, method: str, path: str, said: object = None) -> Any:  # noqa: ANN401 - JSON
        headers = {"Authorization": f"Bearer {self.tokens['admin']}"}
        answer = httpx.request(method, self.url + path, json=said, headers=headers, timeout=30.0, trust_env=False)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    def post(self, circuit: int, **changes: Any) -> int:  # noqa: ANN401 - fields of a receipt
        """A receipt; ``name`` is that of its only item."""
        name = changes.pop("name", None)
        items = [item(name=name)] if name else [item()]
        said = receipt(items=items, **changes)
        return int(self.call("POST", f"/api/v1/circuits/{circuit}/receipts", said)["id"])

    def pay(self, channel: str, txn_id: str, account: str = "100500", total: int = 12_300) -> int:
        """A payment that somebody posts."""
        said = {"txn_id": txn_id, "channel": channel, "account": account, "sum": total}
        return int(self.call("POST", "/api/v1/payments", {**said, "payer": {"email": "a@b.example"}})["id"])

    def sell(self, external_id: str, **changes: Any) -> Any:  # noqa: ANN401 - JSON
        """A sale of the software register."""
        said = {"external_id": external_id, "operation": {**COFFEE, **changes}}
        return self.call("POST", f"/api/v1/prro/{self.prro}/operations", said)

    def condition(self) -> Any:  # noqa: ANN401 - JSON
        """Of the software register."""
        return self.call("GET", f"/api/v1/prro/{self.prro}")["state"]

    def state(self, number: int) -> Any:  # noqa: ANN401 - JSON
        return self.call("GET", f"/api/v1/kkt/{self.eip(number)}")

    def receipt(self, external_id: str) -> Any:  # noqa: ANN401 - JSON
        [found] = self.call("GET", f"/api/v1/receipts?external_id={external_id}")["receipts"]
        return found

    def counts(self) -> dict[str, int]:
        """Receipts by status."""
        found: dict[str, int] = {}
        for each in self.call("GET", "/api/v1/receipts?limit=500")["receipts"]:
            found[each["status"]] = found.get(each["status"], 0) + 1
        return found


def until(there: Callable[[], bool], what: str) -> None:
    """Wait for what the API must tell sooner or later."""
    give_up = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.05)
