"""Documents of a software register over HTTP: made, looked at, read as a buyer reads them."""

from collections.abc import Mapping
from typing import Any

import trio
from quart import Response, request

from actors.journal import Reader
from kassanet.edge.answers import answer
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.prro_sight import refusals, visible_prro
from kassanet.edge.queries import MOST, limit, natural
from kassanet.edge.visibility import allowed
from kassanet.fleet import Fleet
from kassanet.prros import Prros, shown
from schemas.problems import FieldError
from schemas.prro_records import StoredDocument
from schemas.prro_shown import DocumentPage, PrroOrder, ShownDocument, shown_document
from transports.prro.documents import Document
from transports.prro.html import receipt_html
from transports.prro.paper import link_of
from transports.prro.png import LARGEST_SCALE, TooLarge, qr_png, receipt_png
from transports.prro.text import NARROWEST, receipt_text

WIDEST = 200
USUAL_WIDTH = 42
USUAL_SCALE = 2
USUAL_PAGE = 50
MOST_ID = 2**63 - 1
PAINTERS = 2
"""Pictures that are drawn at the same time, each in a thread, so that nobody waits for a large one."""

PAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


class DocumentDesk:
    """One view a route."""

    def __init__(self, prros: Prros, fleet: Fleet, reader: Reader) -> None:
        self._prros = prros
        self._fleet = fleet
        self._reader = reader
        self.painter = Painter()

    async def post_operation(self, prro_id: int) -> Response:
        self._visible(prro_id, "operator")
        said = decode(await request.get_data(), PrroOrder)
        with refusals():
            made = await self._prros.perform(prro_id, said.operation, said.external_id, said.cashier)
        return answer(_told(made), 202 if made.status == "stored" else 200)

    async def show_x_report(self, prro_id: int) -> Response:
        """What the shift has come to so far; nothing is made."""
        self._visible(prro_id, "viewer")
        width = width_asked(request.args)
        with refusals():
            report = await self._prros.x_report(prro_id)
        return _text(receipt_text(report, width, draft=True))

    async def list_documents(self, prro_id: int) -> Response:
        self._visible(prro_id, "viewer")
        wanted = _listing(request.args)
        if "external_id" in wanted:
            key = wanted["external_id"]
            found = await self._reader.call(lambda store: store.prro_document_by_key(prro_id, key))
            return answer(DocumentPage(() if found is None else (_told(found),), None))
        before, most = wanted.get("cursor", MOST_ID), wanted.get("limit", USUAL_PAGE)
        rows = await self._reader.call(lambda store: store.prro_documents_before(prro_id, before, most))
        following = rows[-1].local_number if len(rows) == most else None
        return answer(DocumentPage(tuple(map(_told, rows)), following))

    async def show_document(self, prro_id: int, document_id: int) -> Response:
        return answer(_told(await self._document(prro_id, document_id)))

    async def show_text(self, prro_id: int, document_id: int) -> Response:
        width = width_asked(request.args)
        return _text(receipt_text(shown(await self._document(prro_id, document_id)), width))

    async def show_html(self, prro_id: int, document_id: int) -> Response:
        page = receipt_html(shown(await self._document(prro_id, document_id)))
        return Response(page, content_type="text/html; charset=utf-8", headers=PAGE_POLICY)

    async def show_png(self, prro_id: int, document_id: int) -> Response:
        width, scale = width_asked(request.args), scale_asked(request.args)
        return await self.painter.painted(shown(await self._document(prro_id, document_id)), width, scale)

    async def _document(self, prro_id: int, document_id: int) -> StoredDocument:
        self._visible(prro_id, "viewer")
        return await self._prros.document(prro_id, min(document_id, MOST_ID))

    def _visible(self, prro_id: int, role: Any) -> None:  # noqa: ANN401 - one of the words of allowed
        visible_prro(allowed(role, integrations=True), self._fleet, self._prros, prro_id)


class Painter:
    """Draws receipts in threads; may be shared. Codes that an answer waits for do not queue behind large pictures."""

    def __init__(self) -> None:
        self._limit = trio.CapacityLimiter(PAINTERS)
        self._codes = trio.CapacityLimiter(PAINTERS)

    async def painted(self, document: Document, width: int, scale: int) -> Response:
        """Raises 422 for a picture that would be too large."""
        try:
            picture = await trio.to_thread.run_sync(receipt_png, document, width, scale, limiter=self._limit)
        except TooLarge as reason:
            raise invalid([FieldError("scale", f"is too much here: {reason}", "a smaller one")]) from None
        return Response(picture, content_type="image/png")

    async def code(self, text: str) -> bytes:
        """A QR code alone, as a PNG."""
        return await trio.to_thread.run_sync(qr_png, text, limiter=self._codes)


def width_asked(args: Mapping[str, str]) -> int:
    """The characters of ``?width=``; raises 422."""
    return _number(args, "width", USUAL_WIDTH, NARROWEST, WIDEST)


def scale_asked(args: Mapping[str, str]) -> int:
    """The size of a picture, ``?scale=``; raises 422."""
    return _number(args, "scale", USUAL_SCALE, 1, LARGEST_SCALE)


def _number(args: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = args.get(name)
    if text is None:
        return usual
    if text.isascii() and text.isdigit() and least <= int(text[:9]) <= most:
        return int(text[:9])
    raise invalid([FieldError(name, f"{text[:64]!r} cannot be read", f"a whole number of {least} to {most}")])


def _told(stored: StoredDocument) -> ShownDocument:
    return shown_document(stored, link_of(shown(stored)))


def _text(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8")


def _listing(args: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, text in args.items():
        if name not in _READERS:
            errors.append(FieldError(name, "is no filter of documents", ", ".join(_READERS)))
            continue
        read, expected = _READERS[name]
        try:
            found[name] = read(text)
        except ValueError:
            errors.append(FieldError(name, f"{text[:64]!r} cannot be read", expected))
    if errors:
        raise invalid(errors)
    return found


_READERS: dict[str, tuple[Any, str]] = {
    "external_id": (str, "the till's own number"),
    "cursor": (natural, "next_cursor of the page before"),
    "limit": (limit, f"1 to {MOST}"),
}
