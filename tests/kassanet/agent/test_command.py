"""The agent from the command line: as a process, a new master key, the log's proof, mistakes told on one line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from kassanet.agent import master
from kassanet.cli import run
from tests.kassanet.agent.office import AGREEMENT, PASSPHRASE, Client, serving, settings, slug, token

NEW = "another long passphrase"


def test_as_a_process(tmp_path: Path) -> None:
    bearer = token(tmp_path)
    words = [sys.executable, "-m", "kassanet", "agent", "--data", str(tmp_path), "--port", "0"]
    environment = {**os.environ, master.VARIABLE: bytes(range(32)).hex()}
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stderr is not None
        address = next(line["addresses"][0] for line in map(json.loads, process.stderr) if line["event"] == "ready")
        headers = {"Authorization": f"Bearer {bearer}"}
        status = httpx.get(f"{address}/api/v1/status", headers=headers, timeout=60).json()
        with open(f"/proc/{process.pid}/limits") as limits:
            [core] = [line.split()[4:6] for line in limits if line.startswith("Max core file size")]
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
        assert process.wait(60) == 0
    assert (status["locked"], status["keys"]) == (False, 0)
    assert core == ["0", "0"]
    assert bytes(range(32)).hex() not in said
    assert bearer not in said


@pytest.mark.usefixtures("cheap", "imported_here")
async def test_a_new_master_key(tmp_path: Path, key_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    bearer = token(data)
    async with serving(settings(data)) as running:
        client = Client(running.addresses[0], bearer)
        key = (await client.upload((key_folder / "one" / "key.pfx").read_bytes(), agreement=AGREEMENT)).json()["id"]
    monkeypatch.setenv(master.PASSPHRASE_VARIABLE, PASSPHRASE)
    monkeypatch.setenv("KASSANET_AGENT_NEW_PASSPHRASE", NEW)
    assert run(["agent", "rotate", "--data", str(data)]) == 0
    assert run(["agent", "rotate", "--data", str(data)]) == 1  # the old passphrase is none any more
    async with serving(settings(data), passphrase=NEW) as running:
        client = Client(running.addresses[0], bearer)
        assert (await client.sign(key, "d1")).status_code == 200
    file = tmp_path / "master"
    file.touch(mode=0o600)
    file.write_bytes(os.urandom(32))
    monkeypatch.setenv(master.PASSPHRASE_VARIABLE, NEW)
    assert run(["agent", "rotate", "--data", str(data), "--new-key-file", str(file)]) == 0
    async with serving(settings(data, master_key_file=str(file)), passphrase=None) as running:
        client = Client(running.addresses[0], bearer)
        assert (await client.sign(key, "d2")).status_code == 200


@pytest.mark.usefixtures("cheap")
async def test_a_wrong_passphrase_at_the_start(tmp_path: Path) -> None:
    async with serving(settings(tmp_path)):
        pass
    with pytest.raises(BaseExceptionGroup) as failed:
        async with serving(settings(tmp_path), passphrase="not the passphrase"):
            pass
    assert failed.group_contains(master.MasterKeyProblem)


def test_the_log_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token(tmp_path)
    assert run(["audit", "verify", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 lines, none changed")
    head = said.split()[-1]
    token(tmp_path)
    assert run(["audit", "verify", "--data", str(tmp_path), "--head", head]) == 0
    assert run(["audit", "verify", "--data", str(tmp_path), "--head", "00"]) == 1
    assert run(["audit", "verify", "--data", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.count("\n") == 2


def test_a_copy_holds_what_the_agent_has_and_replaces_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, copied = tmp_path / "data", tmp_path / "again" / "agent.db"
    copied.parent.mkdir()
    token(data)
    assert run(["agent", "backup", str(copied), "--data", str(data)]) == 0
    assert copied.stat().st_mode & 0o077 == 0
    assert run(["audit", "verify", "--data", str(copied.parent)]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("1 lines, none changed")
    assert run(["agent", "backup", str(copied), "--data", str(data)]) == 1
    assert run(["agent", "backup", str(tmp_path / "other"), "--data", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.count("\n") == 2


def test_tokens_are_printed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agent", "token", "--role", "operator", "--tenant", "3012345678", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("kassa_")
    assert printed.count("\n") == 1
    assert printed.strip().encode() not in (tmp_path / "agent.db").read_bytes()


@pytest.mark.parametrize(
    ("text", "told"),
    [("prot = 1", "prot"), ("port = 'x'", "port"), ("tls_key = 'a'", "tls_key"), ("= 1", "TOML")],
)
def test_mistakes_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    assert run(["agent", "--config", str(file), "--data", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err


async def test_strangers_hear_nothing(tmp_path: Path) -> None:
    async with serving(settings(tmp_path), passphrase=None) as running:
        found = await Client(running.addresses[0], "kassa_nobody").call("GET", "/api/v1/status")
        assert (found.status_code, slug(found)) == (401, "unauthorized")
