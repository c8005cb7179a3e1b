"""What a billing remembers: its ledger, one line a credit, and what was done to whoever asked it.

The ledger is the judge of the service under test, so a line stands on disk before an answer is thought of, and the
billing knows a payment again by its number for ever.
"""

from datetime import UTC, datetime

import msgspec

from kassanet.sandbox.books import Lines, MemoryLines


class LedgerLine(msgspec.Struct, frozen=True):
    """One credit. ``sum`` in kopecks; ``at`` is UTC."""

    txn_id: str
    account: str
    sum: int
    prv_txn: str
    at: str


class EventLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault. ``in_window``: the payment had been credited, and its answer did not arrive."""

    at: str
    device: str
    event: str
    command: str
    in_window: bool
    do: str
    txn_id: str | None = None


_ENCODE = msgspec.json.Encoder().encode
_CREDIT = msgspec.json.Decoder(LedgerLine).decode
_CANCELLED = msgspec.json.Decoder(str).decode


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Ledger:
    """Credits by number. Cancelled ones are named in a list of their own: a credit stays a fact."""

    def __init__(self, lines: Lines | None = None, cancelled: Lines | None = None) -> None:
        self._lines = MemoryLines() if lines is None else lines
        self._cancelled_lines = MemoryLines() if cancelled is None else cancelled
        self._credits = {line.txn_id: line for line in (_CREDIT(text) for _, text in self._lines)}
        self.cancelled = {_CANCELLED(text) for _, text in self._cancelled_lines}

    def find(self, txn_id: str) -> LedgerLine | None:
        return self._credits.get(txn_id)

    def credit(self, txn_id: str, account: str, amount: int) -> LedgerLine:
        """Durable in the book when it returns."""
        line = LedgerLine(txn_id, account, amount, str(len(self._credits) + 1), now())
        self._lines.append(_ENCODE(line))
        self._credits[txn_id] = line
        return line

    def cancel(self, txn_id: str) -> None:
        self._cancelled_lines.append(_ENCODE(txn_id))
        self.cancelled.add(txn_id)

    def read(self) -> list[LedgerLine]:
        """All credits so far."""
        return [_CREDIT(text) for _, text in self._lines]


class Events:
    """Appends what was done to exchanges; a crash harness counts the lines that are ``in_window``."""

    def __init__(self, lines: Lines | None = None) -> None:
        self._lines = MemoryLines() if lines is None else lines

    def tell(self, device: str, command: str, do: str, txn_id: str | None) -> None:
        """``txn_id`` is a credited payment whose answer is kept back."""
        line = EventLine(now(), device, "fault", command, txn_id is not None, do, txn_id)
        self._lines.append(_ENCODE(line))
