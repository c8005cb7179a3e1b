"""No whole card number goes further; other numbers stay readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.masking import masked, masked_answer
from schemas.operations import PinpadAnswer, Slips


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("КАРТА 4276010000001234", "КАРТА ************1234"),
        ("4276 0100 0000 1234", "************1234"),
        ("4276-0100-0000-1234-567", "***************4567"),
        ("378282246310005", "***********0005"),
        ("6759649826438453123", "***************3123"),
        ("************0053", "************0053"),
        ("427601******1234", "427601******1234"),
        ("RRN 632612345678", "RRN 632612345678"),
        ("МЕРЧАНТ 123456789012345", "МЕРЧАНТ 123456789012345"),
        ("ЧЕК 0012 632612345679", "ЧЕК 0012 632612345679"),
        ("22.11.2026 14:18:00", "22.11.2026 14:18:00"),
        ("12345678901234567890", "12345678901234567890"),
        ("", ""),
    ],
)
def test_what_is_hidden(text: str, left: str) -> None:
    assert masked(text) == left


@given(st.integers(10**15, 10**19 - 1).map(str), st.text(alphabet="абв \n", max_size=5))
def test_no_long_number_is_left_whole(number: str, around: str) -> None:
    told = masked(f"{around}x{number}x{around}")
    assert number not in told
    assert number[-4:] in told


def test_every_text_of_an_answer() -> None:
    pan = "4276010000001234"
    answer = masked_answer(
        PinpadAnswer(verdict="approved", pan=pan, text=pan, slips=Slips(f"a\n{pan}\nb", pan), rrn="632612345678")
    )
    assert pan not in repr(answer)
    assert (answer.rrn, answer.slips.customer) == ("632612345678", "a\n************1234\nb")
    assert masked_answer(PinpadAnswer(verdict="refused")) == PinpadAnswer(verdict="refused")
