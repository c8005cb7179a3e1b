"""Payments over HTTP: posted by a billing, listed, followed, refunded, corrected, settled by hand, given back."""

from collections.abc import Callable, Mapping
from typing import get_args

from quart import Blueprint, Response, request

from actors.journal import Reader
from actors.runtime import Ref
from kassanet.channels.cashier import NoRoute
from kassanet.channels.mediator import Mediator
from kassanet.channels.refunds import Follower
from kassanet.channels.template import TooSmall
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.queries import MOST, Readers, limit, natural, one_of, read_query
from kassanet.edge.visibility import allowed
from schemas.payment_records import (
    GaveBack,
    PaymentAccepted,
    PaymentCredited,
    PaymentFilter,
    PaymentRefused,
    StoredPayment,
)
from schemas.payments import Pay
from schemas.payments_shown import (
    GivenBack,
    NewCorrection,
    NewPayment,
    NewRefund,
    PaymentPage,
    PaymentVerdict,
    shown_payment,
)
from schemas.problems import FieldError, problem
from schemas.receipts import Correction
from schemas.routes import ChannelSpec

STATES = get_args(get_args(PaymentFilter.__annotations__["state"])[0])
MOST_ID = 2**63 - 1


def payments_blueprint(mediator: Mediator, journal: Ref, reader: Reader, clock: Callable[[], float]) -> Blueprint:
    """The routes over one journal."""
    blueprint = Blueprint("payments", __name__, url_prefix="/api/v1")
    desk = _Desk(mediator, journal, reader, clock)
    blueprint.post("/payments")(desk.post)
    blueprint.get("/payments")(desk.listing)
    blueprint.get("/payments/<int:payment_id>")(desk.one)
    blueprint.get("/payments/<int:payment_id>/history")(desk.history)
    blueprint.post("/payments/<int:payment_id>/refund")(desk.refund)
    blueprint.post("/payments/<int:payment_id>/correction")(desk.correct)
    blueprint.post("/payments/<int:payment_id>/resolve")(desk.resolve)
    blueprint.post("/payments/<int:payment_id>/given-back")(desk.given_back)
    blueprint.get("/billings/<part>/state")(desk.billing_state)
    return blueprint


