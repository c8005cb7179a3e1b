"""The other end of the line in tests: the codec turned round, played by a script instead of a terminal."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from transports.link import ByteStream
from transports.smartsale.fields import OPERATION, RRN, Field
from transports.smartsale.frames import ACK, Control, Event, Frame, FrameDecoder, encode_split
from transports.smartsale.message import Message

Script = Callable[["Wire"], Awaitable[None]]
WAIT = Message.of({OPERATION: 21})


class HungUp(Exception):
    """The cash register closed the link."""


class Wire:
    """One connection, read event by event; ``heard`` is everything that came, in order."""

    def __init__(self, stream: ByteStream, heard: list[Event]) -> None:
        self._stream = stream
        self._decoder = FrameDecoder()
        self._waiting: deque[Event] = deque()
        self._heard = heard

    async def ready(self) -> None:
        """Wait until there is something to hear."""
        while not self._waiting:
            data = await self._stream.receive_some()
            if not data:
                raise HungUp
            self._waiting += self._decoder.feed(data)

    async def event(self) -> Event:
        await self.ready()
        self._heard.append(self._waiting[0])
        return self._waiting.popleft()

    async def message(self) -> Message:
        """The next message, whatever control bytes come before it."""
        while not isinstance(event := await self.event(), Frame):
            pass
        return Message.decode(event.body)

    async def control(self) -> int:
        while not isinstance(event := await self.event(), Control):
            pass
        return event.byte

    async def write(self, *data: bytes) -> None:
        for piece in data:
            await self._stream.send_all(piece)

    async def request(self) -> Message:
        """A request, acknowledged."""
        message = await self.message()
        await self.write(bytes((ACK,)))
        return message

    async def say(self, message: Message) -> int:
        """A message, and the control byte that it gets."""
        await self.write(message.frame())
        return await self.control()

    async def ask(self, command: Message) -> Message:
        """A host command or dialog, and its acknowledged answer."""
        assert await self.say(command) == ACK
        answer = await self.message()
        await self.write(bytes((ACK,)))
        return answer

    async def split(self, message: Message, chunk: int) -> int:
        """A message in packets; the control byte that the last one gets."""
        word = ACK
        for packet in encode_split(message.encode(), chunk):
            await self.write(packet)
            word = await self.control()
        return word


class Device:
    """Plays ``script`` for every request of every connection; ``heard`` collects what came."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.waits_for_requests = True
        self.heard: list[Event] = []
        self.hung_up = 0

    async def serve(self, stream: ByteStream) -> None:
        wire = Wire(stream, self.heard)
        try:
            while True:
                if self.waits_for_requests:
                    await wire.ready()  # only then: a test may change the script between two operations
                await self.script(wire)
        except HungUp:
            self.hung_up += 1

    @property
    def controls(self) -> list[int]:
        return [event.byte for event in self.heard if isinstance(event, Control)]

    @property
    def requests(self) -> list[Message]:
        return [Message.decode(event.body) for event in self.heard if isinstance(event, Frame)]


def answering(values: dict[Field[Any], Any], *, waits: int = 2, repeats: bool = False) -> Script:
    """Acknowledges, asks to wait, answers with ``values`` behind field 25 and takes ACK and EOT.

    An RRN among the values is counted upwards, unless the terminal ``repeats`` itself.
    """
    count = 0

    async def script(wire: Wire) -> None:
        nonlocal count
        request = await wire.request()
        for _ in range(waits):
            await wire.say(WAIT)
        said = values if RRN not in values else {**values, RRN: str(int(values[RRN]) + count)}
        count += not repeats
        await wire.say(Message.of({OPERATION: request.operation, **said}))
        await wire.control()

    return script
