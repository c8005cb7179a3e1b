"""Tell and ask: answers, declared outcomes, deadlines, late replies, and cancellation at each await."""

import gc
import weakref

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import (
    LATER,
    Actor,
    ActorCrashed,
    ActorError,
    AskTimedOut,
    ChildSpec,
    Envelope,
    Overloaded,
    Ref,
)
from schemas.messages import Request
from tests.actors.runtime.cast import Crash, Leave, Player, Refuse, Refused, Say, Wall, player
from tests.actors.runtime.conftest import Grow


async def test_an_ask_gets_what_the_handler_returned(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    assert await tree.ref("a").ask(Say("hello")) == "hello"


async def test_messages_are_handled_in_the_order_of_telling(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    for text in "xyz":
        tree.ref("a").tell(Say(text))
    await wait_all_tasks_blocked()
    assert wall.lines == ["a up", "a takes x", "a takes y", "a takes z"]


async def test_a_declared_outcome_goes_to_the_asker_and_the_actor_lives(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    with pytest.raises(Refused, match="not today"):
        await tree.ref("a").ask(Refuse())
    assert await tree.ref("a").ask(Say("alive")) == "alive"
    assert wall.lines.count("a up") == 1
    assert tree.tree().children[0].last_error is None


async def test_a_declared_outcome_of_a_tell_is_noted_and_the_actor_lives(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    tree.ref("a").tell(Refuse())
    assert await tree.ref("a").ask(Say("alive")) == "alive"
    assert wall.lines.count("a up") == 1
    assert tree.tree().children[0].last_error == "Refused: not today"


class Forwarder(Actor):
    """Asks another actor, and does not look at what it raises."""

    async def receive(self, message: object) -> object:
        other = self.context.registry.whereis("other")
        assert other is not None
        assert isinstance(message, Say)
        return await other.ask(message, timeout=1)


async def test_an_outcome_of_the_runtime_passes_through_an_actor_that_asked(grow: Grow) -> None:
    tree = await grow(player(Wall(), "other"), ChildSpec("a", Forwarder))
    with pytest.raises(AskTimedOut):
        await tree.ref("a").ask(Say("slow", seconds=3))
    await trio.sleep(3)
    assert await tree.ref("a").ask(Say("quick")) == "quick"
    assert tree.tree().children[1].restarts == 0


async def test_any_other_exception_is_a_crash_and_the_asker_is_told(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    with pytest.raises(ActorCrashed) as crashed:
        await tree.ref("a").ask(Crash("bang"))
    assert repr(crashed.value.__cause__) == "RuntimeError('bang')"
    assert isinstance(crashed.value, ActorError)


async def test_a_handler_with_a_nursery_crashes_with_the_cause_and_not_with_a_group(grow: Grow) -> None:
    class Nested(Actor):
        async def receive(self, message: object) -> object:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever)
                raise RuntimeError("inside")

    tree = await grow(ChildSpec("a", Nested))
    with pytest.raises(ActorCrashed) as crashed:
        await tree.ref("a").ask(Say("x"))
    assert repr(crashed.value.__cause__) == "RuntimeError('inside')"
    assert tree.tree().children[0].last_error == "RuntimeError: inside"


# --- bounds -------------------------------------------------------------------------------------------------------


async def test_a_full_lane_is_overloaded_while_the_other_still_takes(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", capacity=2, control_capacity=1))
    ref = tree.ref("a")
    ref.tell(Say("in hand", seconds=10))
    await wait_all_tasks_blocked()
    ref.tell(Say("1"))
    ref.tell(Say("2"))
    with pytest.raises(Overloaded):
        ref.tell(Say("3"))
    with pytest.raises(Overloaded):
        await ref.ask(Say("3"))
    ref.tell(Say("4"), control=True)
    with pytest.raises(Overloaded):
        ref.tell(Say("5"), control=True)
    assert ref.depth == 3


async def test_control_overtakes_work(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    ref = tree.ref("a")
    ref.tell(Say("first", seconds=1))
    await wait_all_tasks_blocked()
    ref.tell(Say("work"))
    ref.tell(Say("control"), control=True)
    await trio.sleep(2)
    assert wall.lines == ["a up", "a takes first", "a takes control", "a takes work"]


async def test_a_busy_actor_leaves_turns_to_others(grow: Grow) -> None:
    """A mailbox that is always full must not hold the scheduler: others run once in a batch."""
    turns = 0
    ref: Ref

    class Busy(Actor):
        async def receive(self, message: object) -> object:
            if isinstance(message, int) and message < 1000:
                ref.tell(message + 1)
            return None

    async def neighbour() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    tree = await grow(ChildSpec("a", Busy))
    ref = tree.ref("a")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(neighbour)
        ref.tell(0)
        while ref.depth:
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    assert turns >= 1000 // 64 - 1


# --- deadlines ----------------------------------------------------------------------------------------------------


async def test_an_ask_times_out_after_five_seconds_unless_told_otherwise(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    with pytest.raises(AskTimedOut, match="no answer to Say in time"):
        await tree.ref("a").ask(Say("slow", seconds=100))
    assert trio.current_time() == 5
    with pytest.raises(AskTimedOut):
        await tree.ref("a").ask(Say("slow", seconds=100), timeout=0.5)
    assert trio.current_time() == 5.5


async def test_a_late_reply_is_dropped_and_reaches_no_later_ask(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    ref = tree.ref("a")
    with pytest.raises(AskTimedOut):
        await ref.ask(Say("late", seconds=2), timeout=1)
    assert await ref.ask(Say("next"), timeout=3) == "next"
    await trio.sleep(10)


async def test_a_message_whose_asker_timed_out_in_the_queue_is_never_handled(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    ref = tree.ref("a")
    ref.tell(Say("long", seconds=10))
    with pytest.raises(AskTimedOut):
        await ref.ask(Say("a sale"), timeout=1)
    await trio.sleep(20)
    assert wall.lines == ["a up", "a takes long"]


async def test_a_told_message_past_its_deadline_is_dropped_and_counted(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    ref = tree.ref("a")
    ref.tell(Say("long", seconds=10))
    ref.tell(Say("too late"), deadline=trio.current_time() + 9)
    ref.tell(Say("in time"), deadline=trio.current_time() + 11)
    await trio.sleep(20)
    assert wall.lines == ["a up", "a takes long", "a takes in time"]
    assert tree.tree().children[0].expired == 1


async def test_at_the_very_deadline_either_may_win_but_both_sides_agree(grow: Grow) -> None:
    """The answer and the time-out fall into one moment; what the handler did is known from what it wrote."""
    for _ in range(20):
        wall = Wall()
        tree = await grow(player(wall, f"a{id(wall)}"))
        ref = next(iter(tree.registry.all().values()))
        try:
            outcome = await ref.ask(Say("photo finish", seconds=1), timeout=1)
        except AskTimedOut:
            outcome = "timed out"
        assert outcome in {"photo finish", "timed out"}
        assert wall.lines[-1].endswith("takes photo finish")
        tree.stop()


async def test_an_ask_without_end_waits(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    assert await tree.ref("a").ask(Say("slow", seconds=10_000), timeout=float("inf")) == "slow"


# --- cancellation -------------------------------------------------------------------------------------------------


async def test_a_cancelled_asker_sends_nothing(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    tree.ref("a").tell(Say("busy", seconds=1))
    await wait_all_tasks_blocked()
    with trio.CancelScope() as scope:
        scope.cancel()
        await tree.ref("a").ask(Say("never"))
    assert scope.cancelled_caught
    assert tree.ref("a").depth == 0
    await trio.sleep(5)
    assert wall.lines == ["a up", "a takes busy"]


@pytest.mark.parametrize("timeout", [5.0, float("inf")])
async def test_an_asker_cancelled_while_its_message_waits_withdraws_it(grow: Grow, timeout: float) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    tree.ref("a").tell(Say("long", seconds=3))
    with trio.move_on_after(1) as scope:
        await tree.ref("a").ask(Say("withdrawn"), timeout=timeout)
    await trio.sleep(10)
    assert scope.cancelled_caught
    assert wall.lines == ["a up", "a takes long"]
    assert tree.tree().children[0].expired == 0


async def test_an_asker_cancelled_while_its_message_is_handled_disturbs_nothing(grow: Grow) -> None:
    wall = Wall()
    tree = await grow(player(wall, "a"))
    with trio.move_on_after(1) as scope:
        await tree.ref("a").ask(Say("goes on", seconds=3))
    assert scope.cancelled_caught
    assert await tree.ref("a").ask(Say("next")) == "next"
    assert trio.current_time() == 3
    assert tree.tree().children[0].restarts == 0


async def test_an_answer_and_a_cancellation_in_one_turn_agree(grow: Grow, nursery: trio.Nursery) -> None:
    """Once the answer is on its way the asker gets it; a cancellation that was first leaves no answer to get."""
    seen = set()
    for _ in range(30):
        tree = await grow(player(Wall(), "a"))
        scope = trio.CancelScope()
        got: list[str] = []

        async def asker() -> None:
            with scope:  # noqa: B023  run to its end within the turn
                got.append(await tree.ref("a").ask(Say("x", seconds=1)))  # noqa: B023

        async def canceller() -> None:
            await trio.sleep(1)
            scope.cancel()  # noqa: B023

        async with trio.open_nursery() as inner:
            inner.start_soon(asker)
            inner.start_soon(canceller)
        assert (got == ["x"]) is not scope.cancelled_caught
        seen.add(scope.cancelled_caught)
        tree.stop()
    assert seen <= {True, False}


# --- keys and later answers ---------------------------------------------------------------------------------------


class Clerk(Actor):
    """Keeps what it is asked and answers when told to; shows keys."""

    def __init__(self, kept: list[Envelope]) -> None:
        self.kept = kept

    async def receive(self, message: object) -> object:
        match message:
            case Say(text):
                self.kept.append(self.context.envelope)
                return LATER if text == "keep" else self.context.envelope.key
            case Leave():
                self.context.stop()
            case Crash():
                raise RuntimeError("clerk")
        return None


async def test_the_handler_sees_the_idempotency_key_and_the_deadline(grow: Grow) -> None:
    kept: list[Envelope] = []
    tree = await grow(ChildSpec("a", lambda: Clerk(kept)))
    assert await tree.ref("a").ask(Say("key"), key="order-1", timeout=7) == "order-1"
    assert kept[0].deadline == 7


async def test_an_answer_may_come_later(grow: Grow, nursery: trio.Nursery) -> None:
    kept: list[Envelope] = []
    got: list[str] = []
    tree = await grow(ChildSpec("a", lambda: Clerk(kept)))

    async def asker() -> None:
        got.append(await tree.ref("a").ask(Say("keep")))

    nursery.start_soon(asker)
    await trio.sleep(1)
    assert kept[0].waiting
    kept[0].answer("late but true")
    kept[0].answer("a second answer changes nothing")
    await wait_all_tasks_blocked()
    assert got == ["late but true"]
    assert not kept[0].waiting


async def test_what_was_kept_is_failed_when_the_actor_ends(grow: Grow, nursery: trio.Nursery) -> None:
    for end in (Crash(), Leave()):
        kept: list[Envelope] = []
        tree = await grow(ChildSpec("a", lambda kept=kept: Clerk(kept)))  # type: ignore[misc]  # a default binds it
        async with trio.open_nursery() as inner:
            inner.start_soon(_expect_crashed, tree.ref("a"))
            await wait_all_tasks_blocked()
            tree.ref("a").tell(end)
        tree.stop()


async def _expect_crashed(ref: Ref) -> None:
    with pytest.raises(ActorCrashed):
        await ref.ask(Say("keep"))


async def test_kept_envelopes_nobody_waits_for_are_let_go(grow: Grow) -> None:
    kept: list[Envelope] = []
    tree = await grow(ChildSpec("a", lambda: Clerk(kept)))
    for _ in range(300):
        with pytest.raises(AskTimedOut):
            await tree.ref("a").ask(Say("keep"), timeout=0.1)
    child = tree._overseer.children["a"]
    assert len(child.life.deferred) <= 65  # type: ignore[attr-defined]  # the test looks behind the ref


async def test_an_envelope_is_in_hand_only_while_a_message_is(grow: Grow) -> None:
    class Curious(Player):
        async def started(self) -> None:
            with pytest.raises(LookupError):
                _ = self.context.envelope

    await grow(player(Wall(), "a", factory=Curious))


class Heavy(Request[None], frozen=True):
    load: set[str]


class Deaf(Actor):
    async def receive(self, message: object) -> None:
        return None


async def test_what_was_answered_is_not_kept_until_its_deadline(grow: Grow) -> None:
    """A bulk import asks with thousands of receipts and a minute's patience, many times a second."""

    tree = await grow(ChildSpec("a", Deaf))
    message = Heavy({"many", "receipts"})
    kept = weakref.ref(message.load)
    await tree.ref("a").ask(message, timeout=60.0)
    del message
    await wait_all_tasks_blocked()
    gc.collect()
    assert kept() is None
