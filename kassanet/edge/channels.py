"""Endpoints of payment channels: ``/channels/{name}``, each with its own credentials and its own dialect.

No bearer token: a bank knows none. Instead each channel has its networks, its client certificate, its HTTP Basic, its
signature; who fails one of them hears so and nothing else happens. Whatever goes wrong on our side is told as
*temporary* in the dialect, so that the channel repeats.
"""

import hmac
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import structlog
from quart import Blueprint, Response, request

from actors.journal import StoreUnavailable
from actors.runtime import ActorError
from kassanet.channels.looking import Looker
from kassanet.channels.mediator import Mediator
from kassanet.edge.application import public
from kassanet.edge.client_certificates import fits, shown_by
from kassanet.edge.origin import origin
from kassanet.edge.settings import Trust, contains
from schemas.payments import ChannelAnswer, ChannelRequest
from schemas.problems import problem
from schemas.routes import ChannelSpec
from transports.channels.dialect import MOST_OF_A_REQUEST, Dialect, Incoming, Method, Reply, Unacceptable
from transports.channels.yookassa import Look, Nothing, YooKassa

log = structlog.get_logger("edge.channels")
Speaks = Dialect[Any] | YooKassa


def channels_blueprint(mediator: Mediator, looker: Looker, trust: Trust, clock: Callable[[], float]) -> Blueprint:
    """``trust`` tells which proxies are believed about where a request came from."""
    blueprint = Blueprint("channels", __name__)
    counter = _Counter(mediator, looker, trust, clock)

    @blueprint.route("/channels/<channel>", methods=["GET", "POST"])
    @public
    async def notice(channel: str) -> Response:
        return await counter.serve(channel)

    return blueprint


class _Counter:
    def __init__(self, mediator: Mediator, looker: Looker, trust: Trust, clock: Callable[[], float]) -> None:
        self._mediator = mediator
        self._looker = looker
        self._trust = trust
        self._clock = clock

    async def serve(self, name: str) -> Response:
        setup = self._mediator.setup
        channel = setup.channel(name)
        dialect = None if channel is None else setup.dialect(channel)
        if channel is None or dialect is None or not channel.is_active:
            raise problem(404, "not-found", "There is nothing under this address.")
        self._must_come_from(channel)
        self._must_show_certificate(channel)
        _must_know_password(channel)
        request.max_content_length = MOST_OF_A_REQUEST
        reply = await self._reply(channel, dialect, await self._incoming())
        return Response(reply.body, reply.status, content_type=reply.content_type)

    async def _incoming(self) -> Incoming:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body: bytes = await request.body
        method: Method = "POST" if request.method == "POST" else "GET"
        return Incoming(method, request.query_string, body, headers, self._clock())

    async def _reply(self, channel: ChannelSpec, dialect: Speaks, incoming: Incoming) -> Reply:
        asked: ChannelRequest | None = None
        try:
            asked = await self._read(channel, dialect, incoming)
            answer = ChannelAnswer("ok") if asked is None else await self._mediator.cashier.take(channel, asked)
        except Unacceptable as refusal:
            log.info("request_refused", channel=channel.name, reason=str(refusal), outcome=refusal.outcome)
            answer = refusal.answer()
        except (StoreUnavailable, ActorError) as trouble:
            log.warning("request_put_off", channel=channel.name, reason=str(trouble))
            answer = ChannelAnswer("temporary", "try again later", None if asked is None else asked.txn_id)
        return dialect.answer(asked, answer)

    async def _read(self, channel: ChannelSpec, dialect: Speaks, incoming: Incoming) -> ChannelRequest | None:
        """None for a notice that moves no money."""
        read: Any = dialect.read(incoming)
        if isinstance(read, Look) and isinstance(dialect, YooKassa):
            read = await self._looker.look(dialect, read, channel.deadline)
        if isinstance(read, Nothing):
            log.info("notice_without_money", channel=channel.name, why=read.why)
            return None
        found: ChannelRequest = read
        return found

    def _must_come_from(self, channel: ChannelSpec) -> None:
        networks = self._mediator.setup.networks(channel.name)
        if not networks:
            return
        client = request.scope.get("client")
        address = origin(client[0] if client else "", request.headers.getlist("X-Forwarded-For"), self._trust.proxies)
        if address is None or not contains(networks, address):
            log.warning("foreign_address", channel=channel.name, address=address)
            raise problem(403, "foreign-address", "This channel does not take requests from this address.")

    def _must_show_certificate(self, channel: ChannelSpec) -> None:
        demand = self._mediator.setup.certificate(channel.name)
        if demand is None:
            return
        look = request.scope.get("state", {}).get("client_certificate")
        told = [] if self._trust.client_header is None else request.headers.getlist(self._trust.client_header)
        client = request.scope.get("client")
        shown = shown_by(None if look is None else look(), client[0] if client else "", told, self._trust)
        if shown is None or not fits(demand, shown):
            fingerprint = None if shown is None else shown.fingerprint
            log.warning("foreign_certificate", channel=channel.name, fingerprint=fingerprint)
            raise problem(403, "foreign-certificate", "This channel asks for another client certificate.")


def _must_know_password(channel: ChannelSpec) -> None:
    """HTTP Basic, compared in constant time."""
    if channel.user is None or channel.password is None:
        return
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    try:
        given = b64decode(said, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        given = b""
    if not hmac.compare_digest(given, f"{channel.user}:{channel.password}".encode()):
        raise problem(401, "unauthorized", "This channel asks for a user and a password.")
