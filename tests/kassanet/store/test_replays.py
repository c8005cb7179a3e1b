"""Replays: who did not hear the answer sends the same write again, and must neither double it nor be refused."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.records import (
    AcceptReceipt,
    AcceptReceipts,
    AddToken,
    CallbackDelivered,
    CallbackFailed,
    Resolve,
    RevokeToken,
    SaveIdentity,
    SaveShift,
    SetKktActive,
    Write,
)
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import (
    EIP,
    FN,
    T0,
    URL,
    absent,
    begin,
    cancel,
    circuit,
    fiscalized,
    found,
    integration,
    kkt,
    manual,
    new,
    refuse,
    returned,
    unknown,
)

Made = Callable[[Case], Write[Any]]


def accepted(case: Case) -> int:
    return case.do(new("a", url=URL)).receipt_id


def attempted(case: Case) -> int:
    return case.do(begin(accepted(case)))


def in_manual(case: Case) -> int:
    receipt_id = accepted(case)
    case.do(manual(receipt_id))
    return receipt_id


def notice(case: Case) -> int:
    receipt_id = in_manual(case)
    return case.reader.callbacks_of(receipt_id)[0].id


WRITES: dict[str, Made] = {
    "begin": lambda case: begin(accepted(case)),
    "fiscalized": lambda case: fiscalized(attempted(case)),
    "returned": lambda case: returned(attempted(case), fault=True),
    "unknown": lambda case: unknown(attempted(case)),
    "refuse attempted": lambda case: refuse(1, attempted(case)),
    "manual attempted": lambda case: manual(1, attempted(case)),
    "refuse waiting": lambda case: refuse(accepted(case)),
    "manual waiting": lambda case: manual(accepted(case)),
    "cancel": lambda case: cancel(accepted(case)),
    "found": lambda case: found(in_manual(case)),
    "absent": lambda case: absent(in_manual(case)),
    "cancelled by hand": lambda case: Resolve(in_manual(case), "cancelled", None, "paid back", "me", T0 + 9),
    "circuit": lambda case: circuit(title="new", at=T0 + 1),
    "kkt": lambda case: kkt(),
    "integration": lambda case: integration(token_hash=b"h" * 32),
    "token": lambda case: AddToken(b"h" * 32, "admin", None, None, T0),
    "delivered": lambda case: CallbackDelivered(notice(case), T0 + 50),
    "failed": lambda case: CallbackFailed(notice(case), "503", T0 + 60, T0 + 50),
    "shift": lambda case: SaveShift(FN, 7, T0),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_replay_answers_as_the_first_and_changes_nothing(case: Case, name: str) -> None:
    write = WRITES[name](case)
    answer = case.do(write)
    after = case.state()
    assert case.do(write) == answer
    assert case.state() == after


@pytest.mark.parametrize("name", WRITES)
def test_a_replay_in_the_same_batch_is_one_too(case: Case, name: str) -> None:
    write = WRITES[name](case)
    first, second = case.store.commit([write, write])
    assert first == second


def test_an_end_is_replayed_even_when_the_receipt_went_on(case: Case) -> None:
    receipt_id = accepted(case)
    first = case.do(begin(receipt_id))
    case.do(returned(first))
    second = case.do(begin(receipt_id, at=T0 + 5))
    case.do(returned(first))
    assert case.receipt(receipt_id).status == "assigned"
    case.do(fiscalized(second, at=T0 + 6))
    case.do(returned(first))
    assert case.receipt(receipt_id).status == "fiscalized"


def test_a_verdict_is_replayed_even_when_the_receipt_went_on(case: Case) -> None:
    receipt_id = in_manual(case)
    case.do(absent(receipt_id))
    case.do(begin(receipt_id, at=T0 + 10))
    case.do(absent(receipt_id))
    assert case.receipt(receipt_id).status == "assigned"


def test_the_same_words_at_another_time_are_no_replay(case: Case) -> None:
    receipt_id = in_manual(case)
    case.do(absent(receipt_id))
    assert case.refused(absent(receipt_id, at=T0 + 10)).holder == "queued"
    assert case.do(circuit(title="new", at=T0 + 1)) != case.do(circuit(title="new", at=T0 + 2))


def test_another_document_is_no_replay(case: Case) -> None:
    attempt_id = attempted(case)
    case.do(fiscalized(attempt_id))
    assert case.refused(fiscalized(attempt_id, 102)).holder == "fiscalized"


def test_a_batch_whose_answers_were_lost_is_replayed_whole(case: Case) -> None:
    receipts: tuple[AcceptReceipt, ...] = tuple(new(f"order-{number}") for number in range(20))
    first = case.do(AcceptReceipts(receipts))
    again = case.do(AcceptReceipts(receipts))
    assert [answer.receipt_id for answer in again] == [answer.receipt_id for answer in first]  # type: ignore[union-attr]
    assert not any(answer.created for answer in again)  # type: ignore[union-attr]


def test_saving_again_is_harmless(case: Case) -> None:
    case.do(kkt())
    for _ in range(2):
        case.do(SaveIdentity(EIP, "SN1", FN, T0))
        case.do(SetKktActive(EIP, 1, T0))
    token_id = case.do(AddToken(b"h" * 32, "admin", None, None, T0))
    for _ in range(2):
        case.do(RevokeToken(token_id, T0 + 1))
