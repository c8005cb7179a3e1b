"""Notices of acquirers: PayKeeper, Robokassa, YooKassa, and the plain JSON channel."""

import hashlib
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.payments import CancelPayment, ChannelAnswer, CheckAccount, Pay, Payer, Refund, VerifyPayment
from tests.transports.channels.sent import NOW, SECRET, paykeeper_notice, posted, robokassa_result, signed
from transports.channels.dialect import Incoming, Unacceptable
from transports.channels.paykeeper import PayKeeper, PayKeeperSettings
from transports.channels.plain_json import PlainJson, PlainJsonSettings
from transports.channels.robokassa import Robokassa, RobokassaSettings
from transports.channels.signatures import HashName
from transports.channels.yookassa import Look, Nothing, YooKassa, YooKassaSettings

PAYKEEPER = PayKeeper(PayKeeperSettings(secret="слово"))
ROBOKASSA = Robokassa(RobokassaSettings(password2="p2"))
YOOKASSA = YooKassa(YooKassaSettings(shop_id="1", secret="s"))
PLAIN = PlainJson(PlainJsonSettings(secret=SECRET))
HASHES: list[HashName] = ["md5", "ripemd160", "sha1", "sha256", "sha384", "sha512"]


# -- PayKeeper ------------------------------------------------------------------------------------


def test_paykeeper_signs_the_sum_with_two_decimals_however_it_came() -> None:
    for amount in ("100", "100.0", "100.00", "100.0000"):
        paid = PAYKEEPER.read(paykeeper_notice("слово", id="7", sum=amount, clientid="Щ 100500", orderid="9"))
        assert (paid.txn_id, paid.account, paid.sum) == ("7", "Щ 100500", 10000)


def test_paykeeper_answers_ok_with_a_blank() -> None:
    paid = PAYKEEPER.read(paykeeper_notice("слово", id="7", sum="1.50", clientid="5"))
    reply = PAYKEEPER.answer(paid, ChannelAnswer("ok"))
    assert reply.body == b"OK " + hashlib.md5("7слово".encode()).hexdigest().encode()
    assert not PAYKEEPER.answer(paid, ChannelAnswer("temporary")).body.startswith(b"OK")


def test_paykeeper_absent_values_are_empty_and_an_order_may_be_the_account() -> None:
    dialect = PayKeeper(PayKeeperSettings(secret="s", account="orderid"))
    paid = dialect.read(paykeeper_notice("s", id="7", sum="1.5", orderid="55", client_email="a@b.ru", card_number="4"))
    assert (paid.account, paid.payer, paid.details) == ("55", Payer("a@b.ru"), {})


