"""Copies of the journal: taken while the service runs, put back only while it does not.

**What a restored journal does not know.** Between the copy and the loss the service went on: receipts that the copy
holds as queued may have become documents since, and nothing on this disk could tell. So :func:`restore` sets them
aside for a person (``manual``) unless it is told that nothing was made since. Attempts that were open when the copy was
taken stay open: the registers settle them by what their fiscal storages hold.

What else the data directory holds (:class:`Part`) goes into files of its own beside the copy, and comes back with it.
Each file is one moment of its store; a part's moment is the later one, so it knows all that the journal names.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

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


class Part(msgspec.Struct, frozen=True):
    """Another store below the data directory: ``database`` in the folder ``name``, whose copy ends in ``.name``.

    ``verify`` raises :class:`StoreUnavailable` or :class:`StoreRefused` for a file that is none.
    """

    name: str
    database: str
    verify: Callable[[Path], None]

    def source(self, folder: Path) -> Path:
        return folder / self.name / self.database

    def beside(self, target: Path) -> Path:
        """Its copy, beside that of the journal."""
        return target.with_name(f"{target.name}.{self.name}")


class Copied(msgspec.Struct, frozen=True):
    """A finished backup; ``parts`` are the files beside it."""

    path: Path
    size: int
    parts: tuple["Copied", ...] = ()


class Restored(msgspec.Struct, frozen=True):
    """A finished restore. ``kept`` is where what was there before lies now; ``suspects`` receipts await a person.

    ``parts`` came back with the journal; ``untouched`` have no copy beside it, and stayed as they were.
    """

    kept: Path | None
    suspects: int
    parts: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()


def backup(folder: Path, target: Path, parts: Sequence[Part] = ()) -> Copied:
    """Write a consistent, verified copy of the journal in ``folder``; the service may go on writing meanwhile.

    The parts that are there are copied beside it. ``target`` gets its name last: where it is, everything is. Raises
    :class:`BackupRefused` when a file exists or there is no journal, :class:`StoreUnavailable` when a store cannot be
    read or a copy is not sound; nothing is left then.
    """
    if not (folder / identity.DATABASE).exists():
        raise BackupRefused(f"there is no journal in {folder}")
    there = [part for part in parts if part.source(folder).exists()]
    targets = [target, *(part.beside(target) for part in there)]
    for each in targets:
        if each.exists():
            raise BackupRefused(f"{each} exists: name another file, or remove it")
    with ExitStack() as stack:
        for each in targets:
            stack.callback(_partial(each).unlink, missing_ok=True)
        _copy(folder / identity.DATABASE, _partial(target), verify)
        for part in there:
            with _told_of(part.source(folder)):
                _copy(part.source(folder), _partial(part.beside(target)), part.verify)
        _give_names(targets[::-1])
    journal, *copied = [Copied(each, each.stat().st_size) for each in targets]
    return msgspec.structs.replace(journal, parts=tuple(copied))


def restore(source: Path, folder: Path, parts: Sequence[Part] = (), *, nothing_made_since: bool = False) -> Restored:
    """Put a copy in the place of the journal in ``folder``, and of its parts; the former ones are kept beside it.

    ``nothing_made_since`` asserts that no register made a document after the copy was taken (a service that was
    stopped, copied and moved): then queued receipts stay queued. Raises :class:`BackupRefused` when the copy is not
    there, :class:`~kassanet.store.lock.DirectoryHeld` while a service runs, or an agent on its own;
    :class:`StoreUnavailable` when the journal's copy is damaged, none, or newer than this program. A part's copy of
    which that is true is BackupRefused, too; then nothing is replaced.
    """
    if not source.is_file():
        raise BackupRefused(f"there is no file {source}")
    verify(source)
    copied = [part for part in parts if part.beside(source).is_file()]
    for part in copied:
        with _told_of(part.beside(source)):
            part.verify(part.beside(source))
    with ExitStack() as stack:
        stack.enter_context(DirectoryLock(folder))
        for part in copied:
            stack.enter_context(DirectoryLock(folder / part.name))
        staged = folder / ".restoring"
        shutil.rmtree(staged, ignore_errors=True)
        stack.callback(shutil.rmtree, staged, ignore_errors=True)
        suspects = _stage(source, staged, keep_queued=nothing_made_since)
        _stage_parts(source, staged, copied)
        kept = _keep_former(folder, copied)
        _take_over_parts(staged, folder, copied)
        _take_over(staged, folder)
    untouched = [part.name for part in parts if part not in copied and part.source(folder).exists()]
    return Restored(kept, suspects, tuple(part.name for part in copied), tuple(untouched))


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


def _stage_parts(source: Path, staged: Path, parts: Sequence[Part]) -> None:
    for part in parts:
        identity.make_folder(staged / part.name)
        with _told_of(part.beside(source)):
            _copy(part.beside(source), part.source(staged), part.verify)


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


def _keep_former(folder: Path, parts: Sequence[Part]) -> Path | None:
    """Move what was there, with its logs, into a folder where it could be opened again.

    The marker is copied, not moved: if the power goes now, the directory still knows that it held a journal, and no
    service starts in it before the restore is done once more.
    """
    former = [*_files(folder / identity.DATABASE)]
    for part in parts:
        former += _files(part.source(folder))
    if not former:
        return None
    kept = Path(mkdtemp(prefix=f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-", dir=folder))
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(folder / identity.MARKER, kept)
    for path in former:
        place = kept / path.relative_to(folder)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        path.rename(place)
        identity.sync_folder(place.parent)
        identity.sync_folder(path.parent)
    identity.sync_folder(kept)
    identity.sync_folder(folder)
    return kept


def _take_over_parts(staged: Path, folder: Path, parts: Sequence[Part]) -> None:
    """Before the journal, without which nothing starts."""
    for part in parts:
        part.source(staged).rename(part.source(folder))
        identity.sync_folder(folder / part.name)


def _take_over(staged: Path, folder: Path) -> None:
    """The database first: a marker that names it before it is there would refuse every start."""
    name = identity.remembered(staged)
    if name is None:
        raise StoreUnavailable("the staged journal has no name")
    (staged / identity.DATABASE).rename(folder / identity.DATABASE)
    identity.sync_folder(folder)
    identity.remember(folder, name)


def _files(database: Path) -> Iterator[Path]:
    """A database and its companions, as far as they are there."""
    for suffix in ("", "-wal", "-shm"):
        path = database.with_name(f"{database.name}{suffix}")
        if path.exists():
            yield path


def _fresh(path: Path) -> None:
    path.unlink(missing_ok=True)
    identity.claim_file(path)


def _copy(source: Path, target: Path, check: Callable[[Path], None]) -> None:
    _fresh(target)
    copy(source, target)
    check(target)


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """It is not the journal that is of no use."""
    try:
        yield
    except StoreUnavailable as trouble:
        raise BackupRefused(f"{path} cannot be used: {trouble.reason}") from trouble


def _partial(target: Path) -> Path:
    return target.with_name(f".{target.name}.partial")


def _give_names(targets: Sequence[Path]) -> None:
    """Link, not rename: a file that came into being meanwhile is not overwritten. All of them, or none."""
    with ExitStack() as stack:
        for target in targets:
            try:
                os.link(_partial(target), target)
            except FileExistsError:
                raise BackupRefused(f"{target} exists: name another file, or remove it") from None
            stack.callback(target.unlink, missing_ok=True)
        stack.pop_all()
    identity.sync_folder(targets[0].parent)
