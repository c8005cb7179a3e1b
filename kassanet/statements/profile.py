"""Registry profiles: how one bank writes its list of payments, as a TOML file that people can write.

Registries have no common format, so everything that differs is said here, and a file that does not fit a profile in
every line is not that profile's file. Columns count from 1, or from the end with -1 for the last.
"""

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from kassanet.statements.text import known_encoding

Column = Annotated[int, Meta(ge=-200, le=200)]
Prefix = Annotated[str, Meta(min_length=1, max_length=32)]


class _Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file."""


class Columns(_Section, frozen=True, omit_defaults=True):
    """``[columns]``: where what stands. ``sum`` is what the payer paid.

    ``id`` is the bank's own number of the payment (СУИП), unique for ever; without it a payment is known by everything
    that its line says and by its place among equal ones.
    """

    sum: Column
    date: Column | None = None
    time: Column | None = None
    id: Column | None = None
    account: Column | None = None
    payer: Column | None = None
    purpose: Column | None = None
    transfer: Column | None = None
    fee: Column | None = None


class Trailer(_Section, frozen=True):
    """``[trailer]``: the last line, which begins with ``prefix``; its columns count after the prefix is cut off."""

    prefix: Prefix
    count: Column | None = None
    sum: Column | None = None
    transfer: Column | None = None
    fee: Column | None = None
    needed: bool = True


class Profile(_Section, frozen=True, kw_only=True):
    """The whole file.

    * ``encoding``: one of the known ones, or ``auto``.
    * ``comment``: lines that begin so are passed over; with ``needs_comment`` a file without any is another's.
    * ``skip``: so many first lines are passed over.
    * ``own_account_line``: the number of a first line that holds our own account, or nothing.
    * ``account_prefix``: the account is the column that begins so (``CLIENTNO:``), wherever it stands.
    * ``dates``: formats of strptime, tried in order. ``times`` likewise.
    * ``decimal``: the sign before the kopecks; ``".,"`` takes either.
    * ``least`` and ``exactly``: how many columns a line has.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
    title: str
    separator: Annotated[str, Meta(min_length=1, max_length=1)]
    columns: Columns
    encoding: str = "auto"
    comment: Prefix | None = None
    needs_comment: bool = False
    skip: Annotated[int, Meta(ge=0, le=100)] = 0
    own_account_line: Annotated[int, Meta(ge=1, le=100)] | None = None
    account_prefix: Prefix | None = None
    dates: tuple[str, ...] = ("%d.%m.%Y",)
    times: tuple[str, ...] = ("%H:%M:%S", "%H:%M", "%H-%M-%S")
    decimal: Literal[".", ",", ".,"] = "."
    least: Annotated[int, Meta(ge=1, le=200)] = 2
    exactly: Annotated[int, Meta(ge=1, le=200)] | None = None
    trailer: Trailer | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for what could never be read."""
        if self.encoding != "auto":
            known_encoding(self.encoding)
        if self.separator in self.decimal:
            raise ValueError("separator and decimal are the same character")
        wanted = [getattr(self.columns, name) for name in self.columns.__struct_fields__]
        if 0 in wanted:
            raise ValueError("columns count from 1, or from -1 at the end")
        if max(abs(column) for column in wanted if column is not None) > self.width:
            raise ValueError(f"a column beyond the {self.width} that a line is promised to have")
        for form in (*self.dates, *self.times):
            datetime(2026, 11, 22, 18, 30).strftime(form)

    @property
    def width(self) -> int:
        """How many columns every line has at least."""
        return self.exactly or self.least


class BadProfile(Exception):
    """A profile that cannot be used; the text begins with its file."""


def load_profile(path: Path) -> Profile:
    """Raises :class:`BadProfile`."""
    try:
        return _parsed(path.read_text("utf-8"))
    except (OSError, ValueError) as error:  # TOML's and msgspec's errors are ValueErrors
        raise BadProfile(f"{path}: {error}") from error


def load_profiles(folder: Path) -> tuple[Profile, ...]:
    """Every profile of a folder, by file name; raises :class:`BadProfile`."""
    return tuple(load_profile(path) for path in sorted(folder.glob("*.toml")))


@cache
def ready_profiles() -> tuple[Profile, ...]:
    """Those that come with kassanet."""
    folder = files("kassanet.statements") / "profiles"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return tuple(_parsed(entry.read_text("utf-8")) for entry in found)


def _parsed(text: str) -> Profile:
    return msgspec.convert(tomllib.loads(text), Profile)
