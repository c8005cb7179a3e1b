"""Receipts over HTTP: post one or many, look, cancel, settle by hand, see and retry callbacks."""

from collections.abc import Callable, Sequence

import msgspec
from quart import Blueprint, Response, request

from actors.journal import Reader
from actors.runtime import Ref
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access
from kassanet.edge.bulk import Outcome, accept_lines, other_content
from kassanet.edge.decoding import decode
from kassanet.edge.intake import Intake, no_objections
from kassanet.edge.queries import receipt_filter
from kassanet.edge.resolving import Resolution, resolve
from kassanet.edge.visibility import allowed, visible_circuit
from kassanet.fleet import Fleet
from schemas.problems import ProblemError, problem
from schemas.records import Accepted, AcceptReceipt, AcceptReceipts, Cancel, RetryCallback
from schemas.rows import ReceiptFilter, StoredReceipt
from schemas.shown import Acknowledged, ReceiptPage, shown, shown_callback

NDJSON = "application/x-ndjson"

MOST_ID = 2**63 - 1
"""A larger number is in no store, and cannot even be looked for there."""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a person does something; kept in the receipt's history."""

    reason: str = "cancelled by request"


class ReceiptLimits(msgspec.Struct, frozen=True):
    """Bytes: of one receipt, and of a whole NDJSON body."""

    one: int = 2**18
    many: int = 2**26


def receipts_blueprint(
    fleet: Fleet, journal: Ref, reader: Reader, clock: Callable[[], float], limits: ReceiptLimits
) -> Blueprint:
    """The routes over one journal."""
    blueprint = Blueprint("receipts", __name__, url_prefix="/api/v1")
    desk = _Desk(fleet, journal, reader, clock, limits)
    blueprint.post("/circuits/<int:circuit_id>/receipts")(desk.post)
    blueprint.get("/circuits/<int:circuit_id>/receipts")(desk.list_of_circuit)
    blueprint.get("/receipts")(desk.list_all)
    blueprint.get("/receipts/<int:receipt_id>")(desk.one)
    blueprint.get("/receipts/<int:receipt_id>/history")(desk.history)
    blueprint.get("/receipts/<int:receipt_id>/attempts")(desk.attempts)
    blueprint.post("/receipts/<int:receipt_id>/cancel")(desk.cancel)
    blueprint.post("/receipts/<int:receipt_id>/resolve")(desk.resolve)
    blueprint.get("/receipts/<int:receipt_id>/callbacks")(desk.callbacks)
    blueprint.post("/receipts/<int:receipt_id>/callbacks/<int:callback_id>/retry")(desk.retry)
    return blueprint


class _Desk:
    """One view a route."""

    def __init__(
        self, fleet: Fleet, journal: Ref, reader: Reader, clock: Callable[[], float], limits: ReceiptLimits
    ) -> None:
        self._fleet = fleet
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self._limits = limits

    async def post(self, circuit_id: int) -> Response:
        access = allowed("operator", integrations=True)
        visible_circuit(access, self._fleet, circuit_id)
        intake = Intake(circuit_id, access.integration_id, self._fleet.objections(circuit_id))
        if request.mimetype == NDJSON:
            return await self._post_many(intake)
        request.max_content_length = self._limits.one
        body: bytes = await request.body
        record, refused = _read(intake, body, self._clock())
        accepted = await self._accept(record) if refused is None else await self._repeated(record, refused)
        if isinstance(accepted, ProblemError):
            raise accepted
        if not accepted.same:
            raise other_content(record.external_id)
        if accepted.created:
            self._fleet.ring(circuit_id)
        shown_one = Acknowledged(accepted.receipt_id, record.external_id, accepted.status, circuit_id)
        return answer(shown_one, 202 if accepted.created else 200)

    async def _post_many(self, intake: Intake) -> Response:
        request.max_content_length = self._limits.many

        objected: dict[int, tuple[AcceptReceipt, ProblemError]] = {}

        def read(line: bytes) -> AcceptReceipt:
            record, refused = _read(intake, line, self._clock())
            if refused is not None:
                objected[id(record)] = record, refused
            return record

        async def accept(records: Sequence[AcceptReceipt]) -> Sequence[Outcome]:
            new = tuple(record for record in records if id(record) not in objected)
            answers = await self._journal.ask(AcceptReceipts(new), timeout=60.0) if new else []
            self._fleet.ring(intake.circuit_id)
            accepted = iter(answers)
            return [
                await self._repeated(*objected.pop(id(record))) if id(record) in objected else next(accepted)
                for record in records
            ]

        answers = await accept_lines(request.body, read, accept, self._limits.one)
        return Response(answers, content_type=NDJSON)

    async def _accept(self, record: AcceptReceipt) -> Accepted:
        return await self._journal.ask(record)

    async def _repeated(self, record: AcceptReceipt, refused: ProblemError) -> Accepted | ProblemError:
        """What was answered when this first came; the refusal, if it comes for the first time."""
        wanted = ReceiptFilter(circuit_id=record.circuit_id, external_id=record.external_id, limit=1)
        for row in await self._reader.call(lambda store: store.receipts(wanted)):
            return Accepted(row.id, row.status, created=False, same=row.digest == record.digest)
        return refused

    async def list_all(self) -> Response:
        return await self._list(allowed("viewer", integrations=True), None)

    async def list_of_circuit(self, circuit_id: int) -> Response:
        access = allowed("viewer", integrations=True)
        visible_circuit(access, self._fleet, circuit_id)
        return await self._list(access, circuit_id)

    async def _list(self, access: Access, circuit_id: int | None) -> Response:
        wanted = receipt_filter(request.args, access, circuit_id)
        rows = await self._reader.call(lambda store: store.receipts(wanted))
        following = rows[-1].id if len(rows) == wanted.limit else None
        return answer(ReceiptPage(tuple(shown(row) for row in rows), following))

    async def one(self, receipt_id: int) -> Response:
        return answer(shown(await self._visible(allowed("viewer", integrations=True), receipt_id)))

    async def history(self, receipt_id: int) -> Response:
        await self._visible(allowed("viewer", integrations=True), receipt_id)
        return answer(await self._reader.call(lambda store: store.history(receipt_id)))

    async def attempts(self, receipt_id: int) -> Response:
        await self._visible(allowed("viewer", integrations=True), receipt_id)
        return answer(await self._reader.call(lambda store: store.attempts(receipt_id)))

    async def cancel(self, receipt_id: int) -> Response:
        await self._visible(allowed("operator", integrations=True), receipt_id)
        body = await request.get_data()
        why = decode(body, Reason) if body else Reason()
        await self._journal.ask(Cancel(receipt_id, why.reason, self._clock()))
        return await self.one(receipt_id)

    async def resolve(self, receipt_id: int) -> Response:
        access = allowed("operator")
        row = await self._visible(access, receipt_id)
        wanted = decode(await request.get_data(), Resolution)
        await resolve(self._fleet, self._journal, row, wanted, access.name, self._clock())
        return await self.one(receipt_id)

    async def callbacks(self, receipt_id: int) -> Response:
        await self._visible(allowed("viewer", integrations=True), receipt_id)
        rows = await self._reader.call(lambda store: store.callbacks_of(receipt_id))
        return answer([shown_callback(row) for row in rows])

    async def retry(self, receipt_id: int, callback_id: int) -> Response:
        await self._visible(allowed("operator", integrations=True), receipt_id)
        rows = await self._reader.call(lambda store: store.callbacks_of(receipt_id))
        if callback_id not in {row.id for row in rows}:
            raise problem(404, "not-found", f"Receipt {receipt_id} has no callback {callback_id}.")
        await self._journal.ask(RetryCallback(callback_id, self._clock()))
        return await self.callbacks(receipt_id)

    async def _visible(self, access: Access, receipt_id: int) -> StoredReceipt:
        row = await self._reader.call(lambda store: store.receipt(receipt_id)) if receipt_id <= MOST_ID else None
        if row is None:
            raise problem(404, "not-found", f"There is no receipt {receipt_id}.")
        visible_circuit(access, self._fleet, row.circuit_id)
        return row


def _read(intake: Intake, data: bytes, at: float) -> tuple[AcceptReceipt, ProblemError | None]:
    """The record, and why it is refused if it is new: registers that object today may not have been there at first.

    Raises :class:`ProblemError` for what could never have been accepted.
    """
    try:
        return intake.record(data, at), None
    except ProblemError as refused:
        if intake.objections is no_objections or refused.problem.status != 422:
            raise
        try:
            return msgspec.structs.replace(intake, objections=no_objections).record(data, at), refused
        except ProblemError:
            raise refused from None
