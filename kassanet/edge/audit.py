"""The audit log: every call that may change something leaves a line, before it is carried out and again after.

The line comes first, durable through the journal, so nothing can be changed that the log does not know of; a journal
that cannot be written refuses the change too. What may *not* be done is in the log as well, with its 403 or 409; only
who has no token at all leaves nothing, for a stranger must not be able to fill the disk.

Views are wrapped once when the service starts. So a new route is in the log without anyone thinking of it, and those
that are not (posting receipts, which keep a history of their own) pay nothing.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, cast

import msgspec
import structlog
import trio
from quart import Response, g, has_websocket_context, request, websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from actors.runtime import ActorError, Ref
from actors.store import StoreUnavailable
from kassanet.edge.application import current_access
from kassanet.edge.auth import Access
from kassanet.edge.frs_view import HIDDEN, shown_integration, shown_kkt
from kassanet.edge.origin import origin
from kassanet.edge.problems import problem_of
from kassanet.edge.settings import Trust
from kassanet.edge.stream.session import Commands
from kassanet.fleet import Fleet
from schemas.pinpad_records import StoredPinpad
from schemas.prro_records import StoredPrro
from schemas.records import BeginAudit, EndAudit
from schemas.stream import Command

MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

OWN_HISTORY = frozenset(
    {
        "receipts.post",
        "payments.post",
        "channels.notice",
        "pinpads.post_operation",
        "prro.post_operation",
        "sales.post",
        "session.sign_in",
        "session.sign_out",
        *(
            f"cashdesk.{view}{version}"
            for view in ("authenticate", "tax_objects", "x_report", "last_check", "ping", "sale", "service", "storno")
            for version in ("", "_v2")
        ),
    }
)
"""Views that are not audited: what they take has its own history, and must not wait for a second write. Signing in
changes nothing, and strangers try it: the log says it, the disk does not have to. CashDesk's programs ask with POST,
too; their checks carry the cashier's name."""

CONFIGURATION = (
    "frs.", "pinpads.add", "pinpads.activate", "pinpads.deactivate", "pinpads.remove", "prro.add", "prro.change",
    "prro.remove", "prro_agents.upload", "prro_cashiers.register",
)  # fmt: skip
"""How views are called that change configuration: the log shows it before and after."""

SECRETS = frozenset({"token", "api_token", "callback_key", "param2", "password", "key"})

LAST_WRITE = 5.0
"""Seconds that the outcome may take to become durable when the asker has gone meanwhile."""

_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger("edge.audit")

View = Callable[..., Awaitable[Response]]


class Auditor:
    """Writes the log of one service. ``trust`` tells which proxies are believed about where a request came from."""

    def __init__(
        self,
        journal: Ref,
        fleet: Fleet,
        trust: Trust,
        clock: Callable[[], float] = time.time,
        *,
        pinpads: Mapping[int, StoredPinpad] | None = None,
        prros: Mapping[int, StoredPrro] | None = None,
    ) -> None:
        self._journal = journal
        self._fleet = fleet
        self._pinpads = pinpads if pinpads is not None else {}
        self._prros = prros if prros is not None else {}
        self._trust = trust
        self._clock = clock

    def watch(self, app: QuartTrio) -> None:
        """Wrap every view of the application that may change something."""
        for rule in app.url_map.iter_rules():
            if MUTATING & (rule.methods or set()) and rule.endpoint not in OWN_HISTORY:
                view = cast(
                    "View", app.view_functions[rule.endpoint]
                )  # all of ours are async and answer with a Response
                app.view_functions[rule.endpoint] = self._watched(view, template(rule.rule))

    def commands(self, carry_out: Commands) -> Commands:
        """Commands of the live stream, with the same lines."""

        async def watched(access: Access, command: Command) -> tuple[int, object]:
            target = f"{command.target} {command.name}"
            line = await self._begin(access.name, "COMMAND", "/api/v1/stream", target, str(command.id), None)
            try:
                status, result = await carry_out(access, command)
            except Exception as error:
                await self._end(line, status_of(error), None)
                raise
            await self._end(line, status, None)
            return status, result

        return watched

    def _watched(self, view: View, route: str) -> View:
        @wraps(view)
        async def watched(**arguments: Any) -> Response:  # noqa: ANN401 - whatever the route has
            is_configuration = (request.endpoint or "").startswith(CONFIGURATION)
            before = self._shown(arguments) if is_configuration else None
            who = current_access().name
            line = await self._begin(who, request.method, route, request.path[:1024], g.request_id, before)
            try:
                response = await view(**arguments)
            except Exception as error:
                await self._end(line, status_of(error), None)
                raise
            after = await self._after(arguments, response) if is_configuration else None
            await self._end(line, response.status_code, after)
            return response

        return watched

    async def _begin(self, by: str, method: str, route: str, target: str, request_id: str, before: bytes | None) -> int:
        write = BeginAudit(by, self._address(), method, route, target, request_id, before, self._clock())
        return await self._journal.ask(write)

    async def _end(self, line: int, status: int, after: bytes | None) -> None:
        """What was done is done, so a log that cannot be written now must not turn the answer into a failure."""
        write = EndAudit(line, status, after, self._clock())
        with trio.CancelScope(shield=True, deadline=trio.current_time() + LAST_WRITE):
            try:
                await self._journal.ask(write)
            except (ActorError, StoreUnavailable) as reason:
                _log.error("audit_outcome_lost", line=line, status=status, reason=str(reason))

    def _address(self) -> str | None:
        """Where the request in hand came from, as far as it is known."""
        asked = websocket if has_websocket_context() else request
        client = asked.scope.get("client")
        peer = client[0] if client else ""
        return origin(peer, asked.headers.getlist("X-Forwarded-For"), self._trust.proxies) or peer or None

    def _shown(self, arguments: Mapping[str, Any]) -> bytes | None:
        """What the path names and may be changed; a circuit itself is never changed, only added to."""
        pinpad = self._pinpads.get(arguments.get("pinpad_id", 0))
        if pinpad is not None:
            return _encode({"id": pinpad.id, "is_active": pinpad.is_active, "spec": pinpad.spec})
        prro = self._prros.get(arguments.get("prro_id", 0))
        if prro is not None:
            return _encode({"id": prro.id, "desk": prro.desk, "key_id": prro.key_id, "cashier": prro.cashier})
        kkt = self._fleet.kkts.get(arguments.get("eip", ""))
        if kkt is not None:
            return _encode(shown_kkt(kkt))
        integration = self._fleet.integrations.get(arguments.get("integration_id", 0))
        return None if integration is None else _encode(shown_integration(integration, secret=False))

    async def _after(self, arguments: Mapping[str, Any], response: Response) -> bytes | None:
        if response.status_code != 201:
            return self._shown(arguments)
        return _encode(masked(msgspec.json.decode(await response.get_data(as_text=False))))


def template(rule: str) -> str:
    """A route as the description has it: ``/frs/{eip}/activate``."""
    return _ARGUMENT.sub(r"{\1}", rule)


def masked(value: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON with every secret replaced."""
    if isinstance(value, list):
        return [masked(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {key: HIDDEN if key in SECRETS and entry is not None else masked(entry) for key, entry in value.items()}


def status_of(error: Exception) -> int:
    """The status that an exception becomes on its way out."""
    if isinstance(error, HTTPException):
        return error.code or 500
    found = problem_of(error)
    return 500 if found is None else found.status
