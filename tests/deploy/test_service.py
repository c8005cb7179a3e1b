"""The unit's own command line, run as systemd would run it, on what the wheel brings."""

import json
import os
import re
import subprocess
from pathlib import Path

import httpx
import trio

from tests.deploy.running import PATIENCE, UNIT, places, printed, running
from tests.deploy.unit import DEPLOY, command, read

_ASSET = re.compile(r'(?:href|src)="(/?[\w./-]+\.(?:css|js|svg))"')


async def test_the_units_command_line_serves_what_the_wheel_brings(place: Path, tmp_path: Path) -> None:
    async with running(place, tmp_path) as service:
        async with httpx.AsyncClient(base_url=service.address, trust_env=False, timeout=PATIENCE) as client:
            assert (await client.get("/readyz")).status_code == 200  # READY=1 has been said
            for page in ("/", "/docs"):
                text = (await client.get(page)).raise_for_status().text
                assets = _ASSET.findall(text)
                assert assets
                for asset in assets:
                    assert (await client.get(f"/{asset.lstrip('/')}")).status_code == 200, asset
            described = (await client.get("/openapi.json")).raise_for_status().json()
            assert described["openapi"].startswith("3.1")
            token = printed(place, "token", "create", "--role=admin", f"--data={tmp_path}/lib/kassanet")
            client.headers["Authorization"] = f"Bearer {token.strip()}"
            made = await client.post("/fcircuit", json={"inn": "7801234564", "title": "Лавка"})
            assert made.status_code == 201  # the schema's files were there
            assert "process_resident_memory_bytes" in (await client.get("/metrics")).text
        assert b"WATCHDOG=1" in service.said
        service.process.terminate()
        with trio.fail_after(float(UNIT["Service.TimeoutStopSec"][0])):
            assert await service.process.wait() == 0
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert not [line for line in log if line.get("level") in ("warning", "error", "critical")]


def test_every_module_is_there_and_needs_only_what_the_wheel_asks_for(place: Path) -> None:
    """Also those that the service does not load: they would fail on the day they are needed."""
    code = (
        "import importlib, pkgutil\n"
        "for floor in ('schemas', 'transports', 'actors', 'kassanet'):\n"
        "    package = importlib.import_module(floor)\n"
        f"    assert package.__file__.startswith('{place.resolve()}'), package.__file__\n"
        "    for found in pkgutil.walk_packages(package.__path__, floor + '.'):\n"
        "        if not found.name.endswith('__main__'):\n"
        "            importlib.import_module(found.name)\n"
    )
    subprocess.run(
        [place.resolve() / "bin" / "python", "-I", "-c", code], env={"PATH": os.defpath}, cwd="/", check=True
    )


async def test_a_copy_is_taken_beside_the_service_and_the_oldest_go(place: Path, tmp_path: Path) -> None:
    """The backup unit's command line, while the service writes."""
    unit = read("kassanet-backup.service")
    copies = tmp_path / "lib" / "kassanet-backups"
    copies.mkdir(parents=True)
    for day in range(1, 6):
        (copies / f"journal-2020010{day}T000000Z.db").write_text("old")
        (copies / f"journal-2020010{day}T000000Z.db.agent").write_text("old")
    (copies / "somebody's notes").write_text("not a copy")
    script = place / "bin" / "kassanet-backup"
    script.write_bytes((DEPLOY / "kassanet-backup").read_bytes())
    script.chmod(0o755)
    words = command(unit, {"${KEEP}": "3", **places(place, tmp_path)})
    async with running(place, tmp_path):
        await trio.run_process(words, env={"PATH": os.defpath})
    old = [f"journal-2020010{day}T000000Z.db{part}" for day in (4, 5) for part in ("", ".agent")]
    left = sorted(path.name for path in copies.iterdir())
    assert [name for name in left if name.startswith("journal-2020")] == old
    [new] = set(left) - {*old, "somebody's notes"}
    printed(place, "restore", str(copies / new), f"--data={tmp_path}/again")


def test_a_copy_that_fails_costs_no_older_one(place: Path, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"journal-2020010{number}T000000Z.db").write_text("old")
    script = ["/bin/sh", str(DEPLOY / "kassanet-backup"), str(tmp_path / "nothing"), str(tmp_path)]
    env = {"PATH": os.defpath, "KASSANET": str(place / "bin" / "kassanet")}
    for keep, code in (("1", 1), ("0", 2), ("", 2), ("many", 2)):
        done = subprocess.run([*script, keep], env=env, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, bool(done.stderr)) == (code, True), keep
    assert len(list(tmp_path.glob("*.db"))) == 3
