"""The agent as a process: lock, store, journal, one actor for each key, the inner API in the same nursery.

Stopping goes the other way: no new requests, then every key finishes the document in its hands, then the journal.
"""

import os
import signal
import time
from functools import partial
from pathlib import Path

import structlog
import trio
from msgspec import Struct

from actors.availability import Availability
from actors.journal import Journal
from actors.runtime import Backoff, ChildSpec, Ref, Strategy, Supervisor, SupervisorSpec
from actors.signing.key import KeyTools, Stamp
from actors.signing.rules import Refused
from kassanet.agent.desk import Desk
from kassanet.agent.importing import Importer
from kassanet.agent.licensing import Licensing
from kassanet.agent.master import PASSPHRASE_VARIABLE, VARIABLE, from_environment, from_file
from kassanet.agent.metrics import AgentMeasured, metrics_blueprint
from kassanet.agent.openapi import AGENT, OPERATIONS
from kassanet.agent.routes import agent_blueprint
from kassanet.agent.settings import AgentSettings
from kassanet.agent.store import AgentStore
from kassanet.edge.application import make_app
from kassanet.edge.auth import Grants, TokenBook
from kassanet.edge.health import alive_and_signing
from kassanet.edge.openapi import openapi_blueprint
from kassanet.edge.server import serve as serve_http
from kassanet.edge.settings import EdgeSettings
from kassanet.store.lock import DirectoryLock
from schemas.signing_records import AllAgentTokens, StoredKey
from transports.dstu.backend import backend
from transports.dstu.certificates import Certificate
from transports.dstu.imports import KeyMaterial
from transports.stamping import StampingClient, Unstamped

log = structlog.get_logger("kassanet.agent")

BODY = 1 << 25
"""Bytes: a hundred documents of 200 KB in base64."""

FOR_EVER = 10**9


class Running(Struct, frozen=True):
    """An agent that serves."""

    addresses: list[str]
    desk: Desk
    journal: Ref
    stop: trio.Event


async def serve(
    settings: AgentSettings,
    passphrase: str | None = None,
    *,
    task_status: trio.TaskStatus[Running] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run until SIGTERM, SIGINT or ``Running.stop``.

    Raises ``DirectoryHeld``, ``StoreRefused``, ``OSError``, ``LicenceProblem`` and ``MasterKeyProblem`` before
    anything is served.
    """
    folder, licensing = Path(settings.data), Licensing.of(settings)
    with DirectoryLock(folder):
        root = _tree(folder)
        stamping = StampingClient(settings.time_stamp_seconds)
        async with trio.open_nursery() as nursery:
            await nursery.start(root.run)
            try:
                tools = KeyTools(
                    root.ref("journal"), nothing_open, stamp_with(stamping, settings), time.time, settings.idle
                )
                importer = Importer(settings.import_seconds)
                desk = Desk(tools, root.branch("keys"), importer, settings.tenant_a_minute, licensing)
                await desk.start()
                await unlock_at_start(desk, settings, passphrase)
                forget_variable()
                await _serve_desk(desk, root.ref("journal"), settings, task_status)
            finally:
                root.stop()
        await stamping.aclose()


def _tree(folder: Path) -> Supervisor:
    journal = ChildSpec("journal", lambda: Journal(partial(AgentStore.open, folder), Availability()), capacity=4096)
    keys = SupervisorSpec("keys", intensity=FOR_EVER, unordered=True, backoff=Backoff())
    return Supervisor("agent", Strategy.ONE_FOR_ONE, (journal, keys))


def nothing_open(key: StoredKey) -> KeyMaterial:
    raise Refused("locked", "the agent is starting", after=1.0)


def stamp_with(client: StampingClient, settings: AgentSettings) -> Stamp:
    async def stamp(certificate: Certificate, request: bytes) -> bytes:
        url = settings.time_stamp_url or next(iter(certificate.time_stamp_urls), None)
        if url is None:
            raise Refused("time-stamp-unavailable", "neither the certificate nor time_stamp_url names an authority")
        try:
            return await client.exchange(url, request, public=settings.time_stamp_url is None)
        except Unstamped as reason:
            raise Refused("time-stamp-unavailable", str(reason), after=1.0) from None

    return stamp


async def unlock_at_start(desk: Desk, settings: AgentSettings, passphrase: str | None) -> None:
    """With what there is; without anything the agent starts locked and says so."""
    given = from_environment() if settings.master_key_file is None else from_file(Path(settings.master_key_file))
    if given is None and passphrase is None:
        log.warning("locked", hint=f"set {PASSPHRASE_VARIABLE}, or POST /api/v1/unlock")
        return
    await desk.unlock(None if given is not None else passphrase, given, "start")


def forget_variable() -> None:
    """The master key is not for the processes that are started from here."""
    os.environ.pop(VARIABLE, None)


async def _serve_desk(desk: Desk, journal: Ref, settings: AgentSettings, task_status: trio.TaskStatus[Running]) -> None:
    tokens, measured = TokenBook(partial(_grants, journal)), AgentMeasured()
    app = make_app(
        tokens=tokens,
        ready=lambda: desk.why_not_ready,
        settings=EdgeSettings(body_limit=BODY),
        measure=measured.request,
        alive=alive_and_signing(),
        blueprints=[
            agent_blueprint(desk, measured),
            metrics_blueprint(measured, desk),
            openapi_blueprint(OPERATIONS, AGENT),
        ],
    )
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        await nursery.start(_stop_on_signal, stop)
        await nursery.start(tokens.keep_fresh)
        async with trio.open_nursery() as edge:
            addresses = await edge.start(partial(serve_http, app, settings.server(), stop=stop))
            log.info("ready", addresses=addresses, keys=len(desk.keys), backend=backend().name)
            task_status.started(Running(addresses, desk, journal, stop))
        nursery.cancel_scope.cancel()


async def _grants(journal: Ref) -> Grants:
    return Grants(await journal.ask(AllAgentTokens(), timeout=10.0), ())


async def _stop_on_signal(stop: trio.Event, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            stop.set()
