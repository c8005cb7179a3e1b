"""How long messages wait is known for each kind of actor, whatever makes them wait."""

from collections.abc import Sequence

import trio

from actors.runtime import Actor, ChildSpec, Envelope, Supervisor
from actors.runtime.waits import BOUNDS, Waits
from tests.actors.runtime.cast import Crash, Say, Wall, player
from tests.actors.runtime.conftest import Grow


def spread(waits: Waits) -> dict[float, int]:
    """The buckets that hold something, by their upper ends."""
    return {bound: count for bound, count in zip((*BOUNDS, -1.0), waits.counts, strict=True) if count}


async def tell(tree: Supervisor, *seconds: float) -> None:
    for each in seconds:
        tree.ref("a").tell(Say("hi", each))
    await trio.lowlevel.checkpoint()


async def test_who_is_idle_takes_at_once(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", kind="x"))
    for _ in range(3):
        await tell(tree, 1.0)
        await trio.sleep(10)
    assert spread(tree.waits["x"]) == {BOUNDS[0]: 3}


async def test_a_message_waits_for_the_one_in_hand(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", kind="x"))
    await tell(tree, 4.0)
    await trio.sleep(1.5)
    await tell(tree, 0.0)
    await trio.sleep(10)
    assert tree.waits["x"].total == 2.5
    assert spread(tree.waits["x"]) == {BOUNDS[0]: 1, 5: 1}


async def test_a_burst_shows_what_its_last_message_waits(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", kind="x"))
    await tell(tree, *[2.0] * 10)
    await trio.sleep(100)
    assert spread(tree.waits["x"]) == {BOUNDS[0]: 1, 30: 1}  # the first, and the tenth after nine of two seconds


async def test_a_backlog_that_never_ends_shows(grow: Grow) -> None:
    """Ten always wait, two seconds each: nobody waits less than some twenty."""
    tree = await grow(player(Wall(), "a", kind="x"))
    await tell(tree, *[2.0] * 10)
    for _ in range(100):
        await trio.sleep(2.0)
        await tell(tree, 2.0)
    found = spread(tree.waits["x"])
    assert found.pop(30) >= 8
    assert sum(found.values()) <= 2


async def test_what_waits_through_a_restart_is_timed_through_it(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", kind="x"))
    tree.ref("a").tell(Crash())
    await trio.sleep(0.5)
    await tell(tree, 0.0)
    await trio.sleep(10)
    assert tree.waits["x"].total == 0.5  # one second of back-off, of which half was over


async def test_kinds_are_kept_apart_and_equals_are_added(grow: Grow) -> None:
    tree = await grow(*(player(Wall(), name, kind=kind) for name, kind in (("a", "x"), ("b", "x"), ("c", "y"))))
    for name in "abc":
        tree.ref(name).tell(Say("hi"))
    await trio.sleep(1)
    assert {kind: sum(waits.counts) for kind, waits in tree.waits.items()} == {"x": 2, "y": 1}


class Batches(Actor):
    """Takes two seconds for whatever has gathered."""

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        await trio.sleep(2.0)


async def test_of_a_batch_one_is_timed(grow: Grow) -> None:
    tree = await grow(ChildSpec("a", Batches, kind="x"))
    await tell(tree, 0.0)
    await trio.sleep(0.5)
    await tell(tree, 0.0, 0.0, 0.0)
    await trio.sleep(10)
    assert (sum(tree.waits["x"].counts), tree.waits["x"].total) == (2, 1.5)
