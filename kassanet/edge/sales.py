"""Sales over HTTP: post, wait, look, take back, settle by hand."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Literal, get_args

import msgspec
import trio
from msgspec import Meta, Struct
from msgspec.structs import replace
from quart import Blueprint, Response, request

from actors.journal import Reader
from actors.runtime import ActorError, AskTimedOut, Ref
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access
from kassanet.edge.bulk import other_content
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.pinpad_operations import wait_asked
from kassanet.edge.pinpad_sight import visible_pinpad
from kassanet.edge.queries import MOST, Readers, limit, natural, one_of, read_query
from kassanet.edge.sale_reading import ReadSale, check_objections, read_sale
from kassanet.edge.visibility import allowed, visible_circuit
from kassanet.fleet import Fleet
from kassanet.pinpads import Pinpads
from schemas.problems import FieldError, problem
from schemas.records import NotFound
from schemas.sale_commands import AwaitSale, BeginSale, LookAtSale, TakeBack
from schemas.sale_records import AcceptedSale, AcceptSale, ResolveSale, SaleFilter, StoredSale
from schemas.sales import ENDED, Sale, SaleStatus
from schemas.shown import shown_sale

MOST_ID = 2**63 - 1


class SaleVerdict(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST …/resolve``: ``reversed`` - the customer has his money back; ``done`` - the receipt was made elsewhere."""

    verdict: Literal["done", "reversed"]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


class SalePage(Struct, frozen=True):
    """A page of a listing, from new to old. ``next_cursor`` asks for the page after it; None: this was the last."""

    sales: tuple[Sale, ...]
    next_cursor: int | None


def sales_blueprint(
    fleet: Fleet,
    pinpads: Pinpads,
    journal: Ref,
    reader: Reader,
    find: Callable[[str], Ref | None],
    clock: Callable[[], float],
) -> Blueprint:
    """The routes. ``find`` looks the actor of sales up."""
    blueprint = Blueprint("sales", __name__, url_prefix="/api/v1/sales")
    desk = _Desk(fleet, pinpads, journal, reader, find, clock)
    blueprint.post("")(desk.post)
    blueprint.get("")(desk.list_all)
    blueprint.get("/<int:sale_id>")(desk.one)
    blueprint.get("/<int:sale_id>/history")(desk.history)
    blueprint.post("/<int:sale_id>/abort")(desk.abort)
    blueprint.post("/<int:sale_id>/resolve")(desk.resolve)
    return blueprint


