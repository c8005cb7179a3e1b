"""The cashier: takes payments in from every source, makes them durable, and tells each channel what it may hear.

A payment is on disk before anything happens to it and before its channel hears of it. Channels that ask whether they
may keep the money (banks, terminals) hear what the billing decided, or *temporary* when it is late: their repeat finds
the first result. Acquirers only tell what has happened already: they hear OK as soon as the payment is durable, and
what the billing then refuses is owed to the payer.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

import msgspec
import structlog
import trio

from actors.journal import Reader
from actors.payments import BillingDesk, Look, Outcomes
from actors.runtime import ActorError, Overloaded, Ref
from kassanet.channels.integrations import Unfinished
from kassanet.channels.refunds import NOT_MADE, Follower, receipt_back
from kassanet.channels.setup import Setup
from kassanet.channels.template import TooSmall, receipt_of, record_of
from kassanet.edge.intake import no_objections
from kassanet.fleet import Fleet
from schemas.payment_records import (
    AcceptPayment,
    AccountChecked,
    PaymentAccepted,
    PaymentFilter,
    PaymentNoted,
    PaymentTakenBack,
    StoredPayment,
)
from schemas.payments import (
    BillingAnswer,
    CancelPayment,
    ChannelAnswer,
    ChannelRequest,
    CheckAccount,
    Pay,
    Refund,
    VerifyPayment,
)
from schemas.problems import ProblemError, problem
from schemas.receipts import Correction
from schemas.records import AcceptReceipt
from schemas.routes import ChannelKind, ChannelSpec, RouteSpec

TELLING: frozenset[ChannelKind] = frozenset({"paykeeper", "robokassa", "yookassa", "api", "file"})
"""Kinds of channels that tell what has happened already: the money is with us when they speak."""

REMEMBERED = 10_000
"""Payments whose last told outcome is remembered, so that a repeat of it leaves no line in the history."""

MOST_SAID = 500
"""Characters of a billing's words that a channel hears."""

log = structlog.get_logger("kassanet.payments")
_encode = msgspec.json.Encoder().encode


class NoRoute(Exception):
    """No route takes this payment."""


