"""One for one: who is restarted, when, how often, and what survives."""

from random import Random
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from actors.runtime import ActorCrashed, ActorStopped, Backoff, ChildSpec, Escalated, Ref, Restart, Supervisor
from schemas.messages import Request
from tests.actors.runtime.cast import Crash, Leave, Player, Say, Wall, player
from tests.actors.runtime.conftest import STEADY, Grow


async def test_a_crash_restarts_only_the_child_after_its_back_off(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b"))
    tree.ref("a").tell(Crash())
    await trio.sleep(5)
    assert wall.lines == ["a up", "b up", "a takes as asked", "a down", "a up"]
    assert wall.times_of("a up") == [0, 1]


async def test_messages_queued_behind_a_crash_survive_it(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    ref = tree.ref("a")
    ref.tell(Say("1"))
    ref.tell(Crash("2"))
    ref.tell(Say("3"))
    ref.tell(Say("4"))
    await trio.sleep(0.5)
    assert ref.depth == 2
    ref.tell(Say("5"))
    assert await ref.ask(Say("6")) == "6"
    assert wall.lines[-5:] == ["a up", "a takes 3", "a takes 4", "a takes 5", "a takes 6"]


async def test_a_restart_makes_a_fresh_actor(grow: Grow) -> None:
    made: list[Player] = []
    wall = Wall()

    def make() -> Player:
        made.append(Player(wall, "a"))
        return made[-1]

    tree = await grow(ChildSpec("a", make))
    ref = tree.ref("a")
    ref.tell(Crash())
    await trio.sleep(2)
    assert len(set(map(id, made))) == 2
    assert tree.registry.whereis("a") is ref


@pytest.mark.parametrize(
    ("restart", "after_crash", "after_leaving"),
    [(Restart.PERMANENT, True, True), (Restart.TRANSIENT, True, False), (Restart.TEMPORARY, False, False)],
)
async def test_who_is_started_again(grow: Grow, restart: Restart, after_crash: bool, after_leaving: bool) -> None:
    for message, again in ((Crash(), after_crash), (Leave(), after_leaving)):
        wall = Wall()
        tree = await grow(player(wall, "a", restart=restart))
        ref = tree.ref("a")
        ref.tell(message)
        await trio.sleep(5)
        assert (wall.lines.count("a up") == 2) is again
        assert (tree.registry.whereis("a") is not None) is again
        assert ref.stopped is not again
        tree.stop()


async def outcome(ref: Ref, message: Request[Any]) -> str:
    try:
        return str(await ref.ask(message))
    except (ActorCrashed, ActorStopped) as error:
        return type(error).__name__


async def gather(*asks: tuple[Ref, Request[Any]]) -> list[str]:
    """Asked in this order in one turn; the outcomes in the same order."""
    outcomes = [""] * len(asks)

    async def one(index: int) -> None:
        outcomes[index] = await outcome(*asks[index])

    async with trio.open_nursery() as nursery:
        for index in range(len(asks)):
            nursery.start_soon(one, index)
            await wait_all_tasks_blocked()
    return outcomes


async def test_a_child_gone_for_good_answers_everything(grow: Grow) -> None:
    """The one in hand may have been done, those behind it were not."""
    tree = await grow(player(Wall(), "a", restart=Restart.TEMPORARY))
    ref = tree.ref("a")
    ref.tell(Say("busy", seconds=1))
    messages: list[Request[Any]] = [Crash(), Say("queued"), Say("queued too")]
    assert await gather(*((ref, message) for message in messages)) == ["ActorCrashed", "ActorStopped", "ActorStopped"]
    with pytest.raises(ActorStopped, match="a has stopped"):
        ref.tell(Say("after"))
    with pytest.raises(ActorStopped):
        await ref.ask(Say("after"))


async def test_leaving_ends_the_actor_after_the_message_in_hand(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", restart=Restart.TRANSIENT))
    ref = tree.ref("a")
    ref.tell(Leave())
    ref.tell(Say("unread"))
    await trio.sleep(1)
    assert wall.lines == ["a up", "a takes Leave", "a down"]
    assert ref.stopped


async def test_a_start_with_a_nursery_crashes_with_the_cause_and_not_with_a_group(grow: Grow) -> None:
    class Nested(Player):
        async def started(self) -> None:
            if "broken" not in self.wall.lines:
                self.wall.write("broken")
                async with trio.open_nursery():
                    raise RuntimeError("inside")

    tree = await grow(player(Wall(), "a", factory=Nested))
    assert tree.tree().children[0].last_error == "RuntimeError: inside"


async def test_an_error_at_the_end_does_not_hide_the_crash(grow: Grow) -> None:
    class Sore(Player):
        async def stopping(self) -> None:
            raise OSError("port is gone")

    tree = await grow(player(Wall(), "a", factory=Sore))
    with pytest.raises(ActorCrashed) as crashed:
        await tree.ref("a").ask(Crash("the cause"))
    assert repr(crashed.value.__cause__) == "RuntimeError('the cause')"


# --- back-off -----------------------------------------------------------------------------------------------------


async def test_the_back_off_grows_to_its_limit(grow: Grow) -> None:
    wall = Wall()
    await grow(player(wall, "b"))
    tree = await grow(player(wall, "a", broken=0))
    for _ in range(5):
        tree.ref("a").tell(Crash())
    await trio.sleep(100)
    assert wall.times_of("a up") == [0, 1, 3, 7, 15, 23]


async def test_a_child_that_lasted_begins_the_back_off_anew(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    for _ in range(2):
        tree.ref("a").tell(Crash())
    await trio.sleep(3 + STEADY.limit)
    tree.ref("a").tell(Crash())
    await trio.sleep(5)
    assert wall.times_of("a up") == [0, 1, 3, 3 + STEADY.limit + 1]


async def test_during_the_back_off_others_go_on_and_asks_wait(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"), player(Wall(), "b"))
    tree.ref("a").tell(Crash())
    await wait_all_tasks_blocked()
    assert tree.tree().children[0].state == "restarting"
    assert await tree.ref("b").ask(Say("quick")) == "quick"
    assert trio.current_time() == 0
    assert await tree.ref("a").ask(Say("patient")) == "patient"
    assert trio.current_time() == 1


async def test_two_children_back_off_independently(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"), player(wall, "b", start=5.0))
    begun = trio.current_time()
    tree.ref("b").tell(Crash())
    tree.ref("a").tell(Crash())
    await trio.sleep(20)
    assert [time - begun for time in wall.times_of("a up")[1:]] == [1]
    assert [time - begun for time in wall.times_of("b up")[1:]] == [6]


@given(st.integers(1, 10_000), st.integers())
def test_a_delay_stays_within_its_bounds(attempt: int, seed: int) -> None:
    backoff = Backoff(first=0.1, factor=2.0, limit=30.0, jitter=0.25)
    plain = min(30.0, 0.1 * 2.0 ** min(attempt - 1, 64))
    assert 0.75 * plain <= backoff.delay(attempt, Random(seed)) <= 1.25 * plain


def test_jitter_spreads_a_thousand_restarts() -> None:
    random = Random(7)
    delays = {Backoff(jitter=0.2).delay(1, random) for _ in range(1000)}
    assert len(delays) == 1000


# --- start --------------------------------------------------------------------------------------------------------


async def test_each_is_ready_before_the_next_one_starts(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", start=1.0), player(wall, "b", start=2.0), player(wall, "c"))
    assert list(zip(wall.lines, wall.times, strict=True)) == [("a up", 1), ("b up", 3), ("c up", 3)]
    assert tree.tree().state == "running"


async def test_a_child_broken_at_its_start_is_tried_again_before_the_next(grow: Grow) -> None:
    wall = Wall()
    await grow(player(wall, "a", broken=2), player(wall, "b"))
    assert wall.lines == ["a breaks", "a breaks", "a up", "b up"]
    assert wall.times_of("b up") == [3]


async def test_equals_broken_at_their_start_keep_their_back_off(grow: Grow) -> None:
    wall = Wall()
    await grow(player(wall, "a", start=0.5), player(wall, "b", broken=2), unordered=True)
    assert wall.times_of("b breaks") == [0, 1]
    assert wall.times_of("b up") == [3]


async def test_a_temporary_child_broken_at_its_start_does_not_hold_the_tree(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", broken=9, restart=Restart.TEMPORARY), player(wall, "b"))
    assert wall.lines == ["a breaks", "b up"]
    assert tree.registry.whereis("a") is None


async def test_a_factory_that_raises_is_a_crash(grow: Grow) -> None:
    made = 0

    def make() -> Player:
        nonlocal made
        made += 1
        if made == 1:
            raise OSError("no device")
        return Player(Wall(), "a")

    tree = await grow(ChildSpec("a", make))
    assert tree.tree().children[0].last_error == "OSError: no device"
    assert await tree.ref("a").ask(Say("x")) == "x"


async def test_messages_told_before_the_start_are_handled_after_it() -> None:
    wall = Wall()
    tree = Supervisor("root", children=[player(wall, "a", start=1.0)])
    tree.ref("a").tell(Say("early"))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await trio.sleep(1)
        tree.stop()
    assert wall.lines == ["a up", "a takes early", "a down"]


# --- intensity ----------------------------------------------------------------------------------------------------


async def crash_at(tree: Supervisor, *times: float) -> None:
    for time in times:
        await trio.sleep_until(time)
        tree.ref("a").tell(Crash(f"at {time:g}"))


@pytest.mark.parametrize(
    ("times", "gives_up"),
    [
        ((10, 20), False),
        ((10, 20, 30), True),
        ((10, 20, 69.9), True),
        ((10, 20, 70.1), False),
        ((10, 40, 75, 110, 145), False),
    ],
)
async def test_more_restarts_than_the_intensity_within_the_period_escalate(
    times: tuple[float, ...], gives_up: bool
) -> None:
    tree = Supervisor("root", children=[player(Wall(), "a")], intensity=2, period=60.0, backoff=STEADY)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crash_at, tree, *times)
        with trio.move_on_after(1000) as scope:
            if gives_up:
                with pytest.raises(Escalated, match="root gave up: a crashed too often") as escalated:
                    await tree.run()
                assert repr(escalated.value.__cause__) == f"RuntimeError('at {times[-1]:g}')"
            else:
                await tree.run()
        assert scope.cancelled_caught is not gives_up


async def test_an_intensity_of_none_gives_up_at_the_first_crash() -> None:
    tree = Supervisor("root", children=[player(Wall(), "a", broken=1)], intensity=0)
    with pytest.raises(Escalated):
        await tree.run()


async def test_the_intensity_is_that_of_all_children_together() -> None:
    tree = Supervisor("root", children=[player(Wall(), name, broken=1) for name in "ab"], intensity=1)
    with pytest.raises(Escalated) as escalated:
        await tree.run()
    assert escalated.value.child == "b"


async def test_giving_up_answers_everything_and_stops_the_others_in_order() -> None:
    wall = Wall()
    tree = Supervisor("root", children=[player(wall, name) for name in "abc"], intensity=0)
    ref = tree.ref("b")
    outcomes: list[str] = []

    async def asks() -> None:
        await trio.sleep(1)
        ref.tell(Say("busy", seconds=1))
        outcomes.extend(await gather((ref, Crash()), (ref, Say("queued"))))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(asks)
        with pytest.raises(Escalated):
            await tree.run()
    assert wall.lines[-3:] == ["b down", "c down", "a down"]
    assert outcomes == ["ActorCrashed", "ActorStopped"]


# --- exceptions that are no crashes -------------------------------------------------------------------------------


async def test_an_interrupt_is_not_a_crash_and_ends_the_tree() -> None:
    """Nothing but ``Exception`` is a crash; what ends the process passes through, and everything is answered."""

    class Interrupt(BaseException):
        pass

    class Interrupted(Player):
        async def receive(self, message: object) -> object:
            raise Interrupt

    wall = Wall()
    tree = Supervisor("root", children=[player(wall, "a", factory=Interrupted), player(wall, "b")])
    ref = tree.ref("a")
    ref.tell(Say("x"))
    with pytest.raises(BaseExceptionGroup) as group:
        await tree.run()
    assert group.value.subgroup(Interrupt) is not None
    assert ref.stopped
    assert tuple(wall.lines) in {("a up", "a down"), ("a up", "b up", "a down", "b down")}
