"""Sums: exact or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.channels.sums import MOST, kopecks, roubles


@given(st.integers(0, MOST))
def test_a_sum_comes_back_as_it_went(amount: int) -> None:
    assert kopecks(roubles(amount)) == amount
    assert Decimal(roubles(amount)) * 100 == amount


@pytest.mark.parametrize(("text", "amount"), [("200", 20000), ("200.5", 20050), ("0.01", 1), ("007.10", 710)])
def test_spellings(text: str, amount: int) -> None:
    assert kopecks(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "1,50", "-1", "+1", "1.234", "1.", ".5", "1e3", " 1", "1 ", "1 000", "١", "0x10", "NaN", "1\n", "9" * 13],
)
def test_what_is_not_a_sum(text: str) -> None:
    with pytest.raises(ValueError, match="sum"):
        kopecks(text)


def test_more_than_a_payment_can_be() -> None:
    with pytest.raises(ValueError, match="more than"):
        kopecks("10000000001")


@pytest.mark.parametrize(("text", "amount"), [("100.000000", 10000), ("100.5", 10050), ("0.010", 1)])
def test_padded_sums(text: str, amount: int) -> None:
    assert kopecks(text, padded=True) == amount


def test_padding_hides_no_third_decimal() -> None:
    with pytest.raises(ValueError, match="sum"):
        kopecks("100.001000", padded=True)


@given(st.text(max_size=12))
def test_any_text_is_exact_or_refused(text: str) -> None:
    try:
        amount = kopecks(text)
    except ValueError:
        return
    assert Decimal(text) * 100 == amount
