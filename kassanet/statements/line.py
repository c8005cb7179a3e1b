"""A line of a bank file in words that no format owns, and its identity: the key by which it is known again.

The same file twice, or one payment in two overlapping files, must have the same key; two payments must not.
"""

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from msgspec import Struct

Day = date

KEY_DIGITS = 40


class FileRefused(Exception):
    """The whole file is refused. ``line`` counts from 1; None where no single line is to blame."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.message = message
        self.line = line


class Tolerated(Struct, frozen=True):
    """Something that breaks the format's rules without harm."""

    line: int
    what: str


class Line(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of money. ``sum`` in kopecks; ``line`` is where it begins in the file.

    ``credited`` is the day when the money came; None while the bank has not booked it, or where it went out.
    ``account`` is the subscriber's where the file has a place for it; otherwise it is looked for in ``purpose``.
    """

    line: int
    key: str
    sum: int
    date: Day | None = None
    kind: str = ""
    number: str = ""
    own_account: str = ""
    credited: Day | None = None
    payer: str = ""
    payer_inn: str = ""
    payer_account: str = ""
    purpose: str = ""
    account: str | None = None
    at: datetime | None = None


class Survey(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a first reading of a whole file found. ``received`` in kopecks; ``sha256`` is of the file's bytes.

    ``reasons`` say why the file was taken for what it is.
    """

    format: Literal["1CClientBankExchange", "registry"]
    sha256: str
    encoding: str
    lines: int
    received: int
    profile: str | None = None
    accounts: tuple[str, ...] = ()
    tolerated: tuple[Tolerated, ...] = ()
    more_tolerated: int = 0
    reasons: tuple[str, ...] = ()
    controlled: bool = False


def key_of(parts: Iterable[str]) -> str:
    """Forty hex digits of a hash over the parts, each told apart from its neighbours."""
    text = "\x1f".join(" ".join(part.split()) for part in parts)
    return sha256(text.encode()).hexdigest()[:KEY_DIGITS]
