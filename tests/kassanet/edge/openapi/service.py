"""A service and one simulated register as processes, for a client that knows nothing but the description."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from msgspec import Struct

from tests.kassanet.edge.posted import receipt
from tests.ports import free_ports

INN = "7801234564"
DESK = {"register": 4000000001, "number": 1, "tin": "40000001", "org_name": "ТОВ «Тест»", "point_name": "Магазин"}
READY_SECONDS = 60.0


class Running(Struct, frozen=True):
    """``known`` are values of path parameters that exist."""

    url: str
    token: str
    known: dict[str, str | int]


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """A circuit with a register, an integration and a receipt; a pinpad and a tax service out of reach.

    Ended by process id whatever happens inside.
    """
    register, port = free_ports(), free_ports()
    sandbox = ["sandbox", "terminalfa", "--count=1", f"--port={register}", f"--state={folder / 'registers'}"]
    with ExitStack() as stack:
        stack.enter_context(begun([*sandbox, "--document-seconds=0.05"], folder / "sandbox.log"))
        config = _configuration(folder)
        service = ["serve", f"--config={config}", f"--port={port}", f"--data={folder / 'data'}"]
        stack.enter_context(begun(service, folder / "service.log"))
        url = f"http://127.0.0.1:{port}"
        until_ready(url)
        token = subprocess.run(
            _kassanet("token", "create", "--role=admin", f"--data={folder / 'data'}"),
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        yield Running(url, token, _build(url, token, f"127.0.0.1:{register}"))


def _configuration(folder: Path) -> Path:
    """Software registers whose agent and tax service are away."""
    (folder / "agent-token").write_text("none")
    agent = f'{{ shop = {{ url = "http://127.0.0.1:1", token_file = "{folder / "agent-token"}" }} }}'
    config = folder / "kassanet.toml"
    config.write_text(f'[prro]\ntax_server = "http://127.0.0.1:1/fs"\nagents = {agent}\n')
    return config


def _build(url: str, token: str, eip: str) -> dict[str, str | int]:
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    ) as client:
        circuit = client.post("/fcircuit", json={"inn": INN, "title": "Described"}).json()
        assert client.post(f"/fcircuit/{circuit['id']}/fr", json={"type": "terminalfa", "eip": eip}).status_code == 201
        assert client.patch(f"/frs/{eip}/activate").status_code == 200
        integration = client.post(f"/fcircuit/{circuit['id']}/int", json={"type": "api"}).json()
        posted = client.post(f"/api/v1/circuits/{circuit['id']}/receipts", json=receipt()).json()
        pinpad = client.post("/api/v1/pinpads", json={"address": "127.0.0.1:1"}).json()["id"]
        assert client.post(f"/api/v1/pinpads/{pinpad}/activate").status_code == 200
        payment = {"external_id": "order-1", "kind": "payment", "amount": 1200}
        prro = client.post("/api/v1/prro", json={"desk": DESK, "key_id": "shop/key"}).json()["id"]
        paid = client.post(f"/api/v1/pinpads/{pinpad}/operations?wait=60", json=payment).json()
    return {
        "circuit_id": circuit["id"],
        "identifier": circuit["sinn"],
        "eip": eip,
        "integration_id": integration["id"],
        "receipt_id": posted["id"],
        "pinpad_id": pinpad,
        "operation_id": paid["id"],
        "prro_id": prro,
    }


@contextmanager
def begun(words: list[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """kassanet with these words, ended by its id when the body is done with it."""
    with log.open("wb") as output:
        process = subprocess.Popen(_kassanet(*words), stdout=output, stderr=output, env=environment)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until_ready(url: str) -> None:
    """Raises AssertionError when it takes too long."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the service did not start: see service.log")


def _kassanet(*words: str) -> list[str]:
    return [sys.executable, "-m", "kassanet", *words]
