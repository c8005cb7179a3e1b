"""An agent that is killed while it signs: whatever it gave out it gives out again, byte for byte, and the log holds."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import trio

from kassanet.agent import master
from kassanet.cli import run
from tests.kassanet.agent.office import AGREEMENT, PATIENCE, Client, check, token

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


async def test_what_was_given_out_is_given_out_again(tmp_path: Path, key_folder: Path) -> None:
    bearer, given = token(tmp_path), dict[str, str]()
    with trio.fail_after(2 * PATIENCE), process(tmp_path) as (agent, address):
        client = Client(address, bearer)
        uploaded = await client.upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT)
        key = uploaded.json()["id"]

        async def ask(asker: int) -> None:
            for number in range(1000):
                name = f"{asker}-{number}"
                try:
                    answered = await client.sign(key, name, check(number))
                except httpx.TransportError:
                    return  # killed
                given[name] = answered.json()["signature"]
                if len(given) == ACKNOWLEDGED:
                    agent.send_signal(signal.SIGKILL)

        async with trio.open_nursery() as nursery:
            for asker in range(ASKERS):
                nursery.start_soon(ask, asker)
    with trio.fail_after(2 * PATIENCE), process(tmp_path) as (_, address):
        client = Client(address, bearer)
        for name, signature in given.items():
            answered = (await client.sign(key, name, check(int(name.split("-")[1])))).json()
            assert (answered["signature"], answered["repeated"]) == (signature, True)
    assert len(given) >= ACKNOWLEDGED
    assert run(["audit", "verify", "--data", str(tmp_path)]) == 0
