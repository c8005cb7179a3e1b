"""One service for one data directory: two writers for one fiscal storage would make documents behind each other's back.

The lock is the kernel's, on the directory itself: it dies with its holder, however that dies, and no file that
somebody tidies away can open the door to a second one. The file beside it only tells who holds it.
"""

import fcntl
import os
import socket
import time
from pathlib import Path
from types import TracebackType

import msgspec

from kassanet.store.identity import make_folder

HOLDER = "holder.json"


class Holder(msgspec.Struct, frozen=True):
    """Who holds a data directory; ``since`` in UNIX seconds."""

    pid: int
    host: str
    since: float


class DirectoryHeld(Exception):
    """Another process serves this directory. ``holder`` is None in the instant before it has written its name."""

    def __init__(self, folder: Path, holder: Holder | None) -> None:
        self.holder = holder
        super().__init__(f"{folder} is held by {_told(holder)}; stop it first, or use another --data directory")


class DirectoryLock:
    """Held from its making until :meth:`release`; raises :class:`DirectoryHeld` at once when another holds it."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._file = folder / HOLDER
        self._descriptor: int | None = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._close()
            raise DirectoryHeld(folder, holder_of(folder)) from None
        _write(self._file, Holder(os.getpid(), socket.gethostname(), time.time()))

    def release(self) -> None:
        """Let the directory go; safe to call twice."""
        if self._descriptor is not None:
            self._file.unlink(missing_ok=True)
            self._close()

    def __enter__(self) -> "DirectoryLock":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(folder: Path) -> Holder | None:
    """Who wrote its name last. Only while the lock is held does it say who holds it."""
    try:
        return msgspec.json.decode((folder / HOLDER).read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, holder: Holder) -> None:
    partial = file.with_suffix(".new")
    partial.write_bytes(msgspec.json.encode(holder))
    partial.replace(file)


def _told(holder: Holder | None) -> str:
    if holder is None:
        return "another process"
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(holder.since))
    return f"process {holder.pid} on {holder.host} since {since}"
