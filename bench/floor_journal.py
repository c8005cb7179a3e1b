"""The floor of the journal: a bare group commit. A list of rows with their events, one transaction in a thread, wake.

Nothing here tells a repeat from a new key, counts, fails one row alone, or survives a full disk: it is what the disk,
SQLite and a thread cost. The schema, the pragmas and the INSERT's columns are the journal's own.
"""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import trio

from kassanet.store.sqlite.connection import connect, prepare_writer

Row = tuple[object, ...]

INSERT = """
    INSERT INTO receipts (circuit_id, integration_id, external_id, kind, total, digest, callback_url, body,
        status, revision, accepted_at, waiting_since, changed_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', 1, ?9, ?9, ?9)
"""


class GroupCommit:
    """``put`` returns when the row is on disk. ``delay`` seconds are added to each commit."""

    def __init__(self, database: Path, delay: float) -> None:
        self._connection = connect(database, 2.0)
        prepare_writer(self._connection)
        self._delay = delay
        self._waiting: list[tuple[Row, trio.Event]] = []
        self._bell = trio.Event()

    async def put(self, row: Row) -> None:
        done = trio.Event()
        self._waiting.append((row, done))
        self._bell.set()
        await done.wait()

    async def run(self) -> None:
        limiter = trio.CapacityLimiter(1)
        while True:
            await self._bell.wait()
            self._bell = trio.Event()
            batch, self._waiting = self._waiting, []
            await trio.to_thread.run_sync(self._commit, [row for row, _ in batch], limiter=limiter)
            for _, done in batch:
                done.set()

    def close(self) -> None:
        self._connection.close()

    def _commit(self, rows: Sequence[Row]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(INSERT, rows)
        self._connection.execute("COMMIT")
        time.sleep(self._delay)


async def _acks_a_second(database: Path, rows: Sequence[Sequence[Row]], delay: float) -> float:
    journal = GroupCommit(database, delay)

    async def ask(mine: Sequence[Row]) -> None:
        for row in mine:
            await journal.put(row)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.run)
        begun = time.perf_counter()
        async with trio.open_nursery() as askers:
            for mine in rows:
                askers.start_soon(ask, mine)
        taken = time.perf_counter() - begun
        nursery.cancel_scope.cancel()
    journal.close()
    return sum(map(len, rows)) / taken


def acks_a_second(database: Path, rows: Sequence[Sequence[Row]], delay: float) -> float:
    """Durable rows a second; ``rows`` are one sequence for each asker."""
    try:
        return trio.run(_acks_a_second, database, rows, delay)
    except sqlite3.Error as error:
        raise RuntimeError(f"the floor itself failed: {error}") from error
