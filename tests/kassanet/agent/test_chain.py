"""The audit log proves itself: whatever is changed, moved, added or taken out is found."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kassanet.agent.chain import Broken, events, verified
from kassanet.agent.store import DATABASE, AgentStore
from schemas.signing_records import NoteEvent


@pytest.fixture
def log(tmp_path: Path) -> sqlite3.Connection:
    store = AgentStore.open(tmp_path)
    for number in range(5):
        store.commit([NoteEvent("refused", f"k1/d{number}", "too-fast", "token 1", 1000.0 + number)])
    store.close()
    return sqlite3.connect(tmp_path / DATABASE)


def test_it_holds(log: sqlite3.Connection) -> None:
    count, head = verified(log)
    assert count == 5
    assert verified(log, head) == (5, head)
    assert [event.subject for event in events(log)] == [f"k1/d{number}" for number in range(5)]


DAMAGE: dict[str, Callable[[sqlite3.Connection], object]] = {
    "a line changed": lambda log: log.execute("UPDATE audit SET line = replace(line, 'k1/d2', 'k1/d9') WHERE seq = 3"),
    "a line taken out": lambda log: log.execute("DELETE FROM audit WHERE seq = 3"),
    "the first taken out": lambda log: log.execute("DELETE FROM audit WHERE seq = 1"),
    "a line moved": lambda log: log.executescript(
        "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;"
        "UPDATE audit SET seq = 3 WHERE seq = 99"
    ),
    "a hash changed": lambda log: log.execute("UPDATE audit SET hash = zeroblob(32) WHERE seq = 5"),
    "a line added": lambda log: log.execute("INSERT INTO audit SELECT 6, line, hash FROM audit WHERE seq = 5"),
    "nonsense": lambda log: log.execute("UPDATE audit SET line = 'x' WHERE seq = 1"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_it_does_not_hold(log: sqlite3.Connection, damage: str) -> None:
    DAMAGE[damage](log)
    with pytest.raises(Broken):
        verified(log)


def test_a_cut_end_shows_by_a_hash_kept_elsewhere(log: sqlite3.Connection) -> None:
    _, head = verified(log)
    log.execute("DELETE FROM audit WHERE seq > 3")
    assert verified(log)[0] == 3
    with pytest.raises(Broken, match="cut off"):
        verified(log, head)
