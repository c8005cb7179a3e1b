"""Stopping: reverse order, each child its own time, then hard; and an answer for everything that waits."""

from collections.abc import Callable

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import ActorCrashed, ActorStopped, AskTimedOut, Supervisor, SupervisorSpec
from tests.actors.runtime.cast import Crash, Player, Say, Wall, player
from tests.actors.runtime.conftest import STEADY, Grow


async def test_children_stop_in_reverse_order_one_after_another(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(*(player(wall, name, stop=1.0) for name in "abc"))
    tree.stop()
    await trio.sleep(10)
    assert list(zip(wall.lines, wall.times, strict=True))[3:] == [("c down", 1), ("b down", 2), ("a down", 3)]


async def test_equals_stop_all_at_once(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(*(player(wall, name, start=1.0, stop=1.0) for name in "abc"), unordered=True)
    assert trio.current_time() == 1
    tree.stop()
    await trio.sleep(10)
    assert set(wall.lines[3:]) == {"a down", "b down", "c down"}
    assert set(wall.times[3:]) == {2}


async def test_run_returns_when_everything_has_stopped() -> None:
    tree = Supervisor("root", children=[player(Wall(), "a", stop=2.0)])
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        assert tree.tree().state == "running"
        tree.stop()
        assert tree.tree().state == "stopping"
    assert trio.current_time() == 2
    assert tree.tree().state == "stopped"
    assert dict(tree.registry.all()) == {}


async def test_a_stop_before_the_run_ends_it_at_once() -> None:
    wall = Wall()
    tree = Supervisor("root", children=[player(wall, "a")])
    ref = tree.ref("a")
    tree.stop()
    await tree.run()
    assert wall.lines == []
    assert ref.stopped


async def test_a_cancelled_run_stops_in_order_too() -> None:
    wall = Wall()
    tree = Supervisor("root", children=[player(wall, name, stop=1.0) for name in "abc"])
    with trio.move_on_after(10) as scope:
        await tree.run()
    assert scope.cancelled_caught
    assert wall.lines[3:] == ["c down", "b down", "a down"]
    assert wall.times[3:] == [11, 12, 13]


async def test_a_cancelled_run_cancels_what_outstays_its_time() -> None:
    tree = Supervisor("root", children=[player(Wall(), "a", stop=1000.0, stop_within=2.0)])
    with trio.move_on_after(10):
        await tree.run()
    assert trio.current_time() == 12


async def test_a_crash_while_the_tree_stops_is_no_reason_to_give_up() -> None:
    wall = Wall()
    tree = Supervisor("root", children=[player(wall, "a"), player(wall, "b", stop=3.0)], intensity=0)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.stop()
        await trio.sleep(1)
        tree.ref("a").tell(Crash())
    assert wall.lines == ["a up", "b up", "a takes as asked", "a down", "b down"]


async def test_a_stop_in_the_turn_of_a_start_handles_nothing_halfway(grow: Grow) -> None:
    """Interleavings of start and stop: the waiting message is handled to its end, or not at all."""
    for turns in [0, 1, 2, 3, 4] * 6:
        wall = Wall()
        tree = Supervisor("root", children=[player(wall, "a", stop_within=9.0)])
        outcomes: list[str] = []

        async def ask() -> None:
            try:
                outcomes.append(await tree.ref("a").ask(Say("x", seconds=1)))  # noqa: B023  run to its end here
            except (ActorStopped, ActorCrashed) as error:
                outcomes.append(type(error).__name__)  # noqa: B023

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await wait_all_tasks_blocked()
            nursery.start_soon(tree.run)
            for _ in range(turns):
                await trio.lowlevel.checkpoint()
            tree.stop()
        assert outcomes in (["ActorStopped"], ["x"])
        assert (wall.lines.count("a takes x") == 1) is (outcomes == ["x"])


async def test_each_has_its_own_time_and_is_then_cancelled(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(
        player(wall, "a", stop=1.0),
        player(wall, "b", stop=100.0, stop_within=2.0),
        player(wall, "c", stop=3.0, stop_within=4.0),
    )
    tree.stop()
    await trio.sleep(50)
    assert list(zip(wall.lines, wall.times, strict=True))[3:] == [("c down", 3), ("a down", 6)]


async def test_the_message_in_hand_is_finished_within_the_time(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", stop_within=5.0))
    got: list[str] = []

    async def ask() -> None:
        got.append(await tree.ref("a").ask(Say("done", seconds=3)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await wait_all_tasks_blocked()
        tree.stop()
    assert got == ["done"]


async def outcomes_of(
    tree: Supervisor, in_hand: Say, *queued: Say, stop: Callable[[], None] | None = None
) -> list[str]:
    """Ask all, then stop the tree; what each asker is told."""
    outcomes = [""] * (1 + len(queued))
    ref = tree.ref("a")

    async def ask(index: int, message: Say) -> None:
        try:
            outcomes[index] = await ref.ask(message, timeout=100)
        except (ActorStopped, ActorCrashed, AskTimedOut) as error:
            outcomes[index] = type(error).__name__

    async with trio.open_nursery() as nursery:
        for index, message in enumerate((in_hand, *queued)):
            nursery.start_soon(ask, index, message)
            await wait_all_tasks_blocked()
        (stop or tree.stop)()
    return outcomes


async def test_everything_that_waits_is_answered_at_stop(grow: Grow) -> None:
    """What the handler never took is certain not to be done; what it had in hand when cancelled is unknown."""
    quick = await grow(player(Wall(), "a"))
    outcomes = await outcomes_of(quick, Say("done", 1), Say("queued"), Say("too"))
    assert outcomes == ["done", "ActorStopped", "ActorStopped"]
    stuck = await grow(player(Wall(), "a", stop_within=2.0))
    assert await outcomes_of(stuck, Say("stuck", 90), Say("queued")) == ["ActorCrashed", "ActorStopped"]


@pytest.mark.parametrize("way", ["asked", "cancelled"])
async def test_a_child_that_stopped_answers_while_the_others_still_stop(way: str) -> None:
    """The later child is gone for good as soon as it stopped: nobody waits for it until the end of the tree."""

    class Forwarder(Player):
        async def receive(self, message: object) -> object:
            assert isinstance(message, Say)
            return await tree.ref("b").ask(message, timeout=100)

    wall = Wall()
    tree = Supervisor("root", children=[player(wall, "a", factory=Forwarder), player(wall, "b")])
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("b").tell(Say("busy", seconds=2))
        stop = nursery.cancel_scope.cancel if way == "cancelled" else tree.stop
        with trio.CancelScope(shield=True):
            assert await outcomes_of(tree, Say("x"), stop=stop) == ["ActorStopped"]
    assert wall.lines[-2:] == ["b down", "a down"]
    assert trio.current_time() == 2


async def test_telling_a_stopped_actor_says_so(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    ref = tree.ref("a")
    tree.stop()
    await trio.sleep(1)
    assert ref.stopped
    with pytest.raises(ActorStopped):
        ref.tell(Say("x"))
    with pytest.raises(ActorStopped):
        await ref.ask(Say("x"))


async def test_a_message_told_in_the_turn_of_a_stop_is_handled_or_answered(grow: Grow) -> None:
    """Interleavings: told before, with, and after the stop. Nothing is left without an answer."""
    for _ in range(20):
        wall = Wall()
        tree = await grow(player(wall, "a"))
        ref = tree.ref("a")
        outcomes: list[str] = []

        async def ask() -> None:
            try:
                outcomes.append(await ref.ask(Say("x")))  # noqa: B023  run to its end within the loop
            except ActorStopped:
                outcomes.append("stopped")  # noqa: B023

        async def stop() -> None:
            tree.stop()  # noqa: B023

        async with trio.open_nursery() as nursery:
            for each in (ask, stop, ask):
                nursery.start_soon(each)
        assert tuple(sorted(outcomes)) in {("stopped", "stopped"), ("stopped", "x"), ("x", "x")}
        assert outcomes.count("x") == wall.lines.count("a takes x")


async def test_an_actor_that_is_still_starting_is_not_waited_for(grow: Grow) -> None:
    wall = Wall()
    tree = Supervisor("root", children=[player(wall, "a"), player(wall, "b", start=100.0)])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await trio.sleep(1)
        tree.stop()
    assert trio.current_time() == 1
    assert wall.lines == ["a up", "a down"]


async def test_a_stop_during_a_back_off_is_immediate(grow: Grow) -> None:
    wall = Wall()
    tree = Supervisor("root", children=[player(wall, "a")], backoff=STEADY)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("a").tell(Crash())
        await trio.sleep(0.5)
        tree.stop()
    assert trio.current_time() == 0.5
    assert wall.lines.count("a up") == 1


async def test_a_crash_while_stopping_changes_nothing(grow: Grow) -> None:
    class Sore(Player):
        async def stopping(self) -> None:
            await super().stopping()
            raise RuntimeError("sore loser")

    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b", factory=Sore))
    tree.stop()
    await trio.sleep(10)
    assert wall.lines == ["a up", "b up", "b down", "a down"]


async def test_after_a_crash_too_the_ending_has_its_time_and_no_more(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", stop=100.0, stop_within=3.0))
    tree.ref("a").tell(Crash())
    await trio.sleep(10)
    assert wall.lines == ["a up", "a takes as asked", "a up"]
    assert wall.times_of("a up") == [0, 3 + 1]
    assert tree.tree().children[0].last_error == "RuntimeError: as asked"


async def test_the_ending_of_a_cancelled_actor_runs_cancelled(grow: Grow) -> None:
    """As a ``finally`` block would: what needs no waiting is still done."""

    class Careful(Player):
        async def stopping(self) -> None:
            self.wall.write("a closes its port")
            await trio.lowlevel.checkpoint()
            self.wall.write("never")

    wall = Wall()
    tree = await grow(player(wall, "a", factory=Careful, stop_within=1.0))
    tree.ref("a").tell(Say("stuck", seconds=100))
    await wait_all_tasks_blocked()
    tree.stop()
    await trio.sleep(10)
    assert wall.lines[-1] == "a closes its port"
    assert wall.times[-1] == 1


async def test_the_time_of_a_supervisor_bounds_all_below_it(grow: Grow) -> None:
    wall = Wall()
    slow = tuple(player(wall, name, stop=30.0, stop_within=60.0) for name in "xy")
    branch = SupervisorSpec("branch", slow, stop_within=10.0)
    tree = await grow(player(wall, "a"), branch)
    tree.stop()
    await trio.sleep(100)
    assert wall.lines[3:] == ["a down"]
    assert wall.times[3:] == [10]
