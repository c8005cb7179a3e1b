"""What went over a wire lately, for support: the last bytes of one device, both ways, whatever its protocol.

It listens beside the link and decides nothing. So many bytes are kept and no more, in memory: when something went
wrong a moment ago the proof is here; a year later only the journal knows.
"""

from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct

from transports.link import ByteStream, Dialer

KEPT_BYTES = 16_384
"""Of one device: the exchanges of some receipts. A thousand devices cost 16 MB at most."""

PIECE_COST = 64
"""What keeping a piece costs besides its bytes, so that many small ones are bounded too."""


class Piece(Struct, frozen=True):
    """Bytes that were handed to the link (``sent``) or came from it, at a moment of the wall clock."""

    at: float
    sent: bool
    data: bytes


class Tape:
    """The newest pieces of one device."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pieces: deque[Piece] = deque()
        self._size = 0

    def note(self, data: bytes, *, sent: bool) -> None:
        """Keep it, and let go of the oldest."""
        self._pieces.append(Piece(self._clock(), sent, bytes(data)))
        self._size += len(data) + PIECE_COST
        while self._size > KEPT_BYTES and self._pieces:
            self._size -= len(self._pieces.popleft().data) + PIECE_COST

    def between(self, first: float, last: float) -> Sequence[Piece]:
        """Both included; empty when that is not kept any more."""
        return [piece for piece in self._pieces if first <= piece.at <= last]

    def reaches(self, moment: float) -> bool:
        """Whether everything since then is still here."""
        return bool(self._pieces) and self._pieces[0].at <= moment


class TapedDialer:
    """:class:`transports.link.Dialer` around another one."""

    def __init__(self, dialer: Dialer, tape: Tape) -> None:
        self._dialer = dialer
        self._tape = tape

    @property
    def address(self) -> str:
        return self._dialer.address

    @property
    def persistent(self) -> bool:
        return self._dialer.persistent

    async def dial(self) -> ByteStream:
        return _TapedStream(await self._dialer.dial(), self._tape)


class _TapedStream:
    def __init__(self, stream: ByteStream, tape: Tape) -> None:
        self._stream = stream
        self._tape = tape

    async def send_all(self, data: bytes) -> None:
        self._tape.note(data, sent=True)
        await self._stream.send_all(data)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        data = await self._stream.receive_some(max_bytes)
        if data:
            self._tape.note(data, sent=False)
        return data

    async def aclose(self) -> None:
        await self._stream.aclose()
