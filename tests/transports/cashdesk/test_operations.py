"""What CashDesk's programs mean: every word, every sum; what is not understood is said where it stands."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cashdesk import SaleAsked, ServiceAsked, ShiftAsked, StornoAsked
from schemas.problems import FieldError
from schemas.prro import CloseShift, Desk, Item, OpenShift, Payment, Refund, Sale, ServiceIn, ServiceOut, Slip, Storno
from tests.transports.prro.desks import DESK
from transports.cashdesk.operations import (
    NotUnderstood,
    as_asked,
    rounded,
    sale_of,
    service_of,
    shift_of,
    storno_of,
)
from transports.prro.objections import objections

FISCAL = DESK.register
COFFEE: dict[str, Any] = {"name": "Кава", "price": 4500, "letters": "А", "tax_prc": 20}
SOAP: dict[str, Any] = {"name": "Мило", "price": 1257, "letters": "А", "tax_prc": 20}


def asked(*products: dict[str, Any], **more: Any) -> SaleAsked:  # noqa: ANN401 - JSON
    total = more.pop("total_sum", 4500)
    payments = more.pop("payments", [{"code": 0, "sum": total}])
    raw = {"num_fiscal": FISCAL, "products": products or [COFFEE], "payments": payments, "total_sum": total, **more}
    return msgspec.convert(raw, SaleAsked)


def wrong(asked: SaleAsked, desk: Desk = DESK) -> list[str]:
    with pytest.raises(NotUnderstood) as refused:
        sale_of(asked, desk)
    return [error.path for error in refused.value.errors]


def test_a_sale() -> None:
    said = asked(
        {**COFFEE, "amount": 2, "cost": 9000, "unit_name": "шт", "unit_code": 2009, "code": 17},
        {"name": "Послуга", "price": 1000, "amount": "0.5", "tax_prc": None, "letters": None},
        total_sum=9500,
        payments=[{"code": 0, "sum": 500, "provided": 1000}, {"code": 1, "sum": 9000, "rrn": "9", "card_mask": "XX1"}],
        comment="Дякуємо",
    )
    assert sale_of(said, DESK) == Sale(
        items=(
            Item(
                name="Кава",
                price=4500,
                quantity="2",
                letters="А",
                unit="шт",
                unit_code=2009,
                code="17",
            ),
            Item(name="Послуга", price=1000, quantity="0.5"),
        ),
        payments=(
            Payment(form=0, sum=500, provided=1000),
            Payment(form=1, sum=9000, slip=Slip(transaction="9", card="XX1")),
        ),
        comment="Дякуємо",
    )


def test_a_return_names_what_comes_back() -> None:
    said = asked(action_type="Return", order_ret_num="77")
    assert sale_of(said, DESK) == Refund(
        of="77", items=(Item(name="Кава", price=4500, letters="А"),), payments=(Payment(form=0, sum=4500),)
    )
    assert wrong(asked(action_type="RETURN")) == ["order_ret_num"]
    assert wrong(asked(order_ret_num="77")) == ["order_ret_num"]
    assert wrong(asked(action_type="GIFT")) == ["action_type"]


@pytest.mark.parametrize(
    ("sum_of_lines", "due"), [(1250, 1250), (1251, 1250), (1254, 1250), (1255, 1260), (1256, 1260), (1259, 1260)]
)
def test_cash_is_rounded_to_ten_kopecks(sum_of_lines: int, due: int) -> None:
    line = {"name": "Мило", "price": sum_of_lines}
    for told in ({"round_sum": due - sum_of_lines}, {}):
        sale = sale_of(asked(line, total_sum=due, **told), DESK)
        assert isinstance(sale, Sale)
        assert sale.rounding == due - sum_of_lines
        assert objections(sale, DESK) == ()


def test_only_the_part_in_cash_is_rounded() -> None:
    payments = [{"code": 1, "sum": 1003}, {"code": 0, "sum": 250}]
    sale = sale_of(asked(SOAP, total_sum=1253, payments=payments, round_sum=-4), DESK)
    assert sale.rounding == -4
    cashless = asked(SOAP, total_sum=1257, payments=[{"code": 1, "sum": 1257}])
    assert sale_of(cashless, DESK).rounding == 0


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ({"total_sum": 1257}, ["total_sum"]),
        ({"total_sum": 1257, "round_sum": 0}, ["round_sum"]),
        ({"total_sum": 1260, "round_sum": 0}, ["total_sum", "round_sum"]),
        ({"total_sum": 1300, "round_sum": 43}, ["round_sum"]),
        ({"total_sum": 1260, "round_sum": 3, "payments": [{"code": 1, "sum": 1260}]}, ["round_sum"]),
        ({"total_sum": 1260, "round_sum": 3, "payments": [{"code": 0, "sum": 1250}]}, ["payments"]),
        ({"total_sum": 1260, "payments": [{"code": 1, "sum": 1260}]}, ["total_sum"]),
    ],
)
def test_sums_must_agree(more: dict[str, Any], paths: list[str]) -> None:
    assert wrong(asked(SOAP, **more)) == paths


def test_the_newer_rule_of_rounding_may_be_told() -> None:
    assert sale_of(asked(SOAP, total_sum=1250, round_sum=-7), DESK).rounding == -7


@given(st.integers(0, 10**12))
def test_rounding_is_to_the_nearest(kopecks: int) -> None:
    assert rounded(kopecks) % 10 == 0
    assert -5 < kopecks - rounded(kopecks) + (kopecks % 10 == 5) < 5


@pytest.mark.parametrize(
    ("letters", "percent", "found"),
    [
        ("А", 20, "А"),
        ("A", 20, "А"),  # Latin
        ("А", "20.00", "А"),
        ("Б", 7.0, "Б"),
        ("АГ", 20, "АГ"),
        ("АГ", 5, "АГ"),
        (None, None, ""),
        (None, 0, ""),
        ("", None, ""),
        ("Н", None, "Н"),
        ("H", 0, "Н"),
    ],
)
def test_letters(letters: str | None, percent: Any, found: str) -> None:  # noqa: ANN401
    free = msgspec.structs.replace(DESK.taxes[0], letter="Н", percent=0, name="Без ПДВ")
    desk = msgspec.structs.replace(DESK, taxes=(*DESK.taxes, free))
    line = {"name": "Кава", "price": 4500, "letters": letters, "tax_prc": percent}
    assert sale_of(asked(line), desk).items[0].letters == found


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"letters": "Я"}, "letters"),
        ({"tax_prc": 7}, "tax_prc"),
        ({"tax_prc": None}, "tax_prc"),
        ({"tax_prc": "many"}, "tax_prc"),
        ({"tax_prc": "NaN"}, "tax_prc"),
        ({"letters": None}, "tax_prc"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 0.0001}, "amount"),
        ({"amount": "a few"}, "amount"),
        ({"amount": "Infinity"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e999999"}, "amount"),
        ({"cost": 1}, "cost"),
        ({"uktzed": "1"}, "uktzed"),
        ({"dkpp": "kava"}, "dkpp"),
    ],
)
def test_what_is_wrong_with_a_line_is_named(change: dict[str, Any], path: str) -> None:
    assert wrong(asked(COFFEE, {**COFFEE, **change})) == [f"products[1].{path}"]


def test_all_lines_are_told_of_at_once() -> None:
    assert wrong(asked({**COFFEE, "amount": 0}, {**COFFEE, "letters": "Я"})) == [
        "products[0].amount",
        "products[1].letters",
    ]


@given(st.one_of(st.text(max_size=64), st.floats(), st.integers(-(2**70), 2**70)))
def test_no_amount_breaks_it(amount: Any) -> None:  # noqa: ANN401 - any number, any text
    line = msgspec.structs.replace(asked().products[0], amount=amount)
    found, paths = None, set()
    try:
        found = sale_of(msgspec.structs.replace(asked(), products=(line,)), DESK)
    except NotUnderstood as reason:
        paths = {error.path for error in reason.errors}
    assert paths <= {"products[0].amount", "total_sum", "round_sum"}
    assert found is None or found.items[0].cost == 4500


def test_shifts_deposits_stornos() -> None:
    def shift(word: str) -> object:
        return shift_of(ShiftAsked(num_fiscal=FISCAL, action_type=word))

    def service(word: str) -> object:
        return service_of(ServiceAsked(num_fiscal=FISCAL, action_type=word, total_sum=100))

    assert (shift("OPEN_SHIFT"), shift("close_shift")) == (OpenShift(), CloseShift())
    assert (service("SERVICE_INPUT"), service("service_issue")) == (ServiceIn(sum=100), ServiceOut(sum=100))
    assert storno_of(StornoAsked(num_fiscal=FISCAL, order_storno_num="7")) == Storno(of="7")
    with pytest.raises(NotUnderstood, match="action_type"):
        shift("SALE")
    with pytest.raises(NotUnderstood, match="action_type"):
        service("OPEN_SHIFT")


def test_objections_are_told_in_the_words_of_the_request() -> None:
    assert as_asked(FieldError("items[3].quantity", "x")).path == "products[3].amount"
    assert as_asked(FieldError("payments[0].provided", "x")).path == "payments[0].provided"
    assert as_asked(FieldError("rounding", "x")).path == "round_sum"
    assert as_asked(FieldError("items", "x")).path == "products"
