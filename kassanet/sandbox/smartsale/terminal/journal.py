"""The terminal's journal: every operation that the bank may have heard of, durable before the bank can hear of it.

One rule keeps money straight whatever dies: an operation that was begun, and that no cash register has acknowledged, is
reversed, unless the bank certainly refused it. A power cut, a lost answer of the bank and a cash register that gave up
are all the same case, found by reading this journal.
"""

import msgspec
from msgspec import Struct

from kassanet.sandbox.books import Lines
from kassanet.sandbox.smartsale.bank.ledger import count_totals
from kassanet.sandbox.smartsale.bank.messages import Totals
from schemas.operations import OperationKind

APPROVED, REFUSED, OFFLINE, NO_LINK, INTERRUPTED, UNDEFINED = 1, 16, 17, 34, 53, 0
"""Field 39."""

OWN_NUMBERS = 1_000_000
"""Transactions that the cash register did not number get numbers above any that it could give."""


class Began(Struct, frozen=True, kw_only=True, tag="began", omit_defaults=True):
    """The bank is about to be asked. ``stan`` is what it will know the transaction by; ``pan`` is masked.

    ``side`` is 1 for what is taken from the card, -1 for what is given to it, 0 for what only reserves. ``of`` is the
    RRN of the original of a void, refund or completion.
    """

    number: int
    kind: OperationKind
    stan: int
    amount: int
    at: str
    side: int
    cash_number: int | None = None
    of: str | None = None
    pan: str = ""
    brand: str = ""
    aid: str = ""


class Decided(Struct, frozen=True, kw_only=True, tag="decided", omit_defaults=True):
    """The outcome: field 39, the bank's code and what an approval carries. ``host_at`` is the bank's clock."""

    number: int
    status: int
    code: str | None = None
    rrn: str | None = None
    auth: str | None = None
    host_at: str | None = None


class Delivered(Struct, frozen=True, tag="delivered"):
    """The cash register has acknowledged the result."""

    number: int


class Recalled(Struct, frozen=True, tag="recalled"):
    """The cash register asks for an emergency void."""

    number: int


class Kept(Struct, frozen=True, tag="kept"):
    """It could not be sent to the bank: the operation stands."""

    number: int


class Undone(Struct, frozen=True, tag="undone"):
    """The bank has confirmed the reversal."""

    number: int


class Uploaded(Struct, frozen=True, tag="uploaded", omit_defaults=True):
    """The bank has been told of an operation done without it."""

    number: int
    rrn: str | None = None


class Settled(Struct, frozen=True, tag="settled"):
    """The batch is closed and the journal cleared."""

    batch: int


Record = Began | Decided | Delivered | Recalled | Kept | Undone | Uploaded | Settled


class Entry:
    """One operation and what became of it."""

    def __init__(self, began: Began) -> None:
        self.began = began
        self.decided: Decided | None = None
        self.delivered = False
        self.recalled = False
        self.undone = False
        self.uploaded = False

    @property
    def status(self) -> int | None:
        """Field 39; None while the bank's word is not known."""
        return None if self.decided is None else self.decided.status

    @property
    def unsettled(self) -> bool:
        """Whether it is to be reversed (once nobody works on it any more)."""
        if self.undone:
            return False
        unacknowledged = self.status in (APPROVED, OFFLINE) and not self.delivered
        return self.decided is None or self.recalled or unacknowledged

    @property
    def stands(self) -> bool:
        """Whether its money has moved for good."""
        return self.status in (APPROVED, OFFLINE) and self.delivered and not self.undone and not self.recalled

    @property
    def untold(self) -> bool:
        """Whether the bank still has to hear of it."""
        return self.stands and self.status == OFFLINE and not self.uploaded


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Record).decode


class Journal:
    """The operations of the open batch. Raises ``OSError`` when the memory takes no more; nothing has happened then."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.batch = 1
        self.number = 0
        self.entries: dict[int, Entry] = {}
        self.by_cash_number: dict[int, Entry] = {}
        self._open: dict[int, Entry] = {}
        for _, line in lines:
            self._apply(_DECODE(line))

    @property
    def last(self) -> Entry | None:
        """The last operation of the batch, whatever became of it."""
        return self.entries.get(self.number)

    def open_entries(self) -> list[Entry]:
        """What is to be reversed, and what the bank is still to be told, oldest first."""
        return list(self._open.values())

    def by_rrn(self, rrn: str | None) -> Entry | None:
        found = (entry for entry in self.entries.values() if entry.decided and entry.decided.rrn == rrn)
        return None if rrn is None else next(found, None)

    def totals(self) -> Totals:
        """What the batch comes to, as the bank should see it too."""
        return count_totals((entry.began.side, entry.began.amount) for entry in self.entries.values() if entry.stands)

    def write(self, record: Record) -> None:
        """Durable when the call returns."""
        self._lines.append(_ENCODE(record))
        self._apply(record)

    def begin(self, began: Began) -> Entry:
        self.write(began)
        return self.entries[began.number]

    def _apply(self, record: Record) -> None:
        if isinstance(record, Settled):
            self.batch = record.batch + 1
            self.entries.clear()
            self.by_cash_number.clear()
            self._open.clear()
            return
        if isinstance(record, Began):
            self._enter(Entry(record))
        entry = self.entries[record.number]
        _change(entry, record)
        if entry.unsettled or entry.untold:
            self._open[record.number] = entry
        else:
            self._open.pop(record.number, None)

    def _enter(self, entry: Entry) -> None:
        self.number = entry.began.number
        self.entries[self.number] = entry
        if entry.began.cash_number is not None:
            self.by_cash_number[entry.began.cash_number] = entry


def _change(entry: Entry, record: Record) -> None:
    match record:
        case Decided():
            entry.decided = record
        case Delivered():
            entry.delivered = True
        case Recalled():
            entry.recalled = True
        case Kept():
            entry.recalled = False
        case Undone():
            entry.undone = True
        case Uploaded():
            entry.uploaded = True
        case _:
            return
