"""Intake: good receipts become records, everything else is told what is wrong with it, all of it at once."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassanet.edge.intake import Intake, digest, read_receipt
from schemas.problems import FieldError, ProblemError
from schemas.receipts import ReceiptRequest
from tests.kassanet.edge.posted import GARBAGE, encoded, item, receipt

INTAKE = Intake(7, 3)


def wrong(data: bytes) -> dict[str, str]:
    """The wrong fields of a refused receipt: 422, path → message."""
    with pytest.raises(ProblemError) as caught:
        INTAKE.record(data, 1.0)
    assert caught.value.problem.status == 422
    return {error.path: error.message for error in caught.value.problem.errors}


def test_a_good_receipt_becomes_a_record() -> None:
    record = INTAKE.record(encoded(callback_url="https://shop.example/done"), 123.5)
    assert (record.circuit_id, record.integration_id, record.external_id) == (7, 3, "order-1001")
    assert (record.kind, record.total, record.at) == ("sell", 50000, 123.5)
    assert record.callback_url == "https://shop.example/done"
    assert msgspec.json.decode(record.body, type=ReceiptRequest) == read_receipt(
        encoded(callback_url=record.callback_url)
    )


def test_the_same_content_has_the_same_digest_however_it_is_written() -> None:
    plain = INTAKE.record(encoded(), 1.0)
    said = receipt(items=[item(method=None)], payments={"cash": 0, "cashless": 50000})
    for other in (
        json.dumps(said, indent=4).encode(),
        json.dumps(dict(reversed(said.items()))).encode(),
        encoded(callback_url="https://one.example/"),
        encoded(callback_url="https://another.example/"),
        encoded(cashier=None),
        encoded(items=[item(quantity="1.0")]),
        encoded(items=[item(quantity="0001.000")]),
    ):
        assert INTAKE.record(other, 2.0).digest == plain.digest
    assert len(plain.digest) == hashlib.sha256().digest_size


@pytest.mark.parametrize(
    "changes",
    [
        {"external_id": "order-1002"},
        {"kind": "sell_refund"},
        {"customer": None},
        {"items": [item(name="Other")]},
        {"items": [item(quantity="2", sum=50000)]},
        {"payments": {"cash": 50000}},
        {"cashier": "Иванова"},
    ],
)
def test_other_content_has_another_digest(changes: dict[str, Any]) -> None:
    assert INTAKE.record(encoded(**changes), 1.0).digest != INTAKE.record(encoded(), 1.0).digest


def test_the_digest_does_not_need_the_encoding() -> None:
    record = INTAKE.record(encoded(), 1.0)
    assert digest(read_receipt(encoded())) == record.digest


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b'{"external_id": "a"} x', "trailing"),
        (b"[" * 100_000, "nested"),
        (b'{"items":' + b"[" * 100_000, "nested"),
        (b'{"external_id":"\xff"}', "UTF-8"),
        (b'{"external_id":"\\ud800"}', "truncated"),
        (b"NaN", "invalid"),
    ],
)
def test_what_is_not_json_is_400(data: bytes, detail: str) -> None:
    with pytest.raises(ProblemError) as caught:
        INTAKE.record(data, 1.0)
    assert caught.value.problem.status == 400
    assert detail in caught.value.problem.detail


@pytest.mark.parametrize(
    "data", [b"[]", b"3", b"null", b'"text"', b"{}", b'{"a":1e999}', b'{"price":' + b"9" * 5000 + b"}"]
)
def test_json_that_is_no_receipt_is_422(data: bytes) -> None:
    assert wrong(data)


def test_every_wrong_field_is_named_at_once() -> None:
    data = encoded(
        external_id="",
        kind="sel",
        customer={"email": "nobody", "phone": "+7 900"},
        items=[item(quantity=1, metod="advance"), item(price=-1, vat="vat18", name="a\nb")],
        cashier_inn="123",
        agent={"type": "attorney"},
        comment="hello",
    )
    assert wrong(data).keys() == {
        "external_id",
        "kind",
        "customer.email",
        "customer.phone",
        "items[0].quantity",
        "items[0].metod",
        "items[1].price",
        "items[1].vat",
        "items[1].name",
        "cashier_inn",
        "comment",
        "items[0].supplier",
        "items[1].supplier",
    }


def test_sums_are_judged_even_when_an_unrelated_field_is_wrong() -> None:
    assert wrong(encoded(customer={"email": "x"}, payments={"cash": 1})).keys() == {"customer.email", "payments"}
    assert wrong(encoded(items=[item(vat="x")], payments={"cash": 1})).keys() == {"items[0].vat", "payments"}
    assert wrong(encoded(items=[item(price="x")], payments={"cash": 1})).keys() == {"items[0].price"}


@pytest.mark.parametrize(
    ("items", "payments"),
    [
        ([item(price=333, quantity="1.5")], {"cash": 500}),  # 499.5 is rounded half up
        ([item(price=1, quantity="0.499")], {}),
        ([item(price=333, quantity="1.5", sum=1)], {"cash": 1}),  # a given sum stands
        ([item(price=0)], {"cash": 0}),
        ([item(price=100), item(price=200, quantity="2")], {"cash": 100, "credit": 300, "prepaid": 100}),
    ],
)
def test_payments_that_equal_the_total_are_accepted(items: list[Any], payments: dict[str, int]) -> None:
    record = INTAKE.record(encoded(items=items, payments=payments), 1.0)
    assert record.total == sum(payments.values())


@pytest.mark.parametrize("paid", [49999, 50001])
def test_payments_that_differ_by_a_kopeck_are_refused(paid: int) -> None:
    assert wrong(encoded(payments={"cash": paid})) == {"payments": f"add up to {paid} kopecks"}


@pytest.mark.parametrize("quantity", ["0", "0.0", "0.000", "00000", "00000.000"])
def test_nothing_cannot_be_sold(quantity: str) -> None:
    assert wrong(encoded(items=[item(quantity=quantity)], payments={})) == {"items[0].quantity": "is nothing"}


@pytest.mark.parametrize("quantity", ["1\\n", "١", "-1", "1.0000", "100000", ".5", "1.", "1e3", ""])
def test_quantities_are_plain_decimals(quantity: str) -> None:
    data = encoded().replace(b'"quantity": "1"', b'"quantity": "' + quantity.encode() + b'"')
    assert "items[0].quantity" in wrong(data)


def test_sums_beyond_the_limit_are_refused() -> None:
    found = wrong(encoded(items=[item(price=10**12, quantity="99999")], payments={"cash": 10**12}))
    assert found.keys() == {"items[0]", "items", "payments"}


@pytest.mark.parametrize(
    ("kind", "correction", "path"),
    [
        ("sell", {"type": "self", "date": "2026-11-01"}, "correction"),
        ("sell_correction", None, "correction"),
        ("buy_correction", {"type": "order", "date": "2026-11-01"}, "correction.number"),
        ("sell_correction", {"type": "self", "date": "01.11.2026"}, "correction.date"),
        ("sell_correction", {"type": "self"}, "correction.date"),
    ],
)
def test_corrections_say_why_and_others_do_not(kind: str, correction: dict[str, str] | None, path: str) -> None:
    assert wrong(encoded(kind=kind, correction=correction)).keys() == {path}


def test_a_correction_by_order_is_accepted() -> None:
    correction = {"type": "order", "date": "2026-11-01", "number": "12-3"}
    assert INTAKE.record(encoded(kind="sell_correction", correction=correction), 1.0).kind == "sell_correction"


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({"items": [item(agent={"type": "another"})]}, False),
        ({"items": [item(agent={"type": "another"}, supplier={"inn": "5190114620"})]}, True),
        ({"items": [item(agent={"type": "another"})], "supplier": {"inn": "5190114620"}}, True),
        ({"agent": {"type": "another"}}, False),
        ({"agent": {"type": "another"}, "items": [item(supplier={"name": "X"})]}, True),
    ],
)
def test_an_agent_names_its_supplier(changes: dict[str, Any], good: bool) -> None:
    if good:
        INTAKE.record(encoded(**changes), 1.0)
    else:
        assert wrong(encoded(**changes)).keys() == {"items[0].supplier"}


@pytest.mark.parametrize("text", ["a\nb", "a\x00", "\x1b[2J", "\x7f", "tab\there"])
def test_control_characters_never_reach_a_printer(text: str) -> None:
    assert wrong(encoded(items=[item(name=text)])) == {"items[0].name": "holds a control character"}
    assert wrong(encoded(additional_user_props={"name": "x", "value": text})).keys() == {"additional_user_props.value"}


def test_quotes_and_backslashes_are_only_text() -> None:
    name = 'Молоко "Домик" 3,2\\% \\n'
    body = INTAKE.record(encoded(items=[item(name=name)]), 1.0).body
    assert msgspec.json.decode(body, type=ReceiptRequest).items[0].name == name


def test_the_drivers_objections_join_the_rules() -> None:
    def objections(said: ReceiptRequest) -> Sequence[FieldError]:
        return [FieldError("items[0].vat", f"{said.items[0].vat} cannot be printed")]

    with pytest.raises(ProblemError) as caught:
        Intake(7, None, objections).record(encoded(payments={"cash": 1}), 1.0)
    assert {error.path for error in caught.value.problem.errors} == {"payments", "items[0].vat"}


@given(GARBAGE)
def test_garbage_never_gives_anything_but_located_problems(said: object) -> None:
    try:
        INTAKE.record(json.dumps(said).encode(), 1.0)
    except ProblemError as refused:
        errors = refused.problem.errors
    else:
        pytest.fail("accepted")
    assert errors
    assert all(error.message for error in errors)


@given(st.binary(max_size=200))
def test_noise_never_gives_anything_but_problems(noise: bytes) -> None:
    with pytest.raises(ProblemError):
        INTAKE.record(noise, 1.0)


@given(st.data())
def test_a_good_receipt_with_one_thing_exchanged_is_accepted_or_located(data: st.DataObject) -> None:
    said = receipt(items=[item(), item()], payments={"cashless": 100000})
    target = data.draw(st.sampled_from([said, said["items"][1], said["payments"], said["customer"]]))
    target[data.draw(st.sampled_from([*target, "odd", "correction", "sum", "agent"]))] = data.draw(GARBAGE)
    encoded_ = json.dumps(said).encode()
    try:
        record = INTAKE.record(encoded_, 1.0)
    except ProblemError as refused:
        located = bool(refused.problem.errors)
    else:
        located = record.digest == digest(read_receipt(record.body))
    assert located
