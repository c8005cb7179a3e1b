"""One command out, one answer back, by the link rules of this protocol.

* A connection for each command where the device is dialled (TCP), one stream for all of them on a serial line.
* An answer is read by its length field, in whatever pieces it comes; the end of the stream is never waited for.
* :class:`Unreachable` is raised only while it is certain that not one byte of the command went out, :class:`Lost` for
  everything after that. A cancelled exchange raises Cancelled and nothing else: its outcome is unknown as well.
* A reply names no command. So a serial line is trusted only while every exchange on it ended with exactly one whole
  answer; after anything else what comes is thrown away until the line has been quiet for a while. A line just opened
  is not trusted either: an answer to a process that died may be on its way.
"""

import trio

from transports.link import ByteStream, Dialer, NothingWritten
from transports.register import Lost, Unreachable
from transports.terminalfa.frames import Event, Frame, FrameDecoder, Garbage


class Exchange:
    """The way to one device. One exchange at a time; times in seconds."""

    def __init__(self, dialer: Dialer, *, connect_timeout: float, answer_limit: float, quiet: float) -> None:
        self._dialer = dialer
        self._connect_timeout = connect_timeout
        self._answer_limit = answer_limit
        self._quiet = quiet
        self._stream: ByteStream | None = None
        self._trusted = not dialer.persistent
        self._busy = False

    async def exchange(self, wire: bytes) -> Frame:
        """Send a whole request frame and return the frame of its answer; raises Unreachable or Lost."""
        if self._busy:
            raise RuntimeError(f"two commands at once to {self._dialer.address}")
        self._busy = True
        try:
            return await self._within_limits(wire)
        finally:
            self._busy = False

    def distrust(self) -> None:
        """The answer was not one to our command: on a line that stays open, others may follow it."""
        self._trusted = not self._dialer.persistent

    async def aclose(self) -> None:
        """Give a serial port back."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def _within_limits(self, wire: bytes) -> Frame:
        attempt = _Attempt(wire)
        try:
            with trio.CancelScope(deadline=trio.current_time() + self._connect_timeout) as scope:
                return await self._attempt(attempt, scope)
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError, _EndOfStream) as error:
            await self.aclose()
            raise self._failure(attempt, str(error)) from error
        finally:
            if not self._dialer.persistent:
                await self.aclose()
        limit = self._answer_limit if attempt.connected else self._connect_timeout
        raise self._failure(attempt, f"no answer within {limit:g} s")

    async def _attempt(self, attempt: "_Attempt", scope: trio.CancelScope) -> Frame:
        if self._stream is None:
            self._stream = await self._dialer.dial()
        attempt.connected = True
        scope.deadline = trio.current_time() + self._answer_limit
        if not self._trusted:
            await self._wait_for_quiet(self._stream)
            scope.deadline = trio.current_time() + self._answer_limit
        self._trusted = not self._dialer.persistent
        attempt.may_be_written = True
        try:
            await self._stream.send_all(attempt.wire)
        except NothingWritten:
            attempt.may_be_written = False
            raise
        return await self._receive(self._stream)

    async def _receive(self, stream: ByteStream) -> Frame:
        decoder = FrameDecoder()
        while True:
            events = decoder.feed(await _some(stream))
            for event in events:
                if isinstance(event, Frame):
                    self._trusted |= event is events[-1] and not decoder.pending
                    return event
                if not isinstance(event, Garbage):
                    raise Lost(_complaint(event))

    async def _wait_for_quiet(self, stream: ByteStream) -> None:
        while True:
            with trio.move_on_after(self._quiet) as scope:
                await _some(stream)
            if scope.cancelled_caught:
                return

    def _failure(self, attempt: "_Attempt", reason: str) -> Lost | Unreachable:
        kind = Lost if attempt.may_be_written else Unreachable
        return kind(f"{self._dialer.address}: {reason}")


class _EndOfStream(Exception):
    """The device closed the connection before its answer was whole."""


class _Attempt:
    """How far one exchange has come."""

    def __init__(self, wire: bytes) -> None:
        self.wire = wire
        self.connected = False
        self.may_be_written = False


async def _some(stream: ByteStream) -> bytes:
    data = await stream.receive_some()
    if not data:
        raise _EndOfStream("the connection ended before the answer was whole")
    return data


def _complaint(event: Event) -> str:
    return f"the answer is damaged: {type(event).__name__} at byte {getattr(event, 'offset', 0)}"
