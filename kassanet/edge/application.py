"""The quart application around all routes: request ids, tokens, problems, one log line a request, health.

Routes are closed unless they say otherwise: a blueprint's view needs a token, borne in the header or (by a browser that
signed in) in a cookie, and finds who bears it with :func:`current_access`; :func:`public` opens one.
"""

import itertools
import re
import time
from collections.abc import Callable, Iterable
from secrets import token_hex
from typing import Any, TypeVar

import structlog
from quart import Blueprint, Request, Response, Websocket, current_app, g, request, websocket
from quart_trio import QuartTrio

from kassanet import logs
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access, TokenBook, unauthorized
from kassanet.edge.body import BoundedConnection, BoundedRequest
from kassanet.edge.cookies import SAFE, from_foreign_page, from_own_page, token_in_cookie
from kassanet.edge.health import Alive
from kassanet.edge.origin import trusted
from kassanet.edge.problems import answer_with_problems
from kassanet.edge.rates import Rates
from kassanet.edge.settings import EdgeSettings, Trust
from schemas.problems import problem

View = TypeVar("View", bound=Callable[..., object])
Ready = Callable[[], str | None]
"""None when the service can do its work, else the reason why not."""

Measure = Callable[[str, str, int, float], None]
"""Told method, route, status and seconds of every answer; must not wait."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
_QUIET = frozenset({"healthz", "readyz"})


def _open() -> None:
    return None


def make_app(
    *,
    tokens: TokenBook,
    ready: Ready,
    settings: EdgeSettings,
    blueprints: Iterable[Blueprint] = (),
    closed: Ready = _open,
    measure: Measure | None = None,
    rates: Rates | None = None,
    alive: Alive | None = None,
) -> QuartTrio:
    """The application that :func:`kassanet.edge.server.serve` takes. ``tokens`` must be kept fresh by the caller.

    ``rates`` are given where others count what tokens ask too (the live stream). ``alive`` is what ``/healthz`` says.

    While ``closed`` gives a reason, every route that needs a token answers 503 with it: tokens cannot be read yet.
    """
    app = QuartTrio("kassanet.edge", static_folder=None)
    app.request_class = BoundedRequest
    app.asgi_http_class = BoundedConnection
    app.config["MAX_CONTENT_LENGTH"] = settings.body_limit
    app.config["BODY_TIMEOUT"] = None  # the body keeps its own time
    app.config["RESPONSE_TIMEOUT"] = None  # the connection notices who stopped reading
    answer_with_problems(app)
    rates = rates or Rates(settings.rate, settings.burst)
    gate = _Gate(tokens, settings.trust, rates, closed, measure)
    app.before_request(gate.before_request)
    app.before_websocket(gate.before_websocket)
    app.after_request(gate.after_request)
    _add_health(app, ready, alive or Alive())
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def public(view: View) -> View:
    """Let a view be called without a token. Goes under the route's own decorator."""
    view.kassanet_public = True  # type: ignore[attr-defined]  # a mark on the function, read by _is_public
    return view


def own_askers(view: View) -> View:
    """Let a view be called without any token of ours: its blueprint finds out who asks, and sets ``g.access``."""
    view.kassanet_own_askers = True  # type: ignore[attr-defined]  # a mark on the function, read by _finds_out
    return view


def current_access() -> Access:
    """Who makes the request in hand; raises 401 in a public view whose asker showed no token."""
    access = g.get("access")
    if not isinstance(access, Access):
        raise unauthorized()
    return access


def bearer(header: str | None) -> str | None:
    """The token of an ``Authorization`` header."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def token_of(asked: Websocket) -> str | None:
    """The token of a WebSocket's opening: its header's, or the cookie's where our own page opens it."""
    token = bearer(asked.headers.get("Authorization"))
    if token is None and from_own_page(asked.headers):
        return token_in_cookie(asked.headers, asked.cookies)
    return token


