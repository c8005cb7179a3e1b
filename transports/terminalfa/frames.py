"""Frames, the outermost layer, the same in both directions and on TCP and serial lines.

::

    B6 29 | LEN (2, BIG-endian) | HEAD (1) | DATA (0…1023) | CRC (2, LITTLE-endian)

HEAD is the command code of a request and the result of a reply; LEN counts HEAD and DATA. A line may carry noise and a
reply may come in pieces, so the decoder never raises: whatever is not a frame becomes an event that says where it was.
"""

from binascii import crc_hqx

from msgspec import Struct

PREAMBLE = b"\xb6\x29"
MAX_DATA = 1023
MAX_FRAME = MAX_DATA + 7
_MAX_LENGTH = MAX_DATA + 1
_CRC_START = 0xFFFF  # crc_hqx with this start is CRC16-CCITT-FALSE: polynomial 1021, no reflection, no final xor


class Frame(Struct, frozen=True):
    """A whole frame with a good CRC. ``head`` is a command code or a result."""

    head: int
    data: bytes = b""


class Garbage(Struct, frozen=True):
    """Bytes that belong to no frame, at ``offset`` in the stream."""

    offset: int
    data: bytes


class BadCrc(Struct, frozen=True):
    """Something of a frame's shape whose CRC is wrong."""

    offset: int
    frame: bytes


class BadLength(Struct, frozen=True):
    """A preamble followed by a length that no frame can have: 0 or above 1024."""

    offset: int
    length: int


Event = Frame | Garbage | BadCrc | BadLength


def encode_frame(head: int, data: bytes = b"") -> bytes:
    """Raises ValueError when ``data`` is longer than a frame can carry."""
    if len(data) > MAX_DATA:
        raise ValueError(f"{len(data)} bytes of data, a frame carries {MAX_DATA}")
    body = bytes((len(data) + 1 >> 8, len(data) + 1 & 0xFF, head)) + data
    return PREAMBLE + body + crc_hqx(body, _CRC_START).to_bytes(2, "little")


class FrameDecoder:
    """Bytes in, events out, in whatever pieces the bytes come.

    After a bad frame the search goes on right behind its preamble: one flipped bit in LEN must not swallow the good
    frame that follows. Text inside a damaged frame could thus be taken for a frame, so a reader that waits for one
    answer stops at the first event that is neither :class:`Frame` nor :class:`Garbage`.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._offset = 0  # of the buffer's first byte in the stream
        self._waste = bytearray()

    @property
    def pending(self) -> bool:
        """Whether bytes wait for the rest of their frame."""
        return bool(self._buffer or self._waste)

    def feed(self, data: bytes) -> list[Event]:
        """Events that these bytes completed, in the order of the stream."""
        self._buffer += data
        return self._drain(final=False)

    def flush(self) -> list[Event]:
        """The line went quiet: what waits for its rest is no frame. The decoder is fresh afterwards."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> list[Event]:
        events: list[Event] = []
        while self._step(events, final):
            pass
        if final or not self._buffer:
            self._report_waste(events)
        return events

    def _step(self, events: list[Event], final: bool) -> bool:
        """Take one thing off the buffer; False when more bytes are needed first."""
        buffer = self._buffer
        if not buffer.startswith(PREAMBLE):
            return self._skip_to_preamble(final)
        length = int.from_bytes(buffer[2:4], "big")
        if len(buffer) < 4:
            return final and self._waste_preamble()
        if not 1 <= length <= _MAX_LENGTH:
            return self._reject(events, BadLength(self._offset, length))
        end = length + 6
        if len(buffer) < end:
            return final and self._waste_preamble()
        if crc_hqx(buffer[2 : end - 2], _CRC_START) != buffer[end - 2] | buffer[end - 1] << 8:
            return self._reject(events, BadCrc(self._offset, buffer[:end]))
        self._report_waste(events)
        events.append(Frame(buffer[4], buffer[5 : end - 2]))
        self._drop(end)
        return True

    def _skip_to_preamble(self, final: bool) -> bool:
        start = self._buffer.find(PREAMBLE)
        if start < 0:
            # The last byte may be the first half of a preamble.
            half = self._buffer.endswith(PREAMBLE[:1]) and not final
            start = len(self._buffer) - half
        self._take_waste(start)
        return self._buffer.startswith(PREAMBLE)

    def _reject(self, events: list[Event], event: Event) -> bool:
        self._report_waste(events)
        events.append(event)
        self._drop(len(PREAMBLE))
        return True

    def _waste_preamble(self) -> bool:
        self._take_waste(len(PREAMBLE))
        return True

    def _take_waste(self, count: int) -> None:
        self._waste += self._buffer[:count]
        self._drop(count)

    def _report_waste(self, events: list[Event]) -> None:
        if self._waste:
            events.append(Garbage(self._offset - len(self._waste), bytes(self._waste)))
            self._waste.clear()

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count
