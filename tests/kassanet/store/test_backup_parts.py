"""Copies of a service that keeps keys: journal and agent's store go out and come back together, or not at all."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.store import StoreUnavailable
from kassanet.agent.copying import WITHIN
from kassanet.agent.store import DATABASE as AGENT
from kassanet.agent.store import AgentStore
from kassanet.copies import lacking
from kassanet.store import identity
from kassanet.store.backup import BackupRefused, backup, restore
from kassanet.store.identity import DATABASE
from kassanet.store.lock import DirectoryHeld, DirectoryLock
from kassanet.store.sqlite import Opening, SqliteStore
from schemas.prro import Desk
from schemas.prro_records import AddPrro
from schemas.signing_records import AddAgentToken, NoteEvent

DESK = Desk(register=4_000_000_001, number=1, tin="40000001", org_name="ТОВ", point_name="Магазин")
PARTS = [WITHIN]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """In use: a register that signs with a key of the agent within, and one token in the agent's store."""
    folder = tmp_path / "data"
    store = SqliteStore.open(Opening(folder))
    store.commit([AddPrro(DESK, "local/50bb0213ed688d68", None, 1.0)])
    agent = AgentStore.open(folder / "agent")
    note(agent, "first")
    _hold_key(folder / "agent" / AGENT)
    yield folder
    agent.close()
    store.close()


def note(agent: AgentStore, name: str) -> None:
    [answered] = agent.commit([AddAgentToken(name.encode(), "operator", None, "test", 1.0)])
    assert not isinstance(answered, Exception)


def _hold_key(path: Path) -> None:
    connection = sqlite3.connect(path)
    row = ("50bb0213ed688d68", "40000001", "aa", b"certificate", b"sealed", 0, "{}", 1.0)
    names = "id, tenant, subject_key_id, certificate, sealed, kupyna, policy, created_at"
    connection.execute(f"INSERT INTO keys ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


def tokens(folder: Path) -> list[bytes]:
    connection = sqlite3.connect(folder / "agent" / AGENT)
    found = [bytes(row[0]) for row in connection.execute("SELECT hash FROM tokens ORDER BY hash")]
    connection.close()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    return backup(data, tmp_path / "copy.db", PARTS).path


def test_two_files_that_only_their_owner_reads(data: Path, tmp_path: Path) -> None:
    copied = backup(data, tmp_path / "copy.db", PARTS)
    assert [part.path.name for part in copied.parts] == ["copy.db.agent"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "copy.db.agent", "data"]
    assert stat.S_IMODE(copied.parts[0].path.stat().st_mode) == 0o600
    connection = sqlite3.connect(f"{copied.parts[0].path.as_uri()}?immutable=1", uri=True)
    assert connection.execute("SELECT sealed FROM keys").fetchall() == [(b"sealed",)]
    connection.close()


def test_a_service_without_an_agent_has_one_file(tmp_path: Path) -> None:
    SqliteStore.open(Opening(tmp_path / "data")).close()
    assert backup(tmp_path / "data", tmp_path / "copy.db", PARTS).parts == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "data"]


