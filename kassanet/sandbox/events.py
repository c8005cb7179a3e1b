"""What was done to the service under test: every fault that was injected, and every reply that nobody took.

A crash harness counts here how many of them landed in the window that matters: after the fiscal storage had committed
the document, before the service had its answer (``in_window``). A run without any proves nothing.
"""

from datetime import UTC, datetime

import msgspec

from kassanet.sandbox.books import Lines


class EventLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of ``events.jsonl``. ``event`` is ``fault`` (then ``do`` names it) or ``undelivered``.

    ``command`` is the code of the request, ``fd`` the document that it had committed and whose answer did not arrive.
    ``at`` is UTC.
    """

    at: str
    device: str
    event: str
    command: str
    in_window: bool
    do: str | None = None
    fd: int | None = None


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(EventLine).decode


class Events:
    """Appends events; one file for all devices of a sandbox."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def read(self) -> list[EventLine]:
        """All events so far."""
        return [_DECODE(line) for _, line in self._lines]

    def fault(self, device: str, command: int, do: str, fd: int | None) -> None:
        """A fault was injected into an exchange; ``fd`` is a committed document whose answer it keeps back."""
        self._write(device, "fault", command, fd, do)

    def undelivered(self, device: str, command: int, fd: int | None) -> None:
        """The client was gone when its reply was ready."""
        self._write(device, "undelivered", command, fd)

    def _write(self, device: str, event: str, command: int, fd: int | None, do: str | None = None) -> None:
        line = EventLine(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            device=device,
            event=event,
            command=f"{command:02X}",
            in_window=fd is not None,
            do=do,
            fd=fd,
        )
        self._lines.append(_ENCODE(line))
