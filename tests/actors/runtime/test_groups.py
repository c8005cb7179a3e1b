"""One for all and rest for one: order, further crashes meanwhile, and interleavings as sets of what is allowed."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import ActorCrashed, Escalated, Restart, Strategy, Supervisor
from tests.actors.runtime.cast import Crash, Leave, Say, Wall, player
from tests.actors.runtime.conftest import STEADY, Grow

ALL, REST = Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE


@pytest.mark.parametrize(
    ("strategy", "downs", "ups"),
    [
        (Strategy.ONE_FOR_ONE, ["b down"], ["b up"]),
        (ALL, ["b down", "d down", "c down", "a down"], ["a up", "b up", "c up", "d up"]),
        (REST, ["b down", "d down", "c down"], ["b up", "c up", "d up"]),
    ],
)
async def test_who_goes_down_with_a_crash_and_in_which_order(
    grow: Grow, strategy: Strategy, downs: list[str], ups: list[str]
) -> None:
    wall = Wall()
    tree = await grow(*(player(wall, name) for name in "abcd"), strategy=strategy)
    wall.lines.clear()
    tree.ref("b").tell(Crash())
    await trio.sleep(10)
    assert wall.lines == ["b takes as asked", *downs, *ups]


async def test_a_group_waits_for_the_back_off_together(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(*(player(wall, name) for name in "ab"), strategy=ALL)
    tree.ref("a").tell(Crash())
    await wait_all_tasks_blocked()
    assert [child.state for child in tree.tree().children] == ["restarting", "restarting"]
    await trio.sleep(10)
    assert wall.times_of("a up") == wall.times_of("b up") == [0, 1]
    assert [child.restarts for child in tree.tree().children] == [1, 1]


@pytest.mark.parametrize("strategy", [ALL, REST])
async def test_each_of_a_group_is_ready_before_the_next_one_starts(grow: Grow, strategy: Strategy) -> None:
    wall = Wall()
    tree = await grow(*(player(wall, name, start=1.0) for name in "abc"), strategy=strategy)
    tree.ref("a").tell(Crash())
    await trio.sleep(10)
    assert wall.times_of("a up") == [1, 5]
    assert wall.times_of("b up") == [2, 6]
    assert wall.times_of("c up") == [3, 7]


@pytest.mark.parametrize("strategy", [ALL, REST])
async def test_what_waits_for_a_sibling_survives_its_restart(grow: Grow, strategy: Strategy) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b"), strategy=strategy)
    tree.ref("b").tell(Say("in hand", seconds=1))
    await wait_all_tasks_blocked()
    tree.ref("b").tell(Say("queued"))
    tree.ref("a").tell(Crash())
    await trio.sleep(10)
    assert wall.lines[-6:] == ["a takes as asked", "a down", "b down", "a up", "b up", "b takes queued"]


async def test_a_sibling_finishes_the_message_in_hand_within_its_time(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b", stop_within=3.0), strategy=ALL)
    outcomes: list[str] = []

    async def ask(seconds: float) -> None:
        try:
            outcomes.append(await tree.ref("b").ask(Say("done", seconds), timeout=100))
        except ActorCrashed:
            outcomes.append("unknown")

    for seconds in (2.0, 50.0):
        await trio.sleep(20)  # both are up again
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, seconds)
            await wait_all_tasks_blocked()
            tree.ref("a").tell(Crash())
    assert outcomes == ["done", "unknown"]


async def test_a_second_crash_during_the_restart_begins_from_the_earliest(grow: Grow) -> None:
    """c crashes; while it is being started, b and then a crash: all three come up, in order, exactly once more."""
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b"), player(wall, "c", start=5.0), strategy=REST)
    wall.lines.clear()
    begun = trio.current_time()
    tree.ref("c").tell(Crash("c"))
    await trio.sleep_until(begun + 2)
    tree.ref("b").tell(Crash("b"))
    tree.ref("a").tell(Crash("a"))
    await trio.sleep(50)
    ups = [line for line in wall.lines if line.endswith("up")]
    assert ups[-3:] == ["a up", "b up", "c up"]
    assert [child.state for child in tree.tree().children] == ["running"] * 3


async def test_a_crash_while_the_group_is_stopping_loses_nobody(grow: Grow) -> None:
    """b and c go down for b; c takes its time, and meanwhile a crashes, which is not of that group."""
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b"), player(wall, "c", stop=3.0), strategy=REST)
    tree.ref("b").tell(Crash("b"))
    await trio.sleep(1)
    tree.ref("a").tell(Crash("a"))
    await trio.sleep(50)
    assert wall.lines[-3:] == ["a up", "b up", "c up"]
    assert [child.state for child in tree.tree().children] == ["running"] * 3


async def test_a_crash_within_the_stopping_group_loses_nobody(grow: Grow) -> None:
    """a takes c and b down with it; while c stops slowly, b crashes by itself before it is asked to stop."""
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b"), player(wall, "c", stop=3.0), strategy=REST)
    tree.ref("a").tell(Crash("a"))
    await trio.sleep(1)
    tree.ref("b").tell(Crash("b"))
    await trio.sleep(50)
    assert wall.lines[-3:] == ["a up", "b up", "c up"]
    assert [child.state for child in tree.tree().children] == ["running"] * 3


@pytest.mark.parametrize("strategy", [ALL, REST])
async def test_a_child_broken_at_its_restart_is_tried_again_with_those_after_it(grow: Grow, strategy: Strategy) -> None:
    wall = Wall()
    fragile = player(wall, "b")
    tree = await grow(player(wall, "a"), fragile, player(wall, "c"), strategy=strategy)
    wall.lines.clear()
    broken = [2]
    actor_started = type(fragile.factory()).started

    async def started(self: object) -> None:
        if getattr(self, "name", "") == "b" and broken[0]:
            broken[0] -= 1
            wall.write("b breaks")
            raise RuntimeError("again")
        await actor_started(self)  # type: ignore[arg-type]  # a player

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(fragile.factory()), "started", started)
        tree.ref("b").tell(Crash())
        await trio.sleep(100)
    starts = [line for line in wall.lines if line.endswith(("up", "breaks"))]
    if strategy is ALL:
        assert starts == ["a up", "b breaks", "a up", "b breaks", "a up", "b up", "c up"]
    else:
        assert starts == ["b breaks", "b breaks", "b up", "c up"]


@pytest.mark.parametrize("strategy", [ALL, REST])
async def test_a_child_broken_at_the_very_first_start(grow: Grow, strategy: Strategy) -> None:
    wall = Wall()
    await grow(player(wall, "a"), player(wall, "b", broken=1), player(wall, "c"), strategy=strategy)
    again = ["a down", "a up"] if strategy is ALL else []
    assert wall.lines == ["a up", "b breaks", *again, "b up", "c up"]


async def test_a_temporary_sibling_is_not_restarted_with_the_group(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b", restart=Restart.TEMPORARY), player(wall, "c"), strategy=ALL)
    ref = tree.ref("b")
    tree.ref("a").tell(Crash())
    await trio.sleep(10)
    assert wall.lines.count("b up") == 1
    assert ref.stopped
    assert [child.name for child in tree.tree().children] == ["a", "c"]


async def test_the_crash_of_a_temporary_child_takes_nobody_along(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b", restart=Restart.TEMPORARY), strategy=ALL)
    tree.ref("b").tell(Crash())
    await trio.sleep(10)
    assert wall.lines == ["a up", "b up", "b takes as asked", "b down"]


async def test_a_transient_child_that_finished_is_not_started_with_the_group(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b", restart=Restart.TRANSIENT), strategy=ALL)
    tree.ref("b").tell(Leave())
    await trio.sleep(1)
    tree.ref("a").tell(Crash())
    await trio.sleep(10)
    assert (wall.lines.count("a up"), wall.lines.count("b up")) == (2, 1)


async def test_crashes_of_one_turn_restart_the_group_once_or_twice_but_in_order(grow: Grow) -> None:
    """Trio shuffles tasks of one turn; whichever crash is seen first, the group comes up whole and in order."""
    allowed = {("a", "b", "c"), ("a", "a", "b", "c"), ("a", "b", "a", "b", "c"), ("a", "b", "c", "a", "b", "c")}
    for _ in range(20):
        wall = Wall()
        tree = await grow(*(player(wall, name) for name in "abc"), strategy=ALL)
        wall.lines.clear()
        for name in "abc":
            tree.ref(name).tell(Crash(name))
        await trio.sleep(100)
        assert tuple(line[0] for line in wall.lines if line.endswith("up")) in allowed
        assert {child.state for child in tree.tree().children} == {"running"}
        tree.stop()


@pytest.mark.parametrize("strategy", [ALL, REST])
async def test_too_many_crashes_of_a_group_escalate_with_the_last_cause(strategy: Strategy) -> None:
    wall = Wall()
    children = [player(wall, "a"), player(wall, "b", broken=9)]
    tree = Supervisor("root", strategy, children, intensity=3, backoff=STEADY)
    with pytest.raises(Escalated) as escalated:
        await tree.run()
    assert wall.lines.count("b breaks") == 4
    assert repr(escalated.value.__cause__) == "RuntimeError('broken at start')"


async def test_a_stop_during_the_back_off_of_a_group_is_immediate(grow: Grow) -> None:
    wall = Wall()
    tree = Supervisor("root", ALL, [player(wall, name) for name in "ab"], backoff=STEADY)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("a").tell(Crash())
        await trio.sleep(0.5)
        tree.stop()
    assert trio.current_time() == 0.5
    assert wall.lines.count("a up") == 1
