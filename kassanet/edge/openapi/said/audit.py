"""The audit log."""

from msgspec import json

from kassanet.edge.openapi.operation import Answer, Body, Operation, Parameter
from kassanet.edge.openapi.problems import READ
from kassanet.edge.queries import MOST
from schemas.audit import AuditLine, AuditPage, shown_audit
from schemas.rows import StoredAudit

_NATURAL = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_MOMENT = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
_EIP = "127.0.0.1:7801"

_LINE = shown_audit(
    StoredAudit(
        41,
        1795446000.5,
        "token 7",
        "10.0.0.5",
        "PATCH",
        "/frs/{eip}/deactivate",
        f"/frs/{_EIP}/deactivate",
        "b2f0c1d4-118",
        b'{"eip":"127.0.0.1:7801","type":"terminalfa","is_active":1}',
        b'{"eip":"127.0.0.1:7801","type":"terminalfa","is_active":0}',
        200,
        1795446000.6,
    )
)

_FILTERS = (
    Parameter("by", "Done by: `token 7`, `trusted 10.0.0.5`, `user operator`.", _TEXT, "token 7"),
    Parameter("method", "`POST`, `PATCH`, `DELETE`; `COMMAND` on the stream; `CLI`.", _TEXT, "PATCH"),
    Parameter("route", "A route as this description has it.", _TEXT, "/frs/{eip}/deactivate"),
    Parameter("kkt", "Every call to this register, whatever it was.", _TEXT, _EIP),
    Parameter("target", "A path as it was asked for.", _TEXT, f"/frs/{_EIP}/deactivate"),
    Parameter("status", "With this outcome.", _NATURAL, 200),
    Parameter("since", "Begun at this time or later.", _MOMENT, "2026-11-22T18:00:00+03:00"),
    Parameter("until", "Begun before this time.", _MOMENT, "2026-11-23T00:00:00+03:00"),
    Parameter("cursor", "`next_cursor` of the page before.", _NATURAL),
    Parameter("limit", "Lines on a page; 50 unless said.", {"type": "integer", "minimum": 1, "maximum": MOST}, 50),
)

AUDIT = (
    Operation(
        method="get",
        path="/api/v1/audit",
        name="listAudit",
        tag="Operation",
        summary="Who changed what, from where, and what came of it; from new to old.",
        text=(
            "Every call that may change something is here, also those that were refused; posting receipts is not, for "
            "each receipt has a history of its own. The line is durable before the call is carried out. With `Accept: "
            "application/x-ndjson` everything that matches comes, one line each, whatever `limit` says. For tokens "
            "that see every organisation."
        ),
        role="admin",
        query=_FILTERS,
        answers=(
            Answer(
                200,
                "A page, or all of it.",
                Body(
                    AuditPage,
                    AuditPage((_LINE,), 41),
                    lines=AuditLine,
                    lines_example=json.encode(_LINE).decode() + "\n",
                ),
            ),
        ),
        problems=("invalid", *READ),
    ),
)
