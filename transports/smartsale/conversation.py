"""One exchange over an open stream: the rules of :mod:`transports.smartsale.exchange` with I/O and trio's clock."""

import trio

from transports.link import ByteStream, NothingWritten
from transports.pinpad import Progress, Tell, Unknown, Unreachable
from transports.smartsale.actions import Accepted, Action, Finished, GaveUp, HostCommand, Working, Write
from transports.smartsale.answers import progress_of
from transports.smartsale.exchange import ACKNOWLEDGED, Exchange
from transports.smartsale.frames import Frame, FrameDecoder, Packet
from transports.smartsale.link import BROKEN, until_confirmed
from transports.smartsale.message import Message
from transports.smartsale.profile import TerminalProfile
from transports.smartsale.relay import HostRelay

_FAREWELL = 0.5
"""Seconds for the last byte to a pinpad that is given up."""


class Conversation:
    """Runs one exchange until its result. ``interrupt`` alone may be called from another task."""

    def __init__(
        self, stream: ByteStream, exchange: Exchange, relay: HostRelay, tell: Tell, profile: TerminalProfile
    ) -> None:
        self._stream = stream
        self._exchange = exchange
        self._relay = relay
        self._tell = tell
        self._profile = profile
        self._writing = trio.Lock()
        self._listening = trio.CancelScope()
        self._written = False
        self.broken = False  # the stream is of no use any more

    async def result(self) -> Message:
        """The final message, not acknowledged; raises Unreachable while nothing was written, then Unknown."""
        try:
            result = await self._carry_out(self._exchange.begin(trio.current_time()))
            while result is None:
                result = await self._carry_out(await self._next())
        except BROKEN as error:
            self.broken = True
            self._exchange.abandon()
            raise (Unknown if self._written else Unreachable)(str(error)) from error
        except trio.Cancelled:
            await self.say_goodbye()
            raise
        finally:
            with trio.CancelScope(shield=True):
                await self._relay.aclose()
        return result

    async def acknowledge(self) -> None:
        """ACK and EOT; raises :class:`Unknown` when they cannot be written, or nobody seems to receive them."""
        try:
            last = self._exchange.acknowledge()
            await self._write(ACKNOWLEDGED if self._profile.timers.linger else last)
            await until_confirmed(self._stream, self._profile.timers.confirm)
        except BROKEN as error:
            self.broken = True
            raise Unknown(f"the result cannot be acknowledged: {error}") from error
        if self._profile.timers.linger:
            await self._acknowledge_repeats()
            await self._try_to_write(last[len(ACKNOWLEDGED) :])

    async def _acknowledge_repeats(self) -> None:
        """A result that comes again tells that its ACK was lost: EOT without one would tell that we gave up.

        The operation's hard limit ends this too, for a pinpad that repeats itself for ever.
        """
        decoder = FrameDecoder(self._profile.timers.longest_frame)
        with trio.move_on_after(self._profile.timers.linger) as scope:
            try:
                while data := await self._stream.receive_some():
                    if any(isinstance(event, Frame | Packet) for event in decoder.feed(data)):
                        await self._write(ACKNOWLEDGED)
                        further = trio.current_time() + self._profile.timers.linger
                        scope.deadline = min(further, max(scope.deadline, self._exchange.hard_deadline))
            except BROKEN:
                self.broken = True

    async def interrupt(self) -> None:
        """EOT, as far as it can be written; the result is waited for a little longer."""
        actions = self._exchange.interrupt(trio.current_time())
        self._listening.deadline = self._exchange.deadline
        await self._try_to_write(b"".join(action.data for action in actions if isinstance(action, Write)))

    async def say_goodbye(self) -> None:
        """Tell the pinpad that nobody waits for its result any more, as far as that can be done in a moment."""
        told = self._exchange.abandon()
        if told and self._written:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _FAREWELL):
                await self._try_to_write(told)

    async def _next(self) -> list[Action]:
        """What the next bytes ask for, or the time that has passed without any."""
        with trio.CancelScope(deadline=self._exchange.deadline) as self._listening:
            data = await self._stream.receive_some()
            if not data:
                raise trio.BrokenResourceError("the pinpad closed the link before its result")
            return self._exchange.feed(data, trio.current_time())
        return self._exchange.tick(trio.current_time())

    async def _carry_out(self, actions: list[Action]) -> Message | None:
        todo = list(actions)
        while todo:
            match todo.pop(0):
                case Write(data):
                    await self._write(data)
                case HostCommand(message):
                    todo += await self._serve(message)
                case Finished(message):
                    return message
                case GaveUp(reason):
                    raise Unknown(reason)
                case Accepted():
                    self._tell(Progress("accepted"))
                case Working(message):
                    self._tell(Progress(*progress_of(message, self._profile)))
        return None

    async def _serve(self, command: Message) -> list[Action]:
        with trio.CancelScope(deadline=self._exchange.hard_deadline):
            answer = await self._relay.serve(command)
            return self._exchange.answer(answer, trio.current_time())
        return self._exchange.tick(trio.current_time())

    async def _write(self, data: bytes) -> None:
        """Bounded: a peer that takes nothing any more must not hold the operation."""
        async with self._writing:
            first, self._written = not self._written, True
            try:
                with trio.fail_after(self._profile.timers.acknowledge):
                    await self._stream.send_all(data)
            except trio.TooSlowError:
                raise trio.BrokenResourceError("the pinpad takes no bytes") from None
            except NothingWritten:
                self._written = not first
                raise
        if first:
            self._tell(Progress("sent"))

    async def _try_to_write(self, data: bytes) -> None:
        try:
            async with self._writing:
                await self._stream.send_all(data)
        except BROKEN:
            return
