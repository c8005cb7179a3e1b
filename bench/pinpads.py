"""Simulated terminals and their bank, and the service's pinpads in front of them, as real processes on loopback."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from bench.estate import Estate
from bench.processes import last_line, running
from bench.result import NotReal

AT = "20261122120000"
AT_ONCE = 8


class Counter:
    """``count`` terminals whose customers take ``seconds``; ``pinpads`` are their numbers in the service."""

    def __init__(self, folder: Path, count: int, seconds: float) -> None:
        folder.mkdir()
        self.estate = Estate(folder, count + 1)
        self.count = count
        self.pinpads: list[int] = []
        self._seconds = seconds

    @property
    def port(self) -> int:
        """Of the first terminal; the bank's is behind the last."""
        return self.estate.kkt_port

    @contextmanager
    def terminals(self) -> Iterator[subprocess.Popen[bytes]]:
        """In one process with their bank."""
        log = self.estate.folder / "terminals.log"
        words = ["kassanet", "sandbox", "smartsale", f"--count={self.count}", f"--port={self.port}"]
        words += [f"--host-port={self.port + self.count}", f"--state={self.estate.folder}/terminals"]
        with running([*words, f"--card-seconds={self._seconds}"], log) as process:
            assert process.stdout is not None
            if not process.stdout.readline().startswith(b"ready"):
                raise NotReal(f"the terminals did not start: {last_line(log)}")
            yield process

    def build(self) -> None:
        """A token, and every terminal as an active pinpad."""
        self.estate.registers = 0
        self.estate.build()
        with self.estate.client() as client, ThreadPoolExecutor(AT_ONCE) as pool:
            self.pinpads = list(pool.map(lambda number: _add(client, self.port + number), range(self.count)))

    def approved(self) -> int:
        """Payments in the bank's ledger; whatever else stands there makes the figures worthless."""
        lines = (self.estate.folder / "terminals" / "host.jsonl").read_bytes().splitlines()
        told = [msgspec.json.decode(line) for line in lines]
        if any(entry["op"] != "payment" or not entry["approved"] for entry in told):
            raise NotReal("the bank's ledger has more than approved payments")
        return len(told)


def terminal_id(port: int) -> str:
    """What the bank calls the simulated terminal on this port."""
    return f"501{port:05d}"


def _add(client: httpx.Client, port: int) -> int:
    made = client.post("/api/v1/pinpads", json={"address": f"127.0.0.1:{port}", "terminal_id": terminal_id(port)})
    if made.status_code != 201:
        raise NotReal(f"no pinpad: {made.status_code} {made.text[:200]}")
    number = int(made.json()["id"])
    activated = client.post(f"/api/v1/pinpads/{number}/activate")
    if activated.status_code != 200:
        raise NotReal(f"not activated: {activated.status_code} {activated.text[:200]}")
    return number
