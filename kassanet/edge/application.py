"""The quart application around all routes: request ids, tokens, problems, one log line a request, health.

Routes are closed unless they say otherwise: a blueprint's view needs a bearer token, and finds who bears it with
:func:`current_access`; :func:`public` opens one.
"""

import itertools
import re
import time
from collections.abc import Callable, Iterable
from secrets import token_hex
from typing import TypeVar

import structlog
from quart import Blueprint, Response, current_app, g, request, websocket
from quart_trio import QuartTrio

from kassanet import logs
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access, TokenBook, unauthorized
from kassanet.edge.body import BoundedConnection, BoundedRequest
from kassanet.edge.origin import trusted
from kassanet.edge.problems import answer_with_problems
from kassanet.edge.settings import EdgeSettings, Trust
from schemas.problems import problem

View = TypeVar("View", bound=Callable[..., object])
Ready = Callable[[], str | None]
"""None when the service can do its work, else the reason why not."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_QUIET = frozenset({"healthz", "readyz"})
_log = structlog.get_logger("edge.request")


def make_app(
    *, tokens: TokenBook, ready: Ready, settings: EdgeSettings, blueprints: Iterable[Blueprint] = ()
) -> QuartTrio:
    """The application that :func:`kassanet.edge.server.serve` takes. ``tokens`` must be kept fresh by the caller."""
    app = QuartTrio("kassanet.edge", static_folder=None)
    app.request_class = BoundedRequest
    app.asgi_http_class = BoundedConnection
    app.config["MAX_CONTENT_LENGTH"] = settings.body_limit
    app.config["BODY_TIMEOUT"] = None  # the body keeps its own time
    app.config["RESPONSE_TIMEOUT"] = None  # the connection notices who stopped reading
    answer_with_problems(app)
    gate = _Gate(tokens, settings.trust)
    app.before_request(gate.on_request)
    app.before_websocket(gate.on_websocket)
    app.after_request(_after)
    _add_health(app, ready)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def public(view: View) -> View:
    """Let a view be called without a token. Goes under the route's own decorator."""
    view.kassanet_public = True  # type: ignore[attr-defined]  # a mark on the function, read by _is_public
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


class _Gate:
    """What happens before a view: the request gets an id, the asker a name."""

    def __init__(self, tokens: TokenBook, trust: Trust) -> None:
        self._tokens = tokens
        self._trust = trust
        run = token_hex(4)  # tells the ids of this run from those of another
        self._ids = (f"{run}-{number}" for number in itertools.count(1))

    async def on_request(self) -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _GIVEN_ID.match(given) else next(self._ids)
        g.began = time.perf_counter()
        logs.bind(request_id=g.request_id)
        if request.routing_exception is not None:
            return  # there is no such view: 404 or 405, token or not
        token = bearer(request.headers.get("Authorization"))
        g.access = self._trusted() if token is None else await self._bearer(token)
        if g.access is None and not _is_public(request.endpoint):
            raise unauthorized()

    async def on_websocket(self) -> None:
        logs.bind(request_id=next(self._ids))
        token = bearer(websocket.headers.get("Authorization"))
        g.access = None if token is None else await self._bearer(token)
        if g.access is None and not _is_public(websocket.endpoint):
            raise unauthorized()

    async def _bearer(self, token: str) -> Access:
        access = await self._tokens.access(token)
        if access is None:
            raise unauthorized()
        return access

    def _trusted(self) -> Access | None:
        client = request.scope.get("client")
        peer = client[0] if client else ""
        return trusted(self._trust, request.path, peer, request.headers.getlist("X-Forwarded-For"))


def _is_public(endpoint: str | None) -> bool:
    return getattr(current_app.view_functions.get(endpoint or ""), "kassanet_public", False)


async def _after(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.endpoint not in _QUIET:
        access = g.get("access")
        _log.info(
            "request",
            method=request.method,
            path=request.path[:200],
            status=response.status_code,
            ms=round((time.perf_counter() - g.began) * 1000, 1),
            by=access.name if access is not None else None,
        )
    return response


def _add_health(app: QuartTrio, ready: Ready) -> None:
    @app.get("/healthz")
    @public
    async def healthz() -> Response:
        return answer({"status": "ok"})

    @app.get("/readyz")
    @public
    async def readyz() -> Response:
        reason = ready()
        if reason is not None:
            raise problem(503, "not-ready", reason)
        return answer({"status": "ready"})
