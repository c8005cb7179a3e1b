"""The service, built from its parts in the order in which they need each other. Read this first.

::

    data directory ── lock ── store ── reader
                                 │
    root ┬ journal               the last to stop
         ├ circuits ─ circuit/1  queues
         ├ kkts ───── kkt/…      one writer for each register
         ├ pinpads ── pinpad/1   one operation at a time
         ├ agent ──── key/…      signing keys of the agent within (where [prro] is on)
         ├ prros ──── prro/1     software registers, one document at a time
         ├ sales                 a payment and its receipt as one thing
         ├ callbacks             notices to integrators
         └ retention             (where set)
    edge ── HTTP in the same nursery; it is drained before the tree stops

Stopping goes the other way: no new requests, then every register finishes the document in its hands, then the journal
writes what is still to be written, and the lock is released.
"""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import structlog
import trio

from actors.availability import Availability
from actors.callbacks import Callbacks, CallbackSettings
from actors.hub import Hub
from actors.journal import Journal, Reader, StoreRefused, StoreUnavailable
from actors.retention import Retention
from actors.runtime import Backoff, ChildSpec, Ref, Strategy, Supervisor, SupervisorSpec
from actors.sale import SaleDesk, Sales, SaleSettings
from kassanet.channels.flow import FlowCounter
from kassanet.config import Config
from kassanet.dc2.service import Dc2Service, dc2_app
from kassanet.devices import device_kinds, kkt_settings
from kassanet.edge.alarms import Alarms
from kassanet.edge.alarms_route import alarms_blueprint
from kassanet.edge.alarms_rules import Zone
from kassanet.edge.alarms_sources import sources
from kassanet.edge.application import make_app
from kassanet.edge.audit import Auditor
from kassanet.edge.audit_route import audit_blueprint
from kassanet.edge.auth import Grants, TokenBook
from kassanet.edge.dashboard import dashboard_blueprint
from kassanet.edge.dashboard.diary import Diarist, Diary
from kassanet.edge.dashboard.diary_route import diary_blueprint
from kassanet.edge.frs import frs_blueprint
from kassanet.edge.health import alive_and_signing
from kassanet.edge.openapi import openapi_blueprint
from kassanet.edge.openapi.catalogue import OPERATIONS
from kassanet.edge.openapi.subject import SERVICE
from kassanet.edge.pinpad_operations import OperationDesk
from kassanet.edge.pinpads import pinpads_blueprint
from kassanet.edge.rates import Rates
from kassanet.edge.receipts import ReceiptLimits, receipts_blueprint
from kassanet.edge.receipts_csv import csv_blueprint
from kassanet.edge.receipts_qr import qr_blueprint
from kassanet.edge.receipts_wire import wire_blueprint
from kassanet.edge.registers import registers_blueprint
from kassanet.edge.sales import sales_blueprint
from kassanet.edge.server import serve as serve_http
from kassanet.edge.session import session_blueprint
from kassanet.edge.stream.route import commands_to, stream_blueprint
from kassanet.edge.stream.stream import Stream
from kassanet.exchanges import ExchangeKeeper
from kassanet.fleet import Fleet
from kassanet.links import Links, check_uplink
from kassanet.metrics.measured import Measured
from kassanet.metrics.route import metrics_blueprint
from kassanet.payments import Payments
from kassanet.pinpad_kinds import Kinds, pinpad_kinds, pinpad_settings
from kassanet.pinpads import Pinpads
from kassanet.prro_room import PrroRoom
from kassanet.prro_wiring import PrroParts
from kassanet.prros import BRANCH
from kassanet.store.lock import DirectoryLock
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.reader import SqliteReader
from kassanet.store.sqlite.store import SqliteStore
from transports.webhook import Webhook

log = structlog.get_logger("kassanet")

JOURNAL_CAPACITY = 65_536
"""Writes that may wait for the disk; beyond it intake answers 503."""

FOR_EVER = 10**9
"""Restarts that a supervisor of equals allows: one register's fault must never take the others down."""


@dataclass(frozen=True)
class Service:
    """A running service: where it listens, and its journal for those in the same process."""

    addresses: list[str]
    journal: Ref
    fleet: Fleet
    pinpads: Pinpads
    prro: PrroRoom
    payments: Payments
    links: Links
    root: Supervisor
    stop: trio.Event
    dc2: Sequence[str] = ()


async def serve(config: Config, *, task_status: trio.TaskStatus[Service] = trio.TASK_STATUS_IGNORED) -> None:
    """Run the service until SIGTERM, SIGINT or ``Service.stop``; returns when everything is down.

    Raises ``ConfigError`` (a bad terminal profile, a file of ``[prro]``), ``DirectoryHeld``, ``StoreRefused`` and
    ``OSError`` (an address that is taken) before anything is served.
    """
    data, terminals, parts = Path(config.data), pinpad_kinds(config), PrroParts(config)
    check_uplink(config)
    with DirectoryLock(data):
        opening = Opening(data)
        await trio.to_thread.run_sync(_refuse_early, opening)
        availability = Availability()
        hub = Hub()
        measured = Measured()
        root = _tree(parts, opening, availability, hub, measured)
        async with parts, trio.open_nursery() as nursery:
            await nursery.start(root.run)
            reader = Reader(partial(SqliteReader, opening), availability)
            try:
                await _serve_over(root, hub, config, terminals, parts, availability, reader, measured, task_status)
            finally:
                root.stop()
        await reader.aclose()


