"""Outages through the whole of it: a supervised journal over a real file, with somebody at work on the file.

The store works in a thread, which no virtual clock waits for: these tests run on the real one, with short back-offs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from pathlib import Path

import pytest
import trio

import actors.journal
from actors.journal import Availability, Journal, Reader
from actors.runtime import ChildSpec, Ref, Supervisor
from actors.store import StoreUnavailable
from kassanet.store.identity import DATABASE
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.records import AcceptReceipts
from tests.kassanet.store.sqlite.disk import locked, no_file_longer_than, scribble
from tests.kassanet.store.writes import circuit, new

PATIENCE = 60
"""Seconds of real time that a step may take on a crowded machine."""

SOME_TRIES = 0.3
"""Seconds of real time in which several tries to recover pass."""


@pytest.fixture(autouse=True)
def short_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.journal, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(actors.journal, "LONGEST_WAIT", 0.02)


class Service:
    """What the service has of its journal."""

    def __init__(self, folder: Path) -> None:
        opening = Opening(folder, busy_timeout=0.05)
        self.availability = Availability()
        self.reader = Reader(partial(SqliteReader, opening), self.availability)
        spec = ChildSpec("journal", lambda: Journal(partial(SqliteStore.open, opening), self.availability))
        self.tree = Supervisor("root", children=[spec])

    @property
    def journal(self) -> Ref:
        return self.tree.ref("journal")

    async def refuses(self, key: str) -> str:
        with pytest.raises(StoreUnavailable) as caught:
            await self.journal.ask(new(key), timeout=inf)
        return caught.value.reason

    async def finds(self, reason: str) -> None:
        """Until a try to recover has found that reason."""
        with trio.fail_after(PATIENCE):
            while reason not in await self.refuses("a"):  # noqa: ASYNC110 - the journal tells nobody why it is down
                await trio.sleep(0.01)

    async def comes_back(self) -> None:
        with trio.fail_after(PATIENCE):
            await self.availability.wait(True)

    async def accepts(self, key: str) -> int:
        return (await self.journal.ask(new(key), timeout=inf)).receipt_id

    async def waiting(self) -> int:
        return await self.reader.call(lambda store: store.queue_depth(1))


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Service]:
    service = Service(folder)
    async with trio.open_nursery() as nursery:
        await nursery.start(service.tree.run)
        await service.journal.ask(circuit(), timeout=inf)
        try:
            yield service
        finally:
            service.tree.stop()
    await service.reader.aclose()


async def test_locked_and_let_go(tmp_path: Path) -> None:
    async with serving(tmp_path) as service:
        await service.accepts("before")
        with locked(tmp_path):
            assert "locked" in await service.refuses("a")
            await trio.sleep(SOME_TRIES)
            assert "locked" in await service.refuses("a")
            assert await service.waiting() == 1, "reading goes on"
        await service.comes_back()
        await service.accepts("a")
        assert await service.waiting() == 2


async def test_the_disk_fails_and_works_again(tmp_path: Path) -> None:
    many = AcceptReceipts(tuple(new(f"many-{number}") for number in range(1000)))
    async with serving(tmp_path) as service:
        first = await service.accepts("before")
        with no_file_longer_than(64 * 1024):
            with pytest.raises(StoreUnavailable, match="disk under the journal fails"):
                await service.journal.ask(many, timeout=inf)
            assert await service.waiting() == 1
        await service.comes_back()
        assert await service.accepts("before") == first
        await service.journal.ask(many, timeout=inf)
        assert await service.waiting() == 1001


async def test_damage_that_a_reader_meets_stops_intake(tmp_path: Path) -> None:
    async with serving(tmp_path) as service:
        await service.journal.ask(AcceptReceipts(tuple(new(f"many-{number}") for number in range(2000))), timeout=inf)
    size = (tmp_path / DATABASE).stat().st_size
    for page in range(size // 4096 * 3 // 4, size // 4096 * 3 // 4 + 8):
        scribble(tmp_path / DATABASE, page * 4096, 64)
    spoiled = (tmp_path / DATABASE).read_bytes()
    async with serving(tmp_path) as service:
        with pytest.raises(StoreUnavailable, match="damaged"):
            await service.reader.call(lambda store: [store.receipt(number) for number in range(2000)])
        assert "damaged" in await service.refuses("a")
        await trio.sleep(SOME_TRIES)
        await service.finds("the journal file is damaged: ")
    assert (tmp_path / DATABASE).stat().st_size == len(spoiled)


async def test_the_file_is_taken_away_and_put_back(tmp_path: Path) -> None:
    async with serving(tmp_path) as service:
        await service.accepts("before")
        (tmp_path / DATABASE).rename(tmp_path / "away")
        assert "moved" in await service.refuses("a")
        await service.finds("is missing")
        assert not (tmp_path / DATABASE).exists()
        (tmp_path / "away").rename(tmp_path / DATABASE)
        await service.comes_back()
        assert await service.accepts("a") == 2
