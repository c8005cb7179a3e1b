"""What is decided about a receipt that no register has, and a person's verdict on one in ``manual``."""

import pytest

from schemas.records import NotFound, Resolve
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import (
    CIRCUIT,
    EIP,
    T0,
    absent,
    begin,
    cancel,
    fiscal,
    fiscalized,
    found,
    manual,
    refuse,
    returned,
)


def in_manual(case: Case, external_id: str = "a") -> int:
    (receipt_id,) = case.accept(external_id)
    case.do(manual(receipt_id, case.do(begin(receipt_id))))
    return receipt_id


def test_a_waiting_receipt_can_be_cancelled(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    case.do(cancel(receipt_id))
    assert (case.receipt(receipt_id).status, case.receipt(receipt_id).reason) == ("cancelled", "the buyer went away")
    assert case.reader.queued(CIRCUIT, 0, 10) == []
    conflict = case.refused(cancel(receipt_id, at=T0 + 4))
    assert (conflict.code, conflict.holder) == ("status", "cancelled")


def test_a_waiting_receipt_can_be_refused_or_set_aside(case: Case) -> None:
    first, second = case.accept("a", "b")
    case.do(refuse(first))
    case.do(manual(second))
    assert [case.receipt(first).reason, case.receipt(second).status] == ["no_capable_register", "manual"]


def test_a_receipt_in_hand_is_not_decided_over_the_registers_head(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    case.do(begin(receipt_id))
    for write in (cancel(receipt_id), refuse(receipt_id), manual(receipt_id), found(receipt_id), absent(receipt_id)):
        assert case.refused(write).holder == "assigned"


def test_a_person_finds_the_document(case: Case) -> None:
    receipt_id = in_manual(case)
    case.do(found(receipt_id))
    stored = case.receipt(receipt_id)
    assert (stored.status, stored.fiscal, stored.window, stored.eip) == ("fiscalized", fiscal(), None, EIP)
    assert case.reader.history(receipt_id)[-1].detail == "fiscalized by token 1: read from the archive"


def test_a_person_cannot_give_away_a_document_that_is_taken(case: Case) -> None:
    (other,) = case.accept("other")
    case.do(fiscalized(case.do(begin(other))))
    receipt_id = in_manual(case)
    conflict = case.refused(found(receipt_id))
    assert (conflict.code, conflict.holder) == ("fd_taken", str(other))
    case.do(found(receipt_id, 102))


def test_a_verdict_of_fiscalized_names_the_document(case: Case) -> None:
    receipt_id = in_manual(case)
    assert case.refused(Resolve(receipt_id, "fiscalized", None, "it is", "me", T0)).code == "constraint"


def test_absent_queues_it_again_with_a_clean_sheet(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    for _ in range(3):
        case.do(returned(case.do(begin(receipt_id)), fault=True))
    case.do(manual(receipt_id))
    assert case.reader.register_faults(receipt_id) == [EIP]
    case.do(absent(receipt_id, at=T0 + 100))
    assert case.receipt(receipt_id).status == "queued"
    assert case.reader.register_faults(receipt_id) == []
    assert case.reader.overdue(CIRCUIT, T0 + 100, 10) == []
    assert case.reader.overdue(CIRCUIT, T0 + 101, 10) == [receipt_id]


def test_a_person_can_cancel(case: Case) -> None:
    receipt_id = in_manual(case)
    case.do(Resolve(receipt_id, "cancelled", None, "paid back in cash", "token 1", T0 + 9))
    assert case.receipt(receipt_id).status == "cancelled"
    assert case.refused(absent(receipt_id)).holder == "cancelled"


def test_the_history_tells_every_step(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    case.do(returned(case.do(begin(receipt_id))))
    case.do(fiscalized(case.do(begin(receipt_id, at=T0 + 5)), at=T0 + 6))
    lines = case.reader.history(receipt_id)
    assert [line.status for line in lines] == ["queued", "assigned", "queued", "assigned", "fiscalized"]
    assert [line.at for line in lines] == [T0, T0 + 1, T0 + 2, T0 + 5, T0 + 6]
    assert lines[2].detail == f"{EIP}: paper is out"


@pytest.mark.parametrize("write", [cancel(9), refuse(9), manual(9), found(9), absent(9)])
def test_what_is_not_there_is_not_found(case: Case, write: Resolve) -> None:
    with pytest.raises(NotFound):
        case.do(write)
