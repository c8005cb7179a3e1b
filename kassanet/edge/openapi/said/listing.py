"""The query of listings of receipts."""

from typing import get_args

from kassanet.edge.openapi.operation import Parameter
from kassanet.edge.queries import MOST
from schemas.receipts import Status

_NATURAL = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_MOMENT = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}

LISTING = (
    Parameter("circuit_id", "Of this circuit; a circuit in the path wins.", _NATURAL),
    Parameter("status", "In this status.", {"type": "string", "enum": list(get_args(Status))}, "manual"),
    Parameter("external_id", "With the integrator's own number.", _TEXT, "order-1001"),
    Parameter("fn", "In this fiscal storage.", _TEXT, "9999078010000000"),
    Parameter("fd", "With this document number.", _NATURAL, 4),
    Parameter("total", "With this total, in kopecks.", _NATURAL, 50000),
    Parameter("kkt", "Which this register has, or made.", _TEXT, "127.0.0.1:7801"),
    Parameter("since", "Accepted at this time or later.", _MOMENT, "2026-11-22T18:00:00+03:00"),
    Parameter("until", "Accepted before this time.", _MOMENT, "2026-11-23T00:00:00+03:00"),
    Parameter("cursor", "`next_cursor` of the page before.", _NATURAL),
    Parameter("limit", "Receipts on a page; 50 unless said.", {"type": "integer", "minimum": 1, "maximum": MOST}, 50),
)

SHEET = (
    Parameter(
        "separator",
        "`semicolon` also gives sums a decimal comma.",
        {"type": "string", "enum": ["comma", "semicolon"]},
        "semicolon",
    ),
    Parameter("zone", "Minutes east of UTC, for the times.", {"type": "integer", "minimum": -840, "maximum": 840}, 180),
)
