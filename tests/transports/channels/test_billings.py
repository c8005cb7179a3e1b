"""What is asked of billings, and what their answers decide. The peer is the channel's dialect turned round."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.payments import UNDECIDED, CancelPayment, ChannelAnswer, CheckAccount, Outcome, Pay, Subscriber
from tests.transports.channels.sent import NOW, SECRET
from transports.channels.billings.osmp import OsmpBilling, OsmpBillingSettings
from transports.channels.billings.plain_json import JsonBilling, JsonBillingSettings
from transports.channels.billings.sberbank import SberbankBilling, SberbankBillingSettings
from transports.channels.billings.verdict import BillingDialect, Question
from transports.channels.dialect import Dialect, Incoming
from transports.channels.osmp import CODES, RESULTS, Osmp
from transports.channels.plain_json import PlainJson, PlainJsonSettings
from transports.channels.sberbank import Sberbank

PAY = Pay("1234567", "Щ 100500", 20050, datetime(2026, 11, 22, 18))
OUTCOMES = st.sampled_from(sorted(CODES))
PAIRS: list[tuple[BillingDialect, Dialect[Any]]] = [
    (OsmpBilling(), Osmp()),
    (SberbankBilling(), Sberbank()),
    (SberbankBilling(SberbankBillingSettings(lower_case=True)), Sberbank()),
    (JsonBilling(JsonBillingSettings(secret=SECRET)), PlainJson(PlainJsonSettings(secret=SECRET))),
]
both = pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=["osmp", "sberbank", "sberbank small", "json"])


def arrived(question: Question) -> Incoming:
    headers = {name.lower(): value for name, value in question.headers.items()}
    return Incoming(question.method, question.query.encode(), question.body, headers, NOW)


@both
def test_a_payment_arrives_as_it_was_sent(ours: BillingDialect, theirs: Dialect[Any]) -> None:
    assert theirs.read(arrived(ours.pay(PAY, NOW))) == PAY
    assert ours.pay(PAY, NOW) == ours.pay(PAY, NOW)


@both
def test_a_question_arrives_as_it_was_sent(ours: BillingDialect, theirs: Dialect[Any]) -> None:
    asked = theirs.read(arrived(ours.check(CheckAccount("Щ 1", None, "5"), NOW)))
    assert isinstance(asked, CheckAccount)
    assert asked.account == "Щ 1"


@both
@given(outcome=OUTCOMES)
def test_what_an_outcome_decides(ours: BillingDialect, theirs: Dialect[Any], outcome: Outcome) -> None:
    answer = ChannelAnswer(outcome, "said", "1234567", "42", 20050, datetime(2026, 11, 22, 15, tzinfo=UTC))
    reply = theirs.answer(PAY, answer)
    decided = ours.decode(PAY, reply.status, reply.body)
    if outcome == "ok":
        assert (decided.decision, decided.prv_txn, decided.repeated) == ("ok", "42", False)
    elif outcome in UNDECIDED:
        assert decided.decision == "temporary"
    else:
        assert decided.decision in ("refused", "unknown", "temporary")
        assert decided.decision == "refused" or outcome in ("refused", "bad_signature", "bad_request", "cannot_check",
                                                            "cannot_cancel")  # fmt: skip


@both
def test_a_repeat_is_the_first_success(ours: BillingDialect, theirs: Dialect[Any]) -> None:
    at = datetime(2026, 11, 22, 15, tzinfo=UTC)
    reply = theirs.answer(PAY, ChannelAnswer("ok", "", "1234567", "42", 20050, at, repeated=True))
    decided = ours.decode(PAY, reply.status, reply.body)
    assert (decided.decision, decided.prv_txn) == ("ok", "42")


@both
@pytest.mark.parametrize("status", [500, 502, 404, 401, 302, 204])
def test_another_status_decides_nothing(ours: BillingDialect, theirs: Dialect[Any], status: int) -> None:
    reply = theirs.answer(PAY, ChannelAnswer("ok", "", "1234567", "42", 20050))
    assert ours.decode(PAY, status, reply.body).decision == "unknown"


@both
@given(garbage=st.binary(max_size=200))
def test_garbage_decides_nothing(ours: BillingDialect, theirs: Dialect[Any], garbage: bytes) -> None:
    assert ours.decode(PAY, 200, garbage).decision == "unknown"


@both
@given(cut=st.integers(0, 400))
def test_half_an_answer_decides_nothing(ours: BillingDialect, theirs: Dialect[Any], cut: int) -> None:
    reply = theirs.answer(PAY, ChannelAnswer("no_account", "", "1234567"))
    if cut < len(reply.body):
        assert ours.decode(PAY, 200, reply.body[:cut]).decision == "unknown"


@pytest.mark.parametrize(
    ("code", "decision"), [(code, "refused" if said.fatal else "") for code, said in RESULTS.items()]
)
def test_osmp_codes_of_a_payment(code: int, decision: str) -> None:
    body = f"<response><osmp_txn_id>1234567</osmp_txn_id><result>{code}</result></response>".encode()
    special = {0: "ok", 1: "temporary", 90: "temporary", 10: "unknown"}
    decided = OsmpBilling().decode(PAY, 200, body)
    assert (decided.decision, decided.code) == (special.get(code, decision), str(code))


@pytest.mark.parametrize(
    "body",
    [
        b"<response><osmp_txn_id>7654321</osmp_txn_id><result>0</result></response>",
        b"<response><result>0</result></response>",
        b"<response><osmp_txn_id>1234567</osmp_txn_id><result>0</result><sum>1.00</sum></response>",
        b"<response><osmp_txn_id>1234567</osmp_txn_id><result>0</result><sum>many</sum></response>",
        b"<response><osmp_txn_id>1234567</osmp_txn_id><result>77</result></response>",
        b"<response><osmp_txn_id>1234567</osmp_txn_id><result>+0</result></response>",
        b"<html><osmp_txn_id>1234567</osmp_txn_id><result>0</result></html>",
        b"<response><osmp_txn_id>1234567</osmp_txn_id></response>",
    ],
)
def test_osmp_answers_that_are_not_to_this_payment(body: bytes) -> None:
    assert OsmpBilling().decode(PAY, 200, body).decision == "unknown"


@pytest.mark.parametrize(
    "body",
    [
        b"<response><CODE>8</CODE></response>",
        b"<response><CODE>0</CODE><AMOUNT>1.00</AMOUNT></response>",
        b"<response><CODE>300</CODE></response>",
        b"<response><CODE>15</CODE></response>",
        b"<response/>",
    ],
)
def test_sberbank_answers_that_decide_nothing(body: bytes) -> None:
    assert SberbankBilling().decode(PAY, 200, body).decision == "unknown"


def test_sberbank_duplicate_is_the_first_success() -> None:
    body = b"<response><CODE>8</CODE><EXT_ID>42</EXT_ID></response>"
    decided = SberbankBilling().decode(PAY, 200, body)
    assert (decided.decision, decided.prv_txn, decided.repeated) == ("ok", "42", True)


def test_what_a_billing_tells_of_an_account() -> None:
    asked = CheckAccount("1", None, "5")
    told = Osmp().answer(asked, ChannelAnswer("ok", subscriber=Subscriber("Иванов", "Мира, 1")))
    decided = OsmpBilling().decode(asked, 200, told.body)
    assert decided.subscriber == Subscriber("Иванов", "Мира, 1")


def test_numbers_that_a_billing_can_take() -> None:
    assert OsmpBilling().numbered("12345678901234567890")
    assert not OsmpBilling().numbered("2c85-1")
    assert not SberbankBilling().numbered("1" * 21)
    assert JsonBilling(JsonBillingSettings(secret=SECRET)).numbered("2c85-1")


def test_cancelling_only_where_the_billing_knows_it() -> None:
    request = CancelPayment("1234567", "1", 500)
    assert OsmpBilling().cancel(request, NOW) is None
    assert SberbankBilling().cancel(request, NOW) is None
    asked = OsmpBilling(OsmpBillingSettings(cancels=True)).cancel(request, NOW)
    assert asked is not None
    assert Osmp().read(arrived(asked)) == request