@pytest.mark.parametrize(
    ("notice", "path", "outcome"),
    [
        (paykeeper_notice("other", id="7", sum="1.50", clientid="5"), "key", "bad_signature"),
        (posted(id="7", sum="1.50", clientid="5"), "key", "bad_request"),
        (paykeeper_notice("слово", id="7", sum="1,50", signed_sum="1.50", clientid="5"), "sum", "bad_sum"),
        (paykeeper_notice("слово", id="7", sum="-1.50", clientid="5"), "sum", "bad_sum"),
        (paykeeper_notice("слово", id="7", sum="1.505", clientid="5"), "sum", "bad_sum"),
        (paykeeper_notice("слово", id="7", sum="1.50"), "clientid", "bad_account"),
        (Incoming("GET", b"id=7"), "", "bad_request"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_paykeeper_refuses(notice: Incoming, path: str, outcome: str) -> None:
    with pytest.raises(Unacceptable) as raised:
        PAYKEEPER.read(notice)
    assert (raised.value.path, raised.value.outcome) == (path, outcome)


# -- Robokassa ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HASHES)
def test_robokassa_with_every_hash(name: HashName) -> None:
    try:
        dialect = Robokassa(RobokassaSettings(password2="p2", hash=name))
    except ValueError:
        pytest.skip(f"this OpenSSL offers no {name}")
    paid = dialect.read(
        robokassa_result("p2", name, OutSum="100.000000", InvId="5", Shp_b="2", Shp_account="77", EMail="a@b.ru")
    )
    assert (paid.txn_id, paid.account, paid.sum, paid.payer.email) == ("5", "77", 10000, "a@b.ru")
    assert paid.details == {"Shp_b": "2"}
    assert dialect.answer(paid, ChannelAnswer("ok")).body == b"OK5"


def test_robokassa_signs_the_sum_as_received() -> None:
    notice = robokassa_result("p2", OutSum="100.000000", InvId="5", Shp_account="77")
    changed = Incoming("POST", body=notice.body.replace(b"100.000000", b"100.00"))
    assert ROBOKASSA.read(notice).sum == 10000
    with pytest.raises(Unacceptable, match="signature"):
        ROBOKASSA.read(changed)


@pytest.mark.parametrize(
    ("notice", "path", "outcome"),
    [
        (robokassa_result("p1", OutSum="1.00", InvId="5", Shp_account="7"), "SignatureValue", "bad_signature"),
        (posted(OutSum="1.00", InvId="5", Shp_account="7"), "SignatureValue", "bad_signature"),
        (robokassa_result("p2", OutSum="1,00", InvId="5", Shp_account="7"), "OutSum", "bad_sum"),
        (robokassa_result("p2", OutSum="1.001", InvId="5", Shp_account="7"), "OutSum", "bad_sum"),
        (robokassa_result("p2", OutSum="-1", InvId="5", Shp_account="7"), "OutSum", "bad_sum"),
        (robokassa_result("p2", OutSum="1.00", InvId="0", Shp_account="7"), "InvId", "bad_txn"),
        (robokassa_result("p2", OutSum="1.00", InvId="5"), "Shp_account", "bad_account"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_robokassa_refuses(notice: Incoming, path: str, outcome: str) -> None:
    with pytest.raises(Unacceptable) as raised:
        ROBOKASSA.read(notice)
    assert (raised.value.path, raised.value.outcome) == (path, outcome)


# -- YooKassa -------------------------------------------------------------------------------------


def payment(**changed: object) -> bytes:
    said = {
        "id": "2c85",
        "status": "succeeded",
        "paid": True,
        "amount": {"value": "200.50", "currency": "RUB"},
        "metadata": {"account": "77", "email": "a@b.ru"},
        "test": False,
    }
    return json.dumps({**said, **changed}).encode()


def notice(event: str = "payment.succeeded", **said: object) -> Incoming:
    body = {"type": "notification", "event": event, "object": {"id": "2c85", "status": "succeeded", **said}}
    return Incoming("POST", body=json.dumps(body).encode())


def test_yookassa_believes_only_what_it_fetched() -> None:
    look = YOOKASSA.read(notice(amount={"value": "999999.00", "currency": "RUB"}))
    assert isinstance(look, Look)
    assert (look.path, YOOKASSA.authorization) == ("/v3/payments/2c85", "Basic MTpz")
    paid = YOOKASSA.settled(look, payment())
    assert isinstance(paid, Pay)
    assert (paid.txn_id, paid.account, paid.sum, paid.payer.email) == ("2c85", "77", 20050, "a@b.ru")


@pytest.mark.parametrize("event", ["payment.waiting_for_capture", "payment.canceled", "deal.closed", "payout.x"])
def test_yookassa_acknowledges_what_moves_no_money(event: str) -> None:
    assert isinstance(YOOKASSA.read(notice(event)), Nothing)
    assert YOOKASSA.answer(None, ChannelAnswer("ok")).status == 200


@pytest.mark.parametrize("changed", [{"status": "pending"}, {"paid": False}, {"test": True}])
def test_yookassa_payments_that_are_none(changed: dict[str, object]) -> None:
    assert isinstance(YOOKASSA.settled(Look("payment", "2c85"), payment(**changed)), Nothing)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"id": "other"}, "temporary"),
        ({"amount": {"value": "1.00", "currency": "USD"}}, "bad_sum"),
        ({"amount": {"value": "1,00", "currency": "RUB"}}, "bad_sum"),
        ({"metadata": {}}, "bad_account"),
        ({"amount": 1}, "temporary"),
    ],
)
def test_yookassa_refuses_what_does_not_fit(changed: dict[str, object], outcome: str) -> None:
    with pytest.raises(Unacceptable) as raised:
        YOOKASSA.settled(Look("payment", "2c85"), payment(**changed))
    assert raised.value.outcome == outcome


def test_yookassa_refund() -> None:
    look = YOOKASSA.read(notice("refund.succeeded"))
    assert isinstance(look, Look)
    fetched = {"id": "2c85", "status": "succeeded", "payment_id": "2b", "amount": {"value": "5.00", "currency": "RUB"}}
    assert look.path == "/v3/refunds/2c85"
    assert YOOKASSA.settled(look, json.dumps(fetched).encode()) == Refund("2c85", "2b", 500)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"type":"notification","event":"payment.succeeded"}'])
def test_yookassa_refuses_what_is_no_notice(body: bytes) -> None:
    with pytest.raises(Unacceptable, match="not a notice"):
        YOOKASSA.read(Incoming("POST", body=body))


def test_yookassa_an_id_leads_nowhere_else() -> None:
    with pytest.raises(Unacceptable, match="id"):
        YOOKASSA.read(notice(id="../../v3/me"))


# -- plain JSON -----------------------------------------------------------------------------------


def test_json_requests() -> None:
    said = {"command": "pay", "txn_id": "77", "account": "5", "sum": 20050, "at": "2026-11-22T18:00:00"}
    assert PLAIN.read(signed(said)) == Pay("77", "5", 20050, datetime(2026, 11, 22, 18))
    assert PLAIN.read(signed({"command": "check", "account": "5"})) == CheckAccount("5")
    assert PLAIN.read(signed({"command": "cancel", "txn_id": "77"})) == CancelPayment("77")
    assert PLAIN.read(signed({"command": "verify", "txn_id": "77"})) == VerifyPayment("77")


@pytest.mark.parametrize(
    ("changed", "path", "outcome"),
    [
        ({"sum": 200.5}, "sum", "bad_sum"),
        ({"sum": "200,50"}, "sum", "bad_sum"),
        ({"sum": -1}, "sum", "bad_sum"),
        ({"sum": 0}, "sum", "bad_sum"),
        ({"sum": None}, "sum", "bad_sum"),
        ({"account": " 5"}, "account", "bad_account"),
        ({"account": None}, "account", "bad_account"),
        ({"txn_id": "a b"}, "txn_id", "bad_txn"),
        ({"txn_id": None}, "txn_id", "bad_txn"),
        ({"at": "yesterday"}, "at", "bad_date"),
        ({"command": "steal"}, "command", "bad_request"),
        ({"extra": 1}, "", "bad_request"),
    ],
    ids=str,
)
def test_json_refuses_and_says_where(changed: dict[str, object], path: str, outcome: str) -> None:
    said = {"command": "pay", "txn_id": "77", "account": "5", "sum": 20050}
    with pytest.raises(Unacceptable) as raised:
        PLAIN.read(signed({**said, **changed}))
    assert (raised.value.path, raised.value.outcome) == (path, outcome)


def test_json_signatures_are_of_this_body_this_secret_and_this_time() -> None:
    said = {"command": "verify", "txn_id": "77"}
    good = signed(said)
    for wrong in (
        signed(said, secret="another secret of sixteen"),
        signed(said, at=NOW - 301),
        signed(said, at=NOW + 301),
        Incoming("POST", body=good.body + b" ", headers=good.headers, now=NOW),
        Incoming("POST", body=good.body, now=NOW),
    ):
        with pytest.raises(Unacceptable) as raised:
            PLAIN.read(wrong)
        assert raised.value.outcome == "bad_signature"
        assert PLAIN.answer(None, raised.value.answer()).status == 403


def test_json_answer() -> None:
    paid = PLAIN.read(signed({"command": "pay", "txn_id": "77", "account": "5", "sum": 20050}))
    reply = PLAIN.answer(paid, ChannelAnswer("ok", prv_txn="42", sum=20050, repeated=True))
    assert json.loads(reply.body) == {"result": "ok", "txn_id": "77", "prv_txn": "42", "sum": 20050, "repeated": True}


def test_secrets_are_needed() -> None:
    for make in (
        lambda: PlainJsonSettings(secret="short"),
        lambda: PayKeeperSettings(secret=""),
        lambda: RobokassaSettings(password2=""),
        lambda: YooKassaSettings(shop_id="", secret=""),
    ):
        with pytest.raises(ValueError, match=r"secret|password"):
            make()


@given(st.binary(max_size=200))
def test_signed_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(Unacceptable):
        PLAIN.read(signed(garbage))
