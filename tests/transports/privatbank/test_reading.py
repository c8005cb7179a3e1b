"""What counts as done, what as refused, and what decides nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.privatbank.terminal import SOLD
from transports.privatbank.messages import Answer, Unreadable, read_amount, read_answer, write_amount
from transports.privatbank.profile import Profile
from transports.privatbank.reading import read_last, read_result, verdict


def answer(*, error: bool | None = False, **changes: Any) -> Answer:  # noqa: ANN401 - whatever terminals write
    params = {key: value for key, value in {**SOLD, **changes}.items() if value is not None}
    return Answer("Purchase", 0, params, error)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("approved", {}),
        ("approved", {"trnStatus": 1}),
        ("undefined", {"error": True}),
        ("undefined", {"error": None}),
        ("undefined", {"trnStatus": None}),
        ("undefined", {"trnStatus": "7"}),
        ("refused", {"trnStatus": "2"}),
        ("refused", {"trnStatus": "3"}),
        ("refused", {"trnStatus": "4"}),
        ("undefined", {"responseCode": None}),
        ("undefined", {"responseCode": "0010"}),
        ("refused", {"responseCode": "0116", "error": True}),
        ("refused", {"responseCode": "1001", "error": True, "trnStatus": None}),
        ("refused", {"responseCode": 1002, "error": True}),
        ("undefined", {"responseCode": "1000", "error": True}),
        ("undefined", {"responseCode": "1004", "error": True}),
        ("undefined", {"responseCode": "1005", "error": True}),
        ("undefined", {"responseCode": "1008", "error": True}),
        ("undefined", {"responseCode": "no", "error": True}),
    ],
)
def test_verdicts(found: str, told: dict[str, Any]) -> None:
    assert verdict(answer(**told), Profile()) == found


def test_settings_widen_what_counts() -> None:
    profile = Profile(success_codes=("0000", "0010"), refused_codes=(1004,))
    assert verdict(answer(responseCode="0010"), profile) == "approved"
    assert verdict(answer(responseCode="1004", error=True), profile) == "refused"
    assert verdict(answer(responseCode="1001", error=True), profile) == "undefined"


def test_a_recalled_receipt_may_leave_its_status_out() -> None:
    assert verdict(answer(trnStatus=None), Profile(), recalled=True) == "approved"


def test_everything_that_was_told_is_read() -> None:
    result = read_result(answer(), "approved", Profile())
    assert (result.amount, result.rrn, result.auth_code, result.slip_number) == (1200, "020123456789", "831742", "17")
    assert (result.host_at, result.terminal_id, result.card_type) == ("20261122123105", "S1KK0001", "MasterCard")
    assert (result.pan, result.currency) == ("5168********7812", "980")
    assert result.slips.customer == "ПриватБанк\nОПЛАТА 12.00\nКАРТА ************7812"


def test_the_last_operation() -> None:
    last = read_last(answer(txnType="2"), Profile())
    assert (last.approved, last.kind, last.amount, last.at) == (True, "refund", 1200, "20261122123105")
    assert read_last(answer(responseCode="1004", error=True), Profile()).approved is None
    assert read_last(answer(trnStatus="2"), Profile()).approved is False


@pytest.mark.parametrize("code", ["0012", "1001", "1003", "1006"])
def test_a_failed_question_says_nothing_of_the_last_operation(code: str) -> None:
    """The code is the question's own: the payment that is asked for may stand."""
    refused = answer(responseCode=code, error=True, trnStatus=None, amount=None)
    assert read_last(refused, Profile()).approved is None


@given(st.dictionaries(st.sampled_from(sorted(SOLD)), st.none() | st.booleans() | st.floats() | st.text()))
def test_nonsense_is_never_an_approval(params: dict[str, Any]) -> None:
    said = Answer("Purchase", 0, params, error=True)
    assert verdict(said, Profile()) != "approved"
    read_result(said, "undefined", Profile())
    read_last(said, Profile())


@given(st.binary())
def test_garbage_is_unreadable_or_an_answer(data: bytes) -> None:
    try:
        read_answer(data)
    except Unreadable:
        return


@given(st.integers(0, 999_999_999_999))
def test_amounts_there_and_back(kopecks: int) -> None:
    assert read_amount(write_amount(kopecks)) == kopecks


@pytest.mark.parametrize(("text", "kopecks"), [("12,5", 1250), ("12", 1200), ("0.07", 7), (" 3.10 ", 310)])
def test_amounts_as_terminals_write_them(text: str, kopecks: int) -> None:
    assert read_amount(text) == kopecks


@pytest.mark.parametrize("text", ["", "-1.00", "1.005", "1 000.00", "1e3", "٣.00", None, 12])
def test_what_is_no_amount(text: object) -> None:
    assert read_amount(text) is None
