"""The mailbox alone: bounds, order of lanes, fairness, and that a cancelled wait moves nothing."""

from collections import deque

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from actors.runtime import ActorStopped, Envelope, Overloaded
from actors.runtime.mailbox import Mailbox


def work(message: object) -> Envelope:
    return Envelope(message)


def control(message: object) -> Envelope:
    return Envelope(message, control=True)


def drained(mailbox: Mailbox) -> list[object]:
    return [envelope.message for envelope in iter(mailbox.take, None)]


def test_each_lane_has_its_own_bound() -> None:
    mailbox = Mailbox("m", capacity=2, control_capacity=1)
    mailbox.put(work(1))
    mailbox.put(work(2))
    with pytest.raises(Overloaded, match=r"m: work lane is full \(2\)"):
        mailbox.put(work(3))
    mailbox.put(control(4))
    with pytest.raises(Overloaded, match=r"m: control lane is full \(1\)") as full:
        mailbox.put(control(5))
    assert full.value.lane == "control"
    assert (mailbox.work_depth, mailbox.control_depth) == (2, 1)


def test_a_refused_message_leaves_no_trace() -> None:
    mailbox = Mailbox("m", capacity=1, control_capacity=1)
    mailbox.put(work(1))
    with pytest.raises(Overloaded):
        mailbox.put(work(2))
    assert drained(mailbox) == [1]


def test_a_lane_of_no_capacity_takes_nothing() -> None:
    with pytest.raises(Overloaded):
        Mailbox("m", capacity=0, control_capacity=1).put(work(1))


def test_control_goes_before_work() -> None:
    mailbox = Mailbox("m", capacity=8, control_capacity=8)
    for envelope in (work(1), control(2), work(3), control(4)):
        mailbox.put(envelope)
    assert drained(mailbox) == [2, 4, 1, 3]


def test_control_is_looked_at_again_between_two_messages_of_work() -> None:
    mailbox = Mailbox("m", capacity=8, control_capacity=8)
    mailbox.put(work(1))
    mailbox.put(work(2))
    first = mailbox.take()
    mailbox.put(control(3))
    assert first is not None
    assert [first.message, *drained(mailbox)] == [1, 3, 2]


def test_a_flood_of_control_does_not_starve_the_work() -> None:
    mailbox = Mailbox("m", capacity=8, control_capacity=3)
    mailbox.put(work("work"))
    taken = []
    for number in range(5):
        mailbox.put(control(number))
        envelope = mailbox.take()
        assert envelope is not None
        taken.append(envelope.message)
    assert taken == [0, 1, 2, "work", 3]


def test_what_is_put_back_keeps_its_order_and_its_lane() -> None:
    mailbox = Mailbox("m", capacity=3, control_capacity=3)
    for envelope in (work(1), work(2), control(3), work(4)):
        mailbox.put(envelope)
    taken = [mailbox.take() for _ in range(3)]
    mailbox.put_back(envelope for envelope in taken if envelope is not None)
    assert drained(mailbox) == [3, 1, 2, 4]


def test_the_runtime_may_exceed_the_bound_but_not_the_end() -> None:
    mailbox = Mailbox("m", capacity=1, control_capacity=1)
    mailbox.put(work(1))
    mailbox.force(work(2))
    assert [envelope.message for envelope in mailbox.close()] == [1, 2]
    mailbox.force(work(3))
    with pytest.raises(ActorStopped):
        mailbox.put(work(4))
    assert drained(mailbox) == []


def test_everything_is_taken_at_once_with_control_first() -> None:
    mailbox = Mailbox("m", capacity=8, control_capacity=8)
    for envelope in (work(1), control(2), work(3)):
        mailbox.put(envelope)
    assert [envelope.message for envelope in mailbox.take_all()] == [2, 1, 3]
    assert mailbox.take_all() == []


async def test_a_put_wakes_the_sleeper(nursery: trio.Nursery) -> None:
    mailbox = Mailbox("m", capacity=8, control_capacity=8)
    taken: list[object] = []

    async def reader() -> None:
        await mailbox.arrival()
        taken.extend(drained(mailbox))

    nursery.start_soon(reader)
    await wait_all_tasks_blocked()
    mailbox.put(work(1))
    mailbox.put(work(2))
    await wait_all_tasks_blocked()
    assert taken == [1, 2]


async def test_a_cancelled_wait_moves_nothing() -> None:
    mailbox = Mailbox("m", capacity=8, control_capacity=8)
    with trio.move_on_after(1) as scope:
        await mailbox.arrival()
    assert scope.cancelled_caught
    mailbox.put(work(1))
    assert drained(mailbox) == [1]


async def test_a_put_in_the_turn_of_a_cancellation_is_not_lost(nursery: trio.Nursery) -> None:
    """Whichever comes first in that turn, the message is either taken or still there."""
    mailbox = Mailbox("m", capacity=8, control_capacity=8)
    scope = trio.CancelScope()

    async def reader() -> None:
        with scope:
            await mailbox.arrival()

    nursery.start_soon(reader)
    await wait_all_tasks_blocked()
    mailbox.put(work(1))
    scope.cancel()
    await wait_all_tasks_blocked()
    assert not scope.cancelled_caught
    assert drained(mailbox) == [1]


@given(st.lists(st.sampled_from(["work", "control", "take"])), st.integers(1, 4), st.integers(1, 4))
def test_it_loses_and_invents_nothing(steps: list[str], capacity: int, control_capacity: int) -> None:
    """Against a model: two queues, and the rule of fairness left open."""
    mailbox = Mailbox("m", capacity, control_capacity)
    lanes: dict[str, deque[int]] = {"work": deque(), "control": deque()}
    for number, step in enumerate(steps):
        if step == "take":
            taken = mailbox.take()
            heads: set[object] = {lane[0] for lane in lanes.values() if lane}
            assert (taken.message if taken else None) in (heads or {None})
            for lane in lanes.values():
                if taken and lane and lane[0] == taken.message:
                    lane.popleft()
        elif len(lanes[step]) < {"work": capacity, "control": control_capacity}[step]:
            mailbox.put(Envelope(number, control=step == "control"))
            lanes[step].append(number)
        else:
            with pytest.raises(Overloaded):
                mailbox.put(Envelope(number, control=step == "control"))
    assert (mailbox.work_depth, mailbox.control_depth) == (len(lanes["work"]), len(lanes["control"]))