class _Gate:
    """What happens before a view and after it: the request gets an id, the asker a name, the log a line.

    It runs for every request, so it fetches quart's context once and not through its proxies for every word.
    """

    def __init__(self, tokens: TokenBook, trust: Trust, rates: Rates, closed: Ready, measure: Measure | None) -> None:
        self._tokens = tokens
        self._trust = trust
        self._rates = rates
        self._closed = closed
        self._measure = measure
        self._log = structlog.get_logger("edge.request").bind()
        run = token_hex(4)  # tells the ids of this run from those of another
        self._ids = (f"{run}-{number}" for number in itertools.count(1))

    async def before_request(self) -> None:
        asked, known = _in_hand()
        given = asked.headers.get("X-Request-Id")
        known.request_id = given if given and _GIVEN_ID.match(given) else next(self._ids)
        known.access = None
        known.began = time.perf_counter()
        logs.bind(request_id=known.request_id)
        if asked.routing_exception is not None:
            return  # there is no such view: 404 or 405, token or not
        self._must_be_open(asked.endpoint)
        if _finds_out(asked.endpoint):
            return
        token = bearer(asked.headers.get("Authorization"))
        if token is None:
            known.access = await self._signed_in(asked) or self._trusted(asked)
        else:
            known.access = await self._bearer(token)
        if known.access is not None:
            self._rates.take(known.access.name)
        elif not _is_public(asked.endpoint):
            raise unauthorized()

    def _must_be_open(self, endpoint: str | None) -> None:
        reason = self._closed()
        if reason is not None and not _is_public(endpoint):
            raise problem(503, "starting", f"{reason[:1].upper()}{reason[1:]}.")

    async def before_websocket(self) -> None:
        logs.bind(request_id=next(self._ids))
        self._must_be_open(websocket.endpoint)
        token = bearer(websocket.headers.get("Authorization"))
        if token is not None:
            g.access = await self._bearer(token)
        else:  # a cookie that is not good any more is told so on the stream itself, where a browser can hear it
            kept = token_of(websocket._get_current_object())  # type: ignore[attr-defined]  # see _in_hand
            g.access = None if kept is None else await self._tokens.access(kept)
        if g.access is not None:
            self._rates.take(g.access.name)
        elif not _is_public(websocket.endpoint):
            raise unauthorized()

    async def after_request(self, response: Response) -> Response:
        asked, known = _in_hand()
        headers = response.headers
        headers.add("X-Request-Id", known.request_id)
        for name, value in _HEADERS:
            if name not in headers:
                headers.add(name, value)
        seconds = time.perf_counter() - known.began
        if self._measure is not None:
            rule = asked.url_rule  # None: no such route, so neither path nor method is one of ours
            named = ("none", "none") if rule is None else (asked.method, rule.rule)
            self._measure(*named, response.status_code, seconds)
        if asked.endpoint not in _QUIET:
            self._log.info(
                "request",
                method=asked.method,
                path=asked.path[:200],
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                by=None if known.access is None else known.access.name,
            )
        return response

    async def _bearer(self, token: str) -> Access:
        access = await self._tokens.access(token)
        if access is None:
            raise unauthorized()
        return access

    async def _signed_in(self, asked: Request) -> Access | None:
        """Who a browser's cookie says; what it may change is only done for our own page."""
        token = token_in_cookie(asked.headers, asked.cookies)
        access = None if token is None else await self._tokens.access(token)
        if access is None or asked.method in SAFE or from_own_page(asked.headers):
            return access
        if _is_public(asked.endpoint):
            return None
        raise problem(403, "cross-origin", "Only this service's own page may do this with a browser's cookie.")

    def _trusted(self, asked: Request) -> Access | None:
        if not self._trust.networks or (asked.method not in SAFE and from_foreign_page(asked.headers)):
            return None  # a browser inside a trusted network must not act for whatever page it has open
        client = asked.scope.get("client")
        peer = client[0] if client else ""
        return trusted(self._trust, asked.path, peer, asked.headers.getlist("X-Forwarded-For"))


def _in_hand() -> tuple[Request, Any]:
    """The request and its ``g`` themselves; quart declares the proxies as what they stand for."""
    return request._get_current_object(), g._get_current_object()  # type: ignore[attr-defined]  # see above


def _is_public(endpoint: str | None) -> bool:
    return getattr(current_app.view_functions.get(endpoint or ""), "kassanet_public", False)


def _finds_out(endpoint: str | None) -> bool:
    return getattr(current_app.view_functions.get(endpoint or ""), "kassanet_own_askers", False)


def _add_health(app: QuartTrio, ready: Ready, alive: Alive) -> None:
    @app.get("/healthz")
    @public
    async def healthz() -> Response:
        return answer(alive)

    @app.get("/readyz")
    @public
    async def readyz() -> Response:
        reason = ready()
        if reason is not None:
            raise problem(503, "not-ready", reason)
        return answer({"status": "ready"})
