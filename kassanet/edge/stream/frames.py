"""Messages of the service as bytes, built once and shared by everyone they go to."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from actors.hub import Change

_TEXT = 0x81
_encode = msgspec.json.Encoder().encode


class Frame:
    """One text message. ``wire`` is the same as an unmasked WebSocket frame, header first (RFC 6455, section 5.2)."""

    __slots__ = ("_wire", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._wire: bytes | None = None

    def __len__(self) -> int:
        return len(self.payload)

    @property
    def wire(self) -> bytes:
        if self._wire is None:
            self._wire = _header(len(self.payload)) + self.payload
        return self._wire


def message(said: Struct) -> Frame:
    """One of :mod:`schemas.stream`."""
    return Frame(_encode(said))


def snapshot(rev: str, topics: Iterable[str], changes: Iterable[bytes]) -> Frame:
    """Everything that exists in the topics now."""
    head = _encode({"type": "snapshot", "rev": rev, "topics": sorted(topics)})[:-1]
    return Frame(b'%b,"changes":[%b]}' % (head, b",".join(changes)))


def delta(rev: str, changes: Iterable[bytes]) -> Frame:
    """What changed since the message before; a ``state`` of null says that the thing is gone."""
    return Frame(b'{"type":"delta","rev":"%b","changes":[%b]}' % (rev.encode(), b",".join(changes)))


def wire(change: Change) -> bytes:
    """A change as it stands in a frame: a circuit's under the topic ``circuit:<id>``, others under their own."""
    if change.wire is None:
        topic = f"circuit:{change.key}" if change.topic == "circuit" else change.topic
        change.wire = entry(topic, change.key, change.state)
    return change.wire


def entry(topic: str, key: str, state: Struct | None) -> bytes:
    return _encode({"topic": topic, "key": key, "state": state})


def _header(size: int) -> bytes:
    if size < 126:
        return bytes((_TEXT, size))
    if size < 2**16:
        return bytes((_TEXT, 126)) + size.to_bytes(2, "big")
    return bytes((_TEXT, 127)) + size.to_bytes(8, "big")