def _refuse_early(opening: Opening) -> None:
    """What no waiting cures ends the start; a store that is only unavailable is the journal's to wait for."""
    try:
        SqliteStore.open(opening).close()
    except StoreRefused:
        raise
    except StoreUnavailable as reason:
        log.warning("journal_away", reason=str(reason))


def _tree(parts: PrroParts, opening: Opening, availability: Availability, hub: Hub, measured: Measured) -> Supervisor:
    flow = FlowCounter(hub, measured.payment, measured.credited)
    journal = ChildSpec(
        "journal",
        lambda: Journal(partial(SqliteStore.open, opening), availability, hub, measured.commit, flow.told),
        kind="journal",
        capacity=JOURNAL_CAPACITY,
        stop_within=30.0,
    )
    equals = partial(SupervisorSpec, intensity=FOR_EVER, backoff=Backoff(limit=30.0))
    return Supervisor(
        "root",
        Strategy.REST_FOR_ONE,
        (
            journal,
            equals("circuits"),
            equals("kkts", unordered=True),
            equals("pinpads", unordered=True),
            *(() if parts.local is None else (parts.local.spec,)),
            equals(BRANCH, unordered=True),
            equals("tasks"),
        ),
    )


async def _serve_over(
    root: Supervisor,
    hub: Hub,
    config: Config,
    terminals: Kinds,
    parts: PrroParts,
    availability: Availability,
    reader: Reader,
    measured: Measured,
    task_status: trio.TaskStatus[Service],
) -> None:
    """Everything above the journal: edge, fleet, callbacks. The edge comes first, to say why the rest is not there."""
    journal = root.ref("journal")
    kinds, settings = device_kinds(config), kkt_settings(config)
    fleet = Fleet(root, reader, hub, kinds, settings, time.time, Random(), measured.command)
    pinpads = Pinpads(root, reader, hub, terminals, pinpad_settings(config), time.time, measured.operation)
    prro = PrroRoom(parts, root, reader, hub, measured.prro)
    tokens = TokenBook(partial(_grants, reader))
    limits = ReceiptLimits(config.limits.line, config.limits.import_body)
    edge_settings = config.edge_settings()
    auditor = Auditor(journal, fleet, edge_settings.trust, pinpads=pinpads.rows, prros=prro.prros.rows)
    rates = Rates(edge_settings.rate, edge_settings.burst)
    links = Links(config, root, fleet, reader, hub, tokens)
    obey = auditor.commands(commands_to(fleet, links.commands.carry_out))
    stream = Stream(hub, tokens, reader, fleet.circuits, root.tree, obey, rates)
    diary = Diary(hub, time.time())
    payments = Payments(config, root, fleet, reader, hub)
    app = make_app(
        tokens=tokens,
        ready=partial(_why_not_ready, availability, fleet),
        closed=partial(_why_closed, availability, fleet),
        settings=edge_settings,
        measure=measured.request,
        alive=alive_and_signing(),
        rates=rates,
        blueprints=(
            frs_blueprint(fleet),
            receipts_blueprint(fleet, journal, reader, time.time, limits),
            registers_blueprint(fleet, hub, root, links.sites, links.commands),
            pinpads_blueprint(pinpads, fleet, OperationDesk(pinpads, fleet, reader)),
            *prro.blueprints(fleet, rates, edge_settings.trust),
            sales_blueprint(fleet, pinpads, journal, reader, root.registry.whereis, time.time),
            stream_blueprint(stream),
            audit_blueprint(reader),
            csv_blueprint(reader),
            qr_blueprint(fleet, reader),
            wire_blueprint(fleet, reader),
            alarms_blueprint(hub, fleet, root),
            diary_blueprint(diary, fleet),
            metrics_blueprint(measured, hub, reader, availability, root.tree, root.waits, stream),
            *payments.blueprints(),
            *links.blueprints(),
            session_blueprint(tokens, edge_settings.trust, settings.utc_offset),
            dashboard_blueprint(),
            openapi_blueprint(OPERATIONS, SERVICE),
        ),
    )
    auditor.watch(app)
    stop = trio.Event()
    async with trio.open_nursery() as beside:
        await beside.start(_stop_on_signal, stop)
        await beside.start(stream.run)
        beside.start_soon(links.keep, stop)
        async with trio.open_nursery() as edge:
            addresses = await edge.start(partial(serve_http, app, config.server_settings(), stop=stop))
            dc2 = await _serve_dc2(edge, config, pinpads, stop)
            service = Service(addresses, journal, fleet, pinpads, prro, payments, links, root, stop, dc2)
            watchers = (
                _sales(root, hub, config, fleet, reader),
                *prro.watchers(),
                *_watchers(root, hub, config, availability, reader, diary),
                _exchanges(root, hub, fleet, reader),
            )
            beside.start_soon(_open_up, service, config, availability, reader, tokens, watchers, task_status)
        log.info("drained")
        beside.cancel_scope.cancel()


