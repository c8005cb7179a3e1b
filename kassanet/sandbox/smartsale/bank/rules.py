"""What the bank allows: the rules of voids, refunds, pre-authorisations, reversals and settlements.

Response codes are those of ISO 8583. A card is never empty (a long test would end in refusals); whoever wants a refusal
lets the card's issuer say so.
"""

import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from kassanet.sandbox.books import Lines
from kassanet.sandbox.smartsale.bank.ledger import MONEY, Entry, Ledger, LedgerLine
from kassanet.sandbox.smartsale.bank.messages import Answer, Demand, Totals

APPROVED, PARTIAL = "00", "10"
INVALID, AMOUNT, NO_ORIGINAL, DUPLICATE, DIFFERENT = "12", "13", "25", "94", "95"


class BankSettings(Struct, kw_only=True, forbid_unknown_fields=True):
    """How the bank behaves; amounts in kopecks, times in seconds.

    * A demand is decided (and written) after ``seconds``, its answer leaves ``answer_seconds`` later.
    * ``partial_void``, ``partial_refund``: not every bank allows them. ``same_day_refund``: a refund before the
      terminal has settled, where a void would do.
    * ``opening_balance`` is what a card has before its first transaction, ``utc_offset`` the bank's zone in hours.
    * ``idle_seconds`` bounds the wait for a demand.
    """

    seconds: float = 0.05
    answer_seconds: float = 0.0
    partial_void: bool = True
    partial_refund: bool = True
    same_day_refund: bool = False
    opening_balance: int = 100_000_00
    utc_offset: float = 3.0
    idle_seconds: float = 60.0


class Decision(Struct, frozen=True):
    """A code, the RRN of what it concerns, and another amount where it is not the demanded one."""

    code: str
    of: str | None = None
    amount: int | None = None


