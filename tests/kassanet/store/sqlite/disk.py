"""Disks that fail: connections that raise where a test says, limits of the kernel, files that were changed."""

import contextlib
import resource
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kassanet.store.identity import DATABASE


class FailingConnection(sqlite3.Connection):
    """Raises ``SQLITE_IOERR_FSYNC`` at the next COMMIT: instead of it, or after it went through."""

    fail_commit: str | None = None

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:  # type: ignore[override]
        if sql != "COMMIT" or self.fail_commit is None:
            return super().execute(sql, parameters)
        after, self.fail_commit = self.fail_commit == "after", None
        if after:
            super().execute(sql)
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        raise error


class Connections:
    """Opens real connections and keeps hold of them, so that a test can reach into the store's."""

    def __init__(self) -> None:
        self.opened: list[FailingConnection] = []

    def __call__(self, path: Path, busy_timeout: float) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", timeout=busy_timeout, isolation_level=None, check_same_thread=False, uri=True,
            factory=FailingConnection,
        )  # fmt: skip
        self.opened.append(connection)
        return connection

    @property
    def last(self) -> FailingConnection:
        return self.opened[-1]


@contextlib.contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow beyond ``size``: the write fails, half done."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program writes to the file and takes its time."""
    other = sqlite3.connect(folder / DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def scribble(path: Path, start: int, length: int) -> None:
    """Overwrite a stretch of a file that nobody has open."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * length)
