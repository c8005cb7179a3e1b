"""Who signs in, and what there is to work with: units and registers as the tax service has them.

The list is the nested call: the request stays open while the agent signs the question and the tax service answers it.
"""

from datetime import datetime

from quart import Response

from actors.journal import Reader
from kassanet.cashiers import Cashiers
from kassanet.edge.answers import answer
from kassanet.edge.cashdesk.asking import Asking, asker, developer, read, works_at
from kassanet.edge.decoding import invalid
from kassanet.edge.prro_cashiers import refused_cashiers
from kassanet.edge.prro_sight import refusals
from kassanet.prros import Prros
from kassanet.tax_desk import TaxDesk
from schemas.cashdesk import SignInAsked
from schemas.cashdesk_answers import OneRegister, SignedInAnswer, Units, User
from schemas.cashiers import Cashier
from schemas.problems import FieldError
from transports.cashdesk.answers import register_status, shift_shown, units_shown


class UnitDesk:
    """One view a route."""

    def __init__(self, asking: Asking, prros: Prros, reader: Reader, cashiers: Cashiers, tax_desk: TaxDesk) -> None:
        self._asking = asking
        self._prros = prros
        self._reader = reader
        self._cashiers = cashiers
        self._tax_desk = tax_desk

    async def authenticate(self) -> Response:
        asked, said = await read(SignInAsked)
        login = asked.email or asked.login
        if login is None:
            raise invalid(said.located([FieldError("email", "missing", "the cashier's login")]))
        with refused_cashiers():
            signed_in = await self._cashiers.authenticate(login, asked.password)
        return answer(self._told(signed_in.token, signed_in.until, signed_in.cashier))

    async def tax_objects(self) -> Response:
        cashier = asker()
        with refusals():
            found = await self._tax_desk.objects(cashier.key_id)
        rows = await self._reader.call(lambda store: store.prros())
        mine = [row for row in rows if row.id in self._prros.rows and works_at(cashier, row)]
        known = {row.desk.register: shift_shown(self._prros.state(row.id), row) for row in mine}
        return answer(Units(units_shown(found.tax_objects, known)))

    async def tax_object(self, num_fiscal: int) -> Response:
        row = self._asking.register(num_fiscal)
        stored = await self._reader.call(lambda store: store.prro(row.id))
        return answer(OneRegister(register_status(stored or row, self._prros.state(row.id))))

    def _told(self, token: str, until: datetime, cashier: Cashier) -> SignedInAnswer:
        mine = [row for row in self._prros.rows.values() if works_at(cashier, row)]
        opened = sum(self._prros.state(row.id).shift_is_open for row in mine)
        user = User(str(cashier.id), cashier.name, cashier.tin)
        return SignedInAnswer(token, until, user, developer(), bool(mine), opened)
