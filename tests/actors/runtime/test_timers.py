"""One service for all timers, on the virtual clock."""

from math import inf

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime.timers import SWEEP_AT, Timers


@pytest.fixture
def timers(nursery: trio.Nursery) -> Timers:
    timers = Timers()
    nursery.start_soon(timers.run)
    return timers


def size(timers: Timers) -> int:
    return len(timers._heap)


async def test_timers_ring_in_their_order_at_their_time(timers: Timers) -> None:
    rung: list[tuple[str, float]] = []

    def ring(name: str) -> None:
        rung.append((name, trio.current_time()))

    start = trio.current_time()
    for seconds, name in ((3.0, "c"), (1.0, "a"), (2.0, "b")):
        timers.call_later(seconds, lambda name=name: ring(name))  # type: ignore[misc]  # a default binds the name
    await trio.sleep(5)
    assert rung == [("a", start + 1), ("b", start + 2), ("c", start + 3)]


async def test_an_earlier_timer_shortens_the_sleep(timers: Timers) -> None:
    rung: list[float] = []
    start = trio.current_time()
    timers.call_later(100, lambda: rung.append(trio.current_time() - start))
    await wait_all_tasks_blocked()
    timers.call_later(1, lambda: rung.append(trio.current_time() - start))
    await trio.sleep(2)
    assert rung == [1]


async def test_timers_of_one_moment_ring_in_the_order_of_setting(timers: Timers) -> None:
    rung: list[int] = []
    for number in range(5):
        timers.call_later(1, lambda number=number: rung.append(number))  # type: ignore[misc]  # a default binds it
    await trio.sleep(2)
    assert rung == [0, 1, 2, 3, 4]


async def test_a_cancelled_timer_does_not_ring(timers: Timers) -> None:
    rung: list[int] = []
    timers.call_later(1, lambda: rung.append(1)).cancel()
    kept = timers.call_later(1, lambda: rung.append(2))
    await trio.sleep(2)
    kept.cancel()
    assert rung == [2]


async def test_a_timer_due_at_once_rings_without_waiting(timers: Timers) -> None:
    rung: list[float] = []
    start = trio.current_time()
    timers.call_later(0, lambda: rung.append(trio.current_time()))
    await trio.sleep(1)
    assert rung == [start]


async def test_a_timer_without_end_is_not_kept(timers: Timers) -> None:
    timers.call_later(inf, lambda: pytest.fail("rang"))
    assert size(timers) == 0


async def test_a_timer_may_set_another(timers: Timers) -> None:
    rung: list[float] = []
    start = trio.current_time()

    def again() -> None:
        rung.append(trio.current_time() - start)
        if len(rung) < 3:
            timers.call_later(1, again)

    timers.call_later(1, again)
    await trio.sleep(5)
    assert rung == [1, 2, 3]


async def test_settled_entries_are_swept(timers: Timers) -> None:
    kept = timers.call_later(50, lambda: None)
    for _ in range(10 * SWEEP_AT):
        timers.call_later(100, lambda: None).cancel()
    assert size(timers) <= SWEEP_AT + 1
    assert not kept.settled
