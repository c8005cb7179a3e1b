"""``kassanet backup`` and ``kassanet restore``: the journal, and the store of the agent within beside it.

What a copy can not bring back is said, line by line: a master key is in no copy, and a register whose key is not there
makes nothing until it has one.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from kassanet.agent.copying import WITHIN, reading
from kassanet.prro_agents import LOCAL
from kassanet.store.backup import backup, restore
from kassanet.store.sqlite import Opening, SqliteReader
from schemas.prro_records import StoredPrro


def back_up(folder: Path, target: Path) -> Iterator[str]:
    """Copy, and tell; raises as :func:`kassanet.store.backup.backup`."""
    copied = backup(folder, target, [WITHIN])
    yield f"{copied.path}: {copied.size} bytes"
    for part in copied.parts:
        yield f"{part.path}: {part.size} bytes, keys of the agent within; its master key is not in the copy"


def put_back(source: Path, folder: Path, *, nothing_made_since: bool) -> Iterator[str]:
    """Restore, and tell; raises as :func:`kassanet.store.backup.restore`."""
    restored = restore(source, folder, [WITHIN], nothing_made_since=nothing_made_since)
    if restored.kept is not None:
        yield f"the former journal is kept in {restored.kept}"
    if restored.suspects:
        yield f"{restored.suspects} receipts may have been made since the copy: they await a person, as manual"
    if restored.parts:
        yield "the keys of the agent within are back; it opens them with the master key of that time"
    if restored.untouched:
        yield f"there is no {WITHIN.beside(source)}: the keys of the agent within stay as they were"
    for row in lacking(folder):
        yield f"register {row.desk.register} signs with {row.key_id}, which is not there: hand a key over again"


def lacking(folder: Path) -> Sequence[StoredPrro]:
    """The registers in a data directory that sign with a key of the agent within which that one does not hold."""
    with closing(SqliteReader(Opening(folder))) as reader:
        registers = [row for row in reader.prros() if row.key_id.startswith(f"{LOCAL}/")]
    if not WITHIN.source(folder).exists():
        return registers
    with closing(reading(WITHIN.source(folder))) as connection:
        held = _keys(connection)
    return [row for row in registers if row.key_id.partition("/")[2] not in held]


def _keys(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT id FROM keys WHERE dropped_at IS NULL")}
