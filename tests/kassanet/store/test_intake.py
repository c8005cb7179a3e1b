"""Accepting: one receipt for one key, whatever is repeated, mixed or wrong."""

import pytest

from schemas.records import Accepted, AcceptReceipt, AcceptReceipts, Conflict, NotFound
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import CIRCUIT, INN, T0, cancel, circuit, integration, new


def test_a_new_receipt_waits_in_the_queue(case: Case) -> None:
    accepted = case.do(new("a", url="http://127.0.0.1/"))
    assert accepted == Accepted(accepted.receipt_id, "queued", True, True)
    stored = case.receipt(accepted.receipt_id)
    assert (stored.external_id, stored.status, stored.revision, stored.total) == ("a", "queued", 1, 50_000)
    assert (stored.accepted_at, stored.changed_at, stored.body) == (T0, T0, b'{"external_id":"a"}')
    assert [row.id for row in case.reader.queued(CIRCUIT, 0, 10)] == [stored.id]


def test_a_repeat_gives_the_first_receipt_whatever_became_of_it(case: Case) -> None:
    first = case.do(new("a"))
    assert case.do(new("a")) == Accepted(first.receipt_id, "queued", False, True)
    case.do(cancel(first.receipt_id))
    assert case.do(new("a", at=T0 + 99)) == Accepted(first.receipt_id, "cancelled", False, True)
    assert case.receipt(first.receipt_id).accepted_at == T0


def test_other_content_under_the_same_key_is_told_and_changes_nothing(case: Case) -> None:
    first = case.do(new("a"))
    assert case.do(new("a", content="other", total=1)) == Accepted(first.receipt_id, "queued", False, False)
    assert case.receipt(first.receipt_id).total == 50_000


def test_a_key_is_the_circuits_own(case: Case) -> None:
    other = case.do(circuit(title="kiosk", at=T0 + 1))
    first, second = case.do(new("a")), case.do(new("a", circuit_id=other))
    assert first.created
    assert second.created
    assert first.receipt_id != second.receipt_id


def test_many_are_answered_in_their_order(case: Case) -> None:
    case.do(new("b"))
    answers = case.do(AcceptReceipts((new("a"), new("b"), new("a"), new("c"), new("b", content="other"))))
    assert [answer for answer in answers if not isinstance(answer, Accepted)] == []
    told = [(answer.receipt_id, answer.created, answer.same) for answer in answers if isinstance(answer, Accepted)]
    assert told == [(2, True, True), (1, False, True), (2, False, True), (3, True, True), (1, False, False)]


def test_ids_grow_and_each_belongs_to_its_receipt(case: Case) -> None:
    keys = [f"order-{number}" for number in range(500)]
    answers = case.do(AcceptReceipts(tuple(new(key) for key in keys)))
    ids = [answer.receipt_id for answer in answers if isinstance(answer, Accepted)]
    assert ids == sorted(set(ids))
    assert [case.receipt(receipt_id).external_id for receipt_id in ids] == keys


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (new("x", circuit_id=99), NotFound),
        (new("x", integration_id=99), NotFound),
        (new("x", total=-1), Conflict),
        (new("x", total=2**63), Conflict),
        (new("\ud800"), Conflict),
    ],
    ids=["no circuit", "no integration", "negative", "too large", "half a character"],
)
def test_a_bad_row_fails_alone(case: Case, bad: AcceptReceipt, kind: type[Exception]) -> None:
    single, many, after = case.store.commit([new("s"), AcceptReceipts((new("a"), bad, new("b"))), new("t")])
    assert isinstance(many, list)
    first, middle, last = many
    assert isinstance(middle, kind)
    assert all(isinstance(answer, Accepted) and answer.created for answer in (single, first, last, after))
    assert case.reader.counts() == {"queued": 4}


def test_nothing_at_all_is_a_batch(case: Case) -> None:
    assert list(case.store.commit([])) == []
    assert case.do(AcceptReceipts(())) == []


def test_what_was_accepted_is_there_after_a_restart(case: Case) -> None:
    case.do(integration())
    (first,) = case.accept("a")
    before = case.state()
    case.reopen()
    assert case.state() == before
    assert case.do(new("a")) == Accepted(first, "queued", False, True)
    assert case.do(new("b")).receipt_id == first + 1


def test_the_queue_is_read_in_pieces(case: Case) -> None:
    ids = case.accept(*"abcde")
    assert [row.id for row in case.reader.queued(CIRCUIT, 0, 2)] == ids[:2]
    assert [row.id for row in case.reader.queued(CIRCUIT, ids[1], 10)] == ids[2:]
    assert case.reader.queued(CIRCUIT + 1, 0, 10) == []
    assert case.reader.queue_depth(CIRCUIT) == 5
    assert case.reader.queue_depth(CIRCUIT + 1) == 0
    assert case.reader.circuits()[0].sinn == f"{INN}-1"


def test_who_has_waited_too_long(case: Case) -> None:
    ids = [case.do(new(key, at=T0 + wait)).receipt_id for key, wait in (("a", 0), ("b", 50), ("c", 10))]
    assert case.reader.overdue(CIRCUIT, T0 + 11, 10) == [ids[0], ids[2]]
    assert case.reader.overdue(CIRCUIT, T0 + 11, 1) == [ids[0]]
    assert case.reader.overdue(CIRCUIT, T0, 10) == []
