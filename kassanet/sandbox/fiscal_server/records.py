"""What the server keeps of a register: one line for each commit, whole documents in it.

A packet is one line, so it is taken whole or not at all, wherever the process is killed. A field that is added needs a
default.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from kassanet.sandbox.fiscal_server.seals import Signatory
from schemas.prro_answers import OfflineSession
from schemas.prro_check import Check
from schemas.prro_values import DocClass
from schemas.prro_zrep import ZRep
from transports.prro.documents import Document, decode


class Entry(Struct, frozen=True):
    """A registered document. ``xml`` is what was signed, ``signed`` the message itself, ``at`` UNIX time."""

    num_fiscal: str
    xml: bytes
    signed: bytes
    signatory: Signatory
    shift: int
    at: float

    @property
    def document(self) -> Document:
        return _read(self.xml)


@lru_cache(maxsize=256)
def _read(xml: bytes) -> Document:
    """A commit looks at its document several times."""
    return decode(xml)


class Committed(Struct, frozen=True, tag="committed"):
    """Documents were registered. ``revoked``: one of before counts no more. ``session``: one was given or replaced."""

    entries: tuple[Entry, ...]
    revoked: str | None = None
    session: OfflineSession | None = None


class RolledBack(Struct, frozen=True, tag="rolled_back"):
    """The closing of the last offline session was undone, by the command with this UID."""

    uid: str


Record = Committed | RolledBack


class BookLine(Struct, frozen=True, kw_only=True):
    """One registered document as the book tells it; ``sum`` in kopecks, ``at`` UTC.

    ``revoked`` is the fiscal number of the online document that this one revokes. A line with ``rolled_back`` takes the
    end of an offline session back: its local number is free again.
    """

    num_local: int
    num_fiscal: str
    class_: str = msgspec.field(name="class")
    doctype: int | None
    subtype: int | None
    sum: int
    uid: str
    shift: int
    offline: bool
    at: str
    revoked: str | None = None
    rolled_back: bool = False


def class_of(document: Document) -> DocClass:
    return DocClass.CHECK if isinstance(document, Check) else DocClass.Z_REP


def sum_of(document: Document) -> int:
    """Kopecks: a check's total; a report's sales."""
    if isinstance(document, ZRep):
        return document.sales.sum if document.sales else 0
    return document.sum or 0


def moment_of(document: Document) -> datetime:
    """Kyiv's, without a zone."""
    return datetime.combine(document.head.date, document.head.time)


def is_money(document: Document) -> bool:
    return isinstance(document, ZRep) or document.is_money


def with_head(document: Document, **changes: Any) -> Document:  # noqa: ANN401 - fields of the head
    """The document with some of its head changed."""
    return msgspec.structs.replace(document, head=msgspec.structs.replace(document.head, **changes))
