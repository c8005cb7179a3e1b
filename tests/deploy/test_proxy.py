"""The proxy as it is shipped, in front of the service: the stream, imports, and where requests came from."""

import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio
from trio_websocket import open_websocket_url

from tests.deploy.running import PATIENCE, printed, running
from tests.deploy.unit import DEPLOY, program
from tests.ports import free_ports

CERTIFICATE = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"


def configuration(folder: Path, address: str, port: int) -> str:
    """The shipped file between what a distribution has around it, with addresses that a test may use."""
    text = (DEPLOY / "nginx.conf").read_text().replace("/etc/nginx/tls/", f"{folder}/")
    text = text.replace("/var/log/nginx/", f"{folder}/")
    text = re.sub(r"^ *listen .*:.*\n", "", text, flags=re.MULTILINE)
    for said, wanted in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("listen 80;", f"listen 127.0.0.1:{free_ports()};"),
        ("server 127.0.0.1:8080;", f"server {address.removeprefix('http://')};"),
    ):
        assert text.count(said) == 1, said
        text = text.replace(said, wanted)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{text}\n}}\n"


@pytest.fixture
def nginx() -> str:
    return program("nginx")


@asynccontextmanager
async def proxied(nginx: str, folder: Path, address: str) -> AsyncIterator[int]:
    """nginx in front of the address; its port."""
    files = ["-keyout", f"{folder}/kassanet.key", "-out", f"{folder}/kassanet.pem"]
    await trio.run_process([program("openssl"), *CERTIFICATE.split(), *files], capture_stderr=True)
    port = free_ports()
    (folder / "nginx.conf").write_text(configuration(folder, address, port))
    command = [nginx, "-p", f"{folder}", "-e", "stderr", "-c", f"{folder}/nginx.conf"]
    checked = await trio.run_process([*command, "-t"], capture_stderr=True, check=False)
    assert (checked.returncode, b"[warn]" in checked.stderr) == (0, False), checked.stderr.decode()
    process = await trio.lowlevel.open_process(command, stderr=subprocess.DEVNULL)
    try:
        with trio.fail_after(PATIENCE):
            await _listening(port)
        yield port
    finally:
        process.terminate()
        with trio.CancelScope(shield=True):
            await process.wait()


async def _listening(port: int) -> None:
    while True:
        try:
            await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
        except OSError:
            await trio.sleep(0.02)
        else:
            return


async def test_everything_goes_through_it(nginx: str, place: Path, tmp_path: Path) -> None:
    proxy = tmp_path / "nginx"
    proxy.mkdir()
    async with (
        running(place, tmp_path, '["127.0.0.1"]') as service,
        proxied(nginx, proxy, service.address) as port,
        httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=False, trust_env=False) as client,
    ):
        token = printed(place, "token", "create", "--role=admin", f"--data={tmp_path}/lib/kassanet").strip()
        client.headers["Authorization"] = f"Bearer {token}"
        forged = {"X-Forwarded-For": "203.0.113.9"}
        made = await client.post("/fcircuit", json={"inn": "7801234564", "title": "Лавка"}, headers=forged)
        assert made.status_code == 201
        [line] = (await client.get("/api/v1/audit?method=POST")).json()["lines"]
        assert line["address"] == "127.0.0.1"
        imported = await client.post(
            f"/api/v1/circuits/{made.json()['id']}/receipts",
            content=b"{}\n" * 20_000,
            headers={"Content-Type": "application/x-ndjson"},
            timeout=PATIENCE,
        )
        assert len(imported.text.splitlines()) == 20_000
        assert (await client.get("/metrics")).headers["Server"].startswith("nginx")
        await _hear_the_stream(port, token)
        await client.post("/cashdesk/check/sale?api_token=secret-1", json={})
    log = (proxy / "kassanet.log").read_text()
    assert "POST /cashdesk/check/sale HTTP" in log
    assert "secret-1" not in log


async def _hear_the_stream(port: int, token: str) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with trio.fail_after(PATIENCE):
        async with open_websocket_url(f"wss://127.0.0.1:{port}/api/v1/stream", ssl_context=trusting) as stream:
            await stream.send_message(f'{{"op":"auth","token":"{token}"}}')
            assert '"welcome"' in await stream.get_message()
            await stream.send_message('{"op":"subscribe","topics":["circuit"]}')
            assert '"snapshot"' in await stream.get_message()
