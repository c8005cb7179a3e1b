"""Actors that take whole batches: what a group commit needs."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import Actor, ActorCrashed, ActorStopped, AskTimedOut, ChildSpec, Envelope, Parked, Ref
from tests.actors.runtime.cast import Crash, Refused, Say
from tests.actors.runtime.conftest import Grow


class Committer(Actor):
    """Answers a whole batch after one second; a ``Crash`` in it kills after half of it was answered."""

    def __init__(self, batches: list[list[object]]) -> None:
        self.batches = batches

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        self.batches.append([envelope.message for envelope in envelopes])
        await trio.sleep(1)
        for envelope in envelopes:
            match envelope.message:
                case Crash():
                    raise RuntimeError("commit")
                case Say("refuse"):
                    envelope.fail(Refused("row"))
                case Say(text):
                    envelope.answer(text)


async def collect(ref: Ref, say: Say, outcomes: dict[str, object], timeout: float = 5.0) -> None:
    try:
        answer = await ref.ask(say, timeout=timeout)
        outcomes[say.text] = answer
    except (ActorCrashed, ActorStopped, AskTimedOut, Refused) as error:
        outcomes[say.text] = type(error).__name__


async def test_whatever_gathered_during_a_batch_is_the_next_one(grow: Grow) -> None:
    batches: list[list[object]] = []
    outcomes: dict[str, object] = {}
    tree = await grow(ChildSpec("a", lambda: Committer(batches)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(collect, tree.ref("a"), Say("0"), outcomes)
        await wait_all_tasks_blocked()
        for number in range(1, 40):
            nursery.start_soon(collect, tree.ref("a"), Say(str(number)), outcomes)
    assert [len(batch) for batch in batches] == [1, 39]
    assert outcomes == {str(number): str(number) for number in range(40)}
    assert trio.current_time() == 2


async def test_control_comes_first_in_a_batch(grow: Grow) -> None:
    batches: list[list[object]] = []
    tree = await grow(ChildSpec("a", lambda: Committer(batches)))
    tree.ref("a").tell(Say("work"))
    tree.ref("a").tell(Say("control"), control=True)
    await wait_all_tasks_blocked()
    assert batches == [[Say("control"), Say("work")]]


async def test_one_bad_row_fails_alone(grow: Grow) -> None:
    outcomes: dict[str, object] = {}
    tree = await grow(ChildSpec("a", lambda: Committer([])))
    async with trio.open_nursery() as nursery:
        for text in ("good", "refuse", "fine"):
            nursery.start_soon(collect, tree.ref("a"), Say(text), outcomes)
    assert outcomes == {"good": "good", "refuse": "Refused", "fine": "fine"}


async def test_what_a_crash_left_unanswered_is_failed_and_what_waited_survives(grow: Grow) -> None:
    batches: list[list[object]] = []
    outcomes: dict[str, object] = {}
    tree = await grow(ChildSpec("a", lambda: Committer(batches)))
    ref = tree.ref("a")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(collect, ref, Say("before"), outcomes)
        await wait_all_tasks_blocked()  # alone in the first batch
        nursery.start_soon(collect, ref, Say("answered"), outcomes)
        await wait_all_tasks_blocked()
        ref.tell(Crash())
        nursery.start_soon(collect, ref, Say("unanswered"), outcomes)
        await trio.sleep(1.5)
        nursery.start_soon(collect, ref, Say("behind"), outcomes)
    assert outcomes == {
        "before": "before",
        "answered": "answered",
        "unanswered": "ActorCrashed",
        "behind": "behind",
    }


async def test_unanswered_messages_of_a_crashed_batch_may_be_retried_in_order(grow: Grow) -> None:
    batches: list[list[object]] = []

    class Once(Committer):
        async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
            self.batches.append([envelope.message for envelope in envelopes])
            envelopes[0].answer("first")
            if len(self.batches) == 1:
                raise RuntimeError("once")

    tree = await grow(ChildSpec("a", lambda: Once(batches), parked=Parked.RETRY))
    for text in "xyz":
        tree.ref("a").tell(Say(text))
    await trio.sleep(0.5)
    tree.ref("a").tell(Say("behind"))
    await trio.sleep(3)
    assert batches == [[Say("x"), Say("y"), Say("z")], [Say("y"), Say("z"), Say("behind")]]


async def test_a_stop_does_not_wait_for_everything_that_is_to_be_reconciled(grow: Grow) -> None:
    class Settler(Committer):
        async def parked(self, message: object) -> object:
            await trio.sleep(10)
            return f"{message.text} settled" if isinstance(message, Say) else None

    outcomes: dict[str, object] = {}
    tree = await grow(ChildSpec("a", lambda: Settler([]), parked=Parked.RECONCILE, stop_within=60.0))
    tree.ref("a").tell(Say("busy"))
    await wait_all_tasks_blocked()
    tree.ref("a").tell(Crash())
    async with trio.open_nursery() as nursery:
        for text in ("first", "second"):
            nursery.start_soon(collect, tree.ref("a"), Say(text), outcomes, 100.0)
            await wait_all_tasks_blocked()
        await trio.sleep(15)  # the crash was at 2, the restart at 3, and ``first`` follows at 13
        tree.stop()
    assert trio.current_time() == 23
    assert outcomes == {"first": "first settled", "second": "ActorCrashed"}


@pytest.mark.parametrize("drains", [True, False])
async def test_an_actor_that_drains_receives_at_its_stop_what_was_queued_before(grow: Grow, drains: bool) -> None:
    class Last(Committer):
        pass

    Last.drains = drains
    outcomes: dict[str, object] = {}
    tree = await grow(ChildSpec("a", lambda: Last([])))
    async with trio.open_nursery() as nursery:
        for text in ("in hand", "queued", "too"):
            nursery.start_soon(collect, tree.ref("a"), Say(text), outcomes)
            await wait_all_tasks_blocked()
        tree.stop()
    queued = ("queued", "too") if drains else ("ActorStopped", "ActorStopped")
    assert outcomes == {"in hand": "in hand", **dict(zip(("queued", "too"), queued, strict=True))}


async def test_expired_messages_are_not_in_a_batch(grow: Grow) -> None:
    batches: list[list[object]] = []
    outcomes: dict[str, object] = {}
    tree = await grow(ChildSpec("a", lambda: Committer(batches)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(collect, tree.ref("a"), Say("first"), outcomes)
        await wait_all_tasks_blocked()
        nursery.start_soon(collect, tree.ref("a"), Say("hurried"), outcomes, 0.5)
    await trio.sleep(5)
    assert batches == [[Say("first")]]
    assert outcomes == {"first": "first", "hurried": "AskTimedOut"}


@pytest.mark.parametrize("end", ["crash", "later"])
async def test_an_answer_may_come_after_the_batch(grow: Grow, end: str) -> None:
    kept: list[Envelope] = []

    class Keeper(Actor):
        async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
            if kept:
                raise RuntimeError("next batch")
            kept.extend(envelopes)

    outcomes: dict[str, object] = {}
    tree = await grow(ChildSpec("a", Keeper))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(collect, tree.ref("a"), Say("x"), outcomes)
        await wait_all_tasks_blocked()
        if end == "crash":
            tree.ref("a").tell(Crash())
        else:
            kept[0].answer("later")
    assert outcomes == {"x": "ActorCrashed" if end == "crash" else "later"}
