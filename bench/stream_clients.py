"""Many sockets that listen to a stream, and how old what they hear is.

Frames of one subscription are the same bytes for everyone, so their content is read once, from one socket; of the
others only the moment at which each frame was whole, and the kernel throws their content away: a thousand clients on
the machine of the service should cost it as little as may be. A sample is one change as one socket heard it.
"""

import re
import select
import socket
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from bench.result import NotReal

READ_AT = re.compile(rb'"read_at":([0-9.e+]+)')
"""In a register's state: the moment of a change that a bench made."""

AT = re.compile(rb'"at":([0-9.e+]+)')
"""In a receipt's move: when the service told its journal of it."""

REV = re.compile(rb'"rev":"[0-9a-f]+-([0-9]+)"')
HEAD = 120
"""Bytes of a message in which its type and rev stand."""

PIECE = 2**12
"""Bytes read at once; what follows of a message that nobody reads is skipped."""

SETTLING = 2.0
"""Seconds until the snapshots are out of the way."""

_NOWHERE = bytearray(2**20)
"""Takes the place of bytes that the kernel throws away."""


class Hearing:
    """What was heard. ``arrivals`` by rev, ``moments`` at which the changes of a rev were published.

    ``moment`` finds these in a message; they and the arrivals are of the same ``clock``.
    """

    def __init__(self, moment: re.Pattern[bytes] = READ_AT, clock: Callable[[], float] = time.monotonic) -> None:
        self._moment = moment
        self._clock = clock
        self.arrivals: defaultdict[int, list[float]] = defaultdict(list)
        self.moments: dict[int, list[float]] = {}
        self.messages = 0
        self.bytes = 0
        self.listening = False
        self.began = self.ended = 0.0  # UNIX time
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
        self.arrivals[rev].append(self._clock())
        if whole is not None:
            self.moments[rev] = [float(text) for text in self._moment.findall(whole)]

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

    @property
    def indifferent(self) -> int:
        """How many of the bytes that come next do not matter; they may be skipped unread."""
        return self._left if self._size >= 0 and not self._keeps and len(self._kept) >= HEAD else 0

    def skip(self, count: int) -> None:
        self._left -= count
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


class Client:
    """One connection that listens."""

    def __init__(self, port: int, token: str, topics: Sequence[str], hearing: Hearing) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60.0)
        self._ear = Ear(hearing, hearing.claim())
        if token:
            self._ear.feed(self._enter(token, topics))
        self.socket.setblocking(False)

    def _enter(self, token: str, topics: Sequence[str]) -> bytes:
        """Open the WebSocket and subscribe; returns what came already."""
        self.socket.sendall(
            b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Authorization: Bearer %b\r\n\r\n" % token.encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(PIECE)
        self.socket.sendall(masked(msgspec.json.encode({"op": "subscribe", "topics": topics})))
        return head.partition(b"\r\n\r\n")[2]

    def hear(self) -> bool:
        """Take what is there; false when the other side has left."""
        ear = self._ear
        try:
            while True:
                if ear.indifferent:
                    taken = self.socket.recv_into(_NOWHERE, min(ear.indifferent, len(_NOWHERE)), socket.MSG_TRUNC)
                    ear.skip(taken)
                else:
                    data = self.socket.recv(PIECE)
                    taken = len(data)
                    ear.feed(data)
                if not taken:
                    return False
                if taken < PIECE and not ear.indifferent:
                    return True
        except BlockingIOError:
            return True


def hear(
    port: int,
    token: str,
    sockets: int,
    seconds: float,
    hearing: Hearing,
    cpu: Callable[[], float],
    topics: Sequence[str],
) -> float:
    """Let so many sockets listen for so long; returns what ``cpu`` has grown by meanwhile. An empty token says nothing.

    One bare loop: the clients share the machine with the service, and what they take it does not have.
    """
    clients: dict[int, Client] = {}
    with select.epoll() as poll:
        try:
            for _ in range(sockets):
                client = Client(port, token, topics, hearing)
                clients[client.socket.fileno()] = client
                poll.register(client.socket, select.EPOLLIN)
                _listen(poll, clients, 0.0)
            _listen(poll, clients, SETTLING)
            before, hearing.began = cpu(), time.time()
            hearing.listening = True
            _listen(poll, clients, seconds)
            hearing.listening = False
            hearing.ended = time.time()
            return cpu() - before
        finally:
            for client in clients.values():
                client.socket.close()


def _listen(poll: select.epoll, clients: Mapping[int, Client], seconds: float) -> None:
    """For so long; with 0 what is there now. Who is left by the service ends the bench."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        for number, _ in poll.poll(max(0.0, left), 4096):
            if not clients[number].hear():
                raise NotReal("the service closed a connection that was reading")
        if left <= 0:
            return
