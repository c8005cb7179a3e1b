"""Migrations: from every earlier version forward, each step whole, and never from a newer one back."""

import sqlite3
from pathlib import Path

import pytest

from actors.store import StoreRefused
from kassanet.store.identity import DATABASE
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from kassanet.store.sqlite.migrations import SCHEMA, migrate, migrations, version
from tests.kassanet.store.writes import circuit, new

KNOWN = len(migrations())


@pytest.fixture
def next_schema(tmp_path: Path) -> Path:
    """The schema files as a later release has them: one more."""
    folder = tmp_path / "schema"
    folder.mkdir()
    for entry in SCHEMA.iterdir():
        (folder / entry.name).write_text(entry.read_text())
    later = f"{KNOWN + 1:04}_later.sql"
    (folder / later).write_text(
        "-- A later step.\nALTER TABLE receipts ADD COLUMN mark TEXT; -- with a remark; and a semicolon\n"
        "UPDATE receipts SET mark = 'old; ' || external_id;\nCREATE INDEX receipts_by_mark ON receipts (mark);\n"
    )
    return folder


def marks(folder: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(folder / DATABASE)
    found = connection.execute("SELECT mark FROM receipts ORDER BY id").fetchall()
    connection.close()
    return found


def filled(folder: Path) -> Opening:
    """A journal as this release makes it, with two receipts."""
    opening = Opening(folder)
    store = SqliteStore.open(opening)
    store.commit([circuit(), new("a"), new("b")])
    store.close()
    return opening


def up_to(folder: Path, last: int) -> Path:
    """The schema files that a release knew whose newest was ``last``."""
    earlier = folder / f"schema-{last}"
    earlier.mkdir()
    for entry in SCHEMA.iterdir():
        if int(entry.name[:4]) <= last:
            (earlier / entry.name).write_text(entry.read_text())
    return earlier


@pytest.mark.parametrize("first", range(1, KNOWN + 1))
def test_every_earlier_version_comes_forward(tmp_path: Path, first: int) -> None:
    old = SqliteStore.open(Opening(tmp_path, schema=up_to(tmp_path, first)))
    old.close()
    store = SqliteStore.open(Opening(tmp_path))
    store.commit([circuit(), new("a")])
    store.close()


def test_what_was_written_comes_along(tmp_path: Path, next_schema: Path) -> None:
    filled(tmp_path)
    later = Opening(tmp_path, schema=next_schema)
    for _ in range(2):
        SqliteStore.open(later).close()
    assert marks(tmp_path) == [("old; a",), ("old; b",)]
    reader = SqliteReader(later)
    assert reader.counts() == {"queued": 2}
    reader.close()


def test_a_newer_journal_is_refused_and_left_alone(tmp_path: Path, next_schema: Path) -> None:
    opening = filled(tmp_path)
    SqliteStore.open(Opening(tmp_path, schema=next_schema)).close()
    before = (tmp_path / DATABASE).read_bytes()
    with pytest.raises(StoreRefused, match=f"schema version {KNOWN + 1}, this program knows {KNOWN}"):
        SqliteStore.open(opening)
    assert (tmp_path / DATABASE).read_bytes() == before


def test_beside_the_service_an_older_journal_is_not_touched(tmp_path: Path, next_schema: Path) -> None:
    filled(tmp_path)
    with pytest.raises(StoreRefused, match="older schema"):
        SqliteStore.open_as_it_is(Opening(tmp_path, schema=next_schema))


def test_a_step_that_fails_leaves_the_old_schema(tmp_path: Path, next_schema: Path) -> None:
    filled(tmp_path)
    broken = next_schema / f"{KNOWN + 1:04}_later.sql"
    broken.write_text("ALTER TABLE receipts ADD COLUMN mark TEXT;\nCREATE TABLE receipts (id INTEGER);\n")
    connection = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, next_schema)
    assert version(connection) == KNOWN
    assert "mark" not in [row[1] for row in connection.execute("PRAGMA table_info(receipts)")]
    connection.close()
    SqliteStore.open(Opening(tmp_path)).close()


def test_numbers_must_not_have_gaps(tmp_path: Path) -> None:
    (tmp_path / "0002_first.sql").touch()
    with pytest.raises(ValueError, match="not numbered"):
        migrations(tmp_path)


def test_a_script_must_not_end_inside_a_statement(tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE one (id INTEGER)\n")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(ValueError, match="inside a statement"):
        migrate(connection, tmp_path)
    assert version(connection) == 0
    connection.close()
