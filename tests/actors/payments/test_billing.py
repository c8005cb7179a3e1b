"""Crediting on a virtual clock: order, pace, doubts, outages, restarts."""

from collections import deque
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
import trio
from trio.testing import MockClock

from actors.payments.breaker import Breaker
from schemas.payment_records import PaymentCredited
from schemas.payments import CheckAccount
from tests.actors.kkt.rack import wall
from tests.actors.payments.scripted import GONE, LATER, NOBODY, Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_the_request_is_the_same_at_every_repeat(office: Office, autojump_clock: MockClock) -> None:
    payment = office.paid(77)
    office.client.script["77"] = deque([GONE, LATER, GONE])
    async with office.working():
        await office.until_decided(payment)
    requests = [request for _, request in office.client.asked]
    assert len(requests) == 4
    assert len({repr(request) for request in requests}) == 1
    assert requests[0].at == datetime(2026, 11, 22, 12, 0)
    assert office.row(payment).credit == "done"


async def test_an_account_is_asked_about_in_order_and_others_beside_it(
    office: Office, autojump_clock: MockClock
) -> None:
    office.client.script["1"] = deque([LATER, LATER, GONE])
    payments = [office.paid(1), office.paid(2), office.paid(3), office.paid(4, "other")]
    async with office.working():
        await office.until_decided(*payments)
    asked = [request.txn_id for _, request in office.client.asked]
    assert asked.index("2") > max(place for place, number in enumerate(asked) if number == "1")
    assert asked.index("3") > asked.index("2")
    assert asked.index("4") < asked.index("2")
    assert not office.client.overlapped


async def test_no_more_than_allowed_at_a_time(office: Office, autojump_clock: MockClock) -> None:
    payments = [office.paid(number, f"a{number}") for number in range(40)]
    async with office.working(parallel=6):
        await office.until_decided(*payments)
    assert office.client.most_under_way == 6
    assert len(office.client.asked) == 40


async def test_a_told_actor_does_not_wait_for_its_turn(office: Office, autojump_clock: MockClock) -> None:
    async with office.working(poll=100.0):
        await trio.sleep(1.0)
        payment = office.paid(1)
        office.look()
        await office.until_decided(payment)
        assert trio.current_time() < 2.0
        untold = office.paid(2)
        await office.until_decided(untold)
        assert trio.current_time() > 99.0


async def test_temporary_answers_are_repeated_ever_more_slowly(office: Office, autojump_clock: MockClock) -> None:
    payment = office.paid(1)
    office.client.script["1"] = deque([LATER] * 12)
    async with office.working(first_wait=1.0, longest_wait=60.0):
        await office.until_decided(payment)
    times = office.client.times("1")
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[0] < 3
    assert pauses == sorted(pauses[:6]) + pauses[6:]
    assert max(pauses) < 60 * 1.2 + 1.5


async def test_refused_for_good_is_not_asked_about_again(office: Office, autojump_clock: MockClock) -> None:
    payment, later = office.paid(1), office.paid(2)
    office.client.script["1"] = deque([NOBODY])
    async with office.working():
        await office.until_decided(payment, later)
    assert (office.row(payment).credit, office.row(payment).outcome, office.row(payment).give_back) == (
        "refused", "no_account", 1
    )  # fmt: skip
    assert len(office.client.times("1")) == 1


async def test_an_outage_is_met_by_the_breaker_and_forgotten_after_it(
    office: Office, autojump_clock: MockClock
) -> None:
    payments = [office.paid(number, f"a{number}") for number in range(20)]
    office.client.away = True
    async with office.working():
        await trio.sleep(600)
        tried = len(office.client.asked)
        assert tried < 40, "a dead billing is asked now and then, by one at a time"
        assert office.desk is not None
        assert office.desk.state.breaker in ("open", "trying")
        assert office.read.payment_backlog()[0].payments == 20
        began = trio.current_time()
        answer = await office.desk.check(CheckAccount("1"))
        assert answer.decision == "temporary"
        assert trio.current_time() - began <= office.client.seconds
        office.client.away = False
        await office.until_decided(*payments)
        assert trio.current_time() < 600 + 90
        assert office.desk.state.breaker == "closed"
    assert all(office.row(payment).credit == "done" for payment in payments)


async def test_a_disk_that_is_away_loses_no_outcome(office: Office, autojump_clock: MockClock) -> None:
    payment = office.paid(1)
    async with office.working():
        office.journal.away = True
        await trio.sleep(5)
        assert office.row(payment).undecided
        office.journal.away = False
        await office.until_decided(payment)
    assert office.client.times("1") == [0.0], "the answer was kept and written later: the billing was asked once"


async def test_a_stop_in_the_middle_is_settled_by_the_next_life(office: Office, autojump_clock: MockClock) -> None:
    payment = office.paid(1)
    office.client.seconds = 5.0
    async with office.working():
        await trio.sleep(1.0)
    assert office.row(payment).credit == "due"
    office.client.seconds = 0.1
    async with office.working():
        await office.until_decided(payment)
    assert len(office.client.times("1")) == 2


async def test_decided_by_a_person_meanwhile(office: Office, autojump_clock: MockClock) -> None:
    payment = office.paid(1)
    office.client.script["1"] = deque([NOBODY])
    office.client.seconds = 1.0
    async with office.working():
        await trio.sleep(0.5)
        office.commit(PaymentCredited(payment, "7", "seen in its books", "token 1", wall()))
        await trio.sleep(2.0)
    assert (office.row(payment).credit, office.row(payment).prv_txn) == ("done", "7")


async def test_who_waits_is_told(office: Office, autojump_clock: MockClock) -> None:
    async with office.working():
        payment = office.paid(1)
        with office.outcomes.expected(payment) as event:
            office.look()
            with trio.fail_after(2):
                await event.wait()
        assert office.row(payment).credit == "done"


async def test_an_asker_without_patience_says_nothing_of_the_billing(office: Office, autojump_clock: MockClock) -> None:
    async with office.working():
        assert office.desk is not None
        for _ in range(20):
            with trio.move_on_after(office.client.seconds / 2):
                await office.desk.check(CheckAccount("1"))
        assert (office.desk.state.breaker, office.desk.state.failures, office.desk.state.in_hand) == ("closed", 0, 0)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_tries_and_closes() -> None:
    clock = Clock()
    breaker = Breaker(clock, Random(1), threshold=3, first_wait=1.0, longest_wait=4.0)
    for _ in range(2):
        breaker.failed()
    assert (breaker.state, breaker.room) == ("closed", float("inf"))
    breaker.failed()
    assert (breaker.state, breaker.room) == ("open", 0.0)
    waits = []
    for _ in range(5):
        waits.append(breaker.opens_in)
        clock.now += breaker.opens_in
        assert (breaker.state, breaker.room) == ("trying", 1.0)
        breaker.began()
        assert breaker.room == 0.0
        breaker.failed()
    assert all(0.8 * wait <= found <= 1.2 * wait for wait, found in zip([1, 2, 4, 4, 4], waits, strict=True))
    clock.now += breaker.opens_in
    breaker.began()
    breaker.succeeded()
    assert (breaker.state, breaker.room, breaker.failures) == ("closed", float("inf"), 0)
