"""Payments in the journal: each step once, the receipt in the same transaction, and what a replay is answered."""

from pathlib import Path

import msgspec
import pytest

from kassanet.store.sqlite.payment_intake import own_number
from schemas.payment_records import (
    AcceptPayment,
    AcceptPayments,
    AccountChecked,
    BeginFile,
    EndFile,
    GaveBack,
    PaymentAccepted,
    PaymentCredited,
    PaymentFilter,
    PaymentNoted,
    PaymentRefused,
    PaymentTakenBack,
    PaymentTried,
    Policy,
    RemovePart,
    SavePart,
    StoredPayment,
)
from schemas.records import Conflict, NotFound
from schemas.rows import ReceiptFilter
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import CIRCUIT, INN, T0, begin, fiscalized, new, refuse


def payment(
    txn_id: str = "77", *, channel: str = "bank", account: str = "100500", amount: int = 50_000,
    policy: Policy = "credit_then_fiscalize", billing: str | None = "main", number: str | None = "77", at: float = T0,
) -> AcceptPayment:  # fmt: skip
    receipt = None if policy == "credit_only" else new(f"payment:{channel}:{txn_id}", total=amount)
    return AcceptPayment(
        "pay", channel, txn_id, None, INN, account, amount, None, None, "all", policy, billing, number, CIRCUIT,
        receipt, b"{}", at,
    )  # fmt: skip


def credited(payment_id: int, at: float = T0 + 1) -> PaymentCredited:
    return PaymentCredited(payment_id, "42", "OK", "main", at)


def refused(payment_id: int, at: float = T0 + 1) -> PaymentRefused:
    return PaymentRefused(payment_id, "no_account", "5: no account", "main", at)


def tried(payment_id: int, *, unknown: bool = True, at: float = T0 + 1, answer: str = "late") -> PaymentTried:
    return PaymentTried(payment_id, unknown, answer, at + 5, "main", at)


def accepted(case: Case, write: AcceptPayment) -> StoredPayment:
    return case.do(write).payment


def refund(of: StoredPayment, txn_id: str) -> AcceptPayment:
    back = new(f"refund:bank:{txn_id}")
    return AcceptPayment(
        "refund", "bank", txn_id, of.id, INN, of.account, of.sum, None, None, "all", "fiscalize_only", None, None,
        CIRCUIT, back, b"{}", T0 + 2,
    )  # fmt: skip


def stored(case: Case, payment_id: int) -> StoredPayment:
    found = case.reader.payment(payment_id)
    assert found is not None
    return found


def events(case: Case, payment_id: int) -> list[str]:
    return [line.event for line in case.reader.payment_history(payment_id)]


def receipts(case: Case) -> list[str]:
    return [row.external_id for row in case.reader.receipts(ReceiptFilter())]


def test_a_repeat_is_the_first_payment(case: Case) -> None:
    first = case.do(payment())
    again = case.do(payment(at=T0 + 9))
    assert (first.created, again.created, again.same) == (True, False, True)
    assert again.payment == first.payment
    assert not case.do(payment(amount=1)).same
    assert not case.do(payment(account="5")).same
    assert case.do(payment(channel="other")).created


def test_credit_then_fiscalize(case: Case) -> None:
    one = accepted(case, payment())
    assert (one.credit, one.receipt, receipts(case)) == ("due", "waiting", [])
    case.do(credited(one.id))
    case.do(credited(one.id, T0 + 7))
    row = stored(case, one.id)
    assert (row.credit, row.receipt, row.prv_txn) == ("done", "queued", "42")
    assert receipts(case) == ["payment:bank:77"]
    assert row.receipt_id is not None
    case.do(fiscalized(case.do(begin(row.receipt_id))))
    assert stored(case, one.id).receipt == "fiscalized"
    assert events(case, one.id) == ["received", "credited", "queued", "fiscalized"]


def test_refused_for_good_is_not_fiscalized_and_is_owed(case: Case) -> None:
    one = accepted(case, payment())
    case.do(refused(one.id))
    case.do(refused(one.id, T0 + 7))
    row = stored(case, one.id)
    assert (row.credit, row.receipt, row.give_back, row.outcome) == ("refused", "dropped", 1, "no_account")
    assert receipts(case) == []
    assert [found.id for found in case.reader.payments(PaymentFilter(state="give_back"))] == [one.id]
    assert case.refused(credited(one.id)).code == "credit"
    case.do(GaveBack(one.id, "sent back", "token 1", T0 + 3))
    case.do(GaveBack(one.id, "sent back", "token 1", T0 + 4))
    assert case.reader.payments(PaymentFilter(state="give_back")) == []
    assert [found.id for found in case.reader.payments(PaymentFilter(state="given_back"))] == [one.id]
    assert events(case, one.id) == ["received", "refused", "given_back"]


