"""A rack of simulated registers and the service in front of it, as real processes on loopback.

Everything lies in one folder, so a second service finds what the first one left: rounds need no new estate.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from bench import http_client
from bench.processes import die_with_parent, last_line, running
from bench.receipts import lines
from bench.result import NotReal
from tests.ports import free_ports

INN = "7801234564"
"""Of the sandbox's registers too."""

READY_SECONDS = 300.0
READY = b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n"
AT_ONCE = 8
REGISTERS_EACH = 4000
"""In one sandbox process: each needs several descriptors, and systems grant some 20,000."""


class Estate:
    """``registers`` of 0 is a service alone. ``token`` is an admin's, ``circuit`` is known after :meth:`build`."""

    def __init__(self, folder: Path, registers: int = 0, config: str = "") -> None:
        self.folder = folder
        self.registers = registers
        self.port = free_ports(registers + 1)
        self.kkt_port = self.port + 1
        self.circuit = 0
        self.token = ""
        self.started_in = 0.0
        self._config = folder / "kassanet.toml"
        self._config.write_text(f'data = "{self.data}"\nport = {self.port}\n{config}')

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def books(self) -> list[Path]:
        """One for each register."""
        return sorted(self.folder.glob("registers-*/fn-*.jsonl"))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def receipts(self) -> str:
        return f"/api/v1/circuits/{self.circuit}/receipts"

    @contextmanager
    def sandbox(self, document_seconds: float) -> Iterator[list[subprocess.Popen[bytes]]]:
        """The registers; what they made before is in their books."""
        with ExitStack() as stack:
            first = range(0, self.registers, REGISTERS_EACH)
            yield [stack.enter_context(self._sandbox(number, document_seconds)) for number in first]

    @contextmanager
    def _sandbox(self, first: int, document_seconds: float) -> Iterator[subprocess.Popen[bytes]]:
        count, log = min(REGISTERS_EACH, self.registers - first), self.folder / f"sandbox-{first}.log"
        words = ["kassanet", "sandbox", "terminalfa", f"--count={count}", f"--port={self.kkt_port + first}"]
        words += [f"--state={self.folder}/registers-{first}", f"--document-seconds={document_seconds}", f"--inn={INN}"]
        with running(words, log) as process:
            assert process.stdout is not None
            if not process.stdout.readline().startswith(b"ready"):
                raise NotReal(f"the registers did not start: {last_line(log)}")
            yield process

    @contextmanager
    def service(self) -> Iterator[subprocess.Popen[bytes]]:
        """``kassanet serve``, ready; ``started_in`` tells how many seconds that took."""
        begun = time.perf_counter()
        with running(["kassanet", "serve", f"--config={self._config}"], self.folder / "service.log") as process:
            self._wait_until_ready(process)
            self.started_in = time.perf_counter() - begun
            yield process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.perf_counter() + READY_SECONDS
        while not self._is_ready():
            if process.poll() is not None:
                raise NotReal(f"the service ended by itself: {last_line(self.folder / 'service.log')}")
            if time.perf_counter() > deadline:
                raise NotReal("the service did not become ready")
            time.sleep(0.005)

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=READY_SECONDS) as connection:
                return http_client.status(http_client.ask(connection, READY)) == 200
        except ConnectionError:
            return False

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120.0, trust_env=False)

    def build(self) -> None:
        """A token, and a circuit with every register active."""
        command = [sys.executable, "-m", "kassanet", "token", "create", "--role", "admin", f"--data={self.data}"]
        made = subprocess.run(command, stdout=subprocess.PIPE, check=True, preexec_fn=die_with_parent)
        self.token = made.stdout.decode().strip()
        self.circuit = self.add_circuit(self.kkt_port + number for number in range(self.registers))

    def add_circuit(self, ports: Iterable[int]) -> int:
        """A circuit of the registers on these ports, all of them active."""
        with self.client() as client, ThreadPoolExecutor(AT_ONCE) as pool:
            circuit = int(_ok(client.post("/fcircuit", json={"inn": INN, "title": "Bench"})).json()["id"])
            list(pool.map(lambda port: _activate(client, circuit, f"127.0.0.1:{port}"), ports))
        return circuit

    def post(self, prefix: str, count: int) -> float:
        """Queue ``count`` receipts as one NDJSON body; seconds until all were acknowledged."""
        begun = time.perf_counter()
        with self.client() as client:
            answer = client.post(
                self.receipts, content=lines(prefix, count), headers={"Content-Type": "application/x-ndjson"}
            )
        taken = time.perf_counter() - begun
        accepted = _ok(answer).content.count(b'"status_code":202')
        if accepted != count:
            raise NotReal(f"{accepted} of {count} receipts were accepted")
        return taken


def _activate(client: httpx.Client, circuit: int, eip: str) -> None:
    _ok(client.post(f"/fcircuit/{circuit}/fr", json={"type": "terminalfa", "eip": eip}))
    _ok(client.patch(f"/frs/{eip}/activate"))


def _ok(answer: httpx.Response) -> httpx.Response:
    if answer.status_code not in (200, 201):
        raise NotReal(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:200]}")
    return answer
