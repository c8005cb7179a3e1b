"""An agent that serves on a free port, with keys of a sandbox's authority and its time stamps over real HTTP."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import trio
from quart import Response, request
from quart_trio import QuartTrio

from kassanet.agent.app import Running, serve
from kassanet.agent.settings import AgentSettings
from kassanet.agent.store import AgentStore
from kassanet.edge.secrets import new_token, token_hash
from kassanet.edge.server import serve as serve_http
from kassanet.edge.settings import ServerSettings
from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.certificates import Owner
from kassanet.sandbox.keys.estate import PASSWORD, Estate, Wanted, load, make
from schemas.records import Role
from schemas.signing_records import AddAgentToken

PASSPHRASE = "correct horse battery"
TIN, OTHER_TIN, REGISTER = "3012345678", "3012345679", "4000123456"
AGREEMENT = {"number": "7", "signed": "2020-01-01", "owner": "Касир", "until": "2090-01-01"}
PATIENCE = 60.0
NOBODY = "http://127.0.0.1:1/tsp"
"""Nobody's: at the sandbox's usual address somebody may be stamping on this machine."""


def check(number: int = 1, tin: str = TIN) -> bytes:
    head = f"<TIN>{tin}</TIN><ORDERNUM>{number}</ORDERNUM><CASHREGISTERNUM>{REGISTER}</CASHREGISTERNUM>"
    return f"<CHECK><CHECKHEAD>{head}</CHECKHEAD></CHECK>".encode("cp1251")


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def keys_in(folder: Path) -> Estate:
    """Two entrepreneurs and one whose certificate has expired; containers that open quickly."""
    rounds, containers.ROUNDS = containers.ROUNDS, 10
    try:
        wanted = [
            Wanted("one", Owner("Касир Один", edrpou=TIN, drfo=TIN)),
            Wanted("two", Owner("Касир Два", edrpou=OTHER_TIN, drfo=OTHER_TIN)),
            Wanted("expired", Owner("Касир Три", edrpou=TIN, drfo=TIN), expired=True),
        ]
        make(folder, wanted, datetime.now(UTC), time_stamp_url=NOBODY)
    finally:
        containers.ROUNDS = rounds
    return load(folder)


def token(data: Path, role: Role = "admin", tenant: str | None = None) -> str:
    made = new_token()
    store = AgentStore.open(data)
    store.commit([AddAgentToken(token_hash(made), role, tenant, "test", 0.0)])
    store.close()
    return made


class Client:
    """Speaks as one token, each time on a connection of its own."""

    def __init__(self, address: str, bearer: str) -> None:
        self._address, self._headers = address, {"Authorization": f"Bearer {bearer}"}

    async def call(self, method: str, path: str, said: object = None) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self._address, headers=self._headers, timeout=PATIENCE) as http:
            return await http.request(method, path, json=said)

    async def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        return (await self.call("GET", path)).json()

    async def upload(self, container: bytes, password: str = PASSWORD, **more: object) -> httpx.Response:
        return await self.call(
            "POST", "/api/v1/keys", {"container": base64_of(container), "password": password, **more}
        )

    async def sign(self, key: str, name: str, data: bytes | None = None, **more: object) -> httpx.Response:
        said = {"id": name, "kind": "check", "data": base64_of(check() if data is None else data), **more}
        return await self.call("POST", f"/api/v1/keys/{key}/sign", said)


def slug(answer: httpx.Response) -> str:
    """The last word of a problem's type."""
    return str(answer.json()["type"]).rsplit(":", 1)[1]


@asynccontextmanager
async def serving(settings: AgentSettings, passphrase: str | None = PASSPHRASE) -> AsyncIterator[Running]:
    async with trio.open_nursery() as nursery:
        with trio.fail_after(PATIENCE):
            running: Running = await nursery.start(partial(serve, settings, passphrase))
        try:
            yield running
        finally:
            running.stop.set()
            nursery.cancel_scope.deadline = trio.current_time() + PATIENCE
    assert not nursery.cancel_scope.cancelled_caught, "it does not stop"


@asynccontextmanager
async def stamping(estate: Estate) -> AsyncIterator[str]:
    """The address of the sandbox's time-stamp authority."""
    app, stop = QuartTrio(__name__), trio.Event()

    @app.post("/tsp")
    async def tsp() -> Response:
        return Response(estate.time_stamps.respond(bytes(await request.body)))

    async with trio.open_nursery() as nursery:
        (address,) = await nursery.start(partial(serve_http, app, ServerSettings(port=0), stop=stop))
        yield f"{address}/tsp"
        stop.set()


def settings(data: Path, **more: object) -> AgentSettings:
    return msgspec.convert({"data": str(data), "port": 0, "log_level": "error", **more}, AgentSettings)
