"""When the disk fails: nothing acknowledged is lost, nothing is guessed, and it goes on when the disk does."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from actors.store import StoreRefused, StoreUnavailable
from kassanet.store.identity import DATABASE
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.records import Accepted, AcceptReceipts, Write
from tests.kassanet.store.sqlite.disk import Connections, locked, no_file_longer_than, scribble
from tests.kassanet.store.writes import CIRCUIT, begin, circuit, fiscalized, new

MANY = AcceptReceipts(tuple(new(f"many-{number}") for number in range(2000)))


class Journal:
    """A store, a reader beside it, and the connections it opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / DATABASE
        self.connections = Connections()
        self.opening = Opening(folder, busy_timeout=0.05, connect=self.connections)
        self.store = SqliteStore.open(self.opening)
        self.reader = SqliteReader(Opening(folder, busy_timeout=0.05))
        self.store.commit([circuit(), new("first")])

    def reopen(self) -> None:
        self.store = SqliteStore.open(self.opening)

    def fails(self, *writes: Write[Any]) -> StoreUnavailable:
        with pytest.raises(StoreUnavailable) as caught:
            self.store.commit(writes)
        return caught.value

    def stays_away(self) -> StoreUnavailable:
        """It does not come back, and says so to whoever writes."""
        with pytest.raises(StoreUnavailable) as caught:
            self.store.recover()
        assert self.fails(new("meanwhile")).reason == caught.value.reason
        return caught.value

    def accepts(self, external_id: str) -> Accepted:
        return cast("Accepted", self.store.commit([new(external_id)])[0])

    def queued(self) -> int:
        return self.reader.queue_depth(CIRCUIT)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    yield journal
    journal.reader.close()
    journal.store.close()


def test_locked_by_another_program(journal: Journal) -> None:
    with locked(journal.folder):
        trouble = journal.fails(new("a"))
        assert "locked by another process" in trouble.reason
        assert not trouble.distrusted
        journal.stays_away()
    assert "locked" in journal.fails(new("a")).reason, "it says so until it has been tried"
    assert journal.queued() == 1
    journal.store.recover()
    assert journal.accepts("a") == Accepted(2, "queued", True)
    assert len(journal.connections.opened) == 1


def test_a_full_disk(journal: Journal) -> None:
    (pages,) = journal.connections.last.execute("PRAGMA page_count").fetchone()
    journal.connections.last.execute(f"PRAGMA max_page_count = {pages + 3}")
    trouble = journal.fails(new("a"), MANY, new("b"))
    assert "the disk is full" in trouble.reason
    assert not trouble.distrusted
    assert journal.queued() == 1
    journal.store.recover()
    assert journal.accepts("a").created, "a small write still fits"
    journal.fails(MANY)
    journal.connections.last.execute("PRAGMA max_page_count = 100000")
    journal.store.recover()
    journal.store.commit([MANY])
    assert journal.queued() == 2002
    assert len(journal.connections.opened) == 1


def test_a_write_that_the_kernel_refuses(journal: Journal) -> None:
    with no_file_longer_than(Path(f"{journal.file}-wal").stat().st_size + 4096):
        trouble = journal.fails(new("a"), MANY)
        assert "the disk under the journal fails" in trouble.reason
        assert trouble.distrusted
    assert journal.queued() == 1
    journal.store.recover()
    assert len(journal.connections.opened) == 2
    journal.store.commit([MANY])
    assert journal.queued() == 2001


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_commit_whose_outcome_is_unknown(journal: Journal, moment: str) -> None:
    """The asker hears that the store is unavailable either way; its replay finds out, and doubles nothing."""
    writes: list[Write[Any]] = [new("a"), begin(1)]
    journal.connections.last.fail_commit = moment
    trouble = journal.fails(*writes)
    assert trouble.distrusted
    assert "IOERR_FSYNC" in trouble.reason
    journal.store.recover()
    assert journal.store.commit(writes) == [Accepted(2, "queued", moment == "before"), 1]
    assert [attempt.id for attempt in journal.reader.open_attempts()] == [1]
    journal.connections.last.fail_commit = moment
    journal.fails(fiscalized(1))
    journal.store.recover()
    assert journal.store.commit([fiscalized(1)]) == [None]
    assert journal.reader.counts() == {"queued": 1, "fiscalized": 1}


