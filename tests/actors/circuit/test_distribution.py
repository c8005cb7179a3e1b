"""Who makes which receipt: every rule of the distribution, and random histories that keep all of them."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from actors.circuit.distribution import Distribution
from schemas.commands import Job
from tests.actors.receipts import job

ALL = 63


def everything_goes(kind: str, asked: Job) -> bool:
    return False


def distribution(*registers: str) -> Distribution:
    made = Distribution(everything_goes)
    for eip in registers:
        made.idle(eip, "terminalfa", ALL, None)
    return made


def assigned(made: Distribution) -> list[tuple[str, int]]:
    return [(eip, each.receipt_id) for eip, each in made.assign()]


def test_oldest_receipts_go_to_registers_in_order_of_arrival() -> None:
    made = distribution("a", "b")
    for number in (1, 2, 3):
        made.add(job(number))
    assert assigned(made) == [("a", 1), ("b", 2)]
    assert assigned(made) == []
    assert len(made) == 1


def test_a_receipt_that_was_out_comes_back_to_its_place() -> None:
    made = distribution("a")
    made.add(job(1))
    made.add(job(2))
    made.assign()
    made.put_back(job(1))
    made.idle("a", "terminalfa", ALL, 1)
    assert assigned(made) == [("a", 1)]


def test_the_next_receipt_is_reserved_while_a_document_runs() -> None:
    made = distribution("a")
    made.add(job(1))
    made.add(job(2))
    made.assign()
    made.reserve("a")
    assert len(made) == 0
    made.idle("a", "terminalfa", ALL, 1)
    assert assigned(made) == [("a", 2)]


def test_nothing_is_reserved_that_an_idle_register_could_take() -> None:
    made = distribution("a")
    made.add(job(1))
    made.assign()
    made.idle("b", "terminalfa", ALL, None)
    made.add(job(2))
    made.reserve("a")
    assert assigned(made) == [("b", 2)]


def test_an_idle_register_takes_over_what_a_slow_one_has_reserved() -> None:
    made = distribution("slow", "quick")
    for number in (1, 2, 3):
        made.add(job(number))
    made.assign()
    made.reserve("slow")
    made.idle("quick", "terminalfa", ALL, 2)
    assert assigned(made) == [("quick", 3)]


def test_a_register_that_leaves_returns_its_reservation_and_names_what_it_was_given() -> None:
    made = distribution("a")
    made.add(job(1))
    made.add(job(2))
    made.assign()
    made.reserve("a")
    given = made.away("a")
    assert given is not None
    assert given.receipt_id == 1
    made.idle("b", "terminalfa", ALL, None)
    assert assigned(made) == [("b", 2)]


def test_a_register_is_not_idle_while_a_receipt_is_on_its_way_to_it() -> None:
    made = distribution("a")
    made.add(job(1))
    made.add(job(2))
    made.assign()
    made.idle("a", "terminalfa", ALL, None)  # said before it saw receipt 1
    assert assigned(made) == []


def test_tax_systems_of_the_registration_bind() -> None:
    made = Distribution(everything_goes)
    made.idle("osn", "terminalfa", 1, None)
    made.idle("usn", "terminalfa", 2, None)
    made.add(job(1, tax_system="usn_income"))
    made.add(job(2, tax_system="osn"))
    made.add(job(3, tax_system="patent"))
    assert assigned(made) == [("osn", 2), ("usn", 1)]


def test_a_type_that_cannot_make_a_receipt_is_passed_over() -> None:
    made = Distribution(lambda kind, asked: kind == "old" and asked.receipt_id == 1)
    made.idle("a", "old", ALL, None)
    made.idle("b", "new", ALL, None)
    made.add(job(1))
    made.add(job(2))
    assert assigned(made) == [("a", 2), ("b", 1)]


def test_a_register_that_failed_gets_the_receipt_again_only_when_alone() -> None:
    made = distribution("a", "b")
    made.put_back(job(1, failed_on=("a",)))
    assert assigned(made) == [("b", 1)]
    alone = distribution("a")
    alone.put_back(job(1, failed_on=("a",)))
    assert assigned(alone) == [("a", 1)]


def test_whoever_found_nothing_looks_again_when_the_queue_grows() -> None:
    made = Distribution(everything_goes)
    made.idle("osn", "terminalfa", 1, None)
    made.add(job(1, tax_system="patent"))
    assert assigned(made) == []
    made.add(job(2, tax_system="osn"))
    assert assigned(made) == [("osn", 2)]
    made.idle("osn", "terminalfa", 1, 2)
    assert assigned(made) == []
    made.put_back(job(2, tax_system="osn"))
    assert assigned(made) == [("osn", 2)]


def test_a_receipt_found_behind_what_was_passed_over_is_seen() -> None:
    made = Distribution(everything_goes)
    made.idle("osn", "terminalfa", 1, None)
    made.add(job(5, tax_system="patent"))
    assert assigned(made) == []
    made.drop(5)
    made.add(job(3, tax_system="osn"))
    assert assigned(made) == [("osn", 3)]


def test_what_one_register_failed_on_is_not_passed_over_by_its_equals() -> None:
    made = Distribution(everything_goes)
    made.idle("a", "terminalfa", 1, None)
    made.add(job(1, tax_system="patent"))
    made.add(job(2, tax_system="osn", failed_on=("a",)))
    made.idle("b", "terminalfa", 1, None)
    made.add(job(3, tax_system="osn"))
    assert assigned(made) == [("a", 3), ("b", 2)]


def test_whoever_cannot_make_a_reserved_receipt_leaves_it_to_who_can() -> None:
    made = Distribution(everything_goes)
    made.idle("busy", "terminalfa", ALL, None)
    made.add(job(1))
    made.add(job(2, tax_system="usn_income"))
    made.assign()
    made.reserve("busy")
    made.idle("osn", "terminalfa", 1, None)
    assert assigned(made) == []
    made.idle("usn", "terminalfa", 2, None)
    assert assigned(made) == [("usn", 2)]


def test_a_failure_of_one_register_does_not_make_its_equals_useless() -> None:
    made = distribution("a", "b")
    made.put_back(job(1, failed_on=("a",)))
    made.put_back(job(2, failed_on=("a", "b")))
    made.put_back(job(3, failed_on=("a",)))
    assert assigned(made) == [("a", 2), ("b", 1)]
    made.idle("a", "terminalfa", ALL, 2)
    assert assigned(made) == []
    made.idle("b", "terminalfa", ALL, 1)
    assert assigned(made) == [("b", 3)]


def test_who_has_waited_longest_is_served_first() -> None:
    made = distribution("a", "b", "c")
    made.add(job(1))
    assert assigned(made) == [("a", 1)]
    made.idle("a", "terminalfa", ALL, 1)
    made.add(job(2))
    made.add(job(3))
    made.add(job(4))
    assert assigned(made) == [("b", 2), ("c", 3), ("a", 4)]


def test_a_dropped_receipt_is_gone() -> None:
    made = distribution("a")
    made.add(job(1))
    made.drop(1)
    assert assigned(made) == []


def test_a_kept_register_gets_nothing_until_its_receipt_comes() -> None:
    made = distribution("a", "b")
    assert made.keep("sale/1", job(0)) == "a"
    for number in (1, 2, 3):
        made.add(job(number))
    assert assigned(made) == [("b", 1)]
    assert made.give("sale/1", job(3)) == "a"
    assert len(made) == 1
    made.idle("a", "terminalfa", ALL, 3)
    assert assigned(made) == [("a", 2)]


def test_a_kept_register_finishes_what_it_has_and_returns_what_was_reserved() -> None:
    made = distribution("a")
    made.add(job(1))
    made.add(job(2))
    made.assign()
    made.reserve("a")
    assert made.keep("sale/1", job(0)) == "a"
    assert len(made) == 1
    made.reserve("a")
    assert len(made) == 1
    assert made.give("sale/1", job(3)) is None  # its turn comes
    made.idle("a", "terminalfa", ALL, 1)
    assert assigned(made) == [("a", 3)]


def test_who_can_make_it_is_kept_the_idle_first_and_each_for_one() -> None:
    made = distribution("a")
    made.add(job(1))
    made.assign()
    made.idle("osn", "terminalfa", 1, None)
    assert made.keep("sale/1", job(0, tax_system="patent")) == "a"
    assert made.keep("sale/2", job(0, tax_system="patent")) is None
    assert made.keep("sale/2", job(0, tax_system="osn")) == "osn"


def test_a_register_let_go_serves_everybody() -> None:
    made = distribution("a")
    made.keep("sale/1", job(0))
    made.add(job(1))
    assert assigned(made) == []
    made.let_go("sale/1")
    assert assigned(made) == [("a", 1)]
    made.let_go("sale/1")


def test_a_kept_register_that_leaves_is_kept_no_more() -> None:
    made = distribution("a", "b")
    made.keep("sale/1", job(0))
    made.away("a")
    assert made.give("sale/1", job(1)) is None
    assert assigned(made) == [("b", 1)]
    made.idle("a", "terminalfa", ALL, None)
    made.add(job(2))
    assert assigned(made) == [("a", 2)]


class Histories(RuleBasedStateMachine):
    """Random lives of a circuit: every receipt is in exactly one place, and no register has two in hand."""

    registers = Bundle("registers")

    @initialize()
    def start(self) -> None:
        self.made = Distribution(everything_goes)
        self.waiting: set[int] = set()
        self.given: dict[str, int] = {}
        self.done: set[int] = set()
        self.newest = 0

    @rule(target=registers, name=st.sampled_from("abcde"))
    def register(self, name: str) -> str:
        return name

    @rule()
    def accept(self) -> None:
        self.newest += 1
        self.made.add(job(self.newest))
        self.waiting.add(self.newest)

    @rule(eip=registers)
    def idle(self, eip: str) -> None:
        finished = self.given.pop(eip, None)
        if finished is not None:
            self.done.add(finished)
        self.made.idle(eip, "terminalfa", ALL, finished)

    @rule(eip=registers)
    def announce_again(self, eip: str) -> None:
        if eip not in self.given:
            self.made.idle(eip, "terminalfa", ALL, None)
        elif eip in self.made.places:
            self.made.idle(eip, "terminalfa", ALL, 0)

    @rule(eip=registers)
    def commit(self, eip: str) -> None:
        if eip in self.given:
            self.made.reserve(eip)

    @rule(eip=registers)
    def fall_ill(self, eip: str) -> None:
        given = self.made.away(eip)
        assert (given.receipt_id if given else None) == self.given.pop(eip, None)
        if given is not None:
            self.made.put_back(given)
            self.waiting.add(given.receipt_id)

    @rule()
    def assign(self) -> None:
        for eip, asked in self.made.assign():
            assert self.made.places[eip].kept is None
            self.hand(eip, asked.receipt_id)

    def hand(self, eip: str, receipt_id: int) -> None:
        assert eip not in self.given
        self.waiting.remove(receipt_id)
        self.given[eip] = receipt_id

    @rule(key=st.sampled_from("xyz"))
    def keep(self, key: str) -> None:
        self.made.let_go(key)
        self.made.keep(key, job(0))

    @rule(key=st.sampled_from("xyz"))
    def let_go(self, key: str) -> None:
        self.made.let_go(key)

    @rule(key=st.sampled_from("xyz"))
    def give(self, key: str) -> None:
        self.newest += 1
        self.waiting.add(self.newest)
        eip = self.made.give(key, job(self.newest))
        if eip is not None:
            self.hand(eip, self.newest)

    @invariant()
    def every_receipt_is_in_one_place(self) -> None:
        places = self.made.places.values()
        reserved = [place.reserved.receipt_id for place in places if place.reserved]
        held = [place.given.receipt_id for place in places if place.given]
        assert len(reserved) == len(set(reserved))
        assert len(self.made) + len(reserved) == len(self.waiting)
        assert set(reserved) <= self.waiting
        assert sorted(held) == sorted(self.given.values())
        assert not self.waiting & self.done


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
