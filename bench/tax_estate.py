"""Tax service, signing agent and service with many software registers, each a process of its own, all over real HTTP.

Some registers belong to no cash desk: floors send the tax service documents of theirs that were signed beforehand.
"""

import json
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bench.processes import last_line, running
from bench.result import NotReal
from kassanet import tokens
from kassanet.agent.store import AgentStore
from kassanet.edge.secrets import new_token, token_hash
from kassanet.sandbox.fiscal_server.registry import FIRST_REGISTER, TEST_TIN
from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.certificates import Owner
from kassanet.sandbox.keys.estate import PASSWORD, Wanted, make
from schemas.records import Role
from schemas.signing_records import AddAgentToken
from tests.ports import free_ports
from transports.dstu.backend import backend

READY_SECONDS = 300.0
AT_ONCE = 8
AGREEMENT = {"number": "1", "owner": "Касир", "signed": "2020-01-01", "until": "2090-01-01"}
Running = Iterator["subprocess.Popen[bytes]"]


class TaxEstate:
    """``registers`` at the cash desk, signed for by ``keys`` cashiers in turn, and ``spare`` ones beside it."""

    def __init__(self, folder: Path, registers: int, keys: int, spare: int) -> None:
        if backend().is_fallback:
            raise NotReal(f"signatures by the backend {backend().name}")
        self.folder, self.registers, self.keys, self.spare = folder, registers, keys, spare
        port = free_ports(3)
        self.port, self.agent_port, self.tax_port = port, port + 1, port + 2
        self.token = tokens.create(folder / "data", "admin", None)
        self._agent_token = {role: _agent_token(folder / "agent", role) for role in ("admin", "operator")}
        self.paths: list[str] = []
        _make_keys(folder / "keys", keys)

    @property
    def book_folder(self) -> Path:
        return self.folder / "tax"

    def container(self, key: int) -> bytes:
        """Of a cashier."""
        return (self.folder / f"keys/cashier-{key}/key.pfx").read_bytes()

    @contextmanager
    def tax_service(self) -> Running:
        words = ["kassanet", "sandbox", "fiscal-server", f"--port={self.tax_port}", f"--state={self.book_folder}"]
        words += [f"--keys={self.folder}/keys", f"--registers={self.registers + self.spare}"]
        log = self.folder / "tax.log"
        with running(words, log) as process:
            assert process.stdout is not None
            if not process.stdout.readline().startswith(b"ready"):
                raise NotReal(f"the tax service did not start: {last_line(log)}")
            yield process

    @contextmanager
    def agent(self) -> Running:
        master, config = self.folder / "master", self.folder / "agent.toml"
        master.write_bytes(bytes(range(32)))
        master.chmod(0o600)
        said = {"port": self.agent_port, "data": str(self.folder / "agent"), "log_level": "error"}
        said |= {"master_key_file": str(master), "time_stamp_url": f"http://127.0.0.1:{self.tax_port}/tsp"}
        config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in said.items()))
        with self._ready(["kassanet", "agent", f"--config={config}"], self.agent_port, "agent.log") as process:
            yield process

    @contextmanager
    def service(self, prro: str = "close_shifts = false\n") -> Running:
        """``prro``: lines of its section."""
        token, config = self.folder / "agent-token", self.folder / "kassanet.toml"
        token.write_text(self._agent_token["operator"])
        config.write_text(
            f'data = "{self.folder}/data"\nport = {self.port}\n[prro]\n'
            f'tax_server = "http://127.0.0.1:{self.tax_port}/fs"\nauthorities = "{self.folder}/keys/authority.cer"\n'
            f'{prro}[prro.agents.shop]\nurl = "http://127.0.0.1:{self.agent_port}"\ntoken_file = "{token}"\n'
        )
        with self._ready(["kassanet", "serve", f"--config={config}"], self.port, "service.log") as process:
            yield process

    @contextmanager
    def _ready(self, words: list[str], port: int, log: str) -> Running:
        with running(words, self.folder / log) as process, httpx.Client(trust_env=False) as client:
            deadline = time.perf_counter() + READY_SECONDS
            while not _answers(client, f"http://127.0.0.1:{port}/readyz"):
                if process.poll() is not None or time.perf_counter() > deadline:
                    raise NotReal(f"{words[1]} is not there: {last_line(self.folder / log)}")
                time.sleep(0.02)
            yield process

    def build(self) -> None:
        """Every key is with the agent, and every register with the service; ``paths`` are the registers'."""
        names = [f"shop/{self._hand_over(key)}" for key in range(self.keys)]
        with self.client() as client, ThreadPoolExecutor(AT_ONCE) as pool:

            def add(place: int) -> str:
                said = {"desk": desk(place), "key_id": names[place % self.keys], "cashier": "Касир"}
                return f"/api/v1/prro/{fine(client.post('/api/v1/prro', json=said)).json()['id']}"

            self.paths = list(pool.map(add, range(self.registers)))

    def _hand_over(self, key: int) -> str:
        headers = {"Authorization": f"Bearer {self._agent_token['admin']}"}
        said = {"container": b64encode(self.container(key)).decode(), "password": PASSWORD, "agreement": AGREEMENT}
        url = f"http://127.0.0.1:{self.agent_port}/api/v1/keys"
        return str(fine(httpx.post(url, json=said, headers=headers, timeout=60.0, trust_env=False)).json()["id"])

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=120.0, trust_env=False)

    def everywhere(self, operation: dict[str, Any], key: str) -> None:
        """The same at every register."""
        with self.client() as client, ThreadPoolExecutor(2 * AT_ONCE) as pool:
            said = {"external_id": key, "operation": operation}
            for answer in pool.map(lambda path: client.post(f"{path}/operations", json=said), self.paths):
                if fine(answer).json()["status"] != "registered":
                    raise NotReal(answer.text[-400:])

    def lines(self, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[dict[str, Any]]:
        """Of the tax service's books, without the spare registers'."""
        books = (self.book_folder / f"register-{FIRST_REGISTER + place}.jsonl" for place in range(self.registers))
        found = (json.loads(line) for book in books if book.exists() for line in book.read_bytes().splitlines())
        return [line for line in found if wanted(line)]


def desk(place: int) -> dict[str, Any]:
    names = {"org_name": "ТОВ «Тест»", "point_name": "Магазин", "taxes": [{"letter": "А", "percent": 2000}]}
    return {"register": FIRST_REGISTER + place, "number": place + 1, "tin": TEST_TIN, **names}


def fine(answer: httpx.Response) -> httpx.Response:
    if answer.status_code not in (200, 201):
        raise NotReal(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[-400:]}")
    return answer


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == 200
    except httpx.TransportError:
        return False


def _agent_token(folder: Path, role: Role) -> str:
    token = new_token()
    store = AgentStore.open(folder)
    store.commit([AddAgentToken(token_hash(token), role, None, "bench", 0.0)])
    store.close()
    return token


def _make_keys(folder: Path, count: int) -> None:
    """Containers that open quickly: how long a password is tried is not the subject."""
    rounds, containers.ROUNDS = containers.ROUNDS, 10
    try:
        owners = [Owner(f"Касир {number}", "ТОВ Тест", edrpou=TEST_TIN, drfo=TEST_TIN) for number in range(count)]
        make(folder, [Wanted(f"cashier-{number}", owner) for number, owner in enumerate(owners)], datetime.now(UTC))
    finally:
        containers.ROUNDS = rounds
