"""Notices owed to integrators: made with the move that causes them, in order, at least once."""

from typing import Any

import msgspec
import pytest

from schemas.records import CallbackDelivered, CallbackFailed, NotFound, RetryCallback, Write
from schemas.rows import StoredCallback
from schemas.shown import shown
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import T0, URL, absent, begin, cancel, fiscalized, integration, manual, new, refuse

LATER = T0 + 1000


def owed(case: Case) -> int:
    """A receipt in ``manual`` and then ``fiscalized``: two notices."""
    receipt_id = case.do(new("a", url=URL)).receipt_id
    case.do(manual(receipt_id, case.do(begin(receipt_id))))
    case.do(absent(receipt_id))
    case.do(fiscalized(case.do(begin(receipt_id, at=T0 + 10)), at=T0 + 11))
    return receipt_id


def due(case: Case, now: float = LATER, limit: int = 10) -> list[tuple[int, int]]:
    return [(notice.receipt_id, notice.revision) for notice in case.reader.callbacks_due(now, limit)]


def first(case: Case, receipt_id: int) -> StoredCallback:
    return case.reader.callbacks_of(receipt_id)[0]


def test_integrators_are_told_where_it_ends(case: Case) -> None:
    ids = [case.do(new(key, url=URL)).receipt_id for key in "abcd"]
    case.do(cancel(ids[0]))
    case.do(refuse(ids[1]))
    case.do(manual(ids[2]))
    case.do(fiscalized(case.do(begin(ids[3]))))
    assert [len(case.reader.callbacks_of(receipt_id)) for receipt_id in ids] == [1, 1, 1, 1]


def test_who_gave_no_address_is_not_told(case: Case) -> None:
    (receipt_id,) = case.accept("a")
    case.do(cancel(receipt_id))
    assert case.reader.callbacks_of(receipt_id) == []


def test_a_notice_shows_what_get_shows(case: Case) -> None:
    receipt_id = case.do(new("a", url=URL)).receipt_id
    case.do(fiscalized(case.do(begin(receipt_id))))
    notice = first(case, receipt_id)
    assert notice.body == msgspec.json.encode(shown(case.receipt(receipt_id)))
    assert (notice.url, notice.revision, notice.tries, notice.next_at, notice.delivered_at) == (URL, 3, 0, T0 + 2, None)
    assert notice.key is None


def test_a_notice_carries_the_key_of_its_integration(case: Case) -> None:
    receipt_id = case.do(new("a", url=URL, integration_id=case.do(integration()))).receipt_id
    case.do(cancel(receipt_id))
    assert first(case, receipt_id).key == "callback key"


def test_only_the_earliest_notice_of_a_receipt_is_due(case: Case) -> None:
    receipt_id = owed(case)
    assert due(case) == [(receipt_id, 3)]
    case.do(CallbackDelivered(first(case, receipt_id).id, LATER))
    assert due(case) == [(receipt_id, 6)]


def test_notices_are_due_when_their_time_has_come(case: Case) -> None:
    receipt_id = case.do(new("a", url=URL)).receipt_id
    case.do(cancel(receipt_id))
    notice = first(case, receipt_id)
    assert due(case, T0 + 2) == []
    assert due(case, T0 + 3) == [(receipt_id, 2)]
    case.do(CallbackFailed(notice.id, "503", T0 + 60, T0 + 5))
    assert due(case, T0 + 59) == []
    assert due(case, T0 + 60) == [(receipt_id, 2)]
    assert (first(case, receipt_id).tries, first(case, receipt_id).last_error) == (1, "503")


def test_the_longest_owed_come_first(case: Case) -> None:
    ids = [case.do(new(key, url=URL)).receipt_id for key in "abc"]
    for receipt_id, at in zip(ids, (T0 + 30, T0 + 10, T0 + 20), strict=True):
        case.do(cancel(receipt_id, at=at))
    assert [receipt_id for receipt_id, _ in due(case, limit=2)] == [ids[1], ids[2]]


def test_a_notice_given_up_no_longer_holds_up_the_later_one(case: Case) -> None:
    receipt_id = owed(case)
    case.do(CallbackFailed(first(case, receipt_id).id, "refused", None, LATER))
    assert due(case) == [(receipt_id, 6)]
    assert first(case, receipt_id).last_error == "refused"


def test_a_notice_given_up_can_be_retried_by_hand(case: Case) -> None:
    receipt_id = owed(case)
    notice = first(case, receipt_id)
    case.do(CallbackFailed(notice.id, "refused", None, LATER))
    case.do(RetryCallback(notice.id, LATER + 5))
    assert due(case, LATER + 5) == [(receipt_id, 3)]


def test_an_old_notice_is_not_sent_after_a_newer_one(case: Case) -> None:
    receipt_id = owed(case)
    earlier, later = case.reader.callbacks_of(receipt_id)
    case.do(CallbackFailed(earlier.id, "refused", None, LATER))
    case.do(CallbackDelivered(later.id, LATER))
    conflict = case.refused(RetryCallback(earlier.id, LATER))
    assert (conflict.code, conflict.holder) == ("superseded", str(earlier.id))
    assert due(case) == []


def test_a_delivered_notice_can_be_sent_again(case: Case) -> None:
    receipt_id = case.do(new("a", url=URL)).receipt_id
    case.do(cancel(receipt_id))
    notice = first(case, receipt_id)
    case.do(CallbackDelivered(notice.id, LATER))
    assert due(case) == []
    case.do(CallbackFailed(notice.id, "a late time-out", LATER, LATER + 1))
    assert first(case, receipt_id).delivered_at == LATER
    case.do(RetryCallback(notice.id, LATER))
    assert due(case) == [(receipt_id, 2)]


@pytest.mark.parametrize("write", [CallbackDelivered(9, T0), CallbackFailed(9, "", None, T0), RetryCallback(9, T0)])
def test_what_is_not_there_is_not_found(case: Case, write: Write[Any]) -> None:
    with pytest.raises(NotFound):
        case.do(write)
