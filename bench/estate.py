"""A rack of simulated registers and the service in front of it, as real processes on loopback.

Everything lies in one folder, so a second service finds what the first one left: rounds need no new estate.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.processes import die_with_parent, free_ports, last_line, running
from bench.receipts import lines
from bench.result import NotReal

INN = "7801234564"
"""Of the sandbox's registers too."""

READY_SECONDS = 300.0
AT_ONCE = 8


class Estate:
    """``registers`` of 0 is a service alone. ``token`` is an admin's, ``circuit`` is known after :meth:`build`."""

    def __init__(self, folder: Path, registers: int = 0, config: str = "") -> None:
        self.folder = folder
        self.registers = registers
        self.port = free_ports(registers + 1)
        self.kkt_port = self.port + 1
        self.circuit = 0
        self.token = ""
        self._config = folder / "kassanet.toml"
        self._config.write_text(f'data = "{self.data}"\nport = {self.port}\n{config}')

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def books(self) -> Path:
        return self.folder / "registers"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def receipts(self) -> str:
        return f"/api/v1/circuits/{self.circuit}/receipts"

    @contextmanager
    def sandbox(self, document_seconds: float) -> Iterator[subprocess.Popen[bytes]]:
        """The registers; what they made before is in their books."""
        words = ["kassanet", "sandbox", "terminalfa", f"--count={self.registers}", f"--port={self.kkt_port}"]
        words += [f"--state={self.books}", f"--document-seconds={document_seconds}", f"--inn={INN}"]
        with running(words, self.folder / "sandbox.log") as process:
            assert process.stdout is not None
            if not process.stdout.readline().startswith(b"ready"):
                raise NotReal(f"the registers did not start: {last_line(self.folder / 'sandbox.log')}")
            yield process

    @contextmanager
    def service(self) -> Iterator[subprocess.Popen[bytes]]:
        """``kassanet serve``, ready."""
        with running(["kassanet", "serve", f"--config={self._config}"], self.folder / "service.log") as process:
            self.wait_until_ready(process)
            yield process

    def wait_until_ready(self, process: subprocess.Popen[bytes]) -> float:
        """Seconds until ``/readyz`` answered 200."""
        begun = time.perf_counter()
        with self.client() as client:
            while time.perf_counter() - begun < READY_SECONDS:
                if process.poll() is not None:
                    raise NotReal(f"the service ended by itself: {last_line(self.folder / 'service.log')}")
                try:
                    if client.get("/readyz").status_code == 200:
                        return time.perf_counter() - begun
                except httpx.TransportError:
                    pass
                time.sleep(0.005)
        raise NotReal("the service did not become ready")

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120.0, trust_env=False)

    def build(self) -> None:
        """A token, a circuit, and every register active and ready."""
        command = [sys.executable, "-m", "kassanet", "token", "create", "--role", "admin", f"--data={self.data}"]
        made = subprocess.run(command, stdout=subprocess.PIPE, check=True, preexec_fn=die_with_parent)
        self.token = made.stdout.decode().strip()
        with self.client() as client:
            self.circuit = _ok(client.post("/fcircuit", json={"inn": INN, "title": "Bench"})).json()["id"]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda number: self._activate(client, number), range(self.registers)))

    def _activate(self, client: httpx.Client, number: int) -> None:
        eip = f"127.0.0.1:{self.kkt_port + number}"
        _ok(client.post(f"/fcircuit/{self.circuit}/fr", json={"type": "terminalfa", "eip": eip}))
        _ok(client.patch(f"/frs/{eip}/activate"))

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


def _ok(answer: httpx.Response) -> httpx.Response:
    if answer.status_code not in (200, 201):
        raise NotReal(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:200]}")
    return answer
