"""A cash register written by hand from the protocol's text: it shares no line with the codec or the driver.

Slow and plain on purpose. It can be told to misbehave where a test asks for it.
"""

from collections.abc import Awaitable, Callable, Mapping

import trio

from transports.link import ByteStream

ACK, NAK, EOT, STX, SOH = 0x06, 0x15, 0x04, 0x02, 0x01
WAIT, DIALOG, COMMAND = "21", "52", "63"
PATIENCE = 400.0

Fields = dict[int, bytes]


def crc(data: bytes) -> bytes:
    """Bit by bit, high byte first."""
    register = 0
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1) ^ 0x8005 if register & 0x8000 else register << 1
        register &= 0xFFFF
    return register.to_bytes(2, "big")


def body(fields: Mapping[int, str | bytes]) -> bytes:
    told = {number: value.encode("cp1251") if isinstance(value, str) else value for number, value in fields.items()}
    return b"".join(bytes((number,)) + len(data).to_bytes(2, "little") + data for number, data in told.items())


def frame(fields: Mapping[int, str | bytes]) -> bytes:
    inside = body(fields)
    head = bytes((STX,)) + len(inside).to_bytes(2, "little") + inside
    return head + crc(head)


def fields_of(inside: bytes) -> Fields:
    found: Fields = {}
    while inside:
        length = int.from_bytes(inside[1:3], "little")
        found[inside[0]] = inside[3 : 3 + length]
        inside = inside[3 + length :]
    return found


class HungUp(Exception):
    """The terminal closed the connection."""


class Silence(Exception):
    """Nothing came for as long as anybody waits."""


Carry = Callable[[Fields], Awaitable[Mapping[int, str | bytes]]]


class Cash:
    """One connection. ``waits``, ``dialogs``, ``packets`` and ``commands`` keep what came on the way to a result.

    ``acks_waits`` false is a register that leaves WAITs alone; ``carry`` answers host commands.
    """

    def __init__(self, stream: ByteStream, carry: Carry | None = None) -> None:
        self.stream = stream
        self.carry = carry
        self.acks_waits = True
        self.waits = 0
        self.dialogs: list[str] = []
        self.packets: list[bytes] = []
        self.commands: list[Fields] = []
        self._left = b""

    # -- bytes

    async def say(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def control(self, byte: int) -> None:
        await self.say(bytes((byte,)))

    async def take(self, count: int) -> bytes:
        with trio.move_on_after(PATIENCE):
            while len(self._left) < count:
                data = await self.stream.receive_some()
                if not data:
                    raise HungUp
                self._left += data
            taken, self._left = self._left[:count], self._left[count:]
            return taken
        raise Silence

    async def item(self) -> tuple[int, bytes]:
        """A control byte, or the first byte of a frame with the whole frame."""
        first = await self.take(1)
        if first[0] not in (STX, SOH):
            return first[0], first
        length = await self.take(2)
        rest = await self.take(int.from_bytes(length, "little") + 2)
        return first[0], first + length + rest

    async def silent(self, seconds: float) -> bool:
        """Whether the terminal says nothing for so long."""
        with trio.move_on_after(seconds) as scope:
            self._left = await self.take(1) + self._left
        return scope.cancelled_caught

    # -- an operation

    async def ask(self, fields: Mapping[int, str | bytes]) -> None:
        """A request up to its ACK."""
        await self.say(frame(fields))
        kind, _ = await self.item()
        assert kind == ACK, kind

    async def operate(self, fields: Mapping[int, str | bytes]) -> Fields:
        """A whole operation; its result acknowledged."""
        await self.ask(fields)
        result = await self.result()
        await self.say(bytes((ACK, EOT)))
        return result

    async def result(self) -> Fields:
        """The result, not acknowledged."""
        while True:
            kind, wire = await self.item()
            if kind == SOH:
                inside = await self._joined(wire)
            elif kind == STX:
                assert wire[-2:] == crc(wire[:-2])
                inside = wire[3:-2]
            else:
                continue
            fields = fields_of(inside)
            if not await self._between(fields):
                return fields

    async def _between(self, fields: Fields) -> bool:
        """Serve what is no result."""
        operation = fields[25].decode()
        if operation == WAIT:
            self.waits += 1
            if self.acks_waits:
                await self.control(ACK)
            return True
        if operation == DIALOG:
            self.dialogs.append(fields[71].decode("cp1251"))
            await self.control(ACK)
            await self._answer({25: DIALOG, 67: "3"})
            return True
        if operation == COMMAND and fields.get(65) in (b"16", b"17") and 39 not in fields:
            self.commands.append(fields)
            await self.control(ACK)
            assert self.carry is not None
            await self._answer(await self.carry(fields))
            return True
        return False

    async def _answer(self, fields: Mapping[int, str | bytes]) -> None:
        await self.say(frame(fields))
        kind, _ = await self.item()
        assert kind == ACK

    async def _joined(self, wire: bytes) -> bytes:
        """The rest of a split message; every packet but the last is acknowledged."""
        inside = b""
        while True:
            assert wire[0] == SOH
            assert wire[-2:] == crc(wire[:-2])
            self.packets.append(wire)
            size = int.from_bytes(wire[3:5], "little")
            tags = fields_of(wire[5 : 5 + size])
            inside += wire[5 + size : -2]
            if tags[2] == b"0":
                return inside
            await self.control(ACK)
            _, wire = await self.item()


class Relay:
    """The host link that a pinpad borrows: bytes carried verbatim, to ``dial``."""

    def __init__(self, dial: Callable[[], Awaitable[ByteStream]]) -> None:
        self._dial = dial
        self._stream: ByteStream | None = None
        self.opened: list[bytes] = []
        self.sent: list[bytes] = []
        self.refuses = False

    async def __call__(self, fields: Fields) -> Mapping[int, str | bytes]:
        asked = fields[65], fields[64]
        good = {25: "63", 65: fields[65].decode(), 67: "0"}
        bad = {**good, 67: "1"}
        if asked == (b"16", b"1"):
            self.opened.append(fields[70])
            if self.refuses:
                return bad
            self._stream = await self._dial()
            return good
        if self._stream is None:
            return bad
        if asked == (b"16", b"0"):
            await self._stream.aclose()
            self._stream = None
            return good
        if asked == (b"17", b"0"):
            self.sent.append(fields[70])
            await self._stream.send_all(fields[70])
            return good
        return await self._read(self._stream, good, bad)

    async def _read(
        self, stream: ByteStream, good: Mapping[int, str], bad: Mapping[int, str]
    ) -> Mapping[int, str | bytes]:
        with trio.move_on_after(0.01):
            data = await stream.receive_some()
            return {**good, 70: data} if data else bad
        return bad