class Cashier:
    """``wake`` finds the actor of a billing, None where it does not run. ``clock`` is UNIX time."""

    def __init__(
        self,
        setup: Setup,
        desks: Mapping[str, BillingDesk],
        fleet: Fleet,
        journal: Ref,
        reader: Reader,
        outcomes: Outcomes,
        wake: Callable[[str], Ref | None],
        clock: Callable[[], float],
    ) -> None:
        self._setup = setup
        self._desks = desks
        self._fleet = fleet
        self._journal = journal
        self._reader = reader
        self._outcomes = outcomes
        self._wake = wake
        self._clock = clock
        self._told: OrderedDict[int, str] = OrderedDict()
        self._cancelling: set[int] = set()

    async def take(self, channel: ChannelSpec, request: ChannelRequest) -> ChannelAnswer:
        """Answer a channel's request within its deadline. Raises what the journal says when it is away."""
        match request:
            case CheckAccount():
                return await self._check(channel, request)
            case Pay():
                return await self._pay(channel, request)
            case CancelPayment():
                return await self._cancel(channel, request)
            case VerifyPayment():
                row = await self._known(channel, request.txn_id)
                return ChannelAnswer("bad_txn", "no such payment") if row is None else told_of(row, repeated=True)
            case Refund():
                return await self._refund(channel, request)

    # -- asking whether money may be taken ------------------------------------------------------------------------

    async def _check(self, channel: ChannelSpec, request: CheckAccount) -> ChannelAnswer:
        route = self._setup.route(channel.name, request.account, request.service)
        answer, by = await self._checked(channel, request, route)
        write = AccountChecked(channel.name, request.account, f"{answer.outcome} {answer.comment}", by, self._clock())
        await self._journal.ask(write)
        return answer

    async def _checked(
        self, channel: ChannelSpec, request: CheckAccount, route: RouteSpec | None
    ) -> tuple[ChannelAnswer, str | None]:
        if route is None:
            return ChannelAnswer("no_account", "no route takes this account", request.txn_id), None
        if route.billing is None:
            return ChannelAnswer("ok", "", request.txn_id), None
        with trio.move_on_after(channel.deadline):
            # The billing hears a number of its own kind; a question leaves nothing behind there.
            said = await self._desks[route.billing].check(msgspec.structs.replace(request, txn_id="1"))
            outcome = said.outcome if said.decision in ("ok", "refused") else "temporary"
            answer = ChannelAnswer(outcome, said.comment[:MOST_SAID], request.txn_id, subscriber=said.subscriber)
            return answer, route.billing
        return ChannelAnswer("temporary", "the billing is late", request.txn_id), route.billing

    # -- taking money ---------------------------------------------------------------------------------------------

    async def _pay(self, channel: ChannelSpec, pay: Pay) -> ChannelAnswer:
        began = trio.current_time()
        try:
            write = self.write_of(channel, pay)
        except (NoRoute, TooSmall, ProblemError, Unfinished) as reason:
            row = await self._known(channel, pay.txn_id)
            return _impossible(channel, pay, reason) if row is None else self._again(row, pay)
        accepted = await self._journal.ask(write, timeout=channel.deadline)
        self.follow(accepted)
        if not accepted.same:
            return ChannelAnswer("bad_txn", "this number was another payment's", pay.txn_id)
        row = accepted.payment
        if channel.kind not in TELLING and row.credit in ("due", "unknown", "waiting"):
            row = await self._decided(row, began + channel.deadline, new=accepted.created)
        answer = told_of(row, repeated=not accepted.created, telling=channel.kind in TELLING)
        self._note(row, answer, channel, accepted.created)
        return answer

    def write_of(self, channel: ChannelSpec, pay: Pay) -> AcceptPayment:
        """The payment as it goes into the journal: its route, and its receipt by the template.

        Raises :class:`NoRoute`, :class:`kassanet.channels.template.TooSmall`, ``ProblemError``.
        """
        route = self._setup.route(channel.name, pay.account, pay.service)
        if route is None:
            raise NoRoute(f"no route takes account {pay.account} of channel {channel.name}")
        now = self._clock()
        receipt = None
        if route.receipt is not None and route.circuit is not None and route.policy != "credit_only":
            made = receipt_of(route.receipt, pay, f"payment:{channel.name}:{pay.txn_id}")
            receipt = record_of(route, made, now, self._fleet.objections(route.circuit))
        return AcceptPayment(
            "pay",
            channel.name,
            pay.txn_id,
            None,
            route.inn,
            pay.account,
            pay.sum,
            pay.service,
            None if pay.at is None else pay.at.isoformat(),
            route.name,
            route.policy,
            route.billing,
            self._number(route.billing, pay.txn_id),
            route.circuit,
            receipt,
            _encode(pay),
            now,
        )

    def follow(self, accepted: PaymentAccepted) -> None:
        """Let those begin who have something to do about a new payment."""
        row = accepted.payment
        if not accepted.created:
            return
        if row.receipt == "queued" and row.circuit_id is not None:
            self._fleet.ring(row.circuit_id)
        if row.credit == "due" and row.billing is not None:
            self.look(row.billing)

    def look(self, billing: str) -> None:
        """Tell a billing's actor that something is due; it looks by itself every second."""
        ref = self._wake(billing)
        if ref is not None:
            with suppress(ActorError):
                ref.tell(Look())

    async def _decided(self, row: StoredPayment, deadline: float, *, new: bool) -> StoredPayment:
        """The payment once something was decided about it, or as it is when the time is over."""
        with self._outcomes.expected(row.id) as event:
            # An older one may have been decided while the journal's answer was on its way here.
            found = row if new else await self._look(row)
            if not found.undecided and found.credit != "waiting":
                return found
            with trio.move_on_at(deadline):
                await event.wait()
        return await self._look(row)

    async def _look(self, row: StoredPayment) -> StoredPayment:
        return await self._reader.call(lambda store: store.payment(row.id)) or row

    def _again(self, row: StoredPayment, pay: Pay) -> ChannelAnswer:
        """A repeat of a payment that could not be taken today: its route is gone, or the registers changed."""
        if (row.account, row.sum) != (pay.account, pay.sum):
            return ChannelAnswer("bad_txn", "this number was another payment's", pay.txn_id)
        return told_of(row, repeated=True)

    def _note(self, row: StoredPayment, answer: ChannelAnswer, channel: ChannelSpec, created: bool) -> None:
        """Write down what the channel hears; the answer need not wait for the history."""
        if self._told.get(row.id) == answer.outcome:
            return
        self._told[row.id] = answer.outcome
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        event: Literal["notified", "repeated"] = "notified" if created else "repeated"
        said = f"{answer.outcome} {answer.comment}".strip()
        try:
            self._journal.tell(PaymentNoted(row.id, event, said, channel.name, self._clock()))
        except (Overloaded, ActorError):
            log.info("note_lost", payment=row.id)

    # -- giving money back ----------------------------------------------------------------------------------------

    async def _cancel(self, channel: ChannelSpec, request: CancelPayment) -> ChannelAnswer:
        row = await self._known(channel, request.txn_id)
        if row is None or row.kind != "pay":
            return ChannelAnswer("cannot_cancel", "no such payment", request.txn_id)
        if row.credit == "cancelled":
            return ChannelAnswer("ok", "", request.txn_id, str(row.id), row.sum, _moment(row), repeated=True)
        if request.sum not in (None, row.sum) or request.account not in (None, row.account):
            return ChannelAnswer("cannot_cancel", "another account or sum", request.txn_id)
        if row.credit != "done" or row.billing is None or row.billing not in self._desks:
            return ChannelAnswer("cannot_cancel", f"the credit is {row.credit}", request.txn_id)
        if row.id in self._cancelling:
            return ChannelAnswer("temporary", "it is being taken back", request.txn_id)
        self._cancelling.add(row.id)
        try:
            return await self._undo(channel, row, self._desks[row.billing])
        finally:
            self._cancelling.discard(row.id)

    async def _undo(self, channel: ChannelSpec, row: StoredPayment, desk: BillingDesk) -> ChannelAnswer:
        """Ask the billing to; nobody refunds the payment meanwhile."""
        refunds = PaymentFilter(of_id=row.id, kind="refund", limit=1)
        if await self._reader.call(lambda store: store.payments(refunds)):
            return ChannelAnswer("cannot_cancel", "money of it was given back already", row.txn_id)
        wanted = CancelPayment(row.billing_txn or row.txn_id, row.account, row.sum)
        back = await self._receipt_back(row)  # first: once the billing has undone it nothing may be in the way
        with trio.move_on_after(channel.deadline):
            said = await desk.cancel(wanted)
            if said.decision == "ok":
                await self._take_back(row, back, said)
                return ChannelAnswer("ok", "", row.txn_id, str(row.id), row.sum, _moment(row))
            if said.decision == "refused":
                return ChannelAnswer("cannot_cancel", said.comment, row.txn_id)
        return ChannelAnswer("temporary", "the billing is late", row.txn_id)

    async def _receipt_back(self, row: StoredPayment) -> AcceptReceipt | None:
        if row.receipt_id is None or row.receipt in NOT_MADE:
            return None
        external_id = f"payment:{row.channel}:{row.txn_id}:back"
        return await receipt_back(self._reader, row, "refund", row.sum, external_id, self._clock())

    async def _take_back(self, row: StoredPayment, back: AcceptReceipt | None, said: BillingAnswer) -> None:
        """The billing has undone the credit; the receipt that was made or queued gets its refund."""
        write = PaymentTakenBack(row.id, back, said.comment, row.billing or "", self._clock())
        with trio.CancelScope(shield=True):  # a deadline that falls between the two must not part them
            await self._journal.ask(write)
        if row.circuit_id is not None:
            self._fleet.ring(row.circuit_id)

    async def _refund(self, channel: ChannelSpec, request: Refund) -> ChannelAnswer:
        row = await self._known(channel, request.payment_id)
        if row is None:
            return ChannelAnswer("temporary", f"payment {request.payment_id} is not known yet", request.txn_id)
        if row.receipt == "waiting":
            return ChannelAnswer("temporary", f"payment {row.id} waits for its credit yet", request.txn_id)
        if row.receipt_id is None or row.receipt in NOT_MADE:
            return ChannelAnswer("ok", "this payment made no receipt", request.txn_id)
        accepted = await self.make(await self.after(row, "refund", request.txn_id, request.sum))
        return told_of(accepted.payment, repeated=not accepted.created, telling=True)

    async def after(
        self, row: StoredPayment, kind: Follower, txn_id: str, amount: int, correction: Correction | None = None
    ) -> AcceptPayment:
        """A refund or a correction of an earlier payment.

        Raises ``ProblemError`` where that made no receipt, or where its channel is taking it back right now.
        """
        if kind == "refund" and row.id in self._cancelling:
            raise problem(409, "cancelling", f"The channel is taking payment {row.id} back; ask again.")
        external_id = f"{kind}:{row.channel}:{txn_id}"
        objections = no_objections if row.circuit_id is None else self._fleet.objections(row.circuit_id)
        now = self._clock()
        receipt = await receipt_back(self._reader, row, kind, amount, external_id, now, correction, objections)
        body = _encode(Pay(txn_id, row.account, amount, service=row.service))
        return AcceptPayment(
            kind, row.channel, txn_id, row.id, row.inn, row.account, amount, row.service, None, row.route,
            "fiscalize_only", None, None, row.circuit_id, receipt, body, self._clock(),
        )  # fmt: skip

    async def make(self, write: AcceptPayment) -> PaymentAccepted:
        """Durable, and followed."""
        accepted = await self._journal.ask(write)
        self.follow(accepted)
        return accepted

    async def _known(self, channel: ChannelSpec, txn_id: str) -> StoredPayment | None:
        return await self._reader.call(lambda store: store.payment_by_key(channel.name, txn_id))

    def _number(self, billing: str | None, txn_id: str) -> str | None:
        """The channel's own number where the billing can take it: its people find what the payer's slip shows."""
        desk = None if billing is None else self._desks.get(billing)
        return txn_id if desk is not None and desk.numbered(txn_id) else None


