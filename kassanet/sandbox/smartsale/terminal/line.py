"""The terminal's end of the line to the cash register: frames and control bytes, each acknowledged or asked for again.

The line is half duplex: whatever came before a frame of ours is no answer to it. While the terminal is at work, an EOT
or a closed connection means that the cash register gave up, and ends that work at once.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import trio

from kassanet.sandbox.peers import Gone, Peer
from kassanet.sandbox.smartsale.terminal.settings import TerminalSettings
from transports.smartsale.frames import (
    ACK,
    EOT,
    NAK,
    BadHeader,
    Control,
    Damaged,
    Event,
    Frame,
    FrameDecoder,
    Packet,
    encode_frame,
    encode_packet,
    encode_split,
)
from transports.smartsale.message import Message
from transports.smartsale.values import Malformed

FOREVER = float("inf")
OVERHEAD = 24  # of a packet: its header, two tags and the CRC
MOST_WAITING = 256

Send = Callable[[bytes], Awaitable[None]]
"""Puts a frame on the line, or what a fault leaves of it."""


class Line:
    """One link to one cash register. :meth:`read` must run beside everything else; ``turn`` keeps sendings apart.

    ``serving`` is the request in hand.
    """

    def __init__(self, peer: Peer, settings: TerminalSettings) -> None:
        self.peer = peer
        self.turn = trio.Lock()
        self.serving: Frame | None = None
        self._settings = settings
        self._events: deque[Event] = deque(maxlen=MOST_WAITING)
        self._changed = trio.Event()
        self._decoder = FrameDecoder()
        self._damaged = False
        self._gone = False
        self._ended = False
        self._work: trio.CancelScope | None = None

    @property
    def gave_up(self) -> bool:
        """Whether the peer has gone, or has said EOT while there was work to do."""
        return self._gone or self._ended or Control(EOT) in self._events

    def begin(self, request: Frame) -> None:
        """Work on a request; the same one is acknowledged again from now on."""
        self.serving = request
        self._ended = False

    def finish(self) -> None:
        """Nothing is in hand any more."""
        self.serving = None
        self._ended = False

    def resume(self) -> None:
        """Go on in spite of an EOT."""
        self._ended = False
        self._events.clear()

    @contextmanager
    def working(self) -> Iterator[trio.CancelScope]:
        """Run a body until the cash register gives up; then it is cancelled, quietly."""
        with trio.CancelScope() as self._work:
            if self.gave_up:
                self._work.cancel()
            try:
                yield self._work
            finally:
                self._work = None

    # -- reading

    async def read(self) -> None:
        """Take in what comes until the peer is gone."""
        while not self._gone:
            with trio.move_on_after(self._patience()):
                data = await self.peer.receive()
                self._gone = not data
                await self._take(self._decoder.feed(data))
                continue
            await self._take(self._decoder.flush())
            self._report_damage()
        self._wake()
        self._give_up()

    def _patience(self) -> float:
        if not self._decoder.pending:
            return FOREVER
        return self._settings.quiet_seconds if self._damaged else self._settings.between_bytes

    async def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Damaged | BadHeader):
                self._damaged = True
            elif event == self.serving:
                await self.control(ACK)  # asked again, because ours was lost: it is being done
            elif isinstance(event, Frame | Packet | Control):
                self._damaged = False
                self._put(event)
        if self._damaged and not self._decoder.pending:
            self._report_damage()

    def _report_damage(self) -> None:
        if self._damaged:
            self._damaged = False
            self._put(Damaged(0, "crc"))

    def _put(self, event: Event) -> None:
        self._events.append(event)
        self._wake()
        if event == Control(EOT):
            self._give_up()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def _give_up(self) -> None:
        if self._work is not None:
            self._ended = True
            self._work.cancel()

    async def until_given_up(self) -> None:
        """Wait for an EOT, or for the end of the connection."""
        try:
            while await self.word(FOREVER) != EOT:
                pass
        except Gone:
            return

    async def next(self, seconds: float = FOREVER) -> Event | None:
        """The next event, or None when nothing comes in time. Raises :class:`Gone`."""
        with trio.move_on_after(max(0.0, seconds)):
            while not self._events:
                if self._gone:
                    raise Gone
                await self._changed.wait()
            return self._events.popleft()
        return None

    async def word(self, seconds: float) -> int | None:
        """The next control byte, whatever else comes before it; None when none comes in time."""
        deadline = trio.current_time() + seconds
        while (event := await self.next(deadline - trio.current_time())) is not None:
            if isinstance(event, Control):
                return event.byte
        return None

    # -- sending

    async def control(self, byte: int) -> None:
        await self.send(bytes((byte,)))

    async def send(self, data: bytes) -> None:
        """Raises :class:`Gone`."""
        try:
            await self.peer.send(data)
        except Gone:
            self._gone = True
            self._give_up()
            raise

    async def deliver(self, message: Message, send: Send | None = None) -> bool:
        """Send a message, in packets where it is long; true when every frame of it was acknowledged."""
        for wire in self.wires(message):
            if self.gave_up or not await self._acknowledged(wire, send or self.send):
                return False
        return True

    def wires(self, message: Message) -> list[bytes]:
        """The frames of a message."""
        body, most = message.encode(), self._settings.packet_bytes
        if len(body) + OVERHEAD <= most:
            return [encode_frame(body)]
        return self._split(body, most - OVERHEAD)

    def _split(self, body: bytes, size: int) -> list[bytes]:
        if not self._settings.counts_upwards:
            return encode_split(body, size)
        chunks = [body[start : start + size] for start in range(0, len(body), size)]
        numbers = [*range(1, len(chunks)), 0]
        return [encode_packet(Packet(str(n).encode(), chunk)) for n, chunk in zip(numbers, chunks, strict=True)]

    async def _acknowledged(self, wire: bytes, send: Send) -> bool:
        for _ in range(self._settings.sends):
            self._events.clear()
            await send(wire)
            word = await self.word(self._settings.ack_seconds)
            if word in (ACK, EOT):
                return word == ACK
        return False

    async def wait(self, message: Message) -> None:
        """Say that the work goes on. An ACK is awaited for a moment, so that it is not taken for that of a result."""
        async with self.turn:
            self._events.clear()
            await self.send(message.frame())
            await self.word(self._settings.wait_ack_seconds)

    async def ask(self, message: Message) -> Message | None:
        """Have the cash register do something (host command, dialog); None when it does not answer in order."""
        async with self.turn:
            if not await self.deliver(message):
                return None
            for _ in range(self._settings.sends):
                event = await self.next(self._settings.answer_seconds)
                answer = _decoded(event)
                if answer is not None:
                    await self.control(ACK)
                    return answer
                if event is None:
                    return None
                await self.control(NAK)
            return None


def _decoded(event: Event | None) -> Message | None:
    if not isinstance(event, Frame):
        return None
    try:
        return Message.decode(event.body)
    except Malformed:
        return None
