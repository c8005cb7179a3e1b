"""Bringing a bank file: every line becomes a payment, or says why not; a file cut off halfway is simply brought again.

The file is surveyed first and refused as a whole where it does not hold together. Then its lines go into the journal
some hundreds at a time. A line's key is its payment's number, so nothing is taken twice: not by the same file again,
not by another that overlaps it, not after a kill in the middle.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, time
from itertools import islice
from math import inf

import trio

from actors.journal import Reader
from actors.runtime import Ref
from kassanet.channels.cashier import Cashier, NoRoute
from kassanet.channels.template import TooSmall
from kassanet.statements.opened import BankFile
from kassanet.statements.selection import ASKS, WORDS, Choice, Reason, SelectionRules
from schemas.payment_records import AcceptPayment, AcceptPayments, PaymentAccepted
from schemas.payments import Pay, Payer
from schemas.payments_shown import Brought, BroughtTotal
from schemas.problems import ProblemError
from schemas.routes import ChannelSpec

AT_ONCE = 400


class Tally:
    """What the lines of a file became."""

    def __init__(self) -> None:
        self.lines = self.paid = self.paid_sum = self.received = self.skipped_sum = 0
        self.skipped: Counter[str] = Counter()

    def add(self, brought: Brought) -> Brought:
        self.lines += 1
        self.received += brought.sum
        if brought.what == "paid":
            self.paid += 1
            self.paid_sum += brought.sum
        else:
            self.skipped[brought.reason or ""] += 1
            self.skipped_sum += brought.sum
        return brought

    def total(self, file: BankFile, *, dry_run: bool) -> BroughtTotal:
        return BroughtTotal(
            self.lines,
            self.received,
            self.paid,
            self.paid_sum,
            dict(self.skipped),
            self.skipped_sum,
            dry_run,
            file.survey,
        )


class Bringing:
    """One file over one channel of kind ``file``."""

    def __init__(
        self, cashier: Cashier, journal: Ref, reader: Reader, channel: ChannelSpec, rules: SelectionRules
    ) -> None:
        self._cashier = cashier
        self._journal = journal
        self._reader = reader
        self._channel = channel
        self._rules = rules
        self.tally = Tally()

    async def bring(self, file: BankFile, *, dry_run: bool) -> AsyncIterator[Sequence[Brought]]:
        """Some hundreds of lines at a time, durable when they are given out. Reads the file in a thread."""
        choices = file.choices(self._rules)
        while piece := await trio.to_thread.run_sync(_piece, choices):
            brought = await (self._would_be(piece) if dry_run else self._taken(piece))
            yield [self.tally.add(one) for one in brought]

    async def _would_be(self, piece: Sequence[Choice]) -> list[Brought]:
        keys = [choice.line.key for choice in piece]
        known = await self._reader.call(lambda store: store.payments_known(self._channel.name, keys))
        return [self._one(choice, known) for choice in piece]

    def _one(self, choice: Choice, known: frozenset[str]) -> Brought:
        write = self._write(choice)
        if isinstance(write, Brought):
            return write
        if choice.line.key in known:
            return _skipped(choice, "duplicate")
        return _paid(choice, write)

    async def _taken(self, piece: Sequence[Choice]) -> list[Brought]:
        writes = [self._write(choice) for choice in piece]
        wanted = tuple(write for write in writes if isinstance(write, AcceptPayment))
        # No time-out: the journal answers in any case, and a timer would keep these payments in memory until it rings.
        answers: list[object] = await self._journal.ask(AcceptPayments(wanted), timeout=inf) if wanted else []
        outcomes = iter(answers)
        return [
            write if isinstance(write, Brought) else self._outcome(choice, write, next(outcomes))
            for choice, write in zip(piece, writes, strict=True)
        ]

    def _outcome(self, choice: Choice, write: AcceptPayment, outcome: object) -> Brought:
        if not isinstance(outcome, PaymentAccepted):
            return _skipped(choice, "conflict", str(outcome))
        self._cashier.follow(outcome)
        if outcome.created:
            return _paid(choice, write, outcome.payment.id)
        return _skipped(choice, "duplicate" if outcome.same else "conflict", payment_id=outcome.payment.id)

    def _write(self, choice: Choice) -> AcceptPayment | Brought:
        if choice.reason is not None or choice.account is None:
            return _skipped(choice, choice.reason or "no_account")
        try:
            return self._cashier.write_of(self._channel, _pay(choice, choice.account))
        except (NoRoute, TooSmall, ProblemError) as reason:
            return _skipped(choice, "no_route", str(reason))


def _piece(choices: Iterator[Choice]) -> list[Choice]:
    return list(islice(choices, AT_ONCE))


def _pay(choice: Choice, account: str) -> Pay:
    line = choice.line
    at = line.at or (None if line.date is None else datetime.combine(line.date, time()))
    details = {"number": line.number, "purpose": line.purpose[:512], "payer_account": line.payer_account}
    said = {name: value for name, value in details.items() if value}
    return Pay(line.key, account, line.sum, at, None, Payer(name=line.payer or None), said)


def _paid(choice: Choice, write: AcceptPayment, payment_id: int | None = None) -> Brought:
    line = choice.line
    return Brought(line.line, "paid", line.sum, write.account, route=write.route, payment_id=payment_id, key=line.key)


def _skipped(choice: Choice, reason: Reason, why: str | None = None, payment_id: int | None = None) -> Brought:
    line = choice.line
    return Brought(
        line.line,
        "ask" if reason in ASKS else "skipped",
        line.sum,
        choice.account,
        reason,
        why or WORDS[reason],
        payment_id=payment_id,
        key=line.key,
    )
