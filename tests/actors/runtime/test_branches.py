"""Supervisors below supervisors, and children that come and go."""

from contextlib import suppress

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import (
    ActorCrashed,
    ActorStopped,
    Backoff,
    ChildSpec,
    Escalated,
    Ref,
    Restart,
    StartFailed,
    Strategy,
    Supervisor,
    SupervisorSpec,
)
from tests.actors.runtime.cast import Crash, Player, Say, Wall, player
from tests.actors.runtime.conftest import STEADY, Grow


def branch(*children: ChildSpec | SupervisorSpec, name: str = "branch", **options: object) -> SupervisorSpec:
    return SupervisorSpec(name, children, **{"backoff": STEADY, "intensity": 0, **options})  # type: ignore[arg-type]


async def test_branches_start_and_stop_in_their_place(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), branch(player(wall, "x"), player(wall, "y")), player(wall, "b"))
    tree.stop()
    await trio.sleep(1)
    assert wall.lines == ["a up", "x up", "y up", "b up", "b down", "y down", "x down", "a down"]


async def test_a_branch_that_gives_up_is_restarted_whole_by_the_one_above(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), branch(player(wall, "x"), player(wall, "y")))
    wall.lines.clear()
    tree.ref("y").tell(Crash())
    await trio.sleep(10)
    assert wall.lines == ["y takes as asked", "y down", "x down", "x up", "y up"]
    node = tree.tree().children[1]
    assert (node.restarts, node.last_error) == (1, "Escalated: branch gave up: y crashed too often")
    assert node.children[1].last_error == "RuntimeError: as asked"


async def test_refs_and_queues_below_a_branch_survive_its_restart(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(branch(player(wall, "x"), player(wall, "y")))
    ref = tree.ref("x")
    tree.ref("y").tell(Crash())
    await trio.sleep(0.5)
    assert tree.registry.whereis("x") is ref
    assert await ref.ask(Say("still here")) == "still here"
    assert trio.current_time() == 1


async def test_a_crash_escalates_through_two_branches_to_the_top() -> None:
    wall = Wall()
    inner = branch(player(wall, "x"), name="inner")
    tree = Supervisor("root", children=[branch(inner, name="outer")], intensity=0)
    tree.ref("x").tell(Crash("deep down"))
    with pytest.raises(Escalated) as top:
        await tree.run()
    assert (top.value.supervisor, top.value.child) == ("root", "outer")
    outer = top.value.__cause__
    assert isinstance(outer, Escalated)
    assert (outer.supervisor, outer.child) == ("outer", "inner")
    inner_error = outer.__cause__
    assert isinstance(inner_error, Escalated)
    assert repr(inner_error.__cause__) == "RuntimeError('deep down')"


async def test_the_strategy_above_sees_a_branch_as_one_child(grow: Grow) -> None:
    wall = Wall()
    children = (branch(player(wall, "x")), player(wall, "b"))
    tree = await grow(player(wall, "a"), *children, strategy=Strategy.REST_FOR_ONE)
    wall.lines.clear()
    tree.ref("x").tell(Crash())
    await trio.sleep(10)
    assert wall.lines == ["x takes as asked", "x down", "b down", "x up", "b up"]


async def test_a_branch_that_is_not_restarted_answers_for_all_below(grow: Grow) -> None:
    tree = await grow(branch(player(Wall(), "x"), restart=Restart.TEMPORARY))
    ref = tree.ref("x")
    ref.tell(Crash())
    ref.tell(Say("queued"))
    await trio.sleep(1)
    assert ref.stopped
    assert dict(tree.registry.all()) == {}
    with pytest.raises(KeyError):
        tree.branch("branch")


async def test_siblings_do_not_notice_a_branch_in_trouble(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), branch(player(wall, "x"), intensity=3))
    for _ in range(3):
        tree.ref("x").tell(Crash())
    await trio.sleep(50)
    assert wall.lines.count("a up") == 1
    assert tree.tree().children[1].restarts == 0
    assert tree.tree().children[1].children[0].restarts == 3


async def test_a_restart_that_was_due_is_forgotten_with_the_run_it_belonged_to(grow: Grow) -> None:
    """x is due at 4; the branch gives up at 1 and is back at 2; the next crash of x counts from then."""
    wall = Wall()
    slow = Backoff(first=4.0, factor=2.0, limit=8.0, jitter=0.0)
    tree = await grow(branch(player(wall, "x"), player(wall, "y"), intensity=1, backoff=slow))
    for time, name in ((0, "x"), (1, "y"), (3, "x")):
        await trio.sleep_until(time)
        tree.ref(name).tell(Crash())
    await trio.sleep(50)
    assert wall.times_of("x up") == [0, 2, 3 + 8]


