"""The actor of one billing: it asks about every payment that the journal holds undecided, until that is decided.

The queue is the journal's. Of each account only the first undecided payment is ever asked about, so an account's order
is kept, however long the billing was away. A payment whose answer was lost is asked about again with the same number,
which the billing answers with the first result; what it answers for good is written down before anybody hears of it.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from random import Random

import msgspec
import structlog
from msgspec import Struct

from actors.durable import durably
from actors.journal import Reader, StoreUnavailable
from actors.payments.desk import BillingDesk
from actors.payments.outcomes import Outcomes
from actors.runtime import Actor, ActorError, Ref
from schemas.payment_records import PaymentCredited, PaymentRefused, PaymentTried, StoredPayment
from schemas.payments import BillingAnswer, Pay
from schemas.records import Conflict, Write

log = structlog.get_logger(__name__)
_decode = msgspec.json.Decoder(Pay).decode


MOST_SAID = 500
"""Characters of a billing's words that are kept."""


class Look(Struct, frozen=True):
    """Something may be due. Told to itself once a second, and by whoever took a payment in."""

    again: bool = False


class BillingSettings(Struct, frozen=True):
    """Seconds, but for ``parallel``. The wait after the n-th undecided try is ``first_wait × 2^n``, ± a fifth.

    ``unreached_wait`` is that of a payment whose billing did not answer: the breaker keeps the pace then. ``zone`` is
    that of the times that billings are told.
    """

    parallel: int = 8
    poll: float = 1.0
    first_wait: float = 1.0
    longest_wait: float = 300.0
    unreached_wait: float = 1.0
    zone: tzinfo = UTC


class Billing(Actor):
    """``ring`` is told the circuit in which a receipt was queued."""

    def __init__(
        self,
        desk: BillingDesk,
        journal: Ref,
        reader: Reader,
        outcomes: Outcomes,
        ring: Callable[[int], None],
        settings: BillingSettings,
        *,
        clock: Callable[[], float],
        random: Random,
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._reader = reader
        self._outcomes = outcomes
        self._ring = ring
        self._settings = settings
        self._clock = clock
        self._random = random
        self._in_hand: dict[int, str] = {}
        self._ready: deque[StoredPayment] = deque()
        self._decided = 0
        self._more = False
        self._feeding = False

    async def started(self) -> None:
        self.context.tell_later(0.0, Look(again=True), control=True)

    async def receive(self, message: object) -> None:
        if isinstance(message, Look) and message.again:
            self.context.tell_later(self._settings.poll, message, control=True)
        self._more = True
        await self._feed()

    def describe(self) -> dict[str, object]:
        return {"in_hand": len(self._in_hand), "decided": self._decided, "breaker": self._desk.breaker.state}

    async def _feed(self) -> None:
        """One at a time: whoever comes while another reads has set ``_more``, and that one goes on."""
        if self._feeding:
            return
        self._feeding = True
        try:
            while self._room() > 0 and (self._ready or await self._load()):
                self._begin(self._ready.popleft())
        finally:
            self._feeding = False

    def _begin(self, payment: StoredPayment) -> None:
        if payment.id not in self._in_hand and payment.account not in self._in_hand.values():
            self._in_hand[payment.id] = payment.account
            self.context.spawn(self._settle, payment)

    def _room(self) -> float:
        """How many more may be asked about; one at a time while the breaker tries."""
        return min(self._desk.breaker.room, self._settings.parallel) - len(self._in_hand)

    async def _load(self) -> bool:
        """Read what is due; nothing when nothing new can be there."""
        if not self._more:
            return False
        self._more = False
        limit = 2 * self._settings.parallel + len(self._in_hand)
        try:
            rows = await self._reader.call(lambda store: store.payments_due(self._desk.name, self._clock(), limit))
        except StoreUnavailable as reason:
            log.warning("payments_unreadable", billing=self._desk.name, reason=str(reason))
            return False
        accounts = set(self._in_hand.values())
        self._ready.extend(row for row in rows if row.account not in accounts)
        return bool(self._ready)

    async def _settle(self, payment: StoredPayment) -> None:
        """Ask about one payment and write down what came of it; then there may be more to do."""
        try:
            answer = await self._desk.pay(request_of(payment, self._settings.zone))
            await self._write(payment, answer)
        finally:
            self._in_hand.pop(payment.id, None)
        self._outcomes.tell(payment.id)
        self._more = True
        await self._feed()

    async def _write(self, payment: StoredPayment, answer: BillingAnswer) -> None:
        try:
            await durably(self._journal, self._outcome(payment, answer))
        except Conflict as decided:
            # Who refused it while the billing was asked gives back what the billing has: somebody must hear of that.
            tell = log.error if answer.decision == "ok" else log.info
            tell("payment_decided_meanwhile", payment=payment.id, said=answer.decision, reason=str(decided))
            return
        except ActorError as stopped:
            log.info("payment_not_written", payment=payment.id, reason=str(stopped))
            return
        self._decided += answer.decision in ("ok", "refused")
        if answer.decision == "refused":
            log.warning("payment_refused", payment=payment.id, billing=self._desk.name, outcome=answer.outcome)
        if answer.decision == "ok" and payment.receipt == "waiting" and payment.circuit_id is not None:
            self._ring(payment.circuit_id)

    def _outcome(self, payment: StoredPayment, answer: BillingAnswer) -> Write[None]:
        now, name = self._clock(), self._desk.name
        said = (f"{answer.code}: {answer.comment}" if answer.code else answer.comment)[:MOST_SAID]
        if answer.decision == "ok":
            return PaymentCredited(payment.id, answer.prv_txn, said, name, now)
        if answer.decision == "refused":
            return PaymentRefused(payment.id, answer.outcome, said, name, now)
        return PaymentTried(
            payment.id, answer.decision == "unknown", said, now + self._wait(payment, answer), name, now
        )

    def _wait(self, payment: StoredPayment, answer: BillingAnswer) -> float:
        settings = self._settings
        if not answer.code:
            return settings.unreached_wait
        wait = min(settings.first_wait * 2.0 ** min(payment.tries, 30), settings.longest_wait)
        return wait * self._random.uniform(0.8, 1.2)


def request_of(payment: StoredPayment, zone: tzinfo) -> Pay:
    """What the billing is asked: the same bytes at every repeat. The time is the channel's, else ours, in ``zone``."""
    said = _decode(payment.body)
    if payment.paid_at is not None:
        at = datetime.fromisoformat(payment.paid_at)
        at = at.astimezone(zone).replace(tzinfo=None) if at.tzinfo else at
    else:
        at = datetime.fromtimestamp(payment.accepted_at, zone).replace(tzinfo=None, microsecond=0)
    number = payment.billing_txn or payment.txn_id
    return Pay(number, payment.account, payment.sum, at, payment.service, said.payer, said.details)