def test_while_the_agent_writes(data: Path, tmp_path: Path) -> None:
    done, agent = threading.Event(), AgentStore.open(data / "agent")

    def write() -> None:
        batch = 0
        while not done.is_set():
            batch += 1
            agent.commit([NoteEvent(f"{batch}-{number}", "nothing", "", "test", 1.0) for number in range(10)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [backup(data, tmp_path / f"{number}.db", PARTS).path for number in range(5)]
    finally:
        done.set()
        writer.join()
        agent.close()
    for copied in copies:
        connection = sqlite3.connect(WITHIN.beside(copied))
        [(count,)] = connection.execute("SELECT count(*) FROM audit WHERE line LIKE '%nothing%'").fetchall()
        connection.close()
        assert count % 10 == 0


def test_both_come_back_and_what_was_there_is_kept(data: Path, copy: Path) -> None:
    agent = AgentStore.open(data / "agent")
    note(agent, "later")
    agent.close()
    restored = restore(copy, data, PARTS)
    assert (restored.parts, restored.untouched, list(lacking(data))) == (("agent",), (), [])
    assert tokens(data) == [b"first"]
    assert restored.kept is not None
    assert tokens(restored.kept) == [b"first", b"later"]
    AgentStore.open(data / "agent").close()


def test_on_a_new_machine(copy: Path, tmp_path: Path) -> None:
    assert restore(copy, tmp_path / "new", PARTS).kept is None
    assert tokens(tmp_path / "new") == [b"first"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["agent", DATABASE, "journal.id"]


def test_a_copy_without_the_agents_part_leaves_that_alone(data: Path, copy: Path, tmp_path: Path) -> None:
    WITHIN.beside(copy).unlink()
    before = contents(data / "agent")
    restored = restore(copy, data, PARTS)
    assert (restored.parts, restored.untouched) == ((), ("agent",))
    assert contents(data / "agent") == before
    assert restore(copy, tmp_path / "new", PARTS).untouched == ()
    assert [row.desk.register for row in lacking(tmp_path / "new")] == [DESK.register]


def test_a_part_of_another_service_lacks_the_keys(copy: Path, tmp_path: Path) -> None:
    AgentStore.open(tmp_path / "other").close()
    shutil.copy(tmp_path / "other" / AGENT, WITHIN.beside(copy))
    restore(copy, tmp_path / "new", PARTS)
    assert [row.key_id for row in lacking(tmp_path / "new")] == ["local/50bb0213ed688d68"]


@pytest.mark.parametrize("spoil", ["cut", "text", "journal", "newer"])
def test_a_bad_part_is_refused_and_nothing_touched(data: Path, copy: Path, spoil: str) -> None:
    part = WITHIN.beside(copy)
    if spoil == "cut":
        part.write_bytes(part.read_bytes()[:8192])
    elif spoil == "text":
        part.write_text("this is not a database, however long it may be. " * 200)
    elif spoil == "journal":
        shutil.copy(copy, part)
    else:
        connection = sqlite3.connect(part)
        connection.execute("PRAGMA user_version = 9999")
        connection.close()
    before = contents(data)
    with pytest.raises(BackupRefused, match=r"copy\.db\.agent cannot be used"):
        restore(copy, data, PARTS)
    assert contents(data) == before


def test_the_parts_exchanged_are_refused(data: Path, copy: Path) -> None:
    with pytest.raises(StoreUnavailable):
        restore(WITHIN.beside(copy), data, PARTS)


def test_a_damaged_agent_gives_no_copy(data: Path, tmp_path: Path) -> None:
    (data / "agent" / f"{AGENT}-wal").unlink()
    (data / "agent" / AGENT).write_bytes(b"no database" * 2000)
    with pytest.raises(BackupRefused, match=r"agent\.db cannot be used"):
        backup(data, tmp_path / "copy.db", PARTS)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_an_existing_part_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db.agent").write_text("precious")
    with pytest.raises(BackupRefused, match="exists"):
        backup(data, tmp_path / "copy.db", PARTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db.agent", "data"]
    assert (tmp_path / "copy.db.agent").read_text() == "precious"


@pytest.mark.parametrize("held", [".", "agent"])
def test_not_while_a_service_or_an_agent_runs(data: Path, copy: Path, held: str) -> None:
    with DirectoryLock(data / held):
        before = contents(data)
        with pytest.raises(DirectoryHeld):
            restore(copy, data, PARTS)
        assert contents(data) == before


@pytest.mark.parametrize("at", ["_take_over_parts", "_take_over"])
def test_a_restore_cut_short_starts_nothing_until_it_is_done_again(
    data: Path, copy: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes: neither with the former keys and no journal, nor with no keys, does a service start."""

    def power_cut(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"kassanet.store.backup.{at}", power_cut)
        with pytest.raises(KeyboardInterrupt):
            restore(copy, data, PARTS)
    assert identity.remembered(data) is not None
    with pytest.raises(StoreUnavailable, match="is missing"):
        SqliteStore.open(Opening(data))
    restore(copy, data, PARTS)
    assert (tokens(data), list(lacking(data))) == ([b"first"], [])