async def test_a_restart_that_was_due_does_not_overtake_the_order_of_a_new_run(grow: Grow) -> None:
    wall = Wall()
    slow = Backoff(first=4.0, factor=2.0, limit=8.0, jitter=0.0)
    children = (player(wall, "w", start=5.0), player(wall, "x"), player(wall, "y"))
    tree = await grow(branch(*children, intensity=1, backoff=slow))
    tree.ref("x").tell(Crash())  # due at 9
    await trio.sleep_until(6)
    tree.ref("y").tell(Crash())  # the branch is back at 7, and w is up at 12
    await trio.sleep(50)
    assert wall.times_of("x up") == [5, 12]


async def test_a_branch_cut_short_in_its_stop_is_whole_after_the_restart(grow: Grow) -> None:
    """inner waits for its restart when outer's time to stop runs out; both come back and stay."""
    wall = Wall()
    inner = branch(player(wall, "x"), name="inner")
    outer = branch(inner, player(wall, "z", stop=30.0, stop_within=60.0), name="outer", intensity=5, stop_within=1.0)
    tree = await grow(player(wall, "a"), outer, strategy=Strategy.ONE_FOR_ALL)
    tree.ref("x").tell(Crash())
    await trio.sleep(0.5)
    tree.ref("a").tell(Crash())
    await trio.sleep(50)
    assert wall.lines[-3:] == ["a up", "x up", "z up"]
    assert tree.tree().children[1].children[0].restarts == 1


# --- children that come and go ------------------------------------------------------------------------------------


async def test_a_child_is_ready_when_it_has_been_added(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), branch())
    ref = await tree.branch("branch").start_child(player(wall, "x", start=2.0))
    assert wall.lines == ["a up", "x up"]
    assert trio.current_time() == 2
    assert tree.registry.whereis("x") is ref
    assert await ref.ask(Say("hello")) == "hello"


