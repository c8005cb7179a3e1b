"""The reader: a few connections for everyone, never one in two threads, and doubts that reach the journal."""

import threading
from pathlib import Path

import pytest
import trio
import trio.lowlevel
from trio.testing import wait_all_tasks_blocked

from actors.availability import Availability
from actors.reader import Reader
from actors.store import StoreReader, StoreUnavailable
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from tests.kassanet.store.writes import circuit, new


class Wrong(SqliteReader):
    """A reader of a file that cannot be believed."""

    def __init__(self, trouble: StoreUnavailable) -> None:
        self._trouble = trouble

    def counts(self) -> dict[str, int]:
        raise self._trouble

    def close(self) -> None:
        pass


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    opening = Opening(tmp_path)
    store = SqliteStore.open(opening)
    store.commit([circuit(), new("a")])
    store.close()
    return opening


async def test_it_answers_from_a_thread(opening: Opening) -> None:
    reader = Reader(lambda: SqliteReader(opening), Availability())
    assert await reader.call(lambda store: store.counts()) == {"queued": 1}
    assert await reader.call(lambda store: threading.get_ident()) != threading.get_ident()
    await reader.aclose()


async def test_no_connection_is_in_two_threads(opening: Opening) -> None:
    reader = Reader(lambda: SqliteReader(opening), Availability(), connections=2)
    gate, inside, used = threading.Event(), [0], []

    def look(store: StoreReader) -> None:
        inside[0] += 1
        used.append(store)
        assert gate.wait(5)

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(reader.call, look)
        await wait_all_tasks_blocked()
        while inside[0] < 2:
            await trio.lowlevel.checkpoint()
        await wait_all_tasks_blocked()
        assert inside[0] == 2
        assert used[0] is not used[1]
        gate.set()
    assert inside[0] == 5
    await reader.aclose()


@pytest.mark.parametrize("distrusted", [False, True])
async def test_only_what_cannot_be_makes_the_journal_look(distrusted: bool) -> None:
    availability = Availability()
    availability.up()
    reader = Reader(lambda: Wrong(StoreUnavailable("page 7", distrusted=distrusted)), availability)
    with pytest.raises(StoreUnavailable):
        await reader.call(lambda store: store.counts())
    assert availability.available is not distrusted
    assert availability.take_doubts() == ("page 7" if distrusted else None)


async def test_a_reader_is_given_back_whatever_happened(opening: Opening) -> None:
    reader = Reader(lambda: SqliteReader(opening), Availability(), connections=1)

    def stumble(store: StoreReader) -> None:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await reader.call(stumble)
    assert await reader.call(lambda store: store.queue_depth(1)) == 1
    await reader.aclose()


async def test_a_doubt_during_recovery_is_not_forgotten() -> None:
    availability = Availability()
    availability.doubt("page 7")
    availability.up()
    assert seen(availability) == (False, "page 7")
    assert availability.take_doubts() == "page 7"
    availability.up()
    assert seen(availability) == (True, None)


def seen(availability: Availability) -> tuple[bool, str | None]:
    return availability.available, availability.reason
