"""``GET /metrics``: for monitoring, with the token of a viewer who may see every organisation."""

import time
from collections.abc import Callable, Mapping

import trio
from prometheus_client import CollectorRegistry, generate_latest
from quart import Blueprint, Response

from actors.availability import Availability
from actors.hub import Hub
from actors.journal import Reader, StoreUnavailable
from actors.runtime.waits import Waits
from kassanet.edge.stream.stream import Stream
from kassanet.edge.visibility import allowed
from kassanet.metrics.measured import Measured
from kassanet.metrics.present import Look, Present, flat
from kassanet.metrics.prro import Counts
from schemas.agents import AgentState, KeyState
from schemas.circuits import CircuitState
from schemas.kkt import KktState
from schemas.payment_records import PaymentCounts
from schemas.payments_live import BillingLive
from schemas.pinpads import PinpadState
from schemas.problems import problem
from schemas.prro_commands import PrroState
from schemas.sites import SiteState
from schemas.tree import ActorNode

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_blueprint(
    measured: Measured,
    hub: Hub,
    reader: Reader,
    availability: Availability,
    tree: Callable[[], ActorNode],
    waits: Mapping[str, Waits],
    stream: Stream,
) -> Blueprint:
    """The route over one service."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    async def metrics() -> Response:
        if allowed("viewer").inn is not None:
            raise problem(404, "not-found", "Metrics are of every organisation; this token sees only one.")
        nodes = flat(tree())
        measured.restarts(nodes)
        look = Look(
            now=time.time(),
            available=availability.available,
            receipts=await _receipts(reader),
            circuits=[state for state in hub.all("circuit").values() if isinstance(state, CircuitState)],
            kkts=[state for state in hub.all("kkt").values() if isinstance(state, KktState)],
            nodes=nodes,
            waits=waits,
            stream_clients=stream.clients,
            stream_interval=stream.broadcast.interval,
            stream_lateness=stream.broadcast.lateness,
            stream_lag=stream.lag,
            stream_lags=stream.lags,
            stream_lagged=stream.lagged,
            pinpads=[state for state in hub.all("pinpads").values() if isinstance(state, PinpadState)],
            operations=await _operations(reader),
            billings=[state for state in hub.all("billings").values() if isinstance(state, BillingLive)],
            payments=await _payments(reader),
            prros=[state for state in hub.all("prro").values() if isinstance(state, PrroState)],
            prro_documents=await _prro_documents(reader),
            agents=[state for state in hub.all("agents").values() if isinstance(state, AgentState)],
            sites=[state for state in hub.all("sites").values() if isinstance(state, SiteState)],
            keys=[state.state for state in hub.all("keys").values() if isinstance(state, KeyState)],
        )
        body = await trio.to_thread.run_sync(written, measured, look)
        return Response(body, content_type=MEDIA_TYPE)

    return blueprint


def written(measured: Measured, look: Look) -> bytes:
    """Everything in Prometheus' text format. Takes a while for a large estate: to be called in a thread."""
    present = CollectorRegistry(auto_describe=False)
    present.register(Present(look))
    return generate_latest(measured.registry) + generate_latest(present)


async def _receipts(reader: Reader) -> dict[str, int] | None:
    """Metrics are wanted most when something is wrong: a store that cannot tell leaves out what it knows."""
    try:
        return await reader.call(lambda store: store.counts())
    except StoreUnavailable:
        return None


async def _operations(reader: Reader) -> dict[str, int] | None:
    try:
        return await reader.call(lambda store: store.operation_counts())
    except StoreUnavailable:
        return None


async def _payments(reader: Reader) -> PaymentCounts | None:
    try:
        return await reader.call(lambda store: store.payment_counts())
    except StoreUnavailable:
        return None


async def _prro_documents(reader: Reader) -> Counts | None:
    try:
        return await reader.call(lambda store: store.prro_document_counts())
    except StoreUnavailable:
        return None
