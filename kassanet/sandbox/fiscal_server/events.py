"""What was done to the clients: every fault that was injected, and every answer that nobody took.

A crash harness counts here how many of them landed in the window that matters, after the server had registered a
document and before the client had its ticket (``in_window``).
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from kassanet.sandbox.books import Lines


class EventLine(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of ``events.jsonl``. ``event`` is ``fault`` (then ``do`` names it) or ``undelivered``.

    ``command`` is the door, or the command, or the kind of document; ``documents`` are local and fiscal numbers of what
    was registered and whose answer did not arrive. ``at`` is UTC.
    """

    at: str
    device: str
    event: str
    command: str
    in_window: bool
    do: str | None = None
    documents: tuple[tuple[int, str], ...] = ()


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(EventLine).decode


class Events:
    """Appends events; one file for all registers."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def read(self) -> list[EventLine]:
        """All events so far."""
        return [_DECODE(line) for _, line in self._lines]

    def tell(self, device: str, command: str, do: str | None = None, documents: Sequence[tuple[int, str]] = ()) -> None:
        """A fault, or without ``do`` an answer that nobody took."""
        line = EventLine(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            device=device,
            event="undelivered" if do is None else "fault",
            command=command,
            in_window=bool(documents),
            do=do,
            documents=tuple(documents),
        )
        self._lines.append(_ENCODE(line))
