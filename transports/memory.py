"""A null modem: two byte streams joined in memory, with the faults that real lines have.

Clients and simulated devices meet here in tests without sockets, on Trio's clock. Each direction has its own
:class:`Faults`; a cut breaks both, as a pulled plug does: bytes up to the cut arrive, nothing after it does.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from random import Random

import trio
from msgspec import Struct

from transports.link import ByteStream, NothingWritten


class Faults(Struct, frozen=True, kw_only=True):
    """What happens to one direction. ``cut_at`` counts bytes of that direction; ``delay`` is in seconds.

    ``loss`` is the probability with which a byte disappears, drawn from ``seed``. ``reset`` makes the reader see
    a broken connection where it would see the end of the stream.
    """

    one_byte: bool = False
    cut_at: int | None = None
    delay: float = 0.0
    loss: float = 0.0
    seed: int = 0
    reset: bool = False


CLEAN = Faults()


class _Pipe:
    """One direction: chunks with the time at which they may be read."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.ended = False
        self._left = faults.cut_at
        self._random = Random(faults.seed)
        self._chunks: deque[tuple[float, bytes]] = deque()
        self._changed = trio.Event()

    def end(self) -> None:
        self.ended = True
        self._wake()

    def put(self, data: bytes) -> bool:
        """Queue what the line lets through; False when it was cut inside or right behind these bytes."""
        if self._left is not None:
            data, self._left = data[: self._left], max(0, self._left - len(data))
        arriving = data if not self.faults.loss else bytes(b for b in data if self._random.random() >= self.faults.loss)
        if arriving:
            self._chunks.append((trio.current_time() + self.faults.delay, arriving))
        self._wake()
        return self._left != 0

    @property
    def dead(self) -> bool:
        return self.ended or self._left == 0

    async def get(self, most: int | None) -> bytes:
        while not self._chunks:
            if self.ended:
                await trio.lowlevel.checkpoint()
                return self._end_of_stream()
            await self._changed.wait()
        due, data = self._chunks[0]
        await trio.sleep_until(due)
        count = 1 if self.faults.one_byte else most or len(data)
        self._chunks.popleft()
        if data[count:]:
            self._chunks.appendleft((due, data[count:]))
        return data[:count]

    def _end_of_stream(self) -> bytes:
        if self.faults.reset:
            raise trio.BrokenResourceError("reset")
        return b""

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class MemoryStream:
    """One end of a null modem."""

    def __init__(self, outgoing: _Pipe, incoming: _Pipe) -> None:
        self._outgoing = outgoing
        self._incoming = incoming
        self._closed = False

    async def send_all(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        if self._closed:
            raise trio.ClosedResourceError("this end was closed")
        if self._outgoing.dead:
            self._hang_up()
            raise NothingWritten("the line is dead")
        # A cut line swallows what is written to it: the writer learns of it only when it reads.
        if not self._outgoing.put(data):
            self._hang_up()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if self._closed:
            raise trio.ClosedResourceError("this end was closed")
        return await self._incoming.get(max_bytes)

    async def aclose(self) -> None:
        self._closed = True
        self._hang_up()

    def _hang_up(self) -> None:
        self._outgoing.end()
        self._incoming.end()


def null_modem(there: Faults = CLEAN, back: Faults = CLEAN) -> tuple[MemoryStream, MemoryStream]:
    """Two joined ends; ``there`` troubles what the first sends, ``back`` what it receives."""
    outgoing, incoming = _Pipe(there), _Pipe(back)
    return MemoryStream(outgoing, incoming), MemoryStream(incoming, outgoing)


class MemoryDialer:
    """Dials ``device``, a coroutine that serves one connection; each dial starts it anew in ``nursery``.

    ``there`` and ``back`` hold for every connection dialled from then on. With ``refusing`` the device does not answer.
    """

    def __init__(
        self,
        nursery: trio.Nursery,
        device: Callable[[ByteStream], Awaitable[None]],
        *,
        address: str = "memory:0",
        persistent: bool = False,
    ) -> None:
        self._nursery = nursery
        self._device = device
        self.address = address
        self.persistent = persistent
        self.there = CLEAN
        self.back = CLEAN
        self.refusing = False
        self.dialled = 0

    async def dial(self) -> MemoryStream:
        await trio.lowlevel.checkpoint()
        if self.refusing:
            raise ConnectionRefusedError(f"{self.address} does not answer")
        self.dialled += 1
        ours, theirs = null_modem(self.there, self.back)
        self._nursery.start_soon(self._serve, theirs)
        return ours

    async def _serve(self, theirs: MemoryStream) -> None:
        try:
            await self._device(theirs)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return
        finally:
            await theirs.aclose()
