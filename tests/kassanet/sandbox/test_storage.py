"""The fiscal storage: its clock, its limits, the operator's queue, its flags, and what a restart brings back."""

from collections.abc import Callable
from typing import Any

import pytest

from kassanet.sandbox.books import BookLine, MemoryLines
from kassanet.sandbox.fiscal_storage import FiscalStorage, FnFault, Limits
from kassanet.sandbox.fiscal_storage.book import BookAhead
from tests.kassanet.sandbox.desk import DAY, HOUR, MINUTE, Desk
from tests.kassanet.sandbox.reading import book_of
from transports.terminalfa.commands.information import CountUnconfirmed, ReadExchange, ReadFnErrors, ReadFnStatus
from transports.terminalfa.commands.receipt import CommitReceipt, OpenReceipt
from transports.terminalfa.commands.shifts import BeginShiftClosing, BeginShiftOpening, CancelDocument


def set_ahead(desk: Desk, seconds: float) -> None:
    """Move the register's clock, not the world's."""
    desk.settings.clock_ahead += seconds


@pytest.mark.parametrize(("seconds", "code"), [(299, 0), (301, 0x17), (-59, 0), (-10 * MINUTE, 0x07)])
async def test_the_clock_must_run_with_the_storages_own_timer(shop: Desk, seconds: float, code: int) -> None:
    shop.clock.advance(5 * MINUTE)
    set_ahead(shop, seconds)
    assert await shop.code(OpenReceipt()) == code


async def test_a_clock_that_jumps_back_behind_no_document_is_still_a_jump(shop: Desk) -> None:
    shop.clock.advance(20 * MINUTE)
    set_ahead(shop, -10 * MINUTE)
    assert await shop.code(OpenReceipt()) == 0x17


async def test_a_restart_forgets_the_timer(shop: Desk) -> None:
    set_ahead(shop, 10 * MINUTE)
    assert await shop.code(OpenReceipt()) == 0x17
    shop.device.boot()
    assert await shop.code(OpenReceipt()) == 0


@pytest.mark.parametrize(("lag", "code"), [(-HOUR, 0), (-HOUR - MINUTE, 0x07)])
async def test_opening_a_shift_may_lag_an_hour(shop: Desk, lag: float, code: int) -> None:
    await shop.close_shift()
    set_ahead(shop, lag)
    assert await shop.code(BeginShiftOpening()) == code


async def test_closing_a_shift_may_not_lag(shop: Desk) -> None:
    set_ahead(shop, -2 * MINUTE)
    assert await shop.code(BeginShiftClosing()) == 0x07


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"archive_capacity": 2}, 0x06),
        ({"signatures": 2}, 0x12),
        ({"ofd_capacity": 2}, 0x14),
        ({"failure": FnFault.FAILURE}, 0x03),
        ({"failure": FnFault.CRYPTO}, 0x04),
    ],
)
async def test_what_stops_receipts(shop: Desk, limits: dict[str, Any], code: int) -> None:
    for name, value in limits.items():
        setattr(shop.limits, name, value)
    assert await shop.code(OpenReceipt()) == code


async def test_a_full_archive_still_lets_the_shift_be_closed(shop: Desk) -> None:
    shop.limits.archive_capacity = 2
    assert await shop.code(BeginShiftClosing()) == 0


async def test_a_document_that_is_too_long(shop: Desk) -> None:
    shop.limits.document_bytes = 200
    await shop.pass_receipt()
    assert await shop.code(CommitReceipt(1, 15000)) == 0x10
    assert shop.device.fn.last_fd == 2


async def test_30_days_without_the_operator_stop_receipts(shop: Desk) -> None:
    shop.clock.advance(30 * DAY)
    assert await shop.code(OpenReceipt()) == 0x16
    await shop.close_shift()
    assert await shop.code(BeginShiftOpening()) == 0
    await shop.ask(CancelDocument())
    shop.clock.advance(MINUTE)
    assert await shop.code(BeginShiftOpening()) == 0x15
    shop.limits.ofd_seconds = 1.0
    assert await shop.code(BeginShiftOpening()) == 0


async def test_the_operator_confirms_in_order_after_a_while(shop: Desk) -> None:
    shop.limits.ofd_seconds = 30.0
    shop.clock.advance(20)
    await shop.sell()
    told = await shop.ask(ReadExchange())
    assert (told.unsent, told.first_fd) == (3, 1)
    shop.clock.advance(10)
    told = await shop.ask(ReadExchange())
    assert (told.unsent, told.first_fd) == (1, 3)
    assert told.first_at == shop.device.fn.last_at
    shop.clock.advance(20)
    assert (await shop.ask(CountUnconfirmed())).count == 0
    assert (await shop.ask(ReadExchange())).first_at is None


