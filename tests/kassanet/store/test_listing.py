"""Searching receipts: every filter alone and together finds what a plain look through all of them finds."""

from typing import Any

import msgspec
import pytest

from schemas.rows import ReceiptFilter, StoredReceipt
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import EIP, FN, INN, T0, begin, cancel, circuit, fiscalized, manual, new

HOUR = 3600.0
OTHER_INN = "7701234567"


def fill(case: Case) -> list[StoredReceipt]:
    """Thirty receipts in three circuits of two organisations, over ten hours, with a clock that once jumped back."""
    circuits = [1, case.do(circuit(title="second", at=T0 + 1)), case.do(circuit(OTHER_INN, at=T0 + 2))]
    for number in range(30):
        at = T0 + number * HOUR / 3 - (5 * HOUR if number == 20 else 0)
        key = f"order-{number // 2}"
        case.do(new(key, circuit_id=circuits[number % 3], total=100 * (number % 4), at=at))
    for receipt_id in (3, 9, 15):
        case.do(cancel(receipt_id))
    for fd, receipt_id in enumerate((4, 8, 12), 101):
        case.do(fiscalized(case.do(begin(receipt_id, fd - 1)), fd))
    case.do(manual(5))
    return list(case.reader.receipts(ReceiptFilter(limit=100)))


def matches(receipt: StoredReceipt, wanted: ReceiptFilter, inns: dict[int, str]) -> bool:
    fn, fd = (receipt.fiscal.fn, receipt.fiscal.fd) if receipt.fiscal else (None, None)
    equal = [
        (wanted.circuit_id, receipt.circuit_id), (wanted.inn, inns[receipt.circuit_id]),
        (wanted.status, receipt.status), (wanted.external_id, receipt.external_id),
        (wanted.total, receipt.total), (wanted.kkt, receipt.eip), (wanted.fn, fn), (wanted.fd, fd),
    ]  # fmt: skip
    if not all(asked in (None, present) for asked, present in equal):
        return False
    if wanted.before_id is not None and receipt.id >= wanted.before_id:
        return False
    since, until = wanted.since, wanted.until
    return (since is None or receipt.accepted_at >= since) and (until is None or receipt.accepted_at < until)


WANTED: list[dict[str, Any]] = [
    {}, {"circuit_id": 2}, {"inn": INN}, {"inn": OTHER_INN}, {"inn": "0000000000"},
    {"status": "queued"}, {"status": "cancelled"}, {"status": "fiscalized"}, {"status": "unknown"},
    {"external_id": "order-7"}, {"external_id": "order-7", "circuit_id": 1}, {"external_id": "order-3", "inn": INN},
    {"kkt": EIP}, {"kkt": EIP, "since": T0 + 2 * HOUR}, {"kkt": "nowhere"},
    {"total": 300}, {"fn": FN}, {"fn": FN, "fd": 102}, {"fd": 103}, {"fn": "0", "fd": 101},
    {"since": T0 + 5 * HOUR}, {"until": T0 + 5 * HOUR}, {"since": T0 + HOUR / 3, "until": T0 + 2 * HOUR},
    {"since": T0 + 100 * HOUR}, {"until": T0}, {"since": T0 + 1.5 * HOUR, "until": T0 + 1.8 * HOUR},
    {"before_id": 10}, {"circuit_id": 1, "status": "cancelled", "since": T0, "before_id": 12},
    {"inn": INN, "status": "manual", "total": 0, "until": T0 + 99 * HOUR},
    {"limit": 7}, {"status": "queued", "limit": 3},
]  # fmt: skip


@pytest.fixture
def everything(case: Case) -> list[StoredReceipt]:
    return fill(case)


@pytest.mark.parametrize("fields", WANTED, ids=[" ".join(fields) or "all" for fields in WANTED])
def test_a_filter_finds_what_it_says(case: Case, everything: list[StoredReceipt], fields: dict[str, Any]) -> None:
    wanted = ReceiptFilter(**fields)
    inns = {row.id: row.inn for row in case.reader.circuits()}
    expected = [receipt for receipt in everything if matches(receipt, wanted, inns)][: wanted.limit]
    assert list(case.reader.receipts(wanted)) == expected


def test_a_cursor_walks_through_all_of_them_once(case: Case, everything: list[StoredReceipt]) -> None:
    seen: list[StoredReceipt] = []
    wanted = ReceiptFilter(limit=7)
    while page := case.reader.receipts(wanted):
        seen += page
        wanted = msgspec.structs.replace(wanted, before_id=page[-1].id)
    assert seen == everything
    assert [receipt.id for receipt in seen] == sorted((receipt.id for receipt in seen), reverse=True)


def test_counts(case: Case, everything: list[StoredReceipt]) -> None:
    assert len(everything) == 30
    assert case.reader.counts() == {"queued": 23, "cancelled": 3, "fiscalized": 3, "manual": 1}


def test_one_that_is_not_there(case: Case) -> None:
    assert case.reader.receipt(1) is None
    assert case.reader.history(1) == []