class Bank:
    """Decides demands, one at a time. ``clock`` is UNIX time; ``lines`` its ledger."""

    def __init__(self, lines: Lines, clock: Callable[[], float], settings: BankSettings | None = None) -> None:
        self.ledger = Ledger(lines)
        self.settings = settings or BankSettings()
        self._clock = clock

    def decide(self, demand: Demand) -> Answer:
        """Decide and commit. Raises ``OSError`` when the ledger cannot be written; nothing is decided then."""
        if demand.op in ("balance", "echo"):
            return self._inform(demand)
        if demand.op == "settlement":
            return self._settle(demand)
        if demand.op in ("reversal", "emergency_void"):
            return self._reverse(demand)
        return self._charge(demand)

    # -- what moves money

    def _charge(self, demand: Demand) -> Answer:
        if (demand.tid, demand.stan) in self.ledger.numbers:
            return self._answer(DUPLICATE, None)
        decision = self._rule(demand)
        amount = demand.amount if decision.amount is None else decision.amount
        approved = decision.code in (APPROVED, PARTIAL)
        rrn = self._commit(demand, decision, amount, approved)
        return self._answer(decision.code, rrn, amount, approved=approved)

    def _rule(self, demand: Demand) -> Decision:
        if demand.op not in MONEY or demand.amount <= 0:
            return Decision(AMOUNT)
        if demand.op in ("void", "refund", "completion") or demand.rrn or demand.auth:
            return self._follow(demand)
        return self._issuer(demand, None)

    def _follow(self, demand: Demand) -> Decision:
        """Whatever refers to an earlier transaction."""
        original = self._original(demand)
        if original is None:
            return Decision(NO_ORIGINAL)
        rule = {
            "void": self._void,
            "refund": self._refund,
            "completion": self._completion,
            "preauthorisation": self._increment,
        }.get(demand.op)
        code = INVALID if rule is None or original.undone else rule(demand, original)
        return Decision(code, original.line.rrn) if code != APPROVED else self._issuer(demand, original)

    def _issuer(self, demand: Demand, original: Entry | None) -> Decision:
        of = None if original is None else original.line.rrn
        return Decision(demand.issuer, of, demand.amount // 2 if demand.issuer == PARTIAL else None)

    def _void(self, demand: Demand, original: Entry) -> str:
        if original.settled or original.line.tid != demand.tid or original.line.op == "void" or original.completed:
            return INVALID
        return self._part(demand, original, self.settings.partial_void and original.line.op != "preauthorisation")

    def _refund(self, demand: Demand, original: Entry) -> str:
        refundable = original.line.op in ("payment", "completion")
        if not refundable or not (original.settled or self.settings.same_day_refund):
            return INVALID
        return self._part(demand, original, self.settings.partial_refund)

    def _part(self, demand: Demand, original: Entry, partial: bool) -> str:
        whole = demand.amount == original.line.amount == original.left
        fits = whole or (partial and demand.amount <= original.left)
        fits = fits or (original.line.op == "preauthorisation" and demand.amount == original.left)
        return APPROVED if fits else AMOUNT

    def _completion(self, demand: Demand, original: Entry) -> str:
        if original.line.op != "preauthorisation" or original.completed:
            return INVALID
        return APPROVED if demand.amount <= original.left else AMOUNT

    def _increment(self, demand: Demand, original: Entry) -> str:
        fits = original.line.op == "preauthorisation" and original.original is None and not original.completed
        return APPROVED if fits else INVALID

    def _original(self, demand: Demand) -> Entry | None:
        """By RRN; without one, the terminal's latest transaction with this authorisation code."""
        if demand.rrn is not None:
            entry = self.ledger.entry(demand.rrn)
            fits = entry is not None and demand.auth in (None, auth_code(demand.rrn))
            return entry if fits else None
        for rrn, entry in reversed(self.ledger.entries.items()):
            if entry.line.tid == demand.tid and auth_code(rrn) == demand.auth:
                return entry
        return None

    # -- what takes back, closes and informs

    def _reverse(self, demand: Demand) -> Answer:
        """Always approved, and repeatable. The original may still be under way: its number is used up then."""
        key = demand.tid, demand.stan
        rrn = self.ledger.numbers.get(key)
        original = self.ledger.entry(rrn)
        if key not in self.ledger.numbers or (original is not None and not original.undone):
            amount = 0 if original is None else original.line.amount
            rrn = self._commit(demand, Decision(APPROVED, rrn), amount, approved=True)
        return self._answer(APPROVED, rrn)

    def _settle(self, demand: Demand) -> Answer:
        """Close the batch; a repeat gets the first answer."""
        key = demand.tid, demand.stan
        if key not in self.ledger.settlements:
            totals = self.ledger.open_totals(demand.tid)
            code = APPROVED if demand.totals == totals else DIFFERENT
            self._commit(demand, Decision(code), totals.debit_amount - totals.credit_amount, approved=True)
        line = self.ledger.settlements[key]
        return self._answer(line.code, line.rrn, totals=self.ledger.totals[key])

    def _inform(self, demand: Demand) -> Answer:
        if demand.op == "echo" or demand.issuer != APPROVED or demand.pan is None:
            return self._answer(demand.issuer, None)
        left = self.settings.opening_balance - self.ledger.spent(masked(demand.pan))
        return self._answer(APPROVED, None, balance=left)

    # -- committing and answering

    def _commit(self, demand: Demand, decision: Decision, amount: int, approved: bool) -> str:
        rrn = self._next_rrn()
        line = LedgerLine(
            op=demand.op,
            tid=demand.tid,
            stan=demand.stan,
            rrn=rrn,
            amount=amount,
            approved=approved,
            of=decision.of,
            at=self._now().isoformat(timespec="milliseconds"),
            card=None if demand.pan is None else masked(demand.pan),
            code=decision.code,
        )
        self.ledger.write(line)
        return rrn

    def _answer(
        self,
        code: str,
        rrn: str | None,
        amount: int = 0,
        *,
        approved: bool = False,
        balance: int | None = None,
        totals: Totals | None = None,
    ) -> Answer:
        return Answer(
            code=code,
            rrn=rrn,
            at=f"{self._now():%Y%m%d%H%M%S}",
            auth=auth_code(rrn) if approved and rrn is not None else None,
            amount=amount,
            balance=balance,
            totals=totals,
        )

    def _next_rrn(self) -> str:
        """Twelve digits: the year's last one, the day of the year, a number that only grows."""
        now = self._now()
        return f"{now.year % 10}{now.timetuple().tm_yday:03d}{self.ledger.count + 1:08d}"

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC).replace(tzinfo=None) + timedelta(
            hours=self.settings.utc_offset
        )


def auth_code(rrn: str) -> str:
    """Six characters that follow from the RRN, so that the ledger need not keep them."""
    return f"{'ABCEHKMPTX'[zlib.crc32(rrn.encode()) % 10]}{zlib.crc32(rrn.encode()) // 10 % 100_000:05d}"


def masked(pan: str) -> str:
    """First six and last four digits."""
    return f"{pan[:6]}{'*' * (len(pan) - 10)}{pan[-4:]}"