async def test_confirmations_survive_a_restart_with_a_silent_operator(shop: Desk) -> None:
    shop.limits.ofd_seconds = 1.0
    shop.clock.advance(5)
    assert shop.device.fn.unsent == 0
    shop.limits.ofd_seconds = None
    shop.switch_on()
    assert shop.device.fn.unsent == 0


@pytest.mark.parametrize(
    ("turn", "flag"),
    [
        (lambda desk: desk.clock.advance(1081 * DAY), 0x0A),
        (lambda desk: desk.clock.advance(1107 * DAY), 0x0B),
        (lambda desk: desk.clock.advance(5 * DAY + 1), 0x08),
        (lambda desk: setattr(desk.limits, "archive_capacity", 2), 0x04),
        (lambda desk: setattr(desk.limits, "failure", FnFault.FAILURE), 0x80),
        (lambda desk: None, 0x00),
    ],
)
async def test_warning_flags(shop: Desk, turn: Callable[[Desk], None], flag: int) -> None:
    turn(shop)
    assert (await shop.ask(ReadFnStatus())).flags == flag


async def test_the_last_errors_are_kept(desk: Desk) -> None:
    assert await desk.code(OpenReceipt()) == 0x02
    assert (await desk.ask(ReadFnErrors())).data == b"\x02"


async def test_signs_look_random_and_repeat(shop: Desk) -> None:
    for _ in range(20):
        await shop.sell()
    signs = [document.fpd for document in shop.device.fn.documents()]
    assert len(set(signs)) == len(signs)
    assert len({sign >> 24 for sign in signs}) > 10
    again = Desk()
    await again.open_shift()
    for _ in range(20):
        await again.sell()
    assert [document.fpd for document in again.device.fn.documents()] == signs


async def test_a_restart_brings_everything_back_but_the_open_document(shop: Desk) -> None:
    await shop.sell()
    await shop.pass_receipt()
    before = await shop.ask(ReadFnStatus())
    assert (before.current_document, before.document_data) == (4, True)
    shop.switch_on()
    after = await shop.ask(ReadFnStatus())
    assert (after.current_document, after.document_data) == (0, False)
    assert (after.last_fd, after.shift_is_open, after.fn) == (3, True, before.fn)
    assert await shop.sell() == 4
    assert [line.fd for line in book_of(shop)] == [1, 2, 3, 4]


async def test_the_book_tells_what_was_committed(shop: Desk) -> None:
    await shop.sell(12345, cash=345, cashless=12000, additional="order-7")
    assert [line.kind for line in book_of(shop)] == ["registration", "open_shift", "sell"]
    line = book_of(shop)[-1]
    assert (line.fd, line.total, line.mark, line.shift, line.receipt) == (3, 12345, "order-7", 1, 1)
    assert (line.payments.cash, line.payments.cashless, line.payments.total) == (345, 12000, 12345)
    assert line.at == "2026-11-22T09:00:00.000+00:00"


async def test_a_disk_that_takes_nothing_makes_no_document(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.pass_receipt()

    def full(_line: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shop.records, "append", full)
        assert await shop.code(CommitReceipt(1, 15000)) == 0x03
    assert shop.device.fn.last_fd == 2
    assert await shop.code(CommitReceipt(1, 15000)) == 0


async def test_a_book_that_could_not_be_written_is_mended(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_line: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shop.book, "append", full)
        await shop.sell()
    assert [line.fd for line in book_of(shop)] == [1, 2]
    await shop.sell()
    assert [line.fd for line in book_of(shop)] == [1, 2, 3, 4]


async def test_a_book_of_another_run_is_refused(shop: Desk) -> None:
    book = MemoryLines()
    book.append(b'{"fd":9,"fpd":1,"kind":"sell","total":0,"payments":{},"mark":null,"shift":1,"receipt":1,"at":""}')
    with pytest.raises(BookAhead):
        FiscalStorage("1", shop.clock, limits=Limits(), records=shop.records, book=lambda _: book)


async def test_a_reset_storage_begins_another_book(shop: Desk) -> None:
    books: list[MemoryLines] = []

    def opened(generation: int) -> MemoryLines:
        while len(books) <= generation:
            books.append(MemoryLines())
        return books[generation]

    storage = FiscalStorage("9999", shop.clock, records=shop.records, book=opened)
    storage.reset()
    assert [len(list(book)) for book in books] == [2, 0]
    again = FiscalStorage("9999", shop.clock, records=shop.records, book=opened)
    assert (again.last_fd, again.is_new) == (0, False)


def test_lines_of_a_book_name_their_fields() -> None:
    assert BookLine.__struct_fields__ == (
        "fd", "fpd", "kind", "total", "payments", "mark", "shift", "receipt", "at",
    )  # fmt: skip
