"""Requests as they come off a link: whole frames, and whatever came instead of one."""

from collections import deque

import trio

from kassanet.sandbox.peers import Peer
from transports.terminalfa.frames import Event, Frame, FrameDecoder, Garbage

FOREVER = float("inf")


class Requests:
    """The requests of one client. ``seconds`` bounds the wait for one, or for its rest on a line that stays open."""

    def __init__(self, peer: Peer, seconds: float) -> None:
        self._peer = peer
        self._seconds = seconds
        self._decoder = FrameDecoder()
        self._events: deque[Event] = deque()

    async def next(self) -> Event | None:
        """The next frame, or what is to be answered as a bad one; None when the client has gone or says nothing.

        Noise before a frame is passed over, and on a line that stays open so is noise alone.
        """
        while True:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, Frame) or not self._is_noise(event):
                    return event
            if not await self._read():
                return None

    def _is_noise(self, event: Event) -> bool:
        if isinstance(event, Garbage):
            return self._peer.persistent or bool(self._events)
        # What follows a damaged frame may be a piece of it.
        self._events.clear()
        self._decoder = FrameDecoder()
        return False

    async def _read(self) -> bool:
        """Take in more bytes; false when there is nothing to wait for any more."""
        idle = self._peer.persistent and not self._decoder.pending
        with trio.move_on_after(FOREVER if idle else self._seconds):
            data = await self._peer.receive()
            self._events.extend(self._decoder.feed(data))
            return bool(data)
        self._events.extend(self._decoder.flush())  # the rest of this request will not come
        return bool(self._events) or self._peer.persistent