def test_fiscalize_then_credit(case: Case) -> None:
    one = accepted(case, payment(policy="fiscalize_then_credit"))
    assert (one.credit, one.receipt) == ("waiting", "queued")
    assert case.reader.payments_due("main", T0 + 99, 10) == []
    assert one.receipt_id is not None
    case.do(fiscalized(case.do(begin(one.receipt_id))))
    assert [due.id for due in case.reader.payments_due("main", T0 + 99, 10)] == [one.id]
    case.do(credited(one.id, T0 + 3))
    assert stored(case, one.id).credit == "done"
    assert receipts(case) == ["payment:bank:77"]


def test_a_receipt_that_is_refused_first_leaves_the_payment_stuck(case: Case) -> None:
    one = accepted(case, payment(policy="fiscalize_then_credit"))
    assert one.receipt_id is not None
    case.do(refuse(one.receipt_id))
    assert [found.id for found in case.reader.payments(PaymentFilter(state="stuck"))] == [one.id]
    assert stored(case, one.id).credit == "waiting"
    case.do(refused(one.id))
    assert (stored(case, one.id).credit, stored(case, one.id).give_back) == ("refused", 1)
    assert case.reader.payments(PaymentFilter(state="stuck")) == []


def test_a_payment_that_waits_for_its_receipt_is_not_decided_by_hand(case: Case) -> None:
    one = accepted(case, payment(policy="fiscalize_then_credit"))
    assert case.refused(credited(one.id)).code == "credit"


def test_only_one_side(case: Case) -> None:
    credit = accepted(case, payment("1", policy="credit_only", number="1"))
    receipt = accepted(case, payment("2", policy="fiscalize_only", billing=None))
    assert (credit.credit, credit.receipt) == ("due", "none")
    assert (receipt.credit, receipt.receipt) == ("none", "queued")
    case.do(credited(credit.id))
    assert receipts(case) == ["payment:bank:2"]


def test_the_order_of_an_account_is_kept_and_others_do_not_wait(case: Case) -> None:
    first, second = accepted(case, payment("1", number="1")), accepted(case, payment("2", number="2"))
    other = accepted(case, payment("3", account="5", number="3"))

    def due(now: float) -> list[int]:
        return sorted(row.id for row in case.reader.payments_due("main", now, 10))

    assert due(T0) == [first.id, other.id]
    case.do(tried(first.id))
    assert stored(case, first.id).credit == "unknown"
    assert due(T0 + 2) == [other.id], "the second waits for the first, although that is put off"
    assert due(T0 + 60) == [first.id, other.id]
    assert case.reader.next_payment_due("main") == T0
    case.do(credited(first.id, T0 + 70))
    assert due(T0 + 71) == [second.id, other.id]
    (backlog,) = case.reader.payment_backlog()
    assert (backlog.billing, backlog.payments, backlog.oldest_at) == ("main", 2, T0)


def test_repeated_tries_do_not_drown_the_history(case: Case) -> None:
    one = accepted(case, payment())
    for number in range(5):
        case.do(tried(one.id, at=T0 + 1 + number))
    case.do(tried(one.id, at=T0 + 9, answer="another", unknown=False))
    assert events(case, one.id) == ["received", "unknown", "put_off"]
    row = stored(case, one.id)
    assert (row.tries, row.credit) == (6, "unknown"), "once unknown it stays so until it is decided"


def test_numbers_that_two_channels_share_are_two_numbers_for_the_billing(case: Case) -> None:
    one = accepted(case, payment(channel="a"))
    two = accepted(case, payment(channel="b"))
    three = accepted(case, payment("uuid-1", number=None))
    assert one.billing_txn == "77"
    assert two.billing_txn == str(own_number("b", "77"))
    assert three.billing_txn == str(own_number("bank", "uuid-1"))
    taken = payment("uuid-2", number=None)
    number = str(own_number("bank", "uuid-2"))
    assert accepted(case, payment("squatter", number=number)).billing_txn == number
    assert accepted(case, taken).billing_txn == str(int(number) + 1)


def test_our_numbers_outlive_the_journal(case: Case, tmp_path: Path) -> None:
    """Put back to an older state: a payment has its number again, and no other gets one that the billing has heard."""
    before = accepted(case, payment("uuid-1", number=None))
    (tmp_path / "other").mkdir()
    older = Case(case.engine, tmp_path / "other")
    try:
        other = accepted(older, payment("uuid-2", number=None))
        again = accepted(older, payment("uuid-1", number=None))
    finally:
        older.close()
    assert other.billing_txn != before.billing_txn == again.billing_txn
    assert 9 * 10**18 <= int(before.billing_txn or 0) < 2**63


def test_a_receipt_of_somebody_elses_is_not_taken_for_the_payments(case: Case) -> None:
    for key in ("payment:bank:1", "payment:bank:2", "payment:bank:1:back"):
        case.do(new(key, content="theirs", total=77))
    late, now = payment("1", number="1"), payment("2", policy="fiscalize_only", billing=None)
    one, two = accepted(case, late), accepted(case, now)
    case.do(credited(one.id))
    case.do(PaymentTakenBack(one.id, new("payment:bank:1:back", total=50_000), "OK", "main", T0 + 2))
    own = [row for row in case.reader.receipts(ReceiptFilter()) if row.total == 50_000]
    assert {row.external_id for row in own} == {
        f"payment:bank:1#{one.id}.1",
        f"payment:bank:2#{two.id}.1",
        f"payment:bank:1:back#{one.id}.1",
    }
    assert {stored(case, each.id).receipt_id for each in (one, two)} < {row.id for row in own}
    assert case.do(now).payment.receipt_id == two.receipt_id