async def test_an_added_child_is_restarted_like_any_other(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(branch(intensity=5))
    ref = await tree.branch("branch").start_child(player(wall, "x"))
    ref.tell(Crash())
    await trio.sleep(5)
    assert wall.lines == ["x up", "x takes as asked", "x down", "x up"]


async def test_a_first_start_that_fails_is_told_to_its_starter_and_nothing_remains(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    with pytest.raises(StartFailed, match="x") as failed:
        await tree.start_child(player(wall, "x", broken=1))
    assert repr(failed.value.__cause__) == "RuntimeError('broken at start')"
    assert tree.registry.whereis("x") is None
    assert [child.name for child in tree.tree().children] == ["a"]
    await tree.start_child(player(wall, "x", broken=1))
    assert wall.lines == ["a up", "x breaks", "x up"]


async def test_a_starter_that_is_cancelled_leaves_no_child(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    with trio.move_on_after(1) as scope:
        await tree.start_child(player(wall, "x", start=5.0))
    await trio.sleep(10)
    assert scope.cancelled_caught
    assert tree.registry.whereis("x") is None
    assert wall.lines == ["a up"]


async def test_a_child_removed_in_the_turn_it_was_added_handles_nothing_halfway(grow: Grow) -> None:
    """Its task may not have made its first step: the message is then not handled, never cancelled in the middle."""
    tree = await grow()
    outcomes: set[str] = set()

    async def add() -> None:
        with suppress(StartFailed):
            await tree.start_child(player(Wall(), "x"))

    async def ask(ref: Ref) -> None:
        try:
            outcomes.add(await ref.ask(Say("done", seconds=1)))
        except (ActorStopped, ActorCrashed) as error:
            outcomes.add(type(error).__name__)

    for _ in range(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(add)
            while "x" not in tree.registry.all():
                await trio.lowlevel.checkpoint()
            tree.ref("x").tell(Say("busy"))
            nursery.start_soon(ask, tree.ref("x"))
            await tree.stop_child("x")
    assert outcomes <= {"done", "ActorStopped"}


async def test_a_child_taken_back_before_its_first_step_never_begins(grow: Grow) -> None:
    made: list[str] = []

    def make() -> Player:
        made.append("x")
        return Player(Wall(), "x")

    tree = await grow()
    child = tree._overseer.adopt_actor(ChildSpec("x", make))
    tree._overseer._launch(child)
    child.ask_to_stop(final=True)
    await wait_all_tasks_blocked()
    assert made == []
    assert tree.registry.whereis("x") is None


async def test_a_thousand_children_start_at_once(grow: Grow) -> None:
    tree = await grow(branch(unordered=True))
    fleet = tree.branch("branch")
    async with trio.open_nursery() as nursery:
        for number in range(1000):
            nursery.start_soon(fleet.start_child, player(Wall(), f"x{number}", start=1.0, stop=1.0))
    assert trio.current_time() == 1
    assert len(tree.registry.all()) == 1000
    tree.stop()
    await trio.sleep(1.5)
    assert len(tree.registry.all()) == 0


async def test_a_name_is_taken_once_in_a_tree(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"), branch())
    with pytest.raises(ValueError, match="an actor named 'a' exists"):
        await tree.branch("branch").start_child(player(Wall(), "a"))
    with pytest.raises(ValueError, match="a supervisor named 'branch' exists"):
        await tree.start_supervisor(branch())
    assert [child.name for child in tree.tree().children] == ["a", "branch"]


def test_a_tree_with_a_name_twice_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="an actor named 'a' exists"):
        Supervisor("root", children=[player(Wall(), "a"), branch(player(Wall(), "b")), player(Wall(), "a")])


async def test_a_branch_with_a_name_twice_leaves_nothing_behind(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    with pytest.raises(ValueError, match="an actor named 'a' exists"):
        await tree.start_supervisor(branch(player(Wall(), "x"), player(Wall(), "a")))
    assert set(tree.registry.all()) == {"a"}
    await tree.start_supervisor(branch(player(Wall(), "x")))
    assert set(tree.registry.all()) == {"a", "x"}


async def test_a_removed_child_finishes_what_it_has_in_hand(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    ref = tree.ref("a")
    ref.tell(Say("document", seconds=3))
    ref.tell(Say("queued"))
    await wait_all_tasks_blocked()
    await tree.stop_child("a")
    assert trio.current_time() == 3
    assert wall.lines == ["a up", "a takes document", "a down"]
    assert ref.stopped
    with pytest.raises(KeyError):
        await tree.stop_child("a")


async def test_a_stop_goes_on_when_its_caller_is_cancelled(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", stop=3.0))
    with trio.move_on_after(1):
        await tree.stop_child("a")
    await trio.sleep(10)
    assert wall.times_of("a down") == [3]
    assert tree.registry.whereis("a") is None


async def test_a_name_is_free_again_and_the_old_ref_stays_stopped(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    old = tree.ref("a")
    await tree.stop_child("a")
    new = await tree.start_child(player(Wall(), "a"))
    assert await new.ask(Say("new")) == "new"
    with pytest.raises(ActorStopped):
        old.tell(Say("old"))


async def test_a_child_in_its_back_off_can_be_removed(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    tree.ref("a").tell(Crash())
    await trio.sleep(0.5)
    await tree.stop_child("a")
    await trio.sleep(10)
    assert trio.current_time() == 10.5
    assert wall.lines.count("a up") == 1


async def test_a_slow_stop_does_not_delay_the_restart_of_another(grow: Grow, nursery: trio.Nursery) -> None:
    wall = Wall()
    tree = await grow(player(wall, "slow", stop=30.0, stop_within=60.0), player(wall, "b"))
    nursery.start_soon(tree.stop_child, "slow")
    await wait_all_tasks_blocked()
    tree.ref("b").tell(Crash())
    await trio.sleep(2)
    assert wall.times_of("b up") == [0, 1]


async def test_children_added_to_a_branch_come_back_with_it(grow: Grow) -> None:
    """A fleet must not lose its registers because one of them was too much for its supervisor."""
    wall = Wall()
    tree = await grow(branch(player(wall, "x")))
    ref = await tree.branch("branch").start_child(player(wall, "added"))
    ref.tell(Crash())
    await trio.sleep(5)
    assert wall.lines[-2:] == ["x up", "added up"]
    assert await ref.ask(Say("back")) == "back"


async def test_a_child_added_to_a_branch_in_its_back_off_starts_with_it(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(branch(player(wall, "x")))
    tree.ref("x").tell(Crash())
    await trio.sleep(0.5)
    await tree.branch("branch").start_child(player(wall, "late"))
    assert trio.current_time() == 1
    assert wall.lines[-2:] == ["x up", "late up"]


async def test_a_branch_can_be_added_and_removed_whole(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    added = await tree.start_supervisor(branch(player(wall, "x"), player(wall, "y")))
    assert added.name == "branch"
    await added.start_child(player(wall, "z"))
    await tree.stop_child("branch")
    assert wall.lines == ["a up", "x up", "y up", "z up", "z down", "y down", "x down"]
    with pytest.raises(ActorStopped):
        await added.start_child(player(wall, "w"))


async def test_an_actor_may_add_a_child_to_its_own_supervisor(grow: Grow) -> None:
    class Parent(Player):
        async def receive(self, message: object) -> object:
            ref = await tree.start_child(player(wall, "child"))
            return ref.name

    wall = Wall()
    tree = await grow(player(wall, "a", factory=Parent))
    assert await tree.ref("a").ask(Say("x")) == "child"


async def test_an_added_child_of_a_group_is_restarted_with_it(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), strategy=Strategy.ONE_FOR_ALL)
    await tree.start_child(player(wall, "x"))
    tree.ref("a").tell(Crash())
    await trio.sleep(5)
    assert wall.lines[-2:] == ["a up", "x up"]
