"""Alarms that somebody has taken on, and the attempts that a receipt's life shows."""

from msgspec.structs import replace

from schemas.records import Acknowledge, ForgetAcknowledgements
from schemas.rows import AttemptLine
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import EIP, FN, OTHER_EIP, OTHER_FN, T0, begin, fiscalized, returned

TAKEN = Acknowledge("kkt/a:1/printer", "token 7", "warning", "on my way", T0)


def test_a_later_word_takes_the_place_of_an_earlier_one_and_outlives_a_restart(case: Case) -> None:
    for write in (TAKEN, TAKEN, replace(TAKEN, by="token 8", level="critical", note=None, at=T0 + 1)):
        case.do(write)
    case.reopen()
    [row] = case.reader.acknowledgements()
    assert (row.alarm, row.by, row.level, row.note, row.at) == (TAKEN.alarm, "token 8", "critical", None, T0 + 1)


def test_what_is_over_is_forgotten_and_nothing_else(case: Case) -> None:
    others = [replace(TAKEN, alarm=f"receipt/{number}/receipt_manual") for number in range(3)]
    for write in (TAKEN, *others):
        case.do(write)
    over = ForgetAcknowledgements((TAKEN.alarm, others[0].alarm, "nobody"))
    case.do(over)
    case.do(over)
    assert [row.alarm for row in case.reader.acknowledgements()] == [each.alarm for each in others[1:]]


def test_attempts_show_how_each_ended(case: Case) -> None:
    [receipt_id] = case.accept("order")
    first = case.do(begin(receipt_id))
    case.do(returned(first, fault=True))
    second = case.do(begin(receipt_id, 7, eip=OTHER_EIP, fn=OTHER_FN, at=T0 + 3))
    [ended, present] = case.reader.attempts(receipt_id)
    assert ended == AttemptLine(first, EIP, FN, 100, "returned", None, True, "paper is out", T0 + 1, T0 + 2)
    assert present == AttemptLine(second, OTHER_EIP, OTHER_FN, 7, "open", None, False, None, T0 + 3, None)
    case.do(fiscalized(second, 8, fn=OTHER_FN, at=T0 + 4))
    assert case.reader.attempts(receipt_id)[1].fd == 8
    assert case.reader.attempts(99) == []
