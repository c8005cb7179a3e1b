"""The audit log as a chain: each line's hash covers the hash before it, so no line can be changed, moved or taken out.

What a chain cannot tell is that its end was cut off: whoever keeps the last hash elsewhere can (``--head``). The lines
say who did what to which key and document, never what was in it.
"""

import hashlib
import sqlite3
from collections.abc import Iterator

import msgspec

from kassanet.agent.failures import AgentFailure

BEGINNING = bytes(32)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Broken(AgentFailure):
    """The chain does not hold; the text says from which line on."""


class AuditEvent(msgspec.Struct, frozen=True):
    """A line. ``subject`` is the key, or key and document; times in UNIX seconds."""

    seq: int
    at: float
    by: str
    event: str
    subject: str
    detail: str


def linked(before: bytes, line: str) -> bytes:
    """The hash of a line."""
    return hashlib.sha256(before + line.encode()).digest()


def append(connection: sqlite3.Connection, at: float, by: str, event: str, subject: str, detail: str = "") -> None:
    """Inside the transaction of what it tells of."""
    row = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    seq, before = (row[0] + 1, row[1]) if row else (1, BEGINNING)
    line = _encode(AuditEvent(seq, at, by, event, subject, detail)).decode()
    connection.execute("INSERT INTO audit VALUES (?, ?, ?)", (seq, line, linked(before, line)))


def verified(connection: sqlite3.Connection, head: str | None = None) -> tuple[int, str]:
    """The number of lines and the last hash, once every one was looked at. Raises Broken.

    ``head`` is a hash that was kept earlier: it must be one of the chain's.
    """
    before, count, seen = BEGINNING, 0, head is None
    for seq, line, stored in connection.execute("SELECT seq, line, hash FROM audit ORDER BY seq"):
        count += 1
        if seq != count or not _says(line, seq) or stored != linked(before, line):
            raise Broken(f"the audit log does not hold from line {count} on: it was changed or lines were taken out")
        before = stored
        seen = seen or stored.hex() == head
    if not seen:
        raise Broken(f"no line has the hash {head}: the end of the audit log was cut off, or it is another's")
    return count, before.hex()


def events(connection: sqlite3.Connection) -> Iterator[AuditEvent]:
    """Oldest first."""
    for (line,) in connection.execute("SELECT line FROM audit ORDER BY seq"):
        yield msgspec.json.decode(line, type=AuditEvent)


def _says(line: str, seq: int) -> bool:
    try:
        return msgspec.json.decode(line, type=AuditEvent).seq == seq
    except msgspec.DecodeError:
        return False
