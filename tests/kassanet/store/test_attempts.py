"""Attempts: what may begin, how each ends, and which document answers for which receipt."""

from typing import Any

import pytest

from schemas.receipts import FdWindow
from schemas.records import BecameManual, NotFound, Write
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import (
    CIRCUIT,
    EIP,
    FN,
    OTHER_EIP,
    OTHER_FN,
    T0,
    begin,
    cancel,
    fiscal,
    fiscalized,
    manual,
    new,
    refuse,
    returned,
    unknown,
)


def test_an_attempt_takes_the_receipt_out_of_the_queue(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    attempt_id = case.do(begin(receipt_id))
    stored = case.receipt(receipt_id)
    assert (stored.status, stored.eip, stored.revision) == ("assigned", EIP, 2)
    assert case.reader.queue_depth(CIRCUIT) == 0
    (attempt,) = case.reader.open_attempts()
    assert (attempt.id, attempt.receipt_id, attempt.eip, attempt.fn, attempt.fd_before) == (
        attempt_id, receipt_id, EIP, FN, 100,
    )  # fmt: skip
    assert attempt.body == stored.body
    assert not attempt.unknown


def test_only_a_queued_receipt_is_begun(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    attempt_id = case.do(begin(receipt_id))
    conflict = case.refused(begin(receipt_id, eip=OTHER_EIP, fn=OTHER_FN))
    assert (conflict.code, conflict.holder) == ("status", "assigned")
    case.do(fiscalized(attempt_id))
    assert case.refused(begin(receipt_id)).holder == "fiscalized"


def test_the_last_document_that_is_accounted_for(case: Case) -> None:
    assert case.reader.last_accounted(FN) is None
    first, second = case.accept("a", "b")
    case.do(fiscalized(case.do(begin(first))))
    assert case.reader.last_accounted(FN) == 101
    assert case.reader.last_accounted(OTHER_FN) is None
    case.do(BecameManual(second, case.do(begin(second, 101)), "two may be it", FdWindow(FN, 102, 104), T0))
    assert case.reader.last_accounted(FN) == 104


def test_one_fn_has_one_open_attempt(case: Case) -> None:
    first, second = case.accept("a", "b")
    attempt_id = case.do(begin(first))
    conflict = case.refused(begin(second))
    assert (conflict.code, conflict.holder) == ("fn_busy", str(attempt_id))
    case.do(unknown(attempt_id))
    assert case.refused(begin(second)).code == "fn_busy"
    case.do(fiscalized(attempt_id))
    case.do(begin(second, 101))


def test_a_document_answers_the_receipt(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    case.do(fiscalized(case.do(begin(receipt_id))))
    stored = case.receipt(receipt_id)
    assert (stored.status, stored.fiscal, stored.eip, stored.reason) == ("fiscalized", fiscal(), EIP, None)
    assert case.reader.open_attempts() == []
    assert case.reader.claimed(FN, {99, 100, 101, 102}) == {101}
    assert case.reader.claimed(OTHER_FN, {101}) == frozenset()
    assert case.reader.claimed(FN, ()) == frozenset()


def test_one_document_never_answers_two_receipts(case: Case) -> None:
    first, second = case.accept("a", "b")
    case.do(fiscalized(case.do(begin(first))))
    attempt_id = case.do(begin(second))
    conflict = case.refused(fiscalized(attempt_id))
    assert (conflict.code, conflict.holder) == ("fd_taken", str(first))
    assert case.receipt(second).status == "assigned"
    case.do(fiscalized(attempt_id, 102))


def test_the_same_fd_of_another_fn_is_another_document(case: Case) -> None:
    first, second = case.accept("a", "b")
    case.do(fiscalized(case.do(begin(first))))
    case.do(fiscalized(case.do(begin(second, fn=OTHER_FN)), fn=OTHER_FN))


def test_a_document_must_be_of_the_attempts_fn_and_after_its_beginning(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    attempt_id = case.do(begin(receipt_id))
    assert case.refused(fiscalized(attempt_id, fn=OTHER_FN)).code == "wrong_fn"
    assert case.refused(fiscalized(attempt_id, 100)).code == "fd_not_after"


def test_a_returned_receipt_waits_again_in_its_old_place(case: Case) -> None:
    first, second = case.accept("a", "b")
    case.do(returned(case.do(begin(first))))
    stored = case.receipt(first)
    assert (stored.status, stored.eip, stored.reason) == ("queued", None, "paper is out")
    assert [row.id for row in case.reader.queued(CIRCUIT, 0, 10)] == [first, second]


def test_registers_that_failed_are_named(case: Case) -> None:
    first, second = case.accept("a", "b")
    for eip, fault in ((OTHER_EIP, True), (EIP, True), (EIP, True), ("10.0.0.9:1", False)):
        case.do(returned(case.do(begin(first, eip=eip)), fault=fault))
    assert case.reader.register_faults(first) == [EIP, OTHER_EIP]
    assert case.reader.register_faults(second) == []
    queued = {row.id: row.failed_on for row in case.reader.queued(CIRCUIT, 0, 10)}
    assert queued == {first: (EIP, OTHER_EIP), second: ()}


def test_an_unknown_attempt_stays_open(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    attempt_id = case.do(begin(receipt_id))
    case.do(unknown(attempt_id))
    assert case.receipt(receipt_id).status == "unknown"
    (attempt,) = case.reader.open_attempts()
    assert attempt.unknown
    assert case.refused(cancel(receipt_id)).holder == "unknown"


@pytest.mark.parametrize("first_unknown", [False, True])
def test_every_end_of_an_attempt(case: Case, first_unknown: bool) -> None:
    ends = {"a": "fiscalized", "b": "queued", "c": "refused", "d": "manual"}
    for external_id, status in ends.items():
        (receipt_id,) = case.accept(external_id)
        attempt_id = case.do(begin(receipt_id))
        if first_unknown:
            case.do(unknown(attempt_id))
        case.do(_end(receipt_id, attempt_id, status))
        assert case.receipt(receipt_id).status == status
    assert case.reader.open_attempts() == []


def test_an_ended_attempt_cannot_end_otherwise(case: Case) -> None:
    statuses = ["fiscalized", "queued", "refused", "manual"]
    for status in statuses:
        (receipt_id,) = case.accept(status)
        attempt_id = case.do(begin(receipt_id))
        case.do(_end(receipt_id, attempt_id, status))
        others = [_end(receipt_id, attempt_id, other) for other in statuses if other != status]
        for write in [*others, unknown(attempt_id)]:
            conflict = case.refused(write)
            assert (conflict.code, conflict.holder) == ("status", status)
        case.do(begin(*case.accept(f"{status} next"), fn=OTHER_FN, eip=OTHER_EIP))
        case.do(returned(case.reader.open_attempts()[0].id))


def test_a_late_answer_does_not_undo_a_manual_verdict(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    attempt_id = case.do(begin(receipt_id))
    case.do(manual(receipt_id, attempt_id))
    assert case.refused(fiscalized(attempt_id)).holder == "manual"


def test_manual_keeps_the_window_and_frees_the_register(case: Case) -> None:
    first, second = case.accept("a", "b")
    attempt_id = case.do(begin(first))
    window = FdWindow(FN, 101, 104)
    case.do(BecameManual(first, attempt_id, "several documents match", window, T0 + 3))
    stored = case.receipt(first)
    assert (stored.status, stored.window, stored.reason) == ("manual", window, "several documents match")
    case.do(begin(second, 104))


def test_attempts_are_found_by_register_and_by_fn(case: Case) -> None:
    first, second = case.accept("a", "b")
    on_one = case.do(begin(first))
    on_other = case.do(begin(second, eip=OTHER_EIP, fn=OTHER_FN))
    assert [attempt.id for attempt in case.reader.open_attempts()] == [on_one, on_other]
    assert [attempt.id for attempt in case.reader.open_attempts(eip=EIP)] == [on_one]
    assert [attempt.id for attempt in case.reader.open_attempts(fn=OTHER_FN)] == [on_other]
    assert case.reader.open_attempts(eip=EIP, fn=OTHER_FN) == []


def test_an_open_attempt_survives_a_restart(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    case.do(unknown(case.do(begin(receipt_id))))
    before = case.state()
    case.reopen()
    assert case.state() == before


@pytest.mark.parametrize("write", [fiscalized(9), returned(9), unknown(9), refuse(1, 9), manual(1, 9), begin(9)])
def test_what_is_not_there_is_not_found(case: Case, write: Write[Any]) -> None:
    case.do(new("a"))
    with pytest.raises(NotFound):
        case.do(write)


def test_an_attempt_is_not_ended_in_the_name_of_another_receipt(case: Case) -> None:
    first, second = case.accept("a", "b")
    attempt_id = case.do(begin(first))
    for write in (refuse(second, attempt_id), manual(second, attempt_id)):
        with pytest.raises(NotFound):
            case.do(write)


def _end(receipt_id: int, attempt_id: int, status: str) -> Write[None]:
    ends: dict[str, Write[None]] = {
        "fiscalized": fiscalized(attempt_id, 100 + attempt_id),
        "queued": returned(attempt_id),
        "refused": refuse(receipt_id, attempt_id),
        "manual": manual(receipt_id, attempt_id),
    }
    return ends[status]
