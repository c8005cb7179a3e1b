"""The journal: one transaction for whatever gathered, answers only after it, and the truth while the store is away.

To a clock that jumps when nothing happens, a task that waits for a thread is nothing happening: so nobody here waits
with a time-out, which a jump would fire.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.journal import BATCH_ROWS, LONGEST_WAIT, Availability, Journal, in_batches
from actors.runtime import ActorCrashed, Backoff, ChildSpec, Envelope, Ref, StartFailed, Supervisor
from actors.store import StoreRefused, StoreUnavailable
from schemas.records import AcceptReceipt, AcceptReceipts
from tests.actors.journal_store import Disk, FakeStore, Note


class Running:
    """A supervised journal over a disk of the test's own."""

    def __init__(self, disk: Disk, capacity: int = 5000) -> None:
        self.disk = disk
        self.availability = Availability()
        spec = ChildSpec("journal", lambda: Journal(lambda: FakeStore(disk), self.availability), capacity=capacity)
        self.tree = Supervisor("root", children=[spec], backoff=Backoff(first=0.1, jitter=0))

    @property
    def ref(self) -> Ref:
        return self.tree.ref("journal")

    async def ask_all(self, *texts: str) -> list[str]:
        """Ask at once; the answers in the order in which they came."""
        answers: list[str] = []

        async def one(text: str) -> None:
            try:
                answers.append(await self.ref.ask(Note(text), timeout=inf))
            except (ValueError, StoreUnavailable, ActorCrashed) as error:
                answers.append(f"{type(error).__name__}: {error}")

        async with trio.open_nursery() as nursery:
            for text in texts:
                nursery.start_soon(one, text)
        return answers


@asynccontextmanager
async def running(disk: Disk) -> AsyncIterator[Running]:
    journal = Running(disk)
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.tree.run)
        try:
            yield journal
        finally:
            disk.gate.open()
            journal.tree.stop()


async def at_the_gate(disk: Disk) -> None:
    """Until a commit is under way in its thread."""
    assert await trio.to_thread.run_sync(disk.gate.waiting.wait, 60)


async def test_a_write_is_answered_once_it_is_durable() -> None:
    async with running(Disk()) as journal:
        journal.disk.gate.close()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.ask_all, "a")
            await at_the_gate(journal.disk)
            assert journal.disk.batches == []
            journal.disk.gate.open()
        assert journal.disk.batches == [["a"]]


async def test_what_gathers_during_a_commit_is_the_next_batch() -> None:
    async with running(Disk()) as journal:
        journal.disk.gate.close()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.ask_all, "first")
            await at_the_gate(journal.disk)
            nursery.start_soon(journal.ask_all, *"abcde")
            await wait_all_tasks_blocked()
            journal.disk.gate.open()
        assert [sorted(batch) for batch in journal.disk.batches] == [["first"], ["a", "b", "c", "d", "e"]]
        assert journal.tree.tree().children[0].facts == {
            "available": True, "reason": None, "commits": 2, "writes": 6,
        }  # fmt: skip


async def test_each_asker_gets_its_own_answer() -> None:
    async with running(Disk()) as journal:
        answers = await journal.ask_all("a", "bad row", "b")
        assert sorted(answers) == ["ValueError: bad row", "a", "b"]
        assert len(journal.disk.batches) <= 2


async def test_while_the_store_is_away_everyone_is_told_at_once(autojump_clock: MockClock) -> None:
    async with running(Disk()) as journal:
        journal.disk.trouble = StoreUnavailable("the disk is full")
        assert await journal.ask_all("a", "b") == ["StoreUnavailable: the disk is full"] * 2
        assert (journal.availability.available, journal.availability.reason) == (False, "the disk is full")
        before = trio.current_time()
        assert await journal.ask_all("c") == ["StoreUnavailable: the disk is full"]
        assert trio.current_time() == before
        journal.disk.trouble = None
        await journal.availability.wait(True)
        assert await journal.ask_all("d") == ["d"]
        assert journal.disk.batches == [["d"]]


