"""Frames and control bytes, the outermost layer, the same in both directions and on TCP and serial lines.

::

    02 | LL LH | body | CRC (2, HIGH byte first)                          a whole message
    01 | LL LH | HL HH | tags | chunk | CRC                               one packet of a split message
    tag:  N (1) | LL LH | data       N = 1 version, N = 2 packet number   lengths are LITTLE-endian
    04 EOT, 05 ENQ, 06 ACK, 15 NAK                                        single bytes between frames

LL counts the body, or HL HH with tags and chunk. The packet number is ASCII decimal, and "0" marks the last packet.
A body is full of bytes that would be control bytes outside (field 4 begins with EOT, field 21 with NAK, a length of 6
is ACK), and a NAK that nobody sent could make a payment be asked for twice. So after anything damaged the decoder
believes nothing but frames with a good CRC, until one comes or the line goes quiet. It never raises, and no event
shows bytes when it is printed: they may be a card's.
"""

from typing import Literal

from msgspec import Struct

from transports.smartsale.crc import crc16
from transports.smartsale.values import Malformed, read_items, write_item

SOH, STX, EOT, ENQ, ACK, NAK = 0x01, 0x02, 0x04, 0x05, 0x06, 0x15
CONTROLS = frozenset({EOT, ENQ, ACK, NAK})
MAX_BODY = 0xFFFF
CHUNK = 1000
"""The size of a packet's chunk that keeps packets below 1024 bytes; the protocol's own limit is not known."""

_HEADER = 3
_CRC = 2
_VERSION, _NUMBER = 1, 2
_LAST = b"0"
_NAMES = {EOT: "EOT", ENQ: "ENQ", ACK: "ACK", NAK: "NAK"}


class _Shy(Struct, frozen=True):
    """Prints its size instead of its bytes."""

    @property
    def size(self) -> int:
        """How many bytes of the stream it stands for."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size} bytes)"


class Control(_Shy, frozen=True):
    """A control byte between frames."""

    byte: int

    @property
    def size(self) -> int:
        return 1

    def __repr__(self) -> str:
        return f"Control({_NAMES.get(self.byte, hex(self.byte))})"


class Frame(_Shy, frozen=True):
    """A whole frame with a good CRC; ``body`` are the fields."""

    body: bytes

    @property
    def size(self) -> int:
        return len(self.body) + _HEADER + _CRC


class Packet(_Shy, frozen=True):
    """One packet of a split message, with a good CRC. Several of them, in the order they came, make one body."""

    number: bytes
    chunk: bytes
    version: bytes = b"1"

    @property
    def is_last(self) -> bool:
        """ASCII zero and nothing else: a binary 2 was taken for the last one by the maker's own library too."""
        return not (self.number.isdigit() and self.number.strip(_LAST))

    @property
    def size(self) -> int:
        return len(encode_packet(self))


class Garbage(_Shy, frozen=True):
    """Bytes that belong to no frame, at ``offset`` in the stream."""

    offset: int
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)


class Damaged(_Shy, frozen=True):
    """Something that began like a frame at ``offset`` and is none; its bytes after the first are looked at again.

    ``length``: longer than frames may be. ``crc``: whole, and wrong. ``torn``: the line went quiet inside it.
    """

    offset: int
    reason: Literal["length", "crc", "torn"]

    @property
    def size(self) -> int:
        return 1

    def __repr__(self) -> str:
        return f"Damaged({self.reason} at byte {self.offset})"


class BadHeader(_Shy, frozen=True):
    """A packet with a good CRC whose tags are no tags or lack the number; all its bytes are taken."""

    offset: int
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)


Event = Control | Frame | Packet | Garbage | Damaged | BadHeader


def encode_frame(body: bytes) -> bytes:
    """Raises ValueError when ``body`` is longer than a frame can carry."""
    return _enclosed(STX, body)


def encode_packet(packet: Packet) -> bytes:
    """Raises ValueError when the packet is longer than a frame can carry."""
    tags = write_item(_VERSION, packet.version) + write_item(_NUMBER, packet.number)
    return _enclosed(SOH, len(tags).to_bytes(2, "little") + tags + packet.chunk)


