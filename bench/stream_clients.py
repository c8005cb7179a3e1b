"""Many sockets that listen to a stream, and how old what they hear is.

Frames of one subscription are the same bytes for everyone, so their content is read once, from one socket; of the
others only the moment at which each frame was whole. A sample is one change as one socket heard it.
"""

import re
import time
from bisect import bisect_left
from collections import Counter, defaultdict

import trio

READ_AT = re.compile(rb'"read_at":([0-9.e+]+)')
REV = re.compile(rb'"rev":"[0-9a-f]+-([0-9]+)"')
HEAD = 120
"""Bytes of a message in which its type and rev stand."""


class Hearing:
    """What was heard. ``arrivals`` by rev, ``moments`` at which the changes of a rev were published."""

    def __init__(self) -> None:
        self.arrivals: defaultdict[int, list[float]] = defaultdict(list)
        self.moments: dict[int, list[float]] = {}
        self.messages = 0
        self.bytes = 0
        self.listening = False
        self._claimed = False

    def claim(self) -> bool:
        """True for the first who asks: one socket keeps whole messages, for all hear the same."""
        first, self._claimed = not self._claimed, True
        return first

    def note(self, head: bytes, size: int, whole: bytearray | None) -> None:
        """One message has arrived; ``whole`` from the one ear that keeps everything."""
        if not self.listening or b'"type":"delta"' not in head:
            return
        found = REV.search(head)
        assert found is not None
        rev = int(found[1])
        self.messages += 1
        self.bytes += size
        self.arrivals[rev].append(time.monotonic())
        if whole is not None:
            self.moments[rev] = [float(text) for text in READ_AT.findall(whole)]

    def staleness(self, share: float) -> float:
        """The percentile in seconds, to the millisecond."""
        counts: Counter[int] = Counter()
        for rev, arrived in self.arrivals.items():
            ages = Counter(int(moment * 1000) for moment in self.moments.get(rev, ()))
            for at in arrived:
                for moment, count in ages.items():
                    counts[int(at * 1000) - moment] += count
        marks = sorted(counts)
        sums = [0]
        for mark in marks:
            sums.append(sums[-1] + counts[mark])
        return marks[min(len(marks) - 1, bisect_left(sums, share * sums[-1]) - 1)] / 1000 if marks else float("inf")


class Ear:
    """One socket: frames cut out of the bytes as they come (unmasked, never fragmented: it is our own service).

    Bytes of a message beyond its head are counted and let go, unless this is the ear that ``keeps`` them.
    """

    def __init__(self, hearing: Hearing, keeps: bool) -> None:
        self._hearing = hearing
        self._keeps = keeps
        self._kept = bytearray()
        self._size = -1
        self._left = 0

    def feed(self, data: bytes) -> None:
        while data:
            if self._size < 0:
                data = self._begin(data)
                continue
            piece = data[: self._left]
            if self._keeps or len(self._kept) < HEAD:
                self._kept += piece if self._keeps else piece[:HEAD]
            data = data[self._left :]
            self._left -= len(piece)
            self._end()

    def _begin(self, data: bytes) -> bytes:
        """Read a header, which may come in pieces; returns what follows it."""
        held = len(self._kept)
        self._kept += data[: 10 - held]
        used = len(self._kept)
        if used < 2 or used < (length := {126: 4, 127: 10}.get(self._kept[1], 2)):
            return b""
        self._size = int.from_bytes(self._kept[2:length], "big") if length > 2 else self._kept[1]
        self._left = self._size
        self._kept.clear()
        return data[length - held :]

    def _end(self) -> None:
        if self._left == 0:
            self._hearing.note(bytes(self._kept[:HEAD]), self._size, self._kept if self._keeps else None)
            self._kept.clear()
            self._size = -1


def masked(text: bytes) -> bytes:
    """A client's text frame of at most 125 bytes, with a mask of zeros."""
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text


async def listen(
    port: int, token: str, hearing: Hearing, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Connect, subscribe to every register, and hear until cancelled. An empty token says nothing (the bare floor)."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        rest = b""
        if token:
            await stream.send_all(
                b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                b"Authorization: Bearer %b\r\n\r\n" % token.encode()
            )
            while b"\r\n\r\n" not in rest:
                rest += await stream.receive_some()
            rest = rest.partition(b"\r\n\r\n")[2]
            await stream.send_all(masked(b'{"op":"subscribe","topics":["kkt"]}'))
        task_status.started()
        ear = Ear(hearing, hearing.claim())
        ear.feed(rest)
        while data := await stream.receive_some(2**20):
            ear.feed(data)