def test_nothing_is_trusted_before_it_was_read_again(journal: Journal) -> None:
    journal.store.doubt("a reader met what cannot be")
    assert journal.fails(new("a")).reason == "a reader met what cannot be"
    journal.store.recover()
    assert journal.accepts("a").created
    assert len(journal.connections.opened) == 2


def damage(journal: Journal) -> bytes:
    """Fill the journal, close it, and spoil pages behind its middle, where receipts lie."""
    journal.store.commit([MANY])
    journal.reader.close()
    journal.store.close()
    size = journal.file.stat().st_size
    for page in range(size // 4096 * 3 // 4, size // 4096 * 3 // 4 + 8):
        scribble(journal.file, page * 4096, 64)
    return journal.file.read_bytes()


def test_a_damaged_file_is_found_and_never_replaced(journal: Journal) -> None:
    spoiled = damage(journal)
    journal.reopen()
    with pytest.raises(StoreUnavailable) as caught:
        [journal.reader.receipt(number) for number in range(2002)]
    assert caught.value.distrusted
    assert "damaged" in caught.value.reason
    journal.store.doubt(caught.value.reason)
    assert "damaged" in journal.stays_away().reason
    assert "damaged" in journal.stays_away().reason
    assert journal.file.read_bytes() == spoiled


def test_a_write_that_meets_damage(journal: Journal) -> None:
    damage(journal)
    journal.reopen()
    again = [new(f"many-{number}") for number in range(2000)]
    trouble = journal.fails(*again)
    assert trouble.distrusted
    assert "damaged" in trouble.reason


def test_a_file_whose_head_is_gone(journal: Journal) -> None:
    journal.reader.close()
    journal.store.close()
    scribble(journal.file, 0, 100)
    spoiled = journal.file.read_bytes()
    with pytest.raises(StoreUnavailable, match="damaged"):
        journal.reopen()
    with pytest.raises(StoreUnavailable, match="damaged"):
        journal.reader.counts()
    assert journal.file.read_bytes() == spoiled


def test_a_file_that_was_moved_away(journal: Journal) -> None:
    """Writes to it would succeed, and be gone when it is closed."""
    away = journal.folder / "away.db"
    journal.file.rename(away)
    trouble = journal.fails(new("a"))
    assert "moved, deleted or replaced" in trouble.reason
    assert isinstance(journal.stays_away(), StoreRefused)
    assert not journal.file.exists()
    away.rename(journal.file)
    journal.store.recover()
    assert journal.accepts("a").created
    assert journal.queued() == 2


def test_a_log_that_was_deleted(journal: Journal) -> None:
    Path(f"{journal.file}-wal").unlink()
    assert "moved, deleted or replaced" in journal.fails(new("a")).reason


def test_an_older_copy_in_its_place(journal: Journal, tmp_path: Path) -> None:
    journal.store.close()
    shutil.copy(journal.file, tmp_path / "older.db")
    journal.reopen()
    journal.accepts("second")
    journal.store.doubt("somebody works on the files")
    shutil.copy(tmp_path / "older.db", journal.file)
    Path(f"{journal.file}-wal").unlink(missing_ok=True)
    journal.reader.close()
    assert "were acknowledged" in journal.stays_away().reason


def test_a_mistake_of_ours_concerns_nobody_else(journal: Journal) -> None:
    class Unheard(Write[None], frozen=True):
        """A write that no store knows."""

    first, unheard, second = journal.store.commit([new("a"), Unheard(), new("b")])
    assert isinstance(unheard, KeyError)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert journal.queued() == 3


def test_after_closing_it_says_so(journal: Journal) -> None:
    journal.store.close()
    assert "closed" in journal.fails(new("a")).reason