def _impossible(channel: ChannelSpec, pay: Pay, reason: Exception) -> ChannelAnswer:
    """Why a payment is not taken. Nothing of it is kept: the money stays where it is."""
    log.error("payment_not_taken", channel=channel.name, txn_id=pay.txn_id, reason=str(reason))
    if isinstance(reason, NoRoute):
        return ChannelAnswer("no_account", str(reason), pay.txn_id)
    if isinstance(reason, TooSmall):
        return ChannelAnswer("too_small", str(reason), pay.txn_id)
    return ChannelAnswer("technical", "this payment cannot make a receipt", pay.txn_id)


def told_of(row: StoredPayment, *, repeated: bool = False, telling: bool = False) -> ChannelAnswer:
    """What a channel may hear of a payment as it stands."""
    told = ChannelAnswer(
        "ok", "", row.txn_id, prv_txn=str(row.id), sum=row.sum, registered_at=_moment(row), repeated=repeated
    )
    if telling or row.credit in ("done", "none"):
        return told
    if row.credit == "refused":
        return msgspec.structs.replace(told, outcome=row.outcome or "refused", comment=row.answer or "", prv_txn=None)
    if row.credit == "cancelled":
        return msgspec.structs.replace(told, outcome="refused", comment="the payment was taken back")
    return msgspec.structs.replace(told, outcome="temporary", comment="the payment is being made")


def _moment(row: StoredPayment) -> datetime:
    return datetime.fromtimestamp(row.accepted_at, UTC)
