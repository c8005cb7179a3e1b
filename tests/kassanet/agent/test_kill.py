"""An agent that is killed while it signs: whatever it gave out it gives out again, byte for byte, and the log holds."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from kassanet.agent import master
from kassanet.cli import run
from kassanet.sandbox.keys.estate import PASSWORD
from tests.kassanet.agent.office import AGREEMENT, PATIENCE, base64_of, check, token

ASKERS, ACKNOWLEDGED = 4, 40


@contextmanager
def process(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    words = [sys.executable, "-m", "kassanet", "agent", "--data", str(data), "--port", "0"]
    environment = {**os.environ, master.VARIABLE: bytes(range(32)).hex()}
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=environment, text=True) as agent:
        assert agent.stderr is not None
        try:
            address = next(line["addresses"][0] for line in map(json.loads, agent.stderr) if line["event"] == "ready")
            yield agent, address
        finally:
            agent.kill()


class Asker:
    """A client without trio: whose connection is cut under its request must not leave a coroutine half done."""

    def __init__(self, address: str, bearer: str) -> None:
        self._address, self._headers = address, {"Authorization": f"Bearer {bearer}"}

    def post(self, path: str, said: dict[str, object]) -> dict[str, Any]:
        answered = httpx.post(f"{self._address}/api/v1{path}", json=said, headers=self._headers, timeout=PATIENCE)
        assert answered.status_code in (200, 201), answered.text
        found: dict[str, Any] = answered.json()
        return found

    def sign(self, key: str, name: str) -> dict[str, Any]:
        number = int(name.split("-")[1])
        return self.post(f"/keys/{key}/sign", {"id": name, "kind": "check", "data": base64_of(check(number))})


def test_what_was_given_out_is_given_out_again(tmp_path: Path, key_folder: Path) -> None:
    bearer, given = token(tmp_path), dict[str, str]()
    container = base64_of((key_folder / "one" / "key.pfx").read_bytes())
    with process(tmp_path) as (agent, address):
        asker = Asker(address, bearer)
        key = asker.post("/keys", {"container": container, "password": PASSWORD, "agreement": AGREEMENT})["id"]

        def ask(number: int) -> None:
            for each in range(1000):
                name = f"{number}-{each}"
                try:
                    given[name] = asker.sign(key, name)["signature"]
                except httpx.TransportError:
                    return  # killed
                if len(given) == ACKNOWLEDGED:
                    agent.send_signal(signal.SIGKILL)

        with ThreadPoolExecutor(ASKERS) as pool:
            list(pool.map(ask, range(ASKERS)))
    with process(tmp_path) as (_, address):
        asker = Asker(address, bearer)
        again = {name: asker.sign(key, name) for name in given}
    assert {name: answer["signature"] for name, answer in again.items()} == given
    assert all(answer["repeated"] for answer in again.values())
    assert len(given) >= ACKNOWLEDGED
    assert run(["audit", "verify", "--data", str(tmp_path)]) == 0
