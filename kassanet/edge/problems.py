"""Every error answer of the edge is an RFC 9457 document; this is where exceptions become one.

One table says which exception means which status. What is not in it is our own mistake: it is logged with the
request's id and answered 500 without a word about our insides.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from quart import Response, g, has_request_context, has_websocket_context, request, websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from actors.journal import StoreUnavailable
from actors.runtime.errors import ActorCrashed, ActorStopped, AskTimedOut, Expired, Overloaded
from kassanet.edge.rates import TooManyRequests
from schemas.pinpad_commands import NotPossible
from schemas.problems import Problem, ProblemError, problem
from schemas.records import Conflict, NotFound

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {429: 1, 503: 2}
"""Seconds that a client is asked to wait before it tries again."""

Told = Callable[[Exception], Awaitable[Response]]
_DIALECTS = "kassanet_dialects"

_log = structlog.get_logger("edge")
_encode = msgspec.json.Encoder().encode


def problem_response(found: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The answer for a problem, with ``Retry-After`` where waiting may help."""
    response = Response(_encode(found), found.status, content_type=MEDIA_TYPE)
    if found.status in RETRY_AFTER:
        response.headers["Retry-After"] = str(RETRY_AFTER[found.status])
    if found.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kassanet"'
    response.headers.update(headers or {})
    return response


def problem_of(error: Exception) -> Problem | None:
    """What an exception means to a client; None when it is no outcome but a fault of ours."""
    if isinstance(error, ProblemError):
        return error.problem
    for kind, make in _MEANINGS:
        if isinstance(error, kind):
            return make(error).problem
    return None


def fault(error: Exception) -> Problem:
    """Log an unforeseen exception and say as much as a stranger may know."""
    _log.error("request_failed", exc_info=error)
    request_id = g.get("request_id") if has_request_context() else None
    return problem(500, "internal", f"Something went wrong here; the log names request {request_id}.").problem


def tell_otherwise(extensions: dict[str, Any], prefix: str, told: Told) -> None:
    """Let errors under ``prefix`` be told by ``told``, those of the router too, which belong to no blueprint.

    ``extensions`` are the application's.
    """
    extensions.setdefault(_DIALECTS, {})[prefix] = told


def answer_with_problems(app: QuartTrio) -> None:
    """Install the error handling of the whole application."""
    dialects: dict[str, Told] = app.extensions.setdefault(_DIALECTS, {})

    async def on_error(error: Exception) -> Response:
        path = (websocket if has_websocket_context() else request).path
        told = next((told for prefix, told in dialects.items() if path.startswith(prefix)), None)
        if told is not None:
            return await told(error)
        if isinstance(error, HTTPException):
            return _http(error)
        wait = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequests) else None
        return problem_response(problem_of(error) or fault(error), wait)

    app.register_error_handler(Exception, on_error)


def http_problem(error: HTTPException) -> Problem:
    """Refusals of the framework itself: unknown paths, wrong methods, bodies too large."""
    status = error.code or 500
    detail = _DETAILS.get(status, error.description or "")
    return Problem(f"urn:kassanet:problem:{_SLUGS.get(status, 'http')}", error.name, status, detail)


def _http(error: HTTPException) -> Response:
    found = http_problem(error)
    kept = {name: value for name, value in error.get_headers() if name.lower() not in ("content-type", "location")}
    return problem_response(found, kept)


def _store(error: Exception) -> ProblemError:
    assert isinstance(error, StoreUnavailable)
    return problem(503, "store-unavailable", f"Nothing can be made durable now: {error.reason}.")


def _conflict(error: Exception) -> ProblemError:
    assert isinstance(error, Conflict)
    is_said = re.search(rf"(?<!\w){re.escape(error.holder)}(?!\w)", error.text) is not None
    held = "" if is_said else f" Held by {error.holder}."
    return problem(409, error.code.replace("_", "-"), f"{error.text.rstrip('.')}.{held}")


def _not_possible(error: Exception) -> ProblemError:
    assert isinstance(error, NotPossible)
    return problem(422, "invalid", f"{error}.", error.errors)


def _missing(what: str) -> str:
    """A sentence, whether the thing or already the sentence was named."""
    return f"There is no {what.removeprefix('there is no ').rstrip('.')}."


_MEANINGS: tuple[tuple[type[Exception], Callable[[Exception], ProblemError]], ...] = (
    (StoreUnavailable, _store),
    (Conflict, _conflict),
    (NotPossible, _not_possible),
    (NotFound, lambda error: problem(404, "not-found", _missing(str(error)))),
    (Overloaded, lambda _: problem(503, "overloaded", "Too much is waiting already; nothing was done.")),
    (Expired, lambda _: problem(503, "expired", "It waited too long; nothing was done.")),
    (ActorStopped, lambda _: problem(503, "stopped", "That part of the service is stopped; nothing was done.")),
    (AskTimedOut, lambda _: problem(504, "no-answer", "No answer in time; the outcome is not known yet.")),
    (ActorCrashed, lambda _: problem(500, "outcome-unknown", "It failed halfway; read the state before repeating.")),
)

_SLUGS = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    408: "timeout",
    413: "too-large",
    415: "unsupported-media-type",
}

_DETAILS = {
    404: "There is nothing under this address.",
    405: "This address does not take that method; see the Allow header.",
    408: "The body did not arrive in time.",
    413: "The body is larger than this service takes.",
}
