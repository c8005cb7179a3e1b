"""Retention: content goes, keys and results stay for ever."""

from schemas.records import Accepted, CallbackDelivered, CallbackFailed, KeepExchange, Prune
from schemas.rows import StoredExchange
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import T0, URL, begin, cancel, fiscal, fiscalized, manual, new, refuse

LATER = T0 + 1000


def test_content_goes_and_keys_and_results_stay(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    case.do(fiscalized(case.do(begin(receipt_id))))
    assert case.do(Prune(LATER, 10)) == 1
    stored = case.receipt(receipt_id)
    assert (stored.body, stored.status, stored.fiscal, stored.revision) == (b"", "fiscalized", fiscal(), 3)
    assert [line.status for line in case.reader.history(receipt_id)] == ["queued"]
    assert case.do(new("a")) == Accepted(receipt_id, "fiscalized", False, True)
    assert not case.do(new("a", content="other")).same
    (other,) = case.accept("b")
    assert case.refused(fiscalized(case.do(begin(other)))).code == "fd_taken"


def test_the_bytes_of_an_attempt_go_with_it(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    attempt = case.do(begin(receipt_id))
    case.do(KeepExchange(attempt, True, b"[1]"))
    case.do(KeepExchange(attempt, False, b"[]"))
    case.reopen()
    assert case.reader.exchange(attempt) == StoredExchange(attempt, True, b"[1]"), "the longer one stays"
    case.do(KeepExchange(attempt, False, b"[1, 2]"))
    assert case.reader.exchange(attempt) == StoredExchange(attempt, False, b"[1, 2]")
    case.do(fiscalized(attempt))
    assert case.do(Prune(LATER, 10)) == 1
    case.do(KeepExchange(attempt, True, b"[1, 2, 3]"))
    assert case.reader.exchange(attempt) is None


def test_only_what_is_finished_and_old_goes(case: Case) -> None:
    queued, assigned, in_manual, cancelled, refused, young = case.accept(*"abcdef")
    case.do(begin(assigned))
    case.do(manual(in_manual))
    case.do(cancel(cancelled))
    case.do(refuse(refused))
    case.do(cancel(young, at=LATER))
    assert case.do(Prune(LATER, 10)) == 2
    bodies = {receipt_id: bool(case.receipt(receipt_id).body) for receipt_id in (queued, assigned, in_manual, young)}
    assert all(bodies.values())
    assert not case.receipt(cancelled).body
    assert not case.receipt(refused).body


def test_it_works_in_pieces_and_ends(case: Case) -> None:
    for number, receipt_id in enumerate(case.accept(*"abcde")):
        case.do(cancel(receipt_id, at=T0 + number))
    assert [case.do(Prune(LATER, 2)) for _ in range(4)] == [2, 2, 1, 0]


def test_a_notice_still_owed_keeps_its_receipt(case: Case) -> None:
    receipt_id = case.do(new("a", url=URL)).receipt_id
    case.do(cancel(receipt_id))
    assert case.do(Prune(LATER, 10)) == 0
    (notice,) = case.reader.callbacks_of(receipt_id)
    case.do(CallbackDelivered(notice.id, LATER))
    assert case.do(Prune(LATER, 10)) == 1
    assert case.reader.callbacks_of(receipt_id) == []


def test_a_notice_given_up_goes_with_its_receipt(case: Case) -> None:
    receipt_id = case.do(new("a", url=URL)).receipt_id
    case.do(cancel(receipt_id))
    (notice,) = case.reader.callbacks_of(receipt_id)
    case.do(CallbackFailed(notice.id, "refused", None, LATER))
    assert case.do(Prune(LATER, 10)) == 1


def test_ids_that_went_do_not_come_back(case: Case) -> None:
    first, second = (case.do(new(key, url=URL)).receipt_id for key in "ab")
    attempt_id = case.do(begin(first))
    case.do(fiscalized(attempt_id))
    (notice,) = case.reader.callbacks_of(first)
    case.do(CallbackDelivered(notice.id, LATER))
    case.do(Prune(LATER, 10))
    case.reopen()
    assert case.do(begin(second, 101)) > attempt_id
    case.do(fiscalized(attempt_id + 1, 102))
    assert case.reader.callbacks_of(second)[0].id > notice.id