async def test_tries_grow_rarer_but_go_on(autojump_clock: MockClock) -> None:
    async with running(Disk()) as journal:
        journal.disk.trouble = StoreUnavailable("locked")
        await journal.ask_all("a")
        await trio.sleep(3600)
        assert not journal.availability.available
        journal.disk.trouble = None
        before = trio.current_time()
        await journal.availability.wait(True)
        assert trio.current_time() - before <= LONGEST_WAIT


async def test_the_reason_is_the_latest(autojump_clock: MockClock) -> None:
    async with running(Disk()) as journal:
        journal.disk.trouble = StoreUnavailable("the disk fails")
        await journal.ask_all("a")
        journal.disk.trouble = StoreUnavailable("the journal file is damaged")
        while journal.availability.reason == "the disk fails":  # noqa: ASYNC110 - a thread of its own finds out
            await trio.sleep(0.1)
        assert await journal.ask_all("b") == ["StoreUnavailable: the journal file is damaged"]


async def test_a_readers_doubt_stops_the_writing_until_it_is_looked_into(
    autojump_clock: MockClock,
) -> None:
    async with running(Disk()) as journal:
        journal.availability.doubt("page 7 is not a page")
        assert await journal.ask_all("a") == ["StoreUnavailable: page 7 is not a page"]
        await journal.availability.wait(True)
        assert journal.disk.doubts == ["page 7 is not a page"]
        assert await journal.ask_all("b") == ["b"]


async def test_an_unavailable_store_does_not_keep_the_tree_from_starting(
    autojump_clock: MockClock,
) -> None:
    disk = Disk(trouble=StoreUnavailable("locked"))
    async with running(disk) as journal:
        assert await journal.ask_all("a") == ["StoreUnavailable: locked"]
        disk.trouble = None
        await journal.availability.wait(True)
        assert await journal.ask_all("b") == ["b"]
        assert disk.opened == 1


async def test_a_store_that_refuses_is_not_served_over() -> None:
    async with running(Disk()) as journal:
        disk, availability = Disk(trouble=StoreRefused("the journal is newer")), Availability()
        spec = ChildSpec("another", lambda: Journal(lambda: FakeStore(disk), availability))
        with pytest.raises(StartFailed) as caught:
            await journal.tree.start_child(spec)
        assert isinstance(caught.value.__cause__, StoreRefused)
        assert availability.reason == "the journal is newer"


async def test_at_the_stop_everything_queued_is_still_written() -> None:
    disk = Disk()
    async with running(disk) as journal:
        disk.gate.close()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.ask_all, "first")
            await at_the_gate(disk)
            for text in "abc":
                journal.ref.tell(Note(text))
            journal.tree.stop()
            await wait_all_tasks_blocked()
            disk.gate.open()
    assert disk.batches == [["first"], ["a", "b", "c"]]
    assert (disk.opened, disk.closed) == (1, 1)
    assert not journal.availability.available


async def test_a_stop_while_the_store_is_away(autojump_clock: MockClock) -> None:
    disk = Disk()
    async with running(disk) as journal:
        disk.trouble = StoreUnavailable("locked")
        await journal.ask_all("a")
    assert (disk.opened, disk.closed) == (1, 1)


async def test_after_a_crash_the_store_is_opened_afresh(autojump_clock: MockClock) -> None:
    disk = Disk(mistake=RuntimeError("a mistake of ours"))
    async with running(disk) as journal:
        (answer,) = await journal.ask_all("a")
        assert answer.startswith("ActorCrashed")
        await journal.availability.wait(True)
        assert await journal.ask_all("b") == ["b"]
    assert (disk.opened, disk.closed) == (2, 2)


def receipts(count: int) -> AcceptReceipts:
    one = AcceptReceipt(1, None, "a", "sell", 1, b"", b"", None, 0.0)
    return AcceptReceipts((one,) * count)


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([1] * 10, [10]),
        ([1500, 1500], [1, 1]),
        ([1500, 400, 200], [2, 1]),
        ([5000, 1], [1, 1]),
        ([1] * (BATCH_ROWS + 1), [BATCH_ROWS, 1]),
    ],
)
async def test_batches_are_bounded_in_rows(sizes: list[int], batches: list[int]) -> None:
    envelopes = [Envelope(receipts(size)) for size in sizes]
    cut = list(in_batches(envelopes))
    assert [len(batch) for batch in cut] == batches
    assert [envelope for batch in cut for envelope in batch] == envelopes
