"""Requests and answers, and when to ask again.

What can be repeated without harm (reading, switching, a receipt with its ``external_id``) is repeated for as long as
the caller has patience: over faults of the network, over 429 and over everything in the service that may pass. What
cannot is repeated only when it is certain that nothing was done.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import anyio
import httpx
import msgspec

from kassanet.client.errors import Refused, problem_in
from schemas.problems import Problem

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
PASSING = frozenset({408, 429, 500, 502, 503, 504})
NOTHING_DONE = frozenset({429})

_encode = msgspec.json.Encoder().encode


class Asker:
    """Asks over one connection pool. ``patience`` is how long a request is repeated, in seconds."""

    def __init__(self, http: httpx.AsyncClient, patience: float) -> None:
        self._http = http
        self._patience = patience

    async def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: object = None,
        query: Mapping[str, Any] | None = None,
        repeatable: bool = True,
    ) -> T:
        """The answer as a ``kind``. Raises :class:`Refused` and ``httpx.TransportError``, after patience is over."""
        content = None if body is None else _encode(body)
        until = anyio.current_time() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                return _answer(await self._send(method, path, content, query), kind)
            except (Refused, httpx.TransportError) as error:
                wait = max(pause, _asked_to_wait(error))
                if not _may_repeat(error, repeatable) or anyio.current_time() + wait > until:
                    raise
            await anyio.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _send(
        self, method: str, path: str, content: bytes | None, query: Mapping[str, Any] | None
    ) -> httpx.Response:
        headers = {} if content is None else {"Content-Type": "application/json"}
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return await self._http.request(method, path, content=content, params=given, headers=headers)


def _answer(response: httpx.Response, kind: type[T]) -> T:
    if response.is_success:
        return msgspec.json.decode(response.content or b"null", type=kind)
    wait = response.headers.get("Retry-After", "")
    unknown = Problem("about:blank", response.reason_phrase, response.status_code, response.text[:200])
    raise Refused(problem_in(response.content) or unknown, float(wait) if wait.isdigit() else None)


def _may_repeat(error: Refused | httpx.TransportError, repeatable: bool) -> bool:
    if isinstance(error, Refused):
        return error.problem.status in (PASSING if repeatable else NOTHING_DONE)
    return repeatable or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)


def _asked_to_wait(error: Refused | httpx.TransportError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, Refused) else 0.0
