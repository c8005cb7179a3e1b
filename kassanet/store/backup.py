"""Copies of the journal: taken while the service runs, put back only while it does not.

**What a restored journal does not know.** Between the copy and the loss the service went on: receipts that the copy
holds as queued may have become documents since, and nothing on this disk could tell. So :func:`restore` sets them
aside for a person (``manual``) unless it is told that nothing was made since. Attempts that were open when the copy was
taken stay open: the registers settle them by what their fiscal storages hold.
"""

import contextlib
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from actors.store import StoreUnavailable
from kassanet.store import identity
from kassanet.store.lock import DirectoryLock
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from kassanet.store.sqlite.copying import copy, verify
from schemas.records import BecameManual

SUSPECT = "restored from a backup: it may have been made after the copy was taken"

_AT_ONCE = 500


class BackupRefused(Exception):
    """Nothing was copied or replaced; the text says what to do."""


class Copied(msgspec.Struct, frozen=True):
    """A finished backup."""

    path: Path
    size: int


class Restored(msgspec.Struct, frozen=True):
    """A finished restore. ``kept`` is where the former journal lies now; ``suspects`` receipts await a person."""

    kept: Path | None
    suspects: int


def backup(folder: Path, target: Path) -> Copied:
    """Write a consistent, verified copy of the journal in ``folder``; the service may go on writing meanwhile.

    Raises :class:`BackupRefused` when ``target`` exists or there is no journal, :class:`StoreUnavailable` when the
    journal cannot be read or the copy is not sound.
    """
    source = folder / identity.DATABASE
    if not source.exists():
        raise BackupRefused(f"there is no journal in {folder}")
    if target.exists():
        raise BackupRefused(f"{target} exists: name another file, or remove it")
    partial = target.with_name(f".{target.name}.partial")
    try:
        _fresh(partial)
        copy(source, partial)
        verify(partial)
        _give_name(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return Copied(target, target.stat().st_size)


def restore(source: Path, folder: Path, *, nothing_made_since: bool = False) -> Restored:
    """Put a copy in the place of the journal in ``folder``; the former one is kept beside it.

    ``nothing_made_since`` asserts that no register made a document after the copy was taken (a service that was
    stopped, copied and moved): then queued receipts stay queued. Raises :class:`BackupRefused` when the copy is not
    there, :class:`~kassanet.store.lock.DirectoryHeld` while a service runs, :class:`StoreUnavailable` when the
    copy is damaged or newer than this program.
    """
    if not source.is_file():
        raise BackupRefused(f"there is no file {source}")
    verify(source)
    with DirectoryLock(folder):
        staged = folder / ".restoring"
        shutil.rmtree(staged, ignore_errors=True)
        try:
            suspects = _stage(source, staged, keep_queued=nothing_made_since)
            kept = _keep_former(folder)
            _take_over(staged, folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return Restored(kept, suspects)


def _stage(source: Path, staged: Path, *, keep_queued: bool) -> int:
    """Make the journal that is to be, whole and under its name, in a folder of its own."""
    identity.make_folder(staged)
    database = staged / identity.DATABASE
    _fresh(database)
    copy(source, database)
    opening = Opening(staged)
    store = SqliteStore.open(opening)
    try:
        return 0 if keep_queued else _set_aside(store, SqliteReader(opening))
    finally:
        store.close()


def _set_aside(store: SqliteStore, reader: SqliteReader) -> int:
    suspects, now = 0, time.time()
    try:
        for circuit in reader.circuits():
            while found := reader.queued(circuit.id, 0, _AT_ONCE):
                store.commit([BecameManual(receipt.id, None, SUSPECT, None, now) for receipt in found])
                suspects += len(found)
    finally:
        reader.close()
    return suspects


def _keep_former(folder: Path) -> Path | None:
    """Move the former journal, with its log, into a folder where it could be opened again.

    The marker is copied, not moved: if the power goes now, the directory still knows that it held a journal.
    """
    former = [path for path in _files(folder) if path.exists()]
    if not former:
        return None
    kept = folder / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
    kept.mkdir(mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(folder / identity.MARKER, kept)
    for path in former:
        path.rename(kept / path.name)
    identity.sync_folder(kept)
    identity.sync_folder(folder)
    return kept


def _take_over(staged: Path, folder: Path) -> None:
    """The database first: a marker that names it before it is there would refuse every start."""
    name = identity.remembered(staged)
    if name is None:
        raise StoreUnavailable("the staged journal has no name")
    (staged / identity.DATABASE).rename(folder / identity.DATABASE)
    identity.sync_folder(folder)
    identity.remember(folder, name)


def _files(folder: Path) -> list[Path]:
    return [folder / f"{identity.DATABASE}{suffix}" for suffix in ("", "-wal", "-shm")]


def _fresh(path: Path) -> None:
    path.unlink(missing_ok=True)
    identity.claim_file(path)


def _give_name(partial: Path, target: Path) -> None:
    """Link, not rename: a file that came into being meanwhile is not overwritten."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise BackupRefused(f"{target} exists: name another file, or remove it") from None
    identity.sync_folder(target.parent)