def test_taking_back_makes_a_refund_only_of_what_was_queued(case: Case) -> None:
    one, two = accepted(case, payment("1", number="1")), accepted(case, payment("2", number="2"))
    case.do(credited(one.id))
    back = new("payment:bank:1:back")
    case.do(PaymentTakenBack(one.id, back, "OK", "main", T0 + 2))
    case.do(PaymentTakenBack(one.id, back, "OK", "main", T0 + 3))
    assert stored(case, one.id).credit == "cancelled"
    assert sorted(receipts(case)) == ["payment:bank:1", "payment:bank:1:back"]
    assert case.refused(PaymentTakenBack(two.id, None, "OK", "main", T0 + 2)).code == "credit"


def test_what_was_refunded_is_not_taken_back_again(case: Case) -> None:
    one, two = accepted(case, payment("1", number="1")), accepted(case, payment("2", number="2"))
    for each in (one, two):
        case.do(credited(each.id))
    case.do(refund(one, "r1"))
    case.do(PaymentTakenBack(one.id, new("payment:bank:1:back"), "OK", "main", T0 + 2))
    case.do(PaymentTakenBack(two.id, new("payment:bank:2:back"), "OK", "main", T0 + 2))
    assert sorted(receipts(case)) == ["payment:bank:1", "payment:bank:2", "payment:bank:2:back", "refund:bank:r1"]
    assert case.refused(refund(two, "r2")).code == "refunded"


def test_history_begins_with_the_check(case: Case) -> None:
    case.do(AccountChecked("bank", "100500", "OK", "main", T0 - 5))
    case.do(AccountChecked("bank", "other", "no", "main", T0 - 4))
    one = accepted(case, payment())
    case.do(PaymentNoted(one.id, "notified", "0", "bank", T0 + 2))
    case.do(PaymentNoted(one.id, "notified", "0", "bank", T0 + 2))
    assert events(case, one.id) == ["checked", "received", "notified"]


def test_many_at_once_fail_alone(case: Case) -> None:
    nowhere = msgspec.structs.replace(payment("3", number="3"), circuit_id=99)
    first, again, bad = case.do(AcceptPayments((payment(), payment(), nowhere)))
    assert isinstance(first, PaymentAccepted)
    assert isinstance(again, PaymentAccepted)
    assert (first.created, again.created) == (True, False)
    assert isinstance(bad, Conflict)
    assert case.reader.payments_known("bank", ["77", "3", "78"]) == {"77"}


def test_a_receipt_that_cannot_be_queued_takes_its_payment_with_it(case: Case) -> None:
    receipt = new("x", circuit_id=99)
    write = msgspec.structs.replace(payment(policy="fiscalize_only", billing=None), receipt=receipt, circuit_id=None)
    with pytest.raises(NotFound):
        case.do(write)
    assert case.reader.payments(PaymentFilter()) == []


def test_parts_are_saved_replaced_and_kept_while_they_are_needed(case: Case) -> None:
    case.do(SavePart("billing", "main", b"{}", T0))
    case.do(SavePart("billing", "main", b'{"a":1}', T0 + 1))
    case.do(SavePart("route", "main", b"{}", T0))
    assert [(part.kind, part.body) for part in case.reader.payment_parts()] == [
        ("billing", b'{"a":1}'), ("route", b"{}")
    ]  # fmt: skip
    one = accepted(case, payment())
    assert case.refused(RemovePart("billing", "main", T0 + 2)).code == "in_use"
    case.do(refused(one.id))
    case.do(RemovePart("billing", "main", T0 + 3))
    assert [part.kind for part in case.reader.payment_parts()] == ["route"]


def test_files(case: Case) -> None:
    number = case.do(BeginFile("ab", "bank", "file.txt", "token 1", T0))
    assert number == case.do(BeginFile("ab", "bank", "file.txt", "token 1", T0))
    (row,) = case.reader.payment_files(5)
    assert row.ended_at is None
    case.do(EndFile(number, b"{}", T0 + 1))
    assert case.reader.payment_files(5)[0].report == b"{}"


def test_everything_is_there_after_a_restart(case: Case) -> None:
    one = accepted(case, payment())
    case.do(credited(one.id))
    before = (stored(case, one.id), events(case, one.id))
    case.reopen()
    assert (stored(case, one.id), events(case, one.id)) == before
    assert not case.do(payment()).created


@pytest.mark.parametrize(
    "write",
    [credited(5), refused(5), tried(5), GaveBack(5, "", "", T0), PaymentNoted(5, "notified", "", "", T0)],
    ids=repr,
)
def test_a_payment_that_does_not_exist(case: Case, write: PaymentCredited) -> None:
    with pytest.raises(NotFound):
        case.do(write)
