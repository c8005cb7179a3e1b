"""What waits to be sent to one client: bounded, and never waited for.

A client that does not keep up loses its turn, not the others theirs: what waits is dropped, the last word goes in its
place, and nothing is taken any more.
"""

from collections import deque

import trio

from kassanet.edge.stream.frames import Frame, message
from schemas.stream import Lagged

FRAMES = 256
BYTES = 2**23
"""More than either, and the client has lagged. One frame alone may be larger: a snapshot of a large estate."""

AT_ONCE = 2**19
"""Bytes handed to the socket in one go; the rest waits where it can still be dropped."""

LAGGED = 4408


class Outbox:
    """Filled by plain calls, emptied by one writer. ``closing`` is the close code once the last word is in."""

    def __init__(self) -> None:
        self.closing: int | None = None
        self.reason = ""
        self.closed_at = 0.0
        self._sent_at = trio.current_time()
        self._queued_from: float | None = None
        self._taken_from: float | None = None
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._filled = trio.Event()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._bytes

    @property
    def lag(self) -> float:
        """Seconds that the oldest frame has waited, also one that was taken and is not :meth:`sent` yet."""
        since = self._queued_from if self._taken_from is None else self._taken_from
        return 0.0 if since is None else trio.current_time() - since

    @property
    def silence(self) -> float:
        """Seconds since something was sent; 0 while something waits."""
        waits = self._frames or self._taken_from is not None
        return 0.0 if waits else trio.current_time() - self._sent_at

    def sent(self) -> float:
        """What was taken has been written; returns how long the oldest of it waited, in seconds."""
        lag = self.lag
        self._taken_from, self._sent_at = None, trio.current_time()
        return lag

    def put(self, frame: Frame, *, wake: bool = True) -> bool:
        """Take a frame; false when it is not taken, because the client has lagged or is being closed.

        Without ``wake`` the writer may hear of it only with :meth:`wake`.
        """
        if self.closing is not None:
            return False
        if self._frames and (len(self._frames) >= FRAMES or self._bytes + len(frame) > BYTES):
            self._frames.clear()
            self._bytes = 0
            self.close(LAGGED, "did not keep up", message(Lagged()))
            return False
        self._add(frame)
        if wake:
            self._filled.set()
        return True

    def wake(self) -> None:
        """Let the writer see what was put."""
        self._filled.set()

    def close(self, code: int, reason: str, last_word: Frame | None = None) -> None:
        """Nothing more is taken; what waits is sent first."""
        if self.closing is None:
            self.closing, self.reason, self.closed_at = code, reason, trio.current_time()
            if last_word is not None:
                self._add(last_word)
            self._filled.set()

    async def take(self) -> list[Frame]:
        """Wait for frames and take about ``AT_ONCE`` bytes of them; none when all was taken and it is closing."""
        while not self._frames and self.closing is None:
            self._filled = trio.Event()
            await self._filled.wait()
        taken: list[Frame] = []
        size = 0
        while self._frames and size < AT_ONCE:
            frame = self._frames.popleft()
            size += len(frame)
            taken.append(frame)
        self._bytes -= size
        self._taken_from = self._queued_from
        if not self._frames:
            self._queued_from = None
        return taken

    def _add(self, frame: Frame) -> None:
        if self._queued_from is None:
            self._queued_from = trio.current_time()
        self._frames.append(frame)
        self._bytes += len(frame)
