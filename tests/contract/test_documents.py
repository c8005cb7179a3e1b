"""Receipts and corrections become documents, and the archive tells what was sent."""

from typing import Any

import pytest

from actors.kkt.settlement import fits
from schemas.kkt import ArchivedItem
from schemas.receipts import CORRECTIONS, ReceiptRequest, quantity_thousandths
from tests.actors.receipts import receipt
from tests.contract.rig import MARK, Rig, rigged
from tests.contract.rigs import Pair

RECEIPTS = ("sell", "sell_refund", "buy", "buy_refund")
WHY: tuple[dict[str, Any], ...] = (
    {"type": "self", "date": "2026-11-01"},
    {"type": "order", "date": "2026-11-01", "number": "17/3"},
)
ITEMS = [
    {"name": "Интернет 100 Мбит/с", "price": 50000, "quantity": "1", "vat": "none"},
    {"name": "Кабель UTP", "price": 3999, "quantity": "12.345", "vat": "vat20", "method": "full_prepayment"},
    {"name": "Чай", "price": 0, "quantity": "0.001", "vat": "vat10", "subject": "service"},
]
TOTAL = 50000 + 49368
PAYMENTS = {"cash": 10000, "cashless": 20000, "prepaid": 30000, "credit": 39300, "counter": 68}
CUSTOMER = {"email": "buyer@shop.example", "name": "Иванов И. И.", "inn": "780619727412"}


def whole(kind: str) -> ReceiptRequest:
    """A receipt of three items, paid in every way there is."""
    if kind in CORRECTIONS:
        return receipt(kind=kind, items=ITEMS, payments=PAYMENTS, customer=None, correction=WHY[0], cashier="Иванова")
    return receipt(kind=kind, items=ITEMS, payments=PAYMENTS, customer=CUSTOMER, cashier="Иванова")


@pytest.mark.parametrize("kind", RECEIPTS)
async def test_receipts_of_every_kind(rig: Rig, kind: str) -> None:
    sent = whole(kind)
    done = await rig.sell(sent)
    booked = rig.device.book()[-1]
    assert (booked.kind, booked.total, booked.payments, booked.mark) == (kind, TOTAL, sent.payments, MARK)
    assert (done.fd, done.fpd, done.receipt_number) == (booked.fd, booked.fpd, booked.receipt)
    assert done.at in (None, rig.device.local())
    told = await rig.read(done.fd)
    assert (told.fd, told.fpd, told.kind, told.receipt_kind) == (done.fd, done.fpd, "receipt", kind)
    assert (told.total, told.payments, told.customer, told.mark) == (TOTAL, sent.payments, "buyer@shop.example", MARK)
    assert (told.shift, told.receipt_number, told.at) == (1, 1, rig.device.local())
    assert told.items == tuple(ArchivedItem(i.name, i.price, quantity_thousandths(i.quantity)) for i in sent.items)
    assert told.complete


@pytest.mark.parametrize("why", WHY, ids=["self", "order"])
@pytest.mark.parametrize("kind", sorted(CORRECTIONS))
async def test_corrections_of_every_kind(rig: Rig, kind: str, why: dict[str, Any]) -> None:
    sent = receipt(kind=kind, items=ITEMS, payments=PAYMENTS, customer=None, correction=why)
    done = await rig.sell(sent)
    booked = rig.device.book()[-1]
    assert (booked.kind, booked.total, booked.payments) == (kind, TOTAL, sent.payments)
    assert (done.fd, done.fpd, done.receipt_number) == (booked.fd, booked.fpd, booked.receipt)
    told = await rig.read(done.fd)
    assert (told.kind, told.receipt_kind, told.total, told.payments) == ("correction", kind, TOTAL, sent.payments)


async def test_receipts_are_numbered_within_their_shift(rig: Rig) -> None:
    numbers = [(await rig.sell(receipt())).receipt_number for _ in range(3)]
    await rig.register.close_shift()
    numbers.append((await rig.sell(receipt())).receipt_number)
    assert numbers == [1, 2, 3, 1]


async def test_a_receipt_with_its_own_property_keeps_it(rig: Rig) -> None:
    sent = receipt(additional_check_props="shop-7")
    done = await rig.sell(sent)
    assert (await rig.read(done.fd)).mark == "shop-7"


async def test_a_receipt_without_a_mark_has_none(rig: Rig) -> None:
    done = await rig.sell(receipt(), mark=None)
    assert rig.device.book()[-1].mark is None
    assert (await rig.read(done.fd)).mark is None


async def test_other_documents_are_told_apart_and_what_is_not_there_is_none(rig: Rig) -> None:
    opened = await rig.register.open_shift()
    closed = await rig.register.close_shift()
    kinds = [(await rig.read(fd)).kind for fd in range(1, closed.fd + 1)]
    assert kinds == ["registration", "open_shift", "close_shift"]
    told = await rig.read(opened.fd)
    assert (told.fd, told.fpd, told.shift, told.at) == (opened.fd, opened.fpd, 1, rig.device.local())
    assert await rig.register.document(closed.fd + 1) is None


async def test_what_was_prepared_and_cancelled_leaves_no_trace(rig: Rig) -> None:
    await rig.register.open_shift()
    before = rig.device.book()
    await rig.register.prepare(whole("sell"), MARK)
    await rig.register.cancel()
    assert rig.device.book() == before
    await rig.register.cancel()  # nothing to cancel is fine
    assert (await rig.sell(receipt())).receipt_number == 1


async def test_a_second_receipt_is_prepared_over_nothing_of_the_first(rig: Rig) -> None:
    await rig.sell(whole("sell"))
    done = await rig.sell(receipt())
    told = await rig.read(done.fd)
    assert told.items is not None
    assert len(told.items) == 1


@pytest.mark.parametrize("kind", ["sell", "sell_correction"])
async def test_a_cut_archive_is_silent_but_never_wrong(pair: Pair, kind: str) -> None:
    """At every limit: what is told agrees with what was sent, and items count as complete only when all are there."""
    sent = whole(kind)
    async with rigged(pair, "memory") as rig:
        done = await rig.sell(sent)
        full = await rig.read(done.fd)
        complete = set()
        for limit in range(1, 700):
            rig.device.cut_archive(limit)
            told = await rig.read(done.fd)
            assert fits(sent, 0x1F, told), limit
            assert (told.fd, told.kind, told.receipt_kind, told.total) == (done.fd, full.kind, kind, TOTAL)
            assert not told.complete or told.items == full.items
            complete.add(told.complete)
    assert full.complete
    assert complete == {False, True}


async def test_an_archive_that_drops_the_mark(pair: Pair) -> None:
    async with rigged(pair, "memory") as rig:
        rig.device.cut_archive(1024, mark=False)
        done = await rig.sell(whole("sell"))
        told = await rig.read(done.fd)
        assert told.mark is None
        assert fits(whole("sell"), 0x1F, told)
