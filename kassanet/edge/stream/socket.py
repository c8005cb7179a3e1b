"""What the stream needs of a WebSocket, whoever serves it: quart today, a test's memory, another server tomorrow."""

from collections.abc import Sequence
from typing import Protocol

from kassanet.edge.stream.frames import Frame


class Gone(Exception):
    """The other side has left."""


class Socket(Protocol):
    """One accepted WebSocket. ``receive`` and ``send`` may be waited for at the same time, each by one task."""

    async def receive(self) -> str | bytes:
        """The next message; raises :class:`Gone`."""

    async def send(self, frames: Sequence[Frame]) -> None:
        """Send in order; raises :class:`Gone`. Waits as long as the other side does not read."""

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye; never raises."""

    def abort(self) -> None:
        """Cut it off now, even in the middle of a :meth:`send`."""
