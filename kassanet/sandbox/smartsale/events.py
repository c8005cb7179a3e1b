"""What was done to the service under test, in ``events.jsonl``: faults that were injected, results that nobody took.

A crash harness counts how many of them landed in the window that matters: the bank had approved, and no cash register
had acknowledged (``in_window``). A run without any proves nothing.
"""

from datetime import UTC, datetime

import msgspec

from kassanet.sandbox.books import Lines, MemoryLines


class EventLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line. ``event`` is ``fault`` (then ``do`` names it), ``unacknowledged`` or ``given_up``.

    ``command`` is the operation; ``stan`` and ``rrn`` are those of a transaction that the bank had approved. ``at`` is
    UTC.
    """

    at: str
    device: str
    event: str
    command: str
    in_window: bool
    do: str | None = None
    stan: int | None = None
    rrn: str | None = None


class Approval(msgspec.Struct, frozen=True):
    """A transaction that the bank has approved and no cash register has acknowledged."""

    stan: int
    rrn: str | None


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(EventLine).decode


class Events:
    """Appends events; one file for all devices of a sandbox."""

    def __init__(self, lines: Lines | None = None) -> None:
        self._lines = MemoryLines() if lines is None else lines

    def read(self) -> list[EventLine]:
        """All events so far."""
        return [_DECODE(line) for _, line in self._lines]

    def tell(
        self, device: str, event: str, command: str, approval: Approval | None = None, do: str | None = None
    ) -> None:
        """``approval`` is the transaction whose result does not arrive because of this."""
        line = EventLine(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            device=device,
            event=event,
            command=command,
            in_window=approval is not None,
            do=do,
            stan=None if approval is None else approval.stan,
            rrn=None if approval is None else approval.rrn,
        )
        self._lines.append(_ENCODE(line))
