"""What an exchange asks of whoever runs it, and what a result must look like to be ours."""

from collections.abc import Callable

from msgspec import Struct

from transports.smartsale.message import Message

WAIT, DIALOG, USER_COMMAND = 21, 52, 63
OPEN_CLOSE, SEND_READ = 16, 17
"""Field 65 of a host command."""


class Write(Struct, frozen=True):
    """Bytes to be written now."""

    data: bytes

    def __repr__(self) -> str:
        return f"Write({len(self.data)} bytes)"


class Accepted(Struct, frozen=True):
    """The pinpad has the request: from now on it is never sent again."""


class Working(Struct, frozen=True):
    """A WAIT or a dialog, acknowledged already; its fields may say for what."""

    message: Message


class HostCommand(Struct, frozen=True):
    """The pinpad wants something of its host link. Nothing more is processed until :meth:`Exchange.answer`."""

    message: Message


class Finished(Struct, frozen=True):
    """The result of our operation, not acknowledged."""

    message: Message


class GaveUp(Struct, frozen=True):
    """No result will come of this; what happened is unknown."""

    reason: str


Action = Write | Accepted | Working | HostCommand | Finished | GaveUp


class Expected(Struct, frozen=True, kw_only=True):
    """What a result must look like.

    ``operation`` and ``mode2`` are fields 25 and 65 of the request. ``complaint`` says why a result with our operation
    is not ours all the same (another terminal's), or None. ``dialog_result`` answers a dialog (operation 52, which no
    document explains) in field 67: 3 is what the maker's own library sends.
    """

    operation: int
    mode2: int | None = None
    complaint: Callable[[Message], str | None] = lambda message: None
    dialog_result: int = 3
    needs_ack: bool = True
