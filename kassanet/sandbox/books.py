"""Files of one JSON object a line that outlive their writer, at whatever byte it is killed.

A simulated device keeps two kinds of them: its own memory, replayed when it is switched on again, and its book,
which judges the service under test. Both rest on one rule: a line exists once its newline does. A torn last
line is cut off when the file is opened, so nobody ever reads half a document.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from schemas.receipts import Payments


class Lines(Protocol):
    """An append-only list of lines (bytes without their newline), each known by the position ``append`` gave it."""

    def append(self, line: bytes) -> int:
        """Add a line; it is out of this process when the call returns. Raises ``OSError`` and adds nothing."""

    def read(self, position: int) -> bytes: ...

    def last(self) -> bytes | None: ...

    def __iter__(self) -> Iterator[tuple[int, bytes]]: ...


class MemoryLines:
    """Lines that live as long as the process: for devices of a test."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    def append(self, line: bytes) -> int:
        self._lines.append(line)
        return len(self._lines) - 1

    def read(self, position: int) -> bytes:
        return self._lines[position]

    def last(self) -> bytes | None:
        return self._lines[-1] if self._lines else None

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return enumerate(list(self._lines))


class FileLines:
    """Lines in a file with one writer. A thousand devices share a process, so no descriptor is held between calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end = _cut_torn_line(path)

    def append(self, line: bytes) -> int:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            written = os.write(descriptor, line + b"\n")
            if written != len(line) + 1:
                os.ftruncate(descriptor, self._end)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        finally:
            os.close(descriptor)
        position, self._end = self._end, self._end + written
        return position

    def read(self, position: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(position)
            return file.readline().removesuffix(b"\n")

    def last(self) -> bytes | None:
        if not self._end:
            return None
        with self.path.open("rb") as file:
            return self.read(_line_start(file.fileno(), self._end - 1))

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        if not self._end:
            return
        position = 0
        with self.path.open("rb") as file:
            for line in file:
                yield position, line.removesuffix(b"\n")
                position += len(line)


def _cut_torn_line(path: Path) -> int:
    """Truncate to the last newline and answer the length."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        size = os.fstat(descriptor).st_size
        end = _line_start(descriptor, size)
        if end != size:
            os.ftruncate(descriptor, end)
        return end
    finally:
        os.close(descriptor)


def _line_start(descriptor: int, end: int) -> int:
    """The position after the last newline before ``end``: books are long and lines short, so read from behind."""
    while end:
        start = max(0, end - 4096)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


class BookLine(msgspec.Struct, frozen=True):
    """One committed document as the book tells it. ``at`` is the moment of the commit in the register's zone.

    Documents that are not receipts have total 0, no payments and receipt number 0; payments of zero are left out.
    """

    fd: int
    fpd: int
    kind: str
    total: int
    payments: Payments
    mark: str | None
    shift: int
    receipt: int
    at: str
