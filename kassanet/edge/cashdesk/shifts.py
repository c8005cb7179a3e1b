"""Shifts of the dialect: opened and closed, X and Z reports, the last check, and whether the tax service answers."""

from datetime import UTC, datetime
from uuid import UUID

from quart import Response

from kassanet.edge.answers import answer
from kassanet.edge.cashdesk.asking import Asking, asker, key_of, read
from kassanet.edge.cashdesk.refusals import must_not_be_refused, not_made
from kassanet.edge.cashdesk.telling import MADE, Telling, text_of
from kassanet.edge.prro_documents import MOST_ID
from kassanet.edge.prro_sight import refusals
from kassanet.prros import Prros, shown
from kassanet.tax_desk import TaxDesk
from schemas.cashdesk import Asked, ShiftAsked
from schemas.cashdesk_answers import PingAnswer, ReportAnswer, ShiftAnswer
from schemas.prro import CloseShift, ZReport
from schemas.prro_commands import NotSigned, TaxServerFailed
from schemas.prro_records import StoredDocument, StoredPrro
from schemas.prro_zrep import ZRep
from schemas.records import Conflict
from transports.cashdesk.answers import CHECKS, last_check, report_answer
from transports.cashdesk.operations import shift_of
from transports.cashdesk.spellings import Said
from transports.prro.composing import Heading, compose
from transports.prro.paper import link_of
from transports.prro.totals import shift_totals

_AWAY = frozenset({"tax-server-away", "tax-server-late", "agent-no-time-stamp"})
"""Nobody can be asked: an agent that gets no time stamp is cut off from the tax service as well, most likely."""


class ShiftDesk:
    """One view a route."""

    def __init__(self, asking: Asking, prros: Prros, telling: Telling, tax_desk: TaxDesk) -> None:
        self._asking = asking
        self._prros = prros
        self._telling = telling
        self._tax_desk = tax_desk

    async def shift(self) -> Response:
        """Opened, or closed: then with its Z report."""
        asked, said = await read(ShiftAsked)
        row = self._asking.register(asked.num_fiscal)
        with not_made(said):
            operation = shift_of(asked)
            made = await self._prros.perform(row.id, operation, key_of(asked), asker().name)
        must_not_be_refused(made)
        report = await self._report(row, asked, made) if isinstance(operation, CloseShift) else None
        check = await self._telling.check(made, row.desk.register, asked)
        return answer(
            ShiftAnswer(num_fiscal=row.desk.register, shift_open=self._is_open(row), check=check, z_report=report),
            202 if made.status == "stored" else 200,
        )

    async def x_report(self) -> Response:
        """What the shift has come to so far; zeros where none is open."""
        asked, said = await read(Asked)
        row = self._asking.register(asked.num_fiscal)
        with not_made(said):
            try:
                report = await self._prros.x_report(row.id)
            except Conflict:
                report = _nothing_sold(row)
        assert isinstance(report, ZRep)
        text = text_of(report, asked, draft=True)
        return answer(report_answer(report, is_open=self._is_open(row), text=text))

    async def z_report(self) -> Response:
        """A report that ends the shift; where it is closed already, that of the last one."""
        asked, said = await read(Asked)
        row = self._asking.register(asked.num_fiscal)
        closed = await self._closed(row, asked, said)
        report = await self._report(row, asked, closed)
        if report is None:
            raise Conflict("shift", "no shift was ever closed", str(row.desk.register))
        return answer(report)

    async def last_check(self) -> Response:
        """Of the shift that is open, or of the last one. Who lost an answer asks here, so nothing is overtaken."""
        asked, _ = await read(Asked)
        row = self._asking.register(asked.num_fiscal)
        await self._prros.turn(row.id)
        found = await self._telling.latest(row.id, CHECKS, until=("open_shift",), statuses=MADE)
        return answer(last_check(found, row.desk.register, None if found is None else link_of(shown(found))))

    async def ping(self) -> Response:
        asked, _ = await read(Asked)
        row = self._asking.register(asked.num_fiscal)
        with refusals():
            is_online = await self._is_reached(row)
        return answer(PingAnswer(row.desk.register, is_online, self._is_open(row)))

    async def _is_reached(self, row: StoredPrro) -> bool:
        """Whether the tax service answers a question about this register that its key has signed."""
        try:
            await self._tax_desk.state(row.key_id, row.desk.register)
        except (TaxServerFailed, NotSigned) as failed:
            if failed.code in _AWAY:
                return False
            raise
        return True

    async def _closed(self, row: StoredPrro, asked: Asked, said: Said) -> StoredDocument | None:
        """The closing that was made now, None when there was nothing to close."""
        with not_made(said):
            try:
                closed = await self._prros.perform(row.id, CloseShift(), key_of(asked), asker().name)
            except Conflict as reason:
                if reason.code != "shift":
                    raise
                return None
        must_not_be_refused(closed)
        return closed

    async def _report(self, row: StoredPrro, asked: Asked, closed: StoredDocument | None) -> ReportAnswer | None:
        """The Z report before a closing, or the last one."""
        before = MOST_ID if closed is None else closed.local_number
        found = await self._telling.latest(row.id, ("z_report",), before)
        return None if found is None else await self._telling.report(found, asked, is_open=self._is_open(row))

    def _is_open(self, row: StoredPrro) -> bool:
        return self._prros.state(row.id).shift_is_open


def _nothing_sold(row: StoredPrro) -> ZRep:
    blank = compose(ZReport(), row.desk, Heading(UUID(int=0), datetime.now(UTC), 1, asker().name))
    assert isinstance(blank, ZRep)
    return shift_totals([], blank.head)
