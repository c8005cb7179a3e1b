"""The message in hand at a crash: failed, retried, or handed to the fresh actor to be reconciled."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import ActorCrashed, ActorStopped, AskTimedOut, Parked, Restart
from actors.runtime.children import DELIVERIES
from tests.actors.runtime.cast import Crash, Player, Refused, Say, Wall, player
from tests.actors.runtime.conftest import Grow


class Fragile(Player):
    """Crashes in the middle of the first ``crashes`` messages that say ``sale``."""

    crashes = 1

    async def receive(self, message: object) -> object:
        value = await super().receive(message)
        if value == "sale" and self.wall.lines.count(f"{self.name} takes sale") <= self.crashes:
            raise RuntimeError("power cut")
        return value


class Hopeless(Fragile):
    crashes = 99


def by_type(message: object) -> Parked:
    return Parked.RECONCILE if isinstance(message, Say) else Parked.RETRY


async def test_the_asker_is_told_that_it_is_not_known(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Fragile))
    with pytest.raises(ActorCrashed):
        await tree.ref("a").ask(Say("sale"))
    await trio.sleep(5)
    assert wall.lines == ["a up", "a takes sale", "a down", "a up"]


async def test_what_is_safe_to_repeat_is_received_again_before_what_waits(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Fragile, parked=Parked.RETRY))
    ref = tree.ref("a")
    ref.tell(Say("busy", seconds=1))
    await wait_all_tasks_blocked()
    got: list[str] = []

    async def ask(text: str) -> None:
        got.append(await ref.ask(Say(text)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, "sale")
        await wait_all_tasks_blocked()
        nursery.start_soon(ask, "next")
    assert got == ["sale", "next"]
    assert wall.lines[-4:] == ["a down", "a up", "a takes sale", "a takes next"]


async def test_a_message_that_crashes_every_life_is_failed_in_the_end(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Hopeless, parked=Parked.RETRY))
    with pytest.raises(ActorCrashed):
        await tree.ref("a").ask(Say("sale"), timeout=100)
    assert wall.lines.count("a takes sale") == DELIVERIES
    assert await tree.ref("a").ask(Say("next")) == "next"


async def test_a_retried_message_whose_time_is_over_is_dropped(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Fragile, parked=Parked.RETRY))
    with pytest.raises(AskTimedOut):
        await tree.ref("a").ask(Say("sale"), timeout=0.5)
    await trio.sleep(5)
    assert wall.lines.count("a takes sale") == 1


async def test_the_fresh_actor_reconciles_before_it_receives_anything(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Fragile, parked=Parked.RECONCILE))
    ref = tree.ref("a")
    ref.tell(Say("queued"))
    answers: list[str] = []

    async def ask() -> None:
        answers.append(await ref.ask(Say("sale")))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await wait_all_tasks_blocked()
        ref.tell(Say("control"), control=True)
    await trio.sleep(5)
    assert answers == ["reconciled"]
    assert wall.lines[-3:] == ["a up", "a reconciles sale", "a takes control"]


async def test_it_is_reconciled_even_when_nobody_waits_any_more(grow: Grow) -> None:
    """A fiscal command whose fate is unknown is settled, whatever became of its asker."""
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Fragile, parked=Parked.RECONCILE))
    with pytest.raises(AskTimedOut):
        await tree.ref("a").ask(Say("sale"), timeout=0.5)
    await trio.sleep(5)
    assert wall.lines[-1] == "a reconciles sale"


async def test_the_fate_is_decided_by_the_type_of_the_message(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a", factory=Fragile, parked=by_type))
    ref = tree.ref("a")
    assert await ref.ask(Say("sale")) == "reconciled"
    with pytest.raises(ActorCrashed):
        await ref.ask(Crash("again"), timeout=100)
    assert wall.lines.count("a takes again") == DELIVERIES


async def test_a_rule_that_fails_fails_the_asker(grow: Grow) -> None:
    def rule(message: object) -> Parked:
        raise LookupError(message)

    tree = await grow(player(Wall(), "a", factory=Fragile, parked=rule))
    with pytest.raises(ActorCrashed):
        await tree.ref("a").ask(Say("sale"))
    assert await tree.ref("a").ask(Say("next")) == "next"


async def test_reconciling_does_not_hold_up_the_start_of_siblings(grow: Grow) -> None:
    class Slow(Fragile):
        async def parked(self, message: object) -> object:
            await trio.sleep(25)
            return await super().parked(message)

    wall = Wall()
    tree = await grow(player(wall, "a", factory=Slow, parked=Parked.RECONCILE), player(wall, "b"))
    ask = await tree.ref("a").ask(Say("sale"), timeout=100)
    assert ask == "reconciled"
    assert trio.current_time() == 26
    assert tree.tree().children[0].state == "running"


async def test_a_declared_outcome_of_reconciling_goes_to_the_asker(grow: Grow) -> None:
    class Declines(Fragile):
        async def parked(self, message: object) -> object:
            raise Refused("proved absent")

    tree = await grow(player(Wall(), "a", factory=Declines, parked=Parked.RECONCILE))
    with pytest.raises(Refused, match="proved absent"):
        await tree.ref("a").ask(Say("sale"))
    assert tree.tree().children[0].restarts == 1


async def test_a_crash_while_reconciling_tries_again_a_bounded_number_of_times(grow: Grow) -> None:
    class Breaks(Fragile):
        async def parked(self, message: object) -> object:
            self.wall.write("a fails to reconcile")
            raise RuntimeError("no answer")

    wall = Wall()
    tree = await grow(player(wall, "a", factory=Breaks, parked=Parked.RECONCILE))
    with pytest.raises(ActorCrashed) as crashed:
        await tree.ref("a").ask(Say("sale"), timeout=100)
    assert repr(crashed.value.__cause__) == "RuntimeError('no answer')"
    assert wall.lines.count("a fails to reconcile") == DELIVERIES - 1


async def test_a_broken_start_keeps_what_is_to_be_reconciled(grow: Grow) -> None:
    class BreaksOnce(Fragile):
        async def started(self) -> None:
            if self.wall.lines.count("a takes sale") == 1 and "a breaks" not in self.wall.lines:
                self.wall.write("a breaks")
                raise RuntimeError("not yet")
            await super().started()

    wall = Wall()
    tree = await grow(player(wall, "a", factory=BreaksOnce, parked=Parked.RECONCILE))
    answer = await tree.ref("a").ask(Say("sale"), timeout=100)
    assert answer == "reconciled"
    assert wall.lines[-3:] == ["a breaks", "a up", "a reconciles sale"]


async def test_a_parked_message_of_a_child_stopped_for_good_is_failed_as_unknown(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", factory=Fragile, parked=Parked.RETRY))
    ref = tree.ref("a")
    outcomes: list[str] = []

    async def ask(text: str) -> None:
        try:
            await ref.ask(Say(text))
        except (ActorCrashed, ActorStopped) as error:
            outcomes.append(f"{text}: {type(error).__name__}")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, "sale")
        await trio.sleep(0.5)  # crashed, and waiting for its restart
        nursery.start_soon(ask, "queued")
        await wait_all_tasks_blocked()
        tree.stop()
    assert set(outcomes) == {"sale: ActorCrashed", "queued: ActorStopped"}


async def test_a_temporary_child_has_no_fresh_actor_to_hand_it_to(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", factory=Fragile, parked=Parked.RECONCILE, restart=Restart.TEMPORARY))
    with pytest.raises(ActorCrashed):
        await tree.ref("a").ask(Say("sale"))
    assert trio.current_time() == 0
