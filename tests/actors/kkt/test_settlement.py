"""Which document is the receipt: every clause, and the cases where a person must decide."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from actors.kkt.settlement import Absent, Doubtful, Finding, Found, mark_of, settle
from schemas.kkt import ArchivedDocument, ArchivedItem
from schemas.receipts import Payments, ReceiptRequest
from tests.actors.receipts import receipt

NOW = datetime(2026, 11, 22, 18, 30)
OURS = ArchivedDocument(
    fd=11,
    fpd=1769784812,
    kind="receipt",
    at=NOW,
    receipt_kind="sell",
    total=50000,
    shift=3,
    receipt_number=4,
    payments=Payments(cashless=50000),
    items=(ArchivedItem("Интернет 100 Мбит/с", 50000, 1000),),
    customer="buyer@shop.example",
    mark=mark_of(7),
    complete=True,
)


def found(
    *documents: ArchivedDocument,
    request: ReceiptRequest | None = None,
    unreadable: tuple[int, ...] = (),
    claimed: tuple[int, ...] = (),
) -> Finding:
    began = NOW - timedelta(seconds=5)
    return settle(request or receipt(), 7, documents, unreadable, claimed, began, NOW + timedelta(seconds=30))


def test_the_one_document_that_fits_is_the_receipt() -> None:
    assert found(OURS) == Found(OURS)


def test_no_document_means_absent() -> None:
    assert found() == Absent()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "correction"},
        {"kind": "open_shift"},
        {"receipt_kind": "sell_refund"},
        {"total": 50001},
        {"payments": Payments(cash=50000)},
        {"customer": "other@shop.example"},
        {"mark": mark_of(8)},
        {"items": (ArchivedItem("x", 25000, 2000),)},
        {"items": (ArchivedItem("x", 50000, 1000), ArchivedItem("y", 0, 1000))},
        {"items": ()},
    ],
)
def test_a_document_that_differs_in_anything_told_is_not_ours(change: dict[str, Any]) -> None:
    assert found(replace(OURS, **change)) == Absent()


@pytest.mark.parametrize(
    "change",
    [
        {"mark": None},
        {"customer": None},
        {"payments": None},
        {"items": None},
        {"items": (), "complete": False},
        {"items": None, "payments": None, "customer": None, "mark": None, "complete": False},
    ],
)
def test_what_the_archive_did_not_tell_decides_nothing(change: dict[str, Any]) -> None:
    assert isinstance(found(replace(OURS, **change)), Found)


def test_the_register_may_substitute_characters_in_names() -> None:
    assert isinstance(found(replace(OURS, items=(ArchivedItem("Internet", 50000, 1000),))), Found)


def test_a_document_that_answers_another_receipt_is_not_free() -> None:
    assert found(OURS, claimed=(11,)) == Absent()


def test_several_that_fit_are_for_a_person() -> None:
    unmarked = replace(OURS, mark=None)
    assert isinstance(found(unmarked, replace(unmarked, fd=12)), Doubtful)


def test_our_mark_prefers() -> None:
    assert found(replace(OURS, mark=None), replace(OURS, fd=12)) == Found(replace(OURS, fd=12))


def test_a_document_that_cannot_be_read_is_for_a_person_even_beside_one_that_fits() -> None:
    assert isinstance(found(OURS, unreadable=(12,)), Doubtful)
    assert isinstance(found(unreadable=(11,)), Doubtful)


@pytest.mark.parametrize("drift", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_fitting_document_of_another_time_is_neither_ours_nor_absent(drift: timedelta) -> None:
    assert isinstance(found(replace(OURS, at=NOW + drift)), Doubtful)


def test_the_receipts_own_property_takes_the_marks_place() -> None:
    own = receipt(additional_check_props="shop-7")
    assert found(OURS, request=own) == Absent()
    assert isinstance(found(replace(OURS, mark="shop-7"), request=own), Found)


def test_a_correction_is_compared_without_items() -> None:
    correction = receipt(kind="sell_correction", correction={"type": "self", "date": "2026-11-01"})
    document = replace(OURS, kind="correction", receipt_kind="sell_correction", items=None, mark=None, customer=None)
    assert isinstance(found(document, request=correction), Found)
    assert found(replace(document, receipt_kind="buy_correction"), request=correction) == Absent()
