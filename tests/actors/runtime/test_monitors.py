"""Monitors, timers and tasks of an actor: what ends with its life, and who hears of the end."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import ActorCrashed, ActorStopped, ChildSpec, Context, Down, Restart, Strategy, Timer
from tests.actors.runtime.cast import Crash, Leave, Monitor, Player, Say, Wall, Watcher, player
from tests.actors.runtime.conftest import Grow


def watcher(heard: list[Down]) -> ChildSpec:
    return ChildSpec("watcher", lambda: Watcher(heard))


async def test_a_crash_is_heard_as_not_final(grow: Grow) -> None:
    heard: list[Down] = []
    tree = await grow(player(Wall(), "a"), watcher(heard))
    await tree.ref("watcher").ask(Monitor("a"))
    tree.ref("a").tell(Crash("first"))
    await trio.sleep(5)
    tree.ref("a").tell(Crash("second"))
    await trio.sleep(5)
    assert heard == [Down("a", "RuntimeError: first", final=False), Down("a", "RuntimeError: second", final=False)]


async def test_the_end_for_good_is_heard_once(grow: Grow) -> None:
    heard: list[Down] = []
    tree = await grow(
        player(Wall(), "a", restart=Restart.TEMPORARY),
        player(Wall(), "b", restart=Restart.TRANSIENT),
        player(Wall(), "c"),
        watcher(heard),
    )
    for name in "abc":
        await tree.ref("watcher").ask(Monitor(name))
    tree.ref("a").tell(Crash("gone"))
    tree.ref("b").tell(Leave())
    await trio.sleep(5)
    await tree.stop_child("c")
    await trio.sleep(5)
    assert set(heard[:2]) == {Down("a", "RuntimeError: gone", final=True), Down("b", "stopped", final=True)}
    assert heard[2:] == [Down("c", "stopped", final=True)]


async def test_a_child_removed_in_its_back_off_is_heard_of_as_gone(grow: Grow) -> None:
    heard: list[Down] = []
    tree = await grow(player(Wall(), "a"), watcher(heard))
    await tree.ref("watcher").ask(Monitor("a"))
    tree.ref("a").tell(Crash("first"))
    await trio.sleep(0.5)
    await tree.stop_child("a")
    await trio.sleep(5)
    assert heard == [Down("a", "RuntimeError: first", final=False), Down("a", "stopped", final=True)]


async def test_whoever_monitors_the_dead_hears_at_once(grow: Grow) -> None:
    class Late(Watcher):
        async def started(self) -> None:
            self.context.monitor(gone)

    heard: list[Down] = []
    tree = await grow(player(Wall(), "a"))
    gone = tree.ref("a")
    await tree.stop_child("a")
    await tree.start_child(ChildSpec("late", lambda: Late(heard)))
    await wait_all_tasks_blocked()
    assert heard == [Down("a", "stopped", final=True)]


async def test_a_monitor_taken_back_is_silent(grow: Grow) -> None:
    heard: list[Down] = []
    tree = await grow(player(Wall(), "a"), watcher(heard))
    await tree.ref("watcher").ask(Monitor("a"))
    await tree.ref("watcher").ask(Monitor("a"))
    await tree.ref("watcher").ask(Monitor("a", on=False))
    tree.ref("a").tell(Crash())
    await trio.sleep(5)
    assert heard == []


async def test_a_restarted_watcher_monitors_nothing(grow: Grow) -> None:
    heard: list[Down] = []
    tree = await grow(player(Wall(), "a"), watcher(heard))
    await tree.ref("watcher").ask(Monitor("a"))
    tree.ref("watcher").tell("this is no monitor: the watcher's assertion fails")
    await trio.sleep(5)
    tree.ref("a").tell(Crash())
    await trio.sleep(5)
    assert heard == []
    assert tree.ref("a").watchers == {}


async def test_a_full_control_lane_loses_no_down(grow: Grow) -> None:
    heard: list[Down] = []
    tree = await grow(player(Wall(), "a"), ChildSpec("watcher", lambda: Watcher(heard), control_capacity=0))
    await tree.ref("watcher").ask(Monitor("a"))
    tree.ref("a").tell(Crash())
    await trio.sleep(5)
    assert len(heard) == 1


async def test_a_sibling_restarted_with_the_group_is_heard_of(grow: Grow) -> None:
    heard: list[Down] = []
    children = [watcher(heard), player(Wall(), "a"), player(Wall(), "b")]
    tree = await grow(*children, strategy=Strategy.REST_FOR_ONE)
    await tree.ref("watcher").ask(Monitor("b"))
    tree.ref("a").tell(Crash())
    await trio.sleep(5)
    assert heard == [Down("b", "stopped", final=False)]


# --- timers of an actor -------------------------------------------------------------------------------------------


class Ticker(Player):
    """Sets timers when told to; notes when they ring."""

    def __init__(self, wall: Wall, name: str) -> None:
        super().__init__(wall, name)
        self.timers: list[Timer] = []

    async def receive(self, message: object) -> object:
        match message:
            case Say(text, seconds):
                if text == "cancel":
                    self.timers[-1].cancel()
                else:
                    self.timers.append(self.context.tell_later(seconds, text, control=text == "control"))
                return text
            case str():
                self.wall.write(f"tick {message}")
        return await super().receive(message) if isinstance(message, Crash) else None


async def test_an_actor_tells_itself_later(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Ticker))
    for text, seconds in (("late", 3.0), ("soon", 1.0)):
        await tree.ref("a").ask(Say(text, seconds))
    await trio.sleep(10)
    assert wall.times_of("tick soon") == [1]
    assert wall.times_of("tick late") == [3]


async def test_a_timer_can_be_taken_back(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Ticker))
    await tree.ref("a").ask(Say("never", 3.0))
    await tree.ref("a").ask(Say("cancel"))
    await trio.sleep(10)
    assert wall.lines == ["a up"]


async def test_a_restart_forgets_timers(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Ticker))
    await tree.ref("a").ask(Say("never", 3.0))
    tree.ref("a").tell(Crash())
    await trio.sleep(10)
    assert not [line for line in wall.lines if line.startswith("tick")]


async def test_a_timer_rings_even_into_a_full_mailbox(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Ticker, capacity=1, control_capacity=0))
    await tree.ref("a").ask(Say("control", 1.0))
    await trio.sleep(2)
    assert wall.lines[-1] == "tick control"


# --- tasks of an actor --------------------------------------------------------------------------------------------


class Worker(Player):
    """Runs a task beside its handler."""

    async def work(self, seconds: float, end: str) -> None:
        try:
            await trio.sleep(seconds)
            if end == "crash":
                raise RuntimeError("in the task")
        finally:
            self.wall.write(f"task {end}")

    async def receive(self, message: object) -> object:
        match message:
            case Say(text, seconds):
                self.context.spawn(self.work, seconds, text)
                return text
            case Monitor():
                await trio.sleep(100)
        return await super().receive(message)


async def test_the_handler_goes_on_while_a_task_runs(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Worker))
    assert await tree.ref("a").ask(Say("long", 10.0)) == "long"
    assert await tree.ref("a").ask(Say("short", 1.0)) == "short"
    await trio.sleep(20)
    assert wall.lines == ["a up", "task short", "task long"]


@pytest.mark.parametrize("end", ["stop", "crash"])
async def test_a_task_ends_before_its_actor_does(grow: Grow, end: str) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Worker))
    await tree.ref("a").ask(Say("long", 100.0))
    if end == "stop":
        await tree.stop_child("a")
        assert wall.lines == ["a up", "a down", "task long"]
    else:
        tree.ref("a").tell(Crash())
        await trio.sleep(5)
        assert wall.lines == ["a up", "a takes as asked", "a down", "task long", "a up"]


async def test_an_actor_has_ended_only_when_its_tasks_have(grow: Grow) -> None:
    class Thorough(Worker):
        async def work(self, seconds: float, end: str) -> None:
            try:
                await trio.sleep(seconds)
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(3)

    tree = await grow(player(Wall(), "a", factory=Thorough))
    await tree.ref("a").ask(Say("long", 100.0))
    await tree.stop_child("a")
    assert trio.current_time() == 3


async def test_the_crash_of_a_task_is_the_crash_of_its_actor(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Worker))
    await tree.ref("a").ask(Say("crash", 1.0))
    with pytest.raises(ActorCrashed) as crashed:
        await tree.ref("a").ask(Monitor("in the handler's hands"))
    assert repr(crashed.value.__cause__) == "RuntimeError('in the task')"
    await trio.sleep(5)
    assert wall.lines == ["a up", "task crash", "a down", "a up"]
    assert tree.tree().children[0].last_error == "RuntimeError: in the task"


async def test_a_task_may_be_cancelled_alone(grow: Grow) -> None:
    scopes: list[trio.CancelScope] = []

    class Careless(Worker):
        async def started(self) -> None:
            await super().started()
            scopes.append(self.context.spawn(self.work, 100.0, "alone"))

    wall = Wall()
    tree = await grow(player(wall, "a", factory=Careless))
    await wait_all_tasks_blocked()
    scopes[0].cancel()
    await wait_all_tasks_blocked()
    assert wall.lines == ["a up", "task alone"]
    assert tree.tree().children[0].restarts == 0


async def test_a_life_that_is_over_starts_no_task(grow: Grow) -> None:
    kept: list[Context] = []

    class Leaky(Player):
        async def started(self) -> None:
            kept.append(self.context)

    tree = await grow(player(Wall(), "a", factory=Leaky))
    await tree.stop_child("a")
    with pytest.raises(ActorStopped):
        kept[0].spawn(trio.sleep, 1)