class _Desk:
    """One view a route."""

    def __init__(self, mediator: Mediator, journal: Ref, reader: Reader, clock: Callable[[], float]) -> None:
        self._mediator = mediator
        self._journal = journal
        self._reader = reader
        self._clock = clock

    async def post(self) -> Response:
        access = allowed("operator", integrations=True)
        wanted = decode(await request.get_data(), NewPayment)
        channel = self._channel(access, wanted.channel)
        pay = Pay(wanted.txn_id, wanted.account, wanted.sum, wanted.at, wanted.service, wanted.payer)
        try:
            write = self._mediator.cashier.write_of(channel, pay)
        except NoRoute as reason:
            raise invalid([FieldError("account", f"{reason}", "an account that a route takes")]) from None
        except TooSmall as reason:
            raise invalid([FieldError("sum", f"{reason}", "enough for the template's fixed items")]) from None
        return self._answer(await self._mediator.cashier.make(write))

    async def listing(self) -> Response:
        wanted = _filter(request.args, allowed("viewer", integrations=True))
        rows = await self._reader.call(lambda store: store.payments(wanted))
        following = rows[-1].id if len(rows) == wanted.limit else None
        return answer(PaymentPage(tuple(shown_payment(row) for row in rows), following))

    async def one(self, payment_id: int) -> Response:
        return answer(shown_payment(await self._visible(allowed("viewer", integrations=True), payment_id)))

    async def history(self, payment_id: int) -> Response:
        await self._visible(allowed("viewer", integrations=True), payment_id)
        return answer(await self._reader.call(lambda store: store.payment_history(payment_id)))

    async def refund(self, payment_id: int) -> Response:
        row = await self._visible(allowed("operator", integrations=True), payment_id)
        wanted = decode(await request.get_data(), NewRefund)
        return await self._after(row, "refund", wanted.txn_id, wanted.sum)

    async def correct(self, payment_id: int) -> Response:
        row = await self._visible(allowed("operator", integrations=True), payment_id)
        wanted = decode(await request.get_data(), NewCorrection)
        return await self._after(row, "correction", wanted.txn_id, wanted.sum, wanted.correction)

    async def resolve(self, payment_id: int) -> Response:
        access = allowed("operator")
        await self._visible(access, payment_id)
        said = decode(await request.get_data(), PaymentVerdict)
        now = self._clock()
        if said.verdict == "credited":
            await self._journal.ask(PaymentCredited(payment_id, said.prv_txn, said.reason, access.name, now))
        else:
            await self._journal.ask(PaymentRefused(payment_id, "refused", said.reason, access.name, now))
        return await self.one(payment_id)

    async def given_back(self, payment_id: int) -> Response:
        access = allowed("operator")
        await self._visible(access, payment_id)
        said = decode(await request.get_data(), GivenBack)
        await self._journal.ask(GaveBack(payment_id, said.reason, access.name, self._clock()))
        return await self.one(payment_id)

    async def billing_state(self, part: str) -> Response:
        access = allowed("viewer")
        desk = self._mediator.desks.get(part)
        if desk is None or access.inn is not None:
            raise problem(404, "not-found", f"There is no billing {part}.")
        backlog = await self._reader.call(lambda store: store.payment_backlog())
        waiting = next((one for one in backlog if one.billing == part), None)
        return answer({"name": part, "state": desk.state, "backlog": waiting})

    async def _after(
        self, row: StoredPayment, kind: Follower, txn_id: str, amount: int | None, correction: Correction | None = None
    ) -> Response:
        if row.kind != "pay":
            raise problem(409, "not-a-payment", f"{row.id} is a {row.kind}.")
        cashier = self._mediator.cashier
        return self._answer(await cashier.make(await cashier.after(row, kind, txn_id, amount or row.sum, correction)))

    def _answer(self, accepted: PaymentAccepted) -> Response:
        if not accepted.same:
            raise problem(409, "other-content", f"{accepted.payment.txn_id} was posted with other content.")
        return answer(shown_payment(accepted.payment), 202 if accepted.created else 200)

    def _channel(self, access: Access, name: str) -> ChannelSpec:
        channel = self._mediator.setup.parts.channels.get(name)
        if channel is None or not access.sees(channel.inn, _circuit(self._mediator, name)):
            raise invalid([FieldError("channel", f"there is no channel {name}", "a channel of kind api")])
        if channel.kind != "api" or not channel.is_active:
            raise invalid([FieldError("channel", f"{name} is of kind {channel.kind}", "an active channel of kind api")])
        return channel

    async def _visible(self, access: Access, payment_id: int) -> StoredPayment:
        row = await self._reader.call(lambda store: store.payment(payment_id)) if payment_id <= MOST_ID else None
        if row is None or not access.sees(row.inn, row.circuit_id):
            raise problem(404, "not-found", f"There is no payment {payment_id}.")
        return row


def _circuit(mediator: Mediator, channel: str) -> int | None:
    """The one circuit that a channel's routes lead to; integrations are of one circuit."""
    circuits = {route.circuit for route in mediator.setup.routes_of(channel)}
    return circuits.pop() if len(circuits) == 1 else None


def _filter(args: Mapping[str, str], access: Access) -> PaymentFilter:
    """Raises 422 with every wrong parameter."""
    found = read_query(args, _READERS, "payments")
    if access.circuit_id is not None:
        raise problem(403, "not-allowed", "Tokens of integrations read single payments.")
    return PaymentFilter(**{**found, **({} if access.inn is None else {"inn": access.inn})})


_READERS: Readers = {
    "channel": ("channel", str, "a channel's name"),
    "billing": ("billing", str, "a billing's name"),
    "account": ("account", str, "the payer's account"),
    "txn_id": ("txn_id", str, "the channel's own number"),
    "of": ("of_id", natural, "a payment's number"),
    "state": ("state", one_of(STATES), ", ".join(STATES)),
    "cursor": ("before_id", natural, "next_cursor of the page before"),
    "limit": ("limit", limit, f"1 to {MOST}"),
}
