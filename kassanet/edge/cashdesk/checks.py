"""Checks of the dialect: sales and returns, stornos, deposits and issues; and how a check looks."""

from quart import Response, request

from actors.journal import Reader
from kassanet.edge.answers import answer
from kassanet.edge.cashdesk.asking import Asking, asker, key_of, read, works_at
from kassanet.edge.cashdesk.refusals import must_not_be_refused, not_made
from kassanet.edge.cashdesk.telling import Telling
from kassanet.edge.prro_documents import MOST_ID, PAGE_POLICY, Painter, scale_asked, width_asked
from kassanet.prros import Prros, shown
from schemas.cashdesk import Asked, SaleAsked, ServiceAsked, StornoAsked
from schemas.problems import problem
from schemas.prro import Operation
from schemas.prro_records import StoredDocument, StoredPrro
from transports.cashdesk.operations import sale_of, service_of, storno_of
from transports.cashdesk.spellings import Said
from transports.prro.html import receipt_html
from transports.prro.text import receipt_text


class CheckDesk:
    """One view a route."""

    def __init__(self, asking: Asking, prros: Prros, reader: Reader, telling: Telling, painter: Painter) -> None:
        self._asking = asking
        self._prros = prros
        self._reader = reader
        self._telling = telling
        self._painter = painter

    async def sale(self) -> Response:
        asked, said = await read(SaleAsked)
        row = self._asking.register(asked.num_fiscal)
        with not_made(said):
            operation = sale_of(asked, row.desk)
        return await self._made(row, operation, asked, said)

    async def service(self) -> Response:
        asked, said = await read(ServiceAsked)
        row = self._asking.register(asked.num_fiscal)
        with not_made(said):
            operation = service_of(asked)
        return await self._made(row, operation, asked, said)

    async def storno(self) -> Response:
        asked, said = await read(StornoAsked)
        return await self._made(self._asking.register(asked.num_fiscal), storno_of(asked), asked, said)

    async def text(self, check_id: int) -> Response:
        width = width_asked(request.args)
        found = receipt_text(shown(await self._check(check_id)), width)
        return Response(found, content_type="text/plain; charset=utf-8")

    async def html(self, check_id: int) -> Response:
        page = receipt_html(shown(await self._check(check_id)))
        return Response(page, content_type="text/html; charset=utf-8", headers=PAGE_POLICY)

    async def png(self, check_id: int) -> Response:
        width, scale = width_asked(request.args), scale_asked(request.args)
        return await self._painter.painted(shown(await self._check(check_id)), width, scale)

    async def _made(self, row: StoredPrro, operation: Operation, asked: Asked, said: Said) -> Response:
        with not_made(said):
            made = await self._prros.perform(row.id, operation, key_of(asked), asker().name)
        must_not_be_refused(made)
        status = 202 if made.status == "stored" else 200
        return answer(await self._telling.check(made, row.desk.register, asked), status)

    async def _check(self, check_id: int) -> StoredDocument:
        """Raises 404, for another's as for one that does not exist."""
        wanted = min(check_id, MOST_ID)
        found = await self._reader.call(lambda store: store.prro_document(wanted))
        row = None if found is None else self._prros.rows.get(found.register_id)
        if found is None or row is None or not works_at(asker(), row):
            raise problem(404, "not-found", f"There is no check {check_id} for this cashier.")
        return found
