"""``GET /api/v1/audit``: who did what, for admins who may see everything; a page, or all of it as NDJSON."""

from collections.abc import AsyncIterator, Mapping

import msgspec
from msgspec.structs import replace
from quart import Blueprint, Response, request

from actors.journal import Reader, StoreUnavailable
from kassanet.edge.answers import answer
from kassanet.edge.by_hand import COMMANDS
from kassanet.edge.queries import MOST, TIME, Readers, limit, moment, natural, read_query
from kassanet.edge.receipts import NDJSON
from kassanet.edge.visibility import allowed
from schemas.audit import AuditPage, shown_audit
from schemas.problems import problem
from schemas.rows import AuditFilter, StoredAudit

_encode = msgspec.json.Encoder().encode


def audit_blueprint(reader: Reader) -> Blueprint:
    """The route over one journal."""
    blueprint = Blueprint("audit", __name__, url_prefix="/api/v1")

    @blueprint.get("/audit")
    async def audit() -> Response:
        if allowed("admin").inn is not None:
            raise problem(404, "not-found", "The log is of every organisation; this token sees only one.")
        wanted = audit_filter(request.args)
        if request.accept_mimetypes.best_match(["application/json", NDJSON]) == NDJSON:
            first = await _page(reader, replace(wanted, limit=MOST))
            return Response(_lines(reader, wanted, first), content_type=NDJSON)
        rows = await _page(reader, wanted)
        following = rows[-1].id if len(rows) == wanted.limit else None
        return answer(AuditPage(tuple(shown_audit(row) for row in rows), following))

    return blueprint


def audit_filter(args: Mapping[str, str]) -> AuditFilter:
    """What a listing wants; raises 422 with every wrong parameter."""
    found = read_query(args, _READERS, "the log")
    return AuditFilter(**found)


def calls_to(eip: str) -> tuple[str, ...]:
    """The targets of every call that is about one register, over HTTP and on the stream."""
    by_http = (f"/frs/{eip}", f"/frs/{eip}/activate", f"/frs/{eip}/deactivate")
    commands = (place + name for name in COMMANDS for place in (f"/api/v1/kkt/{eip}/", f"kkt/{eip} "))
    return (*by_http, *commands)


async def _page(reader: Reader, wanted: AuditFilter) -> list[StoredAudit]:
    return list(await reader.call(lambda store: store.audit(wanted)))


async def _lines(reader: Reader, wanted: AuditFilter, rows: list[StoredAudit]) -> AsyncIterator[bytes]:
    """Everything, page by page; a journal that fails on the way ends it in the middle of nowhere, not of a line."""
    while rows:
        yield b"".join(_encode(shown_audit(row)) + b"\n" for row in rows)
        if len(rows) < MOST:
            return
        try:
            rows = await _page(reader, replace(wanted, limit=MOST, before_id=rows[-1].id))
        except StoreUnavailable:
            return


_READERS: Readers = {
    "by": ("by", str, "who: token 7"),
    "method": ("method", str, "POST, PATCH, DELETE, COMMAND or CLI"),
    "route": ("route", str, "a route: /frs/{eip}"),
    "kkt": ("targets", calls_to, "a register's address: every call to it"),
    "target": ("target", str, "a path: /frs/127.0.0.1:7801"),
    "status": ("status", natural, "a status: 204"),
    "since": ("since", moment, TIME),
    "until": ("until", moment, TIME),
    "cursor": ("before_id", natural, "next_cursor of the page before"),
    "limit": ("limit", limit, f"1 to {MOST}"),
}
