"""Bytes to lines of text, in pieces: no line can be longer than memory allows, no encoding is taken on trust."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import BinaryIO, Protocol

from kassanet.statements.line import FileRefused

PIECE = 65_536
LONGEST_LINE = 32_768
_BOM = b"\xef\xbb\xbf"
_NAMES = {"windows-1251": "cp1251", "win1251": "cp1251", "cp1251": "cp1251", "cp866": "cp866", "dos": "cp866",
          "koi8-r": "koi8-r", "koi8r": "koi8-r", "utf-8": "utf-8", "utf8": "utf-8"}  # fmt: skip

Report = Callable[[int, str], None]
"""Told the line and what was tolerated there."""


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def known_encoding(name: str) -> str:
    """Python's name of one of the encodings that bank files come in; raises ValueError."""
    try:
        return _NAMES[name.lower()]
    except KeyError:
        raise ValueError(f"{name!r} is none of {', '.join(sorted(_NAMES))}") from None


def new_hash() -> Hash:
    """SHA-256, fed by :func:`text_lines`."""
    return sha256()


def text_lines(file: BinaryIO, encoding: str, report: Report, digest: Hash | None = None) -> Iterator[tuple[int, str]]:
    """Numbered lines without their ends (CRLF or LF) and without a byte order mark; raises :class:`FileRefused`.

    Bytes that are not UTF-8 refuse the file; a hole of a one-byte code page costs one character and is reported.
    """
    number = 0
    for raw in _pieces(file, digest):
        for line in _decoded(raw, encoding, number, report):
            number += 1
            yield number, line


def _pieces(file: BinaryIO, digest: Hash | None) -> Iterator[bytes]:
    """Whole lines, many at a time."""
    rest = b""
    first = True
    while piece := file.read(PIECE):
        if digest is not None:
            digest.update(piece)
        rest += piece
        if first:
            rest, first = rest.removeprefix(_BOM), False
        whole, newline, rest = rest.rpartition(b"\n")
        if newline:
            yield whole
        if len(rest) > LONGEST_LINE:
            raise FileRefused(f"a line longer than {LONGEST_LINE} bytes: this is no list of payments")
    if rest:
        yield rest


def _decoded(raw: bytes, encoding: str, before: int, report: Report) -> list[str]:
    if b"\x00" in raw:
        raise FileRefused(
            "zero bytes: not text in one of the known encodings", before + 1 + raw[: raw.index(0)].count(10)
        )
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = before + 1 + raw[: error.start].count(b"\n")
        if encoding == "utf-8":
            raise FileRefused("not UTF-8 text", line) from None
        report(line, f"a byte that {encoding} does not have")
        text = raw.decode(encoding, "replace")
    lines = text.split("\n")
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines
