"""Other words for the same, and errors in the words that were sent."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.problems import FieldError
from transports.cashdesk.spellings import action, understood, words_for

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def test_other_words() -> None:
    said = understood(
        {
            "num_fiscal": 1,
            "goods": [{"name": "Кава", "quantity": 2, "sum": 9000}],
            "payments": [{"type": "cash", "sum_provided": 10_000, "sum": 9000}, {"code": 1}],
            "sum": 9000,
        }
    )
    assert said.values == {
        "num_fiscal": 1,
        "products": [{"name": "Кава", "amount": 2, "cost": 9000}],
        "payments": [{"code": 0, "provided": 10_000, "sum": 9000}, {"code": 1}],
        "total_sum": 9000,
    }
    paths = ["products", "products[0].amount", "products[3].price", "payments[0].code", "total_sum", "num_fiscal", ""]
    assert [error.path for error in said.located(FieldError(path, "x") for path in paths)] == [
        "goods", "goods[0].quantity", "goods[3].price", "payments[0].type", "sum", "num_fiscal", "",
    ]  # fmt: skip


def test_our_own_word_wins() -> None:
    said = understood({"products": [1], "goods": [2], "total_sum": 1})
    assert said.values == {"products": [1], "total_sum": 1}
    [error] = said.located([FieldError("products[0]", "x")])
    assert error.path == "products[0]"


def test_unknown_words_stay() -> None:
    assert understood({"payments": [{"code": "barter"}], "x": 1}).values == {"payments": [{"code": "barter"}], "x": 1}


@given(st.dictionaries(st.sampled_from(["goods", "products", "payments", "sum", "x"]), JSON))
def test_nothing_breaks_it(raw: dict[str, Any]) -> None:
    understood(raw)


def test_actions() -> None:
    assert (action("open_shift"), action("Z_SALE"), action("nonsense")) == ("open_shift", "sale", None)
    assert words_for("open_shift", "close_shift") == "OPEN_SHIFT, CLOSE_SHIFT"
