"""Opening: what is made, what must be there, and what a directory remembers."""

import sqlite3
import stat
from pathlib import Path

import pytest

from actors.store import StoreRefused, StoreUnavailable
from kassanet.store import identity
from kassanet.store.identity import DATABASE, MARKER
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from kassanet.store.sqlite.connection import connect
from kassanet.store.sqlite.opening import check, stored_identity
from tests.kassanet.store.writes import circuit, new


def journal_in(folder: Path) -> str:
    """Make a journal with one receipt; returns its identity."""
    store = SqliteStore.open(Opening(folder))
    store.commit([circuit(), new("a")])
    store.close()
    name = identity.remembered(folder)
    assert name is not None
    return name


def refusal(folder: Path) -> str:
    with pytest.raises(StoreRefused) as caught:
        SqliteStore.open(Opening(folder))
    return caught.value.reason


def test_a_new_journal_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    journal_in(folder)
    store = SqliteStore.open(Opening(folder))
    store.commit([new("b")])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert files == dict.fromkeys([DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", MARKER], 0o600)
    store.close()


def test_the_directory_remembers_its_journal(tmp_path: Path) -> None:
    name = journal_in(tmp_path)
    assert journal_in(tmp_path) == name
    connection = sqlite3.connect(tmp_path / DATABASE)
    assert stored_identity(connection) == name
    connection.close()


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    journal_in(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [DATABASE, MARKER]


def test_a_missing_journal_is_not_made_anew(tmp_path: Path) -> None:
    journal_in(tmp_path)
    (tmp_path / DATABASE).unlink()
    assert "is missing" in refusal(tmp_path)
    assert not (tmp_path / DATABASE).exists()
    with pytest.raises(StoreRefused, match="is missing"):
        SqliteReader(Opening(tmp_path)).counts()


@pytest.mark.parametrize("content", [b"", None], ids=["empty", "another journal"])
def test_another_file_in_its_place_is_refused(tmp_path: Path, content: bytes | None) -> None:
    journal_in(tmp_path / "ours")
    journal_in(tmp_path / "theirs")
    other = (tmp_path / "theirs" / DATABASE).read_bytes() if content is None else content
    (tmp_path / "ours" / DATABASE).write_bytes(other)
    assert "this directory holds journal" in refusal(tmp_path / "ours")
    assert (tmp_path / "ours" / DATABASE).read_bytes() == other


def test_a_journal_without_a_marker_is_marked(tmp_path: Path) -> None:
    """So ends a crash between the making of the database and of the marker; and a file that was carried here."""
    name = journal_in(tmp_path)
    (tmp_path / MARKER).unlink()
    assert journal_in(tmp_path) == name


def test_an_open_never_creates(tmp_path: Path) -> None:
    """The last line of defence, should the file vanish between the look and the open."""
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        connect(tmp_path / DATABASE, 0.05)
    assert not (tmp_path / DATABASE).exists()


def test_a_half_made_journal_is_finished(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    assert journal_in(tmp_path)


def test_opened_beside_the_service_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="is missing"):
        SqliteStore.open_as_it_is(Opening(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_durability_rests_on(tmp_path: Path) -> None:
    """Without these a power cut takes acknowledged receipts with it, and no test that only kills would see it."""
    writer = Opening(tmp_path).create_or_open()
    pragmas = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert writer.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert writer.execute("PRAGMA mmap_size").fetchone() == (0,)
    reader = Opening(tmp_path).open_reader()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM receipts")
    reader.close()
    writer.close()


def test_two_programs_write_in_turns(tmp_path: Path) -> None:
    journal_in(tmp_path)
    service, command = SqliteStore.open(Opening(tmp_path)), SqliteStore.open_as_it_is(Opening(tmp_path))
    for turn, store in enumerate([service, command, service, command]):
        store.commit([new(f"turn {turn}")])
    command.close()
    service.commit([new("last")])
    reader = SqliteReader(Opening(tmp_path))
    assert reader.counts() == {"queued": 6}
    reader.close()
    service.close()


def test_a_check_looks_only_so_long(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = SqliteStore.open(Opening(tmp_path))
    store.commit([circuit(), *(new(f"order-{number}") for number in range(3000))])
    store.close()
    connection = sqlite3.connect(tmp_path / DATABASE)
    check(connection, seconds=-1)
    connection.close()
    assert "checked in part" in caplog.text


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / DATABASE).mkdir()
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqliteStore.open(Opening(tmp_path))
