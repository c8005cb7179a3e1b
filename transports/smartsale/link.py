"""The way to a pinpad: one connection for each operation where it is dialled, one stream for all on a serial line.

A serial line is written to only when it is known to be quiet: after anything but a clean end, and when it was just
opened, the pinpad may still be at work for somebody who died, and its result would look like ours.
"""

from math import inf
from typing import Protocol, runtime_checkable

import trio

from transports.link import ByteStream, Dialer
from transports.pinpad import Unreachable
from transports.smartsale.settings import Timers

BROKEN = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)
"""What a stream raises when the pinpad or the way to it is gone."""

_AFTERMATH = 0.001
"""Seconds in which bytes that have arrived are read before closing: closing over them would drop what was sent."""

_LEAVING = 0.1
"""Seconds that the last bytes take to leave a serial port, which drops them when it is closed."""


@runtime_checkable
class Confirming(Protocol):
    """A stream that knows how much of what was sent is not confirmed by the other side, or has not left the port."""

    def unconfirmed(self) -> int: ...


class PinpadLink:
    """Opens a stream for one exchange and takes it back at its end."""

    def __init__(self, dialer: Dialer, timers: Timers) -> None:
        self._dialer = dialer
        self._timers = timers
        self._stream: ByteStream | None = None
        self._trusted = not dialer.persistent
        self._returned_at = -inf

    @property
    def address(self) -> str:
        return self._dialer.address

    async def open(self) -> ByteStream:
        """A stream that may be written to; raises :class:`Unreachable`."""
        reason = f"no answer within {self._timers.connect:g} s"
        with trio.move_on_after(self._timers.connect):
            try:
                return await self._opened()
            except BROKEN as error:
                reason = str(error)
        await self.drop()
        raise Unreachable(f"{self.address}: {reason}")

    async def release(self, *, clean: bool) -> None:
        """The exchange has ended: ``clean`` means as it should, so that nothing more is to come."""
        self._returned_at = trio.current_time()
        self._trusted = clean or not self._dialer.persistent
        if self._dialer.persistent or self._stream is None:
            return
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _AFTERMATH):
            await _read_all(self._stream)
        await self.drop()

    async def drop(self) -> None:
        """Close, whatever the link is."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        with trio.CancelScope(shield=True):
            if self._dialer.persistent:
                await trio.sleep_until(self._returned_at + _LEAVING)
            self._trusted = not self._dialer.persistent
            await stream.aclose()

    async def _opened(self) -> ByteStream:
        if self._stream is None:
            self._stream = await self._dialer.dial()
            self._trusted = not self._dialer.persistent
        if self._dialer.persistent and not (self._trusted and await self._is_silent(self._stream)):
            await self._wait_for_quiet(self._stream)
        return self._stream

    async def _is_silent(self, stream: ByteStream) -> bool:
        """Whether nothing has come since the end of the last exchange; what has come is thrown away."""
        with trio.move_on_after(_AFTERMATH):
            await self._discard(stream)
            return False
        return True

    async def _wait_for_quiet(self, stream: ByteStream) -> None:
        while True:
            with trio.move_on_after(self._timers.quiet) as scope:
                await self._discard(stream)
            if scope.cancelled_caught:
                return

    async def _discard(self, stream: ByteStream) -> None:
        if not await stream.receive_some():
            raise trio.BrokenResourceError("the line has ended")


async def until_confirmed(stream: ByteStream, seconds: float) -> None:
    """Wait until everything that was sent is confirmed, where the stream can tell; raises BrokenResourceError.

    Most take some 40 ms to say so; the maker's own library keeps the link open for 100 to 300 ms after EOT.
    """
    if not seconds or not isinstance(stream, Confirming):
        return
    pause = _AFTERMATH
    with trio.move_on_after(seconds):
        while stream.unconfirmed():
            await trio.sleep(pause)
            pause *= 1.5
        return
    raise trio.BrokenResourceError(f"nobody confirms to have received it for {seconds:g} s")


async def _read_all(stream: ByteStream) -> None:
    try:
        while await stream.receive_some():
            pass
    except BROKEN:
        return
