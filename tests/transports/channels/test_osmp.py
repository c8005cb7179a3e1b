"""OSMP as a channel speaks it."""

from datetime import datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.payments import CancelPayment, ChannelAnswer, CheckAccount, Pay, Subscriber, VerifyPayment
from tests.transports.channels.sent import got, posted
from transports.channels.dialect import Incoming, Unacceptable
from transports.channels.osmp import CODES, RESULTS, Osmp, OsmpSettings

PAY = {"command": "pay", "txn_id": "1234567", "account": "4957835959", "sum": "200.00", "txn_date": "20261122180000"}


def texts(body: bytes) -> dict[str, str | None]:
    return {child.tag: child.text for child in ElementTree.fromstring(body)}


def test_check() -> None:
    asked = Osmp().read(Incoming("GET", b"command=check&txn_id=1234567&account=4957835959&sum=200.00"))
    assert asked == CheckAccount("4957835959", 20000, "1234567")


def test_pay_keeps_what_else_was_sent() -> None:
    paid = Osmp().read(got(**PAY, trm_id="55", pay_type="7"))
    assert paid == Pay(
        "1234567", "4957835959", 20000, datetime(2026, 11, 22, 18), details={"trm_id": "55", "pay_type": "7"}
    )


def test_a_form_reads_like_a_query() -> None:
    assert Osmp().read(posted(**PAY)) == Osmp().read(got(**PAY))


def test_service_and_cancelled_payment_where_the_contract_says() -> None:
    dialect = Osmp(OsmpSettings(service_field="pay_type", cancelled_field="cancel_txn_id"))
    paid = dialect.read(got(**PAY, pay_type="internet"))
    assert isinstance(paid, Pay)
    assert paid.service == "internet"
    asked = dialect.read(got(command="cancel", txn_id="9", cancel_txn_id="1234567", account="1", sum="5"))
    assert asked == CancelPayment("1234567", "1", 500)
    assert Osmp().read(got(command="verify", txn_id="9")) == VerifyPayment("9")


@pytest.mark.parametrize(
    ("changed", "path", "outcome"),
    [
        ({"sum": "200,00"}, "sum", "bad_request"),
        ({"sum": "-200.00"}, "sum", "bad_request"),
        ({"sum": "200.001"}, "sum", "bad_request"),
        ({"sum": "0"}, "sum", "bad_request"),
        ({"sum": "1e3"}, "sum", "bad_request"),
        ({"sum": ""}, "sum", "bad_request"),
        ({"account": ""}, "account", "bad_account"),
        ({"account": "x" * 65}, "account", "bad_account"),
        ({"account": " 12"}, "account", "bad_account"),
        ({"account": "1\n2"}, "account", "bad_account"),
        ({"txn_id": "1 OR 1=1"}, "txn_id", "bad_request"),
        ({"txn_date": "2026-11-22"}, "txn_date", "bad_request"),
        ({"txn_date": "20261322180000"}, "txn_date", "bad_request"),
        ({"command": "steal"}, "command", "bad_request"),
    ],
    ids=str,
)
def test_wrong_parameters_are_located(changed: dict[str, str], path: str, outcome: str) -> None:
    with pytest.raises(Unacceptable) as raised:
        Osmp().read(got(**{**PAY, **changed}))
    assert (raised.value.path, raised.value.outcome) == (path, outcome)
    known = path not in ("command", "txn_id")
    assert raised.value.txn_id == ("1234567" if known else None)


@pytest.mark.parametrize(
    "query",
    [b"command=pay&command=check", b"command=%ZZ", b"command=pay%", b"account=%FF%FE", b"&".join([b"a=1"] * 300)],
)
def test_ambiguous_queries_are_refused(query: bytes) -> None:
    with pytest.raises(Unacceptable, match=r"twice|escape|text in|parameters"):
        Osmp().read(Incoming("GET", query))


def test_one_name_in_query_and_body_is_twice() -> None:
    with pytest.raises(Unacceptable, match="twice"):
        Osmp().read(Incoming("POST", b"sum=1", b"sum=2"))


def test_an_older_gateway_sends_windows_1251() -> None:
    query = b"command=check&txn_id=1&account=" + "Щ-1".encode("cp1251")
    assert Osmp(OsmpSettings(encoding="cp1251")).read(Incoming("GET", query)) == CheckAccount("Щ-1", None, "1")
    with pytest.raises(Unacceptable, match="utf-8"):
        Osmp().read(Incoming("GET", query))


def test_the_answer_to_a_payment() -> None:
    paid = Osmp().read(got(**PAY))
    reply = Osmp().answer(paid, ChannelAnswer("ok", "принято", prv_txn="42", sum=20000))
    assert texts(reply.body) == {
        "osmp_txn_id": "1234567",
        "prv_txn": "42",
        "sum": "200.00",
        "result": "0",
        "comment": "принято",
    }
    assert (reply.status, reply.content_type) == (200, "application/xml; charset=utf-8")


def test_a_repeat_hears_the_first_success() -> None:
    paid = Osmp().read(got(**PAY))
    first = ChannelAnswer("ok", prv_txn="42", sum=20000)
    again = ChannelAnswer("ok", prv_txn="42", sum=20000, repeated=True)
    assert Osmp().answer(paid, first) == Osmp().answer(paid, again)


def test_check_tells_of_the_subscriber_and_no_payment() -> None:
    asked = Osmp().read(got(command="check", txn_id="1", account="2"))
    told = Osmp().answer(asked, ChannelAnswer("ok", prv_txn="42", subscriber=Subscriber("Иванов И.", balance=-1050)))
    assert "prv_txn" not in texts(told.body)
    fields = ElementTree.fromstring(told.body).find("fields")
    assert fields is not None
    assert [(field.get("name"), field.get("type"), field.text) for field in fields] == [
        ("fio", "disp", "Иванов И."),
        ("balance", "disp", "-10.50"),
    ]


def test_every_outcome_has_a_code_and_fatality_is_the_specifications() -> None:
    assert {code for code, result in RESULTS.items() if not result.fatal} == {0, 1, 90}
    assert set(RESULTS) == {0, 1, 4, 5, 7, 8, 10, 79, 90, 241, 242, 243, 251, 300, 500}
    for outcome, code in CODES.items():
        told = Osmp().answer(None, ChannelAnswer(outcome))
        assert texts(told.body)["result"] == str(code)
        assert RESULTS[code].outcome == outcome


def test_a_refusal_without_a_request_still_names_the_payment() -> None:
    with pytest.raises(Unacceptable) as raised:
        Osmp().read(got(**{**PAY, "sum": "1,5"}))
    told = texts(Osmp().answer(None, raised.value.answer()).body)
    assert (told["osmp_txn_id"], told["result"]) == ("1234567", "300")


@given(st.binary(max_size=120), st.sampled_from(["GET", "POST"]))
def test_garbage_is_refused_and_answered(garbage: bytes, method: str) -> None:
    incoming = Incoming("GET", garbage) if method == "GET" else Incoming("POST", body=garbage)
    try:
        Osmp().read(incoming)
    except Unacceptable as refusal:
        ElementTree.fromstring(Osmp().answer(None, refusal.answer()).body)