def encode_split(body: bytes, chunk: int = CHUNK) -> list[bytes]:
    """``body`` as packets numbered downwards, cut anywhere; the last has number 0."""
    pieces = [body[start : start + chunk] for start in range(0, len(body), chunk)] or [b""]
    last = len(pieces) - 1
    return [encode_packet(Packet(str(last - index).encode(), piece)) for index, piece in enumerate(pieces)]


def _enclosed(start: int, content: bytes) -> bytes:
    if len(content) > MAX_BODY:
        raise ValueError(f"{len(content)} bytes, a frame carries {MAX_BODY}")
    framed = bytes((start,)) + len(content).to_bytes(2, "little") + content
    return framed + crc16(framed).to_bytes(2, "big")


class FrameDecoder:
    """Bytes in, events out, in whatever pieces the bytes come. ``longest`` bounds the length that is believed."""

    def __init__(self, longest: int = MAX_BODY) -> None:
        self._longest = longest
        self._buffer = b""
        self._offset = 0  # of the buffer's first byte in the stream
        self._waste = bytearray()
        self._lost = False  # after damage: control bytes are not believed

    @property
    def pending(self) -> bool:
        """Whether bytes wait for the rest of their frame, or for proof that they are none."""
        return bool(self._buffer) or self._lost

    def feed(self, data: bytes) -> list[Event]:
        """Events that these bytes completed, in the order of the stream."""
        self._buffer += data
        return self._drain(final=False)

    def flush(self) -> list[Event]:
        """The line went quiet: what waits for its rest is no frame. The decoder is fresh afterwards."""
        events = self._drain(final=True)
        self._lost = False
        return events

    def _drain(self, *, final: bool) -> list[Event]:
        events: list[Event] = []
        while self._buffer and self._step(events, final):
            pass
        self._report_waste(events)
        return events

    def _step(self, events: list[Event], final: bool) -> bool:
        """Take one thing off the buffer; False when more bytes are needed first."""
        first = self._buffer[0]
        if first in (STX, SOH):
            return self._framed(events, final)
        if first in CONTROLS and not self._lost:
            self._report_waste(events)
            self._drop(1)
            events.append(Control(first))
            return True
        self._take_waste()
        return True

    def _framed(self, events: list[Event], final: bool) -> bool:
        buffer = self._buffer
        length = int.from_bytes(buffer[1:_HEADER], "little")
        end = _HEADER + length + _CRC
        if len(buffer) >= _HEADER and length > self._longest:
            return self._reject(events, "length")
        if len(buffer) < _HEADER or len(buffer) < end:
            return final and self._reject(events, "torn")
        if crc16(buffer[: end - _CRC]) != buffer[end - 2] << 8 | buffer[end - 1]:
            return self._reject(events, "crc")
        self._report_waste(events)
        whole = buffer[:end]
        events.append(Frame(whole[_HEADER:-_CRC]) if whole[0] == STX else _packet(whole, self._offset))
        self._drop(end)
        self._lost = False
        return True

    def _reject(self, events: list[Event], reason: Literal["length", "crc", "torn"]) -> bool:
        self._report_waste(events)
        events.append(Damaged(self._offset, reason))
        self._drop(1)
        self._lost = True
        return True

    def _take_waste(self) -> None:
        """Everything up to the next byte that may begin something."""
        count = 1
        beginnings = (STX, SOH) if self._lost else (STX, SOH, *CONTROLS)
        while count < len(self._buffer) and self._buffer[count] not in beginnings:
            count += 1
        self._waste += self._buffer[:count]
        self._drop(count)

    def _report_waste(self, events: list[Event]) -> None:
        if self._waste:
            events.append(Garbage(self._offset - len(self._waste), bytes(self._waste)))
            self._waste.clear()

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count


def _packet(whole: bytes, offset: int) -> Packet | BadHeader:
    content = whole[_HEADER:-_CRC]
    size = int.from_bytes(content[:2], "little")
    try:
        if len(content) < 2 + size:
            raise Malformed("tags longer than the packet")
        tags = dict(read_items(content[2 : 2 + size]))
        return Packet(tags[_NUMBER], content[2 + size :], tags.get(_VERSION, b""))
    except (Malformed, KeyError):
        return BadHeader(offset, whole)
