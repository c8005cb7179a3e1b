"""The agent's unit, as systemd would run its command line, on what the wheel brings; and a copy of its keys."""

import os
import socket
from pathlib import Path

import httpx
import trio

from tests.deploy.running import PATIENCE, Running, environment, places, printed, ready
from tests.deploy.unit import DEPLOY, command, read

UNIT = read("kassanet-agent.service")
MASTER = {"KASSANET_AGENT_MASTER_KEY": bytes(range(32)).hex()}


async def test_the_units_command_line_serves_what_the_wheel_brings(place: Path, tmp_path: Path) -> None:
    (tmp_path / "etc/kassanet").mkdir(parents=True)
    shipped = (DEPLOY / "agent.toml").read_text()
    assert shipped.count("\nport = 8090\n") == 1
    (tmp_path / "etc/kassanet/agent.toml").write_text(shipped.replace("\nport = 8090\n", "\nport = 0\n"))
    data = f"--data={tmp_path}/lib/kassanet-agent"
    listener = trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    await listener.bind(str(tmp_path / "notify"))
    with (tmp_path / "log").open("wb") as log:
        words, variables = command(UNIT, places(place, tmp_path)), {**environment(tmp_path), **MASTER}
        process = await trio.lowlevel.open_process(words, env=variables, cwd="/", stdout=log, stderr=log)
    try:
        agent = Running(process, listener, "", tmp_path, [])
        await ready(agent)
        async with httpx.AsyncClient(base_url=agent.address, trust_env=False, timeout=PATIENCE) as client:
            assert (await client.get("/readyz")).status_code == 200
            assert (await client.get("/docs")).status_code == 200
            assert (await client.get("/openapi.json")).json()["info"]["title"] == "kassanet agent"
            token = printed(place, "agent", "token", "--role=viewer", data).strip()
            client.headers["Authorization"] = f"Bearer {token}"
            assert (await client.get("/api/v1/status")).json()["locked"] is False
            assert "kassanet_agent_locked 0.0" in (await client.get("/metrics")).text
        printed(place, "agent", "backup", str(tmp_path / "copy.db"), data)
        with trio.fail_after(PATIENCE):
            await agent.says(b"WATCHDOG=1")
        process.terminate()
        with trio.fail_after(float(UNIT["Service.TimeoutStopSec"][0])):
            assert await process.wait() == 0
    finally:
        listener.close()
        if process.poll() is None:
            process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
    assert os.stat(tmp_path / "copy.db").st_mode & 0o077 == 0
    assert token not in (tmp_path / "log").read_text()
