"""Any sequence of commands, power cuts and hours: the storage's own laws hold, and the book tells the same story."""

from typing import Any

import hypothesis.strategies as st
import trio
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kassanet.sandbox.fiscal_storage import Current, Document, Form
from tests.kassanet.sandbox.desk import HOUR, MINUTE, Desk
from tests.kassanet.sandbox.reading import book_of
from tests.kassanet.sandbox.test_documents import correction
from transports.terminalfa.commands import Request
from transports.terminalfa.commands.archive import ReadDocument
from transports.terminalfa.commands.corrections import BeginCorrection, CommitCorrection
from transports.terminalfa.commands.information import ReadFnStatus
from transports.terminalfa.commands.receipt import CommitReceipt, Item, OpenReceipt, PassItem, PassPayment
from transports.terminalfa.commands.reports import (
    BeginSettlementReport,
    CashIn,
    CashOut,
    CommitSettlementReport,
    ReadCash,
)
from transports.terminalfa.commands.shifts import (
    BeginShiftClosing,
    BeginShiftOpening,
    CancelDocument,
    CommitShiftClosing,
    CommitShiftOpening,
    ReadShift,
)

SIMPLE: list[Request[Any]] = [
    BeginShiftOpening(),
    CommitShiftOpening(),
    BeginShiftClosing(),
    CommitShiftClosing(),
    CancelDocument(),
    OpenReceipt(),
    BeginCorrection(),
    correction(),
    BeginSettlementReport(),
    CommitSettlementReport(),
    ReadCash(),
    ReadShift(),
]
SUMS = st.sampled_from([0, 100, 15000])


class Register(RuleBasedStateMachine):
    """The device driven at random; its laws are checked after every step."""

    @initialize()
    def unpack(self) -> None:
        self.desk = Desk()
        self.seen = 1

    def _ask(self, request: Request[Any]) -> int:
        return trio.run(self.desk.code, request)

    @rule(request=st.sampled_from(SIMPLE))
    def anything(self, request: Request[Any]) -> None:
        self._ask(request)

    @rule(price=SUMS, quantity=st.sampled_from([1000, 1500]), vat=st.integers(1, 6))
    def item(self, price: int, quantity: int, vat: int) -> None:
        self._ask(PassItem(Item(name="Вода", price=price, quantity=quantity, vat=vat, method=4)))

    @rule(cash=SUMS, cashless=SUMS)
    def payment(self, cash: int, cashless: int) -> None:
        self._ask(PassPayment(tax_system=1, cash=cash, cashless=cashless))

    @rule(kind=st.integers(1, 4), total=SUMS)
    def commit(self, kind: int, total: int) -> None:
        self._ask(CommitReceipt(kind, total))

    @rule(kind=st.sampled_from([1, 3]))
    def commit_correction(self, kind: int) -> None:
        self._ask(CommitCorrection(kind, 10000))

    @rule(total=SUMS, kind=st.integers(1, 4))
    def whole_receipt(self, total: int, kind: int) -> None:
        self._ask(OpenReceipt())
        self.item(total, 1000, 6)
        self.payment(total, 0)
        self.commit(kind, total)

    @rule(kopecks=SUMS)
    def cash_in(self, kopecks: int) -> None:
        self._ask(CashIn(kopecks))

    @rule(kopecks=SUMS)
    def cash_out(self, kopecks: int) -> None:
        self._ask(CashOut(kopecks))

    @rule(seconds=st.sampled_from([1.0, MINUTE, HOUR, 23 * HOUR]))
    def time_passes(self, seconds: float) -> None:
        self.desk.clock.advance(seconds)

    @rule()
    def power_cut(self) -> None:
        before = trio.run(self.desk.ask, ReadFnStatus())
        cash = self.desk.device.drawer
        self.desk.switch_on()
        after = trio.run(self.desk.ask, ReadFnStatus())
        assert (after.last_fd, after.shift_is_open) == (before.last_fd, before.shift_is_open)
        assert after.current_document == Current.NONE
        assert self.desk.device.drawer == cash

    @invariant()
    def numbers_are_continuous_and_the_book_agrees(self) -> None:
        fn = self.desk.device.fn
        assert self.seen <= fn.last_fd <= self.seen + 1, "one command makes one document at most"
        self.seen = fn.last_fd
        book = book_of(self.desk)
        assert [line.fd for line in book] == list(range(1, fn.last_fd + 1))
        last = fn.document(fn.last_fd)
        assert last is not None
        assert (book[-1].fpd, book[-1].kind, book[-1].total) == (last.fpd, last.kind, last.total)
        self._check_sums(last)

    def _check_sums(self, document: Document) -> None:
        if document.form in (Form.RECEIPT, Form.CORRECTION):
            assert document.payments is not None
            assert document.payments.total == document.total
            assert document.shift == self.desk.device.fn.shift.number
            assert 1 <= document.receipt == self.desk.device.fn.shift.receipts
        assert self._ask(ReadDocument(document.fd)) == 0

    @invariant()
    def the_open_document_is_one_for_register_and_storage(self) -> None:
        device = self.desk.device
        assert (device.opened is None) == (device.fn.current is Current.NONE)

    @invariant()
    def shifts_alternate_and_receipts_lie_inside(self) -> None:
        is_open = False
        for line in book_of(self.desk):
            if line.kind in ("open_shift", "close_shift"):
                assert is_open == (line.kind == "close_shift")
                is_open = not is_open
            elif line.receipt:
                assert is_open
        assert is_open == self.desk.device.fn.shift.is_open


TestRegister = Register.TestCase
TestRegister.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
