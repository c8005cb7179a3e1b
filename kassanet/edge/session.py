"""Signing in with a browser: the token goes into a cookie that no script can read (:mod:`kassanet.edge.cookies`).

Who asks too often is told to wait, by address: tokens cannot be guessed, but trying must not cost the service anything.
The cookie holds the token itself, so a restart signs nobody out, and a revoked token is worthless in the cookie too.
"""

import time
from importlib.metadata import version
from typing import Annotated

import structlog
import trio
from msgspec import Meta, Struct
from quart import Blueprint, Response, request

from kassanet.edge.answers import answer, nothing
from kassanet.edge.application import public
from kassanet.edge.auth import Access, TokenBook
from kassanet.edge.cookies import cookie_name, from_foreign_page
from kassanet.edge.decoding import decode
from kassanet.edge.origin import origin
from kassanet.edge.rates import Rates
from kassanet.edge.settings import Trust
from kassanet.edge.visibility import allowed
from schemas.problems import problem

KEPT_SECONDS = 30 * 86_400
"""How long a browser stays signed in."""

TRIES, TRIES_A_SECOND = 30, 1.0
"""At once, and then, from one address."""

FN_DOCUMENTS = 250_000
"""Documents that an FN is taken to hold when its fill is shown: the order of what vendors state for FN-1.1M and later,
an inference and not a fact of the protocol, which tells no fill. Its own warning at 90 % is an alarm in any case."""

_log = structlog.get_logger("edge.session")


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/session``."""

    token: Annotated[str, Meta(min_length=1, max_length=512)]


class Session(Struct, frozen=True):
    """Who is signed in, and what a page needs to know of the service.

    ``now`` is UNIX time and ``actor_clock`` the clock of the actors' ``since``, both at this moment; ``utc_offset`` is
    the registers' local time, in hours.
    """

    name: str
    role: str
    inn: str | None
    version: str
    now: float
    actor_clock: float
    utc_offset: float
    fn_documents: int = FN_DOCUMENTS


def session_blueprint(tokens: TokenBook, trust: Trust, utc_offset: float) -> Blueprint:
    """Sign in, look who is, sign out. ``utc_offset``: hours of the registers' clocks."""
    blueprint = Blueprint("session", __name__, url_prefix="/api/v1")
    rates = Rates(TRIES_A_SECOND, TRIES)

    @blueprint.post("/session")
    @public
    async def sign_in() -> Response:
        _must_be_own_page()
        address = _address(trust)
        rates.take(address)
        token = decode(await request.get_data(), SignIn).token.strip()
        access = await tokens.access(token)
        if access is None:
            _log.warning("sign_in_refused", address=address)
            raise problem(401, "unauthorized", "This token is not known, or it was revoked.")
        access.require("viewer")
        _log.info("signed_in", by=access.name, address=address)
        response = answer(_session(access, utc_offset))
        _set_cookie(response, token, KEPT_SECONDS)
        return response

    @blueprint.get("/session")
    async def who() -> Response:
        return answer(_session(allowed("viewer"), utc_offset))

    @blueprint.delete("/session")
    @public
    async def sign_out() -> Response:
        _must_be_own_page()
        response = nothing()
        _set_cookie(response, "", 0)
        return response

    return blueprint


def _session(access: Access, utc_offset: float) -> Session:
    clocks = (time.time(), trio.current_time(), utc_offset)
    return Session(access.name, access.role, access.inn, version("kassanet"), *clocks)


def _must_be_own_page() -> None:
    """Another site must not sign anybody in or out either. Programs that are no browser say nothing of a page."""
    if from_foreign_page(request.headers):
        raise problem(403, "cross-origin", "Only this service's own page may do this.")


def _set_cookie(response: Response, token: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(request.headers.get("Host", "")),
        token,
        max_age=seconds,
        path="/",
        secure=request.headers.get("Origin", "").startswith("https:"),  # also where a proxy ends TLS
        httponly=True,
        samesite="Strict",
    )


def _address(trust: Trust) -> str:
    client = request.scope.get("client")
    peer = client[0] if client else ""
    return origin(peer, request.headers.getlist("X-Forwarded-For"), trust.proxies) or peer