async def _open_up(
    service: Service,
    config: Config,
    availability: Availability,
    reader: Reader,
    tokens: TokenBook,
    watchers: Sequence[ChildSpec],
    task_status: trio.TaskStatus[Service],
) -> None:
    """Once the journal can be written: registers, tasks, tokens."""
    fleet = service.fleet
    while not fleet.started:
        await availability.wait(True)
        try:
            await service.pinpads.start()
            await service.prro.start()
            await fleet.start()
        except StoreUnavailable as reason:
            log.warning("fleet_not_read", reason=str(reason))
            await trio.sleep(1.0)
    await _start_tasks(service.root, config, reader)
    await service.payments.start()
    await service.links.start()
    for watcher in watchers:
        await service.root.branch("tasks").start_child(watcher)
    await tokens.refresh()
    task_status.started(service)
    log.info("ready", addresses=service.addresses, circuits=len(fleet.circuits), registers=len(fleet.kkts))
    await tokens.keep_fresh()


def _why_not_ready(availability: Availability, fleet: Fleet) -> str | None:
    if availability.reason is not None or fleet.started:
        return availability.reason
    return "the registers are being started"


def _why_closed(availability: Availability, fleet: Fleet) -> str | None:
    """Once open it stays open: a disk that fails later is told by each route."""
    return None if fleet.started else _why_not_ready(availability, fleet)


async def _start_tasks(root: Supervisor, config: Config, reader: Reader) -> None:
    journal, tasks = root.ref("journal"), root.branch("tasks")
    await tasks.start_child(ChildSpec("callbacks", lambda: _callbacks(config, journal, reader)))
    if config.retention.receipts is not None:
        keep = config.retention.receipts * 86_400
        await tasks.start_child(ChildSpec("retention", lambda: Retention(journal, keep, time.time)))


async def _serve_dc2(edge: trio.Nursery, config: Config, pinpads: Pinpads, stop: trio.Event) -> Sequence[str]:
    """Where the DC2 service listens; nowhere unless it was given a port."""
    said = config.dc2
    if said.port is None:
        return ()
    service = Dc2Service(pinpads, pinpads.terminal_profile, said.devices, said.pinpad)
    app = dc2_app(service, config.dc2_networks)
    addresses: Sequence[str] = await edge.start(partial(serve_http, app, config.dc2_settings(), stop=stop))
    return addresses


def _sales(root: Supervisor, hub: Hub, config: Config, fleet: Fleet, reader: Reader) -> ChildSpec:
    """Sales begin where pinpads and circuits live already."""
    said = config.sales
    settings = SaleSettings(charge_seconds=said.charge_seconds, hold_seconds=said.hold_seconds, patience=said.patience)
    find = root.registry.whereis
    desk = SaleDesk(root.ref("journal"), reader, hub, find, fleet.ring, time.time, settings)
    return ChildSpec("sales", lambda: Sales(desk), capacity=1024)


def _watchers(
    root: Supervisor, hub: Hub, config: Config, availability: Availability, reader: Reader, diary: Diary
) -> Sequence[ChildSpec]:
    """Who look at everything for people: what needs one, and what the last day was like."""
    found = sources(hub, reader, availability, Zone(kkt_settings(config).utc_offset))
    return (
        ChildSpec("alarms", lambda: Alarms(found, root.ref("journal"), reader, hub, time.time)),
        ChildSpec("diary", lambda: Diarist(diary, time.time)),
    )


def _exchanges(root: Supervisor, hub: Hub, fleet: Fleet, reader: Reader) -> ChildSpec:
    """What registers say while an outcome is in doubt is kept."""
    return ChildSpec(
        "exchanges", lambda: ExchangeKeeper(fleet.tapes, hub, root.ref("journal"), reader, time.time), kind="exchanges"
    )


def _callbacks(config: Config, journal: Ref, reader: Reader) -> Callbacks:
    said = config.callbacks
    settings = CallbackSettings(said.parallel, said.first_wait, said.longest_wait, said.tries)
    sender = Webhook(config.callback_networks, said.timeout)
    return Callbacks(journal, reader, sender, settings, clock=time.time, random=Random())


async def _grants(reader: Reader) -> Grants:
    return await reader.call(lambda store: Grants(store.tokens(), store.integrations(), store.sites()))


async def _stop_on_signal(stop: trio.Event, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            if stop.is_set():
                raise KeyboardInterrupt  # asked twice: do not wait for anything
            log.info("signal", number=number)
            stop.set()
