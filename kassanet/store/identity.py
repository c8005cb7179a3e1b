"""Which journal a directory belongs to, written beside the database.

A database that vanished must never be replaced by an empty one: every key and every fiscal result would be gone,
and every repeat would make a second document. So the directory remembers the identity of the journal it held, and
a store opens only what carries it.
"""

import contextlib
import os
from pathlib import Path

DATABASE = "journal.db"
MARKER = "journal.id"


def remembered(folder: Path) -> str | None:
    """The identity of the journal that this directory held, if it ever held one."""
    try:
        return (folder / MARKER).read_text().strip() or None
    except FileNotFoundError:
        return None


def remember(folder: Path, identity: str) -> None:
    """Write the marker so that it is either whole or not there, and survives a power cut."""
    partial = folder / f".{MARKER}.{os.getpid()}"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(identity + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / MARKER)
    sync_folder(folder)


def make_folder(folder: Path) -> None:
    """The data directory holds keys and hashes: only its owner may look."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names created in the directory durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def claim_file(path: Path) -> None:
    """Create an empty file that only its owner can read, unless it exists. SQLite's companions get the same mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
