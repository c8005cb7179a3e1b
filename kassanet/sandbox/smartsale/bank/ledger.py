"""The bank's ledger: what was decided, line by line, and what that comes to.

The file is the only memory of the host: a line is written when the host commits, and everything that it knows after a
restart is read from there. What is left of a transaction is never stored but worked out from what refers to it, so a
void that is itself reversed gives back what it took, however deep that goes.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from kassanet.sandbox.books import Lines
from kassanet.sandbox.smartsale.bank.messages import HostOperation, Totals

DEBITS: frozenset[HostOperation] = frozenset({"payment", "cash_withdrawal", "completion"})
CREDITS: frozenset[HostOperation] = frozenset({"refund", "top_up"})
REVERSALS: frozenset[HostOperation] = frozenset({"reversal", "emergency_void"})
RETURNS: frozenset[HostOperation] = frozenset({"void", "refund"})
MONEY: frozenset[HostOperation] = DEBITS | CREDITS | {"void", "preauthorisation"}
"""What becomes an entry when it is approved."""


class LedgerLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decision. ``amount`` in kopecks, ``of`` the RRN of the transaction that this one is about, ``at`` ISO 8601.

    A settlement's ``stan`` is the number of its batch and its ``amount`` debits less credits. A reversal of something
    that never came is approved, of nothing. ``card`` is masked.
    """

    op: HostOperation
    tid: str
    stan: int
    rrn: str
    amount: int
    approved: bool
    of: str | None
    at: str
    card: str | None = None
    code: str = "00"


class Entry:
    """An approved transaction and what refers to it."""

    def __init__(self, line: LedgerLine, original: "Entry | None") -> None:
        self.line = line
        self.original = original
        self.followers: list[Entry] = []
        self.undone = False
        self.settled = False

    @property
    def left(self) -> int:
        """Kopecks of it that still stand: increments add, voids and refunds take away."""
        if self.undone:
            return 0
        returned = sum(entry.left for entry in self.followers if entry.line.op in RETURNS)
        added = sum(entry.left for entry in self.followers if entry.line.op == "preauthorisation")
        return self.line.amount + added - returned

    @property
    def completed(self) -> bool:
        """Whether a pre-authorisation has turned into a charge that stands."""
        return any(entry.line.op == "completion" and entry.left for entry in self.followers)

    @property
    def side(self) -> int:
        """1 for what is taken from the card, -1 for what is given to it, 0 for what only reserves."""
        if self.line.op == "void" and self.original is not None:
            return -self.original.side
        return (self.line.op in DEBITS) - (self.line.op in CREDITS)


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(LedgerLine).decode


class Ledger:
    """All decisions of one bank. Raises ``OSError`` when the disk takes no more; nothing is decided then."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.count = 0
        self.entries: dict[str, Entry] = {}
        self.batches: dict[str, list[Entry]] = defaultdict(list)
        self.settlements: dict[tuple[str, int], LedgerLine] = {}
        self.totals: dict[tuple[str, int], Totals] = {}
        self.numbers: dict[tuple[str, int], str | None] = {}
        self._cards: dict[str, list[Entry]] = defaultdict(list)
        for _, line in lines:
            self._apply(_DECODE(line))

    def write(self, line: LedgerLine) -> None:
        """Commit a decision."""
        self._lines.append(_ENCODE(line))
        self._apply(line)

    def read(self) -> list[LedgerLine]:
        """Every line so far."""
        return [_DECODE(line) for _, line in self._lines]

    def entry(self, rrn: str | None) -> Entry | None:
        return None if rrn is None else self.entries.get(rrn)

    def open_totals(self, tid: str) -> Totals:
        """What the batch comes to that the terminal has not settled yet."""
        return count_totals((entry.side, entry.line.amount) for entry in self.batches[tid] if not entry.undone)

    def spent(self, card: str) -> int:
        """Kopecks that a card has paid or reserved, less what it was given."""
        return sum(_burden(entry) for entry in self._cards[card])

    def _apply(self, line: LedgerLine) -> None:
        self.count += 1
        if line.op == "settlement":
            self._settle(line)
            return
        self.numbers[line.tid, line.stan] = line.of if line.op in REVERSALS else line.rrn
        if not line.approved:
            return
        original = self.entry(line.of)
        if line.op in REVERSALS:
            if original is not None:
                original.undone = True
        elif line.op in MONEY:
            self._enter(Entry(line, original))

    def _enter(self, entry: Entry) -> None:
        self.entries[entry.line.rrn] = entry
        self.batches[entry.line.tid].append(entry)
        if entry.original is not None:
            entry.original.followers.append(entry)
        if entry.line.card is not None:
            self._cards[entry.line.card].append(entry)

    def _settle(self, line: LedgerLine) -> None:
        key = line.tid, line.stan
        self.settlements[key], self.totals[key] = line, self.open_totals(line.tid)
        for entry in self.batches.pop(line.tid, ()):
            entry.settled = True
        self.numbers = {key: rrn for key, rrn in self.numbers.items() if key[0] != line.tid}


def count_totals(sides: Iterable[tuple[int, int]]) -> Totals:
    """The totals of some ``(side, kopecks)``, by the same rule at the host and in the terminal."""
    moved = list(sides)
    taken = [amount for side, amount in moved if side > 0]
    given = [amount for side, amount in moved if side < 0]
    return Totals(sum(taken), len(taken), sum(given), len(given))


def _burden(entry: Entry) -> int:
    if entry.line.op == "preauthorisation":
        return 0 if entry.completed or entry.original is not None else entry.left
    if entry.line.op in RETURNS:
        return 0  # told by what is left of their originals
    return entry.left * entry.side
