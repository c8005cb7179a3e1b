"""``GET /api/v1/receipts.csv``: what a search finds, as a table for people's spreadsheets, streamed page by page.

Texts come from outside, and a spreadsheet takes a cell that begins with ``=`` for a formula: such cells get an
apostrophe in front, which spreadsheets hide.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from msgspec.structs import replace
from quart import Blueprint, Response, request

from actors.journal import Reader
from kassanet.edge.decoding import invalid
from kassanet.edge.queries import MOST, receipt_filter
from kassanet.edge.visibility import allowed
from schemas.problems import FieldError
from schemas.rows import ReceiptFilter, StoredReceipt

COLUMNS = (
    "id", "external_id", "circuit_id", "status", "kind", "total", "accepted_at", "changed_at",
    "kkt", "fn", "fd", "fpd", "shift", "receipt_number", "fiscal_at", "reason",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = b"\xef\xbb\xbf"
"""Without it spreadsheets take UTF-8 for an old code page."""

Separator = Literal["comma", "semicolon"]


def csv_blueprint(reader: Reader) -> Blueprint:
    """The route over one journal."""
    blueprint = Blueprint("receipts_csv", __name__, url_prefix="/api/v1")

    @blueprint.get("/receipts.csv")
    async def export() -> Response:
        access = allowed("viewer", integrations=True)
        told = request.args.to_dict()
        semicolon = _one_of(told, "separator", {"comma": False, "semicolon": True})
        zone = timezone(timedelta(minutes=_minutes(told)))
        wanted = replace(receipt_filter(told, access, None), limit=MOST)
        first = await _page(reader, wanted)
        headers = {"Content-Disposition": 'attachment; filename="receipts.csv"'}
        lines = _lines(reader, wanted, first, _Writer(semicolon, zone))
        return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)

    return blueprint


def _one_of(told: dict[str, str], name: str, known: dict[str, bool]) -> bool:
    text = told.pop(name, next(iter(known)))
    if text not in known:
        raise invalid([FieldError(name, f"{text[:64]!r} cannot be read", ", ".join(known))])
    return known[text]


def _minutes(told: dict[str, str]) -> int:
    text = told.pop("zone", "0")
    try:
        minutes = int(text)
    except ValueError:
        minutes = 10_000
    if abs(minutes) > 14 * 60:
        raise invalid([FieldError("zone", f"{text[:64]!r} cannot be read", "minutes east of UTC: 180")])
    return minutes


class _Writer:
    """Rows as bytes. With semicolons, sums have a decimal comma: so expect spreadsheets where that is the custom."""

    def __init__(self, semicolon: bool, zone: timezone) -> None:
        self._buffer = io.StringIO()
        self._csv = csv.writer(self._buffer, delimiter=";" if semicolon else ",", lineterminator="\r\n")
        self._point = "," if semicolon else "."
        self._zone = zone

    def head(self) -> bytes:
        return BOM + self._written([COLUMNS])

    def rows(self, rows: Sequence[StoredReceipt]) -> bytes:
        return self._written([self._cells(row) for row in rows])

    def _written(self, rows: Sequence[Sequence[object]]) -> bytes:
        self._csv.writerows(rows)
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()

    def _cells(self, row: StoredReceipt) -> Sequence[object]:
        total = f"{row.total // 100}{self._point}{row.total % 100:02}"
        fiscal = row.fiscal
        document = (
            ("", "", "", "", "", "")
            if fiscal is None
            else (fiscal.fn, fiscal.fd, fiscal.fpd, fiscal.shift, fiscal.receipt_number, f"{fiscal.at:%Y-%m-%d %H:%M}")
        )
        return (
            row.id, plain(row.external_id), row.circuit_id, row.status, row.kind, total, self._time(row.accepted_at),
            self._time(row.changed_at), row.eip or "", *document, plain(row.reason or ""),
        )  # fmt: skip

    def _time(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, UTC).astimezone(self._zone):%Y-%m-%d %H:%M:%S}"


def plain(text: str) -> str:
    """The text as no spreadsheet can take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


async def _page(reader: Reader, wanted: ReceiptFilter) -> Sequence[StoredReceipt]:
    return await reader.call(lambda store: store.receipts(wanted))


async def _lines(
    reader: Reader, wanted: ReceiptFilter, rows: Sequence[StoredReceipt], writer: _Writer
) -> AsyncIterator[bytes]:
    """Everything, page by page. A store that fails on the way cuts the answer off, so that nobody takes it for all."""
    yield writer.head()
    while rows:
        yield writer.rows(rows)
        if len(rows) < MOST:
            return
        rows = await _page(reader, replace(wanted, before_id=rows[-1].id))
