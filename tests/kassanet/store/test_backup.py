"""Copies: whole and consistent while the service writes; put back without losing what was there, or guessing."""

import shutil
import sqlite3
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.store import StoreRefused, StoreUnavailable
from kassanet.store import identity
from kassanet.store.backup import SUSPECT, BackupRefused, backup, restore
from kassanet.store.identity import DATABASE, MARKER
from kassanet.store.lock import DirectoryHeld, DirectoryLock
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.rows import ReceiptFilter, StoredReceipt
from tests.kassanet.store.writes import URL, begin, circuit, fiscal, fiscalized, manual, new


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A journal in use, with one receipt in each stage."""
    store = SqliteStore.open(Opening(tmp_path / "data"))
    store.commit([circuit(), *(new(key, url=URL) for key in ("done", "in hand", "by hand", "waiting", "waits too"))])
    store.commit([begin(1), fiscalized(1), manual(3), begin(2, 101)])
    yield store
    store.close()


@pytest.fixture
def data(store: SqliteStore, tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    return backup(data, tmp_path / "copy.db").path


def receipts(folder: Path) -> list[StoredReceipt]:
    reader = SqliteReader(Opening(folder))
    found = list(reader.receipts(ReceiptFilter(limit=10_000)))
    assert reader.counts() == Counter(statuses(found))
    reader.close()
    return found[::-1]


def statuses(found: list[StoredReceipt]) -> list[str]:
    return [receipt.status for receipt in found]


def test_a_copy_is_one_file_that_only_its_owner_reads(data: Path, tmp_path: Path) -> None:
    copied = backup(data, tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "data"]
    assert copied.size == copied.path.stat().st_size > 0
    assert stat.S_IMODE(copied.path.stat().st_mode) == 0o600


def test_a_copy_holds_one_moment_while_the_service_writes(store: SqliteStore, data: Path, tmp_path: Path) -> None:
    """Each batch is all or nothing, in the copy too."""
    done = threading.Event()

    def write() -> None:
        batch = 0
        while not done.is_set():
            batch += 1
            store.commit([new(f"{batch}-{number}") for number in range(10)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [backup(data, tmp_path / f"{number}.db").path for number in range(5)]
    finally:
        done.set()
        writer.join()
    for number, copied in enumerate(copies):
        restore(copied, tmp_path / f"restored-{number}", nothing_made_since=True)
        found = receipts(tmp_path / f"restored-{number}")
        assert (len(found) - 5) % 10 == 0
        assert [receipt.id for receipt in found] == list(range(1, len(found) + 1))


def test_an_existing_file_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(BackupRefused, match="exists"):
        backup(data, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_without_a_journal_there_is_no_copy(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no journal"):
        backup(tmp_path, tmp_path / "copy.db")


def test_a_damaged_journal_gives_no_copy(store: SqliteStore, data: Path, tmp_path: Path) -> None:
    store.commit([new(f"many-{number}") for number in range(2000)])
    store.close()
    with (data / DATABASE).open("r+b") as file:
        file.seek(100 * 4096)
        file.write(b"\xff" * 20 * 4096)
    with pytest.raises(StoreUnavailable, match="damaged"):
        backup(data, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_was_decided_comes_back_and_what_was_waiting_is_not_guessed(copy: Path, tmp_path: Path) -> None:
    restored = restore(copy, tmp_path / "new")
    assert (restored.kept, restored.suspects) == (None, 2)
    found = receipts(tmp_path / "new")
    assert statuses(found) == ["fiscalized", "assigned", "manual", "manual", "manual"]
    assert found[0].fiscal == fiscal()
    assert [receipt.reason for receipt in found[3:]] == [SUSPECT, SUSPECT]
    reader = SqliteReader(Opening(tmp_path / "new"))
    assert [attempt.receipt_id for attempt in reader.open_attempts()] == [2]
    assert len(reader.callbacks_of(4)) == 1
    reader.close()


def test_told_that_nothing_was_made_since_it_goes_on(copy: Path, tmp_path: Path) -> None:
    assert restore(copy, tmp_path / "new", nothing_made_since=True).suspects == 0
    assert statuses(receipts(tmp_path / "new"))[3:] == ["queued", "queued"]


def test_the_former_journal_is_kept_and_can_be_opened(store: SqliteStore, copy: Path, data: Path) -> None:
    store.commit([new("after the copy")])
    name = identity.remembered(data)
    store.close()
    restored = restore(copy, data)
    assert restored.kept is not None
    assert [receipt.external_id for receipt in receipts(restored.kept)][-1] == "after the copy"
    assert len(receipts(data)) == 5
    assert identity.remembered(data) == name
    opened = SqliteStore.open(Opening(data))
    opened.close()


def test_a_journal_that_was_killed_is_kept_with_its_log(store: SqliteStore, copy: Path, tmp_path: Path) -> None:
    store.commit([new("in the log only")])
    dead = tmp_path / "dead"
    shutil.copytree(tmp_path / "data", dead)
    assert (dead / f"{DATABASE}-wal").stat().st_size > 0
    kept = restore(copy, dead).kept
    assert kept is not None
    assert [receipt.external_id for receipt in receipts(kept)][-1] == "in the log only"


def test_another_journal_takes_over_with_its_own_name(copy: Path, tmp_path: Path) -> None:
    SqliteStore.open(Opening(tmp_path / "other")).close()
    former = identity.remembered(tmp_path / "other")
    kept = restore(copy, tmp_path / "other").kept
    assert kept is not None
    assert identity.remembered(kept) == former != identity.remembered(tmp_path / "other")
    SqliteStore.open(Opening(tmp_path / "other")).close()


def test_not_while_a_service_runs(copy: Path, data: Path) -> None:
    before = (data / DATABASE).read_bytes()
    with DirectoryLock(data), pytest.raises(DirectoryHeld):
        restore(copy, data)
    assert (data / DATABASE).read_bytes() == before


@pytest.mark.parametrize("spoil", ["cut", "scribbled", "text", "other database", "newer"])
def test_a_bad_copy_is_refused_and_nothing_touched(store: SqliteStore, copy: Path, data: Path, spoil: str) -> None:
    store.close()
    before = sorted((path.name, path.read_bytes()) for path in data.iterdir())
    _spoil(copy, spoil)
    with pytest.raises((StoreUnavailable, StoreRefused)):
        restore(copy, data)
    assert sorted((path.name, path.read_bytes()) for path in data.iterdir()) == before


def test_a_copy_that_is_not_there(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no file"):
        restore(tmp_path / "nowhere.db", data)


def test_a_restore_cut_short_leaves_a_directory_that_knows_it(
    store: SqliteStore, copy: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes when the former journal is away and the new one not yet there."""
    store.close()

    def power_cut(staged: Path, folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kassanet.store.backup._take_over", power_cut)
        with pytest.raises(KeyboardInterrupt):
            restore(copy, data)
    assert (data / MARKER).exists()
    with pytest.raises(StoreRefused, match="is missing"):
        SqliteStore.open(Opening(data))
    restore(copy, data)
    assert len(receipts(data)) == 5


def _spoil(copy: Path, how: str) -> None:
    content = copy.read_bytes()
    if how == "cut":
        copy.write_bytes(content[: len(content) // 2])
    elif how == "scribbled":
        copy.write_bytes(content[:8192] + b"\xff" * 4096 + content[12288:])
    elif how == "text":
        copy.write_text("this is not a database, however long it may be. " * 200)
    else:
        _change(copy, how)


def _change(copy: Path, how: str) -> None:
    copy.unlink() if how == "other database" else None
    connection = sqlite3.connect(copy)
    if how == "other database":
        connection.execute("CREATE TABLE shopping (item TEXT)")
    else:
        connection.execute("INSERT INTO schema_version VALUES (9999, '9999_later.sql', 0)")
    connection.commit()
    connection.close()