class _Desk:
    """One view a route."""

    def __init__(
        self,
        fleet: Fleet,
        pinpads: Pinpads,
        journal: Ref,
        reader: Reader,
        find: Callable[[str], Ref | None],
        clock: Callable[[], float],
    ) -> None:
        self._fleet = fleet
        self._pinpads = pinpads
        self._journal = journal
        self._reader = reader
        self._find = find
        self._clock = clock

    async def post(self) -> Response:
        access = allowed("operator", integrations=True)
        seconds = wait_asked(request.args)
        body: bytes = await request.body
        read = read_sale(body, access.integration_id, self._clock())
        visible_circuit(access, self._fleet, read.request.circuit_id)
        accepted = await self._repeated(read)
        if accepted is None:
            accepted = await self._accept(replace(read.record, currency=self._check(access, read)))
        if not accepted.same:
            raise other_content(read.request.external_id)
        row = await self._awaited(accepted.sale_id, seconds)
        return answer(await self._shown(row), 202 if accepted.created else 200)

    def _check(self, access: Access, read: ReadSale) -> str:
        """What is refused when it comes for the first time; answers the currency that is meant."""
        check_objections(read, self._fleet.objections(read.request.circuit_id))
        if read.request.pinpad_id is None:
            return read.record.currency
        try:
            row = visible_pinpad(access, self._fleet, self._pinpads, read.request.pinpad_id)
        except NotFound:
            raise problem(404, "not-found", f"There is no pinpad {read.request.pinpad_id}.") from None
        currency = read.request.currency or row.spec.currencies[0]
        if currency not in row.spec.currencies:
            known = ", ".join(row.spec.currencies)
            raise invalid([FieldError("currency", f"{currency} is not taken at this pinpad", known)])
        return currency

    async def _repeated(self, read: ReadSale) -> AcceptedSale | None:
        wanted = SaleFilter(circuit_id=read.record.circuit_id, external_id=read.record.external_id, limit=1)
        for row in await self._reader.call(lambda store: store.sales(wanted)):
            return AcceptedSale(row.id, row.status, False, row.digest == read.record.digest)
        return None

    async def _accept(self, record: AcceptSale) -> AcceptedSale:
        with trio.CancelScope(shield=True):  # a till that hangs up must find what was accepted, under its key
            accepted = await self._journal.ask(record)
            if accepted.created:
                self._tell(BeginSale(accepted.sale_id))
        return accepted

    def _tell(self, message: object) -> None:
        """The actor of sales; one that cannot hear finds the sale in the journal when it begins again."""
        ref = self._find("sales")
        if ref is not None:
            with suppress(ActorError):
                ref.tell(message)

    async def list_all(self) -> Response:
        access = allowed("viewer", integrations=True)
        wanted = sale_filter(request.args, access)
        rows = await self._reader.call(lambda store: store.sales(wanted))
        following = rows[-1].id if len(rows) == wanted.limit else None
        return answer(SalePage(tuple(shown_sale(row) for row in rows), following))

    async def one(self, sale_id: int) -> Response:
        row = await self._visible(allowed("viewer", integrations=True), sale_id)
        seconds = wait_asked(request.args)
        return answer(await self._shown(await self._awaited(row.id, seconds)))

    async def history(self, sale_id: int) -> Response:
        row = await self._visible(allowed("viewer", integrations=True), sale_id)
        return answer(await self._reader.call(lambda store: store.sale_history(row.id)))

    async def abort(self, sale_id: int) -> Response:
        access = allowed("operator", integrations=True)
        row = await self._visible(access, sale_id)
        seconds = wait_asked(request.args)
        ref = self._find("sales")
        if ref is None:
            raise problem(503, "stopped", "Sales are not being seen through now.")
        with trio.CancelScope(shield=True):
            await ref.ask(TakeBack(row.id, access.name), timeout=30.0)
        return answer(await self._shown(await self._awaited(row.id, seconds)))

    async def resolve(self, sale_id: int) -> Response:
        access = allowed("operator")
        row = await self._visible(access, sale_id)
        said = decode(await request.get_data(), SaleVerdict)
        write = ResolveSale(row.id, said.verdict, said.reason, access.name, self._clock())
        await self._journal.ask(write)
        self._tell(LookAtSale(row.id))
        return answer(await self._shown(await self._row(row.id)))

    # -- looking ----------------------------------------------------------------------------------

    async def _visible(self, access: Access, sale_id: int) -> StoredSale:
        row = await self._row(sale_id)
        visible_circuit(access, self._fleet, row.circuit_id)
        return row

    async def _row(self, sale_id: int) -> StoredSale:
        row = await self._reader.call(lambda store: store.sale(sale_id)) if sale_id <= MOST_ID else None
        if row is None:
            raise problem(404, "not-found", f"There is no sale {sale_id}.")
        return row

    async def _shown(self, row: StoredSale) -> Sale:
        receipt_id = row.receipt_id
        if receipt_id is None:
            return shown_sale(row)
        made = await self._reader.call(lambda store: store.receipt(receipt_id))
        return shown_sale(row, made.fiscal if made is not None else None)

    async def _awaited(self, sale_id: int, seconds: float) -> StoredSale:
        row, ref = await self._row(sale_id), self._find("sales")
        if not seconds or ref is None or row.status in ENDED or row.status == "manual":
            return row
        with suppress(AskTimedOut):  # then it is shown as it is
            await ref.ask(AwaitSale(sale_id), timeout=seconds)
        return await self._row(sale_id)


def sale_filter(args: Mapping[str, str], access: Access) -> SaleFilter:
    """What a listing wants; raises 422 with every wrong parameter."""
    found = read_query(args, _READERS, "sales")
    wanted = SaleFilter(inn=access.inn, **found)
    if access.circuit_id is None:
        return wanted
    return msgspec.structs.replace(wanted, circuit_id=access.circuit_id)


STATUSES: tuple[str, ...] = get_args(SaleStatus)

_READERS: Readers = {
    "status": ("status", one_of(STATUSES), ", ".join(STATUSES)),
    "circuit_id": ("circuit_id", natural, "a circuit's number"),
    "pinpad_id": ("pinpad_id", natural, "a pinpad's number"),
    "external_id": ("external_id", str, "the till's own number"),
    "cursor": ("before_id", natural, "next_cursor of the page before"),
    "limit": ("limit", limit, f"1 to {MOST}"),
}
