"""Receipts out of one journal and into another: one JSON object a line, with the journal it is of.

What is imported is an archive: it is looked at and never made again. The same file twice changes nothing, and neither
does a journal's own export.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from quart import Blueprint, Response, request

from actors.journal import Reader
from actors.runtime import Ref
from actors.store import StoreReader
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access
from kassanet.edge.decoding import UNDECODABLE
from kassanet.edge.ndjson import MEDIA_TYPE, Line, Splitter
from kassanet.edge.queries import MOST, read_query, receipt_filter
from kassanet.edge.visibility import allowed
from kassanet.sites.board import Board
from kassanet.sites.commands import SiteCommands
from kassanet.sites.receipts import archived_page
from kassanet.sites.sites import Sites
from schemas.problems import FieldError
from schemas.receipts import Inn, Receipt
from schemas.rows import ReceiptFilter, StoredReceipt
from schemas.shown import shown
from schemas.site_link import Copy, Word
from schemas.site_records import ArchiveFilter, ArchiveReceipts, StoredArchived

BATCH = 256
"""Lines in one commit."""

MOST_ERRORS = 100
"""Bad lines that are named one by one."""

PAGE = 100
"""Receipts asked of a site at once."""


class ExportedReceipt(Struct, frozen=True):
    """A line: a receipt, whose it is, and the journal (``source``) in which it has its number."""

    source: Word
    inn: Inn
    receipt: Receipt


class Imported(Struct, frozen=True):
    """What became of a file: lines read, receipts that were new or newer, and what is wrong with the other lines."""

    lines: int
    kept: int
    errors: tuple[FieldError, ...] = ()


_decode = msgspec.json.Decoder(ExportedReceipt).decode
_encode = msgspec.json.Encoder().encode


def export_blueprint(
    sites: Sites, commands: SiteCommands, inn_of: Callable[[int], str], limits: tuple[int, int]
) -> Blueprint:
    """``limits``: bytes of one line, and of a whole file. ``inn_of`` tells whose a circuit is."""
    blueprint = Blueprint("export", __name__, url_prefix="/api/v1")

    @blueprint.get("/receipts.ndjson")
    async def export_own() -> Response:
        access = allowed("viewer")
        wanted = replace(receipt_filter(request.args, access, None), limit=MOST)
        return _file(_own(sites.reader, sites.identity, wanted, inn_of))

    @blueprint.get("/archive.ndjson")
    async def export_archive() -> Response:
        access = allowed("viewer")
        read_query(request.args, {}, "the archive")
        return _file(_archive(sites.reader, ArchiveFilter(inn=access.inn, limit=MOST)))

    @blueprint.get("/archive")
    async def archive() -> Response:
        access = allowed("viewer")
        return answer(await archived_page(sites.reader, None, receipt_filter(request.args, access, None)))

    @blueprint.get("/sites/<int:site_id>/receipts.ndjson")
    async def export_site(site_id: int) -> Response:
        access = allowed("viewer")
        board = sites.board(access, site_id)
        read_query(request.args, {}, "an export")
        if board.heard.receipts == "central":
            return _file(_archive(sites.reader, ArchiveFilter(site_id=site_id, inn=access.inn, limit=MOST)))
        first = await _site_page(commands, board, access, None)
        return _file(_of_site(commands, board, access, first))

    @blueprint.post("/receipts.ndjson")
    async def import_file() -> Response:
        access = allowed("admin")
        request.max_content_length = limits[1]
        taker = _Taker(sites.journal, access, limits[0])
        async for chunk in request.body:
            await taker.take(chunk)
        return answer(await taker.finish())

    return blueprint


def _file(lines: AsyncIterator[bytes]) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="receipts.ndjson"'}
    return Response(lines, content_type=MEDIA_TYPE, headers=headers)


async def _own(
    reader: Reader, source: str, wanted: ReceiptFilter, inn_of: Callable[[int], str]
) -> AsyncIterator[bytes]:
    while True:
        rows = await reader.call(partial(_receipts, wanted))
        yield b"".join(_line(ExportedReceipt(source, inn_of(row.circuit_id), shown(row))) for row in rows)
        if len(rows) < MOST:
            return
        wanted = replace(wanted, before_id=rows[-1].id)


async def _archive(reader: Reader, wanted: ArchiveFilter) -> AsyncIterator[bytes]:
    while True:
        rows = await reader.call(partial(_archived, wanted))
        yield b"".join(
            _line({"source": row.source, "inn": row.inn, "receipt": msgspec.Raw(row.receipt)}) for row in rows
        )
        if len(rows) < MOST:
            return
        wanted = replace(wanted, before_id=rows[-1].id)


async def _site_page(commands: SiteCommands, board: Board, access: Access, cursor: int | None) -> dict[str, object]:
    query = {"limit": str(PAGE)} | ({} if cursor is None else {"cursor": str(cursor)})
    page: dict[str, object] = await commands.read(board, query=query, inn=access.inn or board.row.inn)
    return page


async def _of_site(
    commands: SiteCommands, board: Board, access: Access, page: dict[str, object]
) -> AsyncIterator[bytes]:
    """Page by page over the link; one that is cut on the way cuts the answer off, so that nobody takes it for all."""
    source = board.link.hello.store if board.link is not None and board.link.hello is not None else ""
    while True:
        receipts = msgspec.convert(page.get("receipts", ()), Sequence[dict[str, object]])
        yield b"".join(
            _line({"source": source, "inn": board.inn_of(each.get("circuit_id")), "receipt": each}) for each in receipts
        )
        cursor = page.get("next_cursor")
        if not isinstance(cursor, int):
            return
        page = await _site_page(commands, board, access, cursor)


def _receipts(wanted: ReceiptFilter, store: StoreReader) -> Sequence[StoredReceipt]:
    return store.receipts(wanted)


def _archived(wanted: ArchiveFilter, store: StoreReader) -> Sequence[StoredArchived]:
    return store.archived(wanted)


def _line(said: object) -> bytes:
    return _encode(said) + b"\n"


class _Taker:
    """Takes a file in, some lines at a time."""

    def __init__(self, journal: Ref, access: Access, longest: int) -> None:
        self._journal = journal
        self._access = access
        self._splitter = Splitter(longest)
        self._waiting: dict[str, list[Copy]] = {}
        self._lines = 0
        self._kept = 0
        self._errors: list[FieldError] = []

    async def take(self, chunk: bytes) -> None:
        for line in self._splitter.feed(chunk):
            await self._add(line)

    async def finish(self) -> Imported:
        for line in self._splitter.finish():
            await self._add(line)
        await self._commit()
        return Imported(self._lines, self._kept, tuple(self._errors))

    async def _add(self, line: Line) -> None:
        self._lines += 1
        try:
            if line.data is None:
                raise ValueError("is too long")
            read = _decode(line.data)
            if not self._access.sees(read.inn):
                raise ValueError(f"is of another organisation than {self._access.inn}")
        except (ValueError, *UNDECODABLE) as error:
            if len(self._errors) < MOST_ERRORS:
                self._errors.append(FieldError(f"lines[{line.number}]", str(error)[:300]))
            return
        self._waiting.setdefault(read.source, []).append(Copy(read.inn, read.receipt))
        if sum(map(len, self._waiting.values())) >= BATCH:
            await self._commit()

    async def _commit(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for source, copies in waiting.items():
            write = ArchiveReceipts(source, tuple(copies), time.time())
            self._kept += await self._journal.ask(write, timeout=60.0)
