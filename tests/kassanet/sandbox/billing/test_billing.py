"""Our client and the simulated billing, which share no code of the wire."""

import socket

import pytest

from kassanet.sandbox.faults import Line
from schemas.payments import CancelPayment, CheckAccount
from tests.kassanet.sandbox.billing.desk import KINDS, NOW, open_desk, ours, payment
from transports.channels.billings.client import BillingClient

every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
async def test_a_payment_is_credited_once_however_often_it_is_sent(kind: str) -> None:
    async with open_desk(kind) as desk:
        first = await desk.client.pay(payment(), NOW)
        again = await desk.client.pay(payment(), NOW)
        assert (first.decision, again.decision) == ("ok", "ok")
        assert first.prv_txn == again.prv_txn == "1"
        assert desk.credited == [("77", "100500", 20050)]


@every_kind
@pytest.mark.parametrize(
    ("account", "outcome"),
    [("404777", "no_account"), ("403777", "forbidden"), ("479777", "inactive"), ("x" * 30, "bad_account")],
)
async def test_refused_for_good(kind: str, account: str, outcome: str) -> None:
    async with open_desk(kind) as desk:
        checked = await desk.client.check(CheckAccount(account, None, "5"), NOW)
        paid = await desk.client.pay(payment(account=account), NOW)
        assert (checked.decision, paid.decision, desk.credited) == ("refused", "refused", [])
        assert paid.outcome in (outcome, "technical")  # Sberbank has one word for every ban


@every_kind
async def test_check_temporary_and_limits(kind: str) -> None:
    async with open_desk(kind) as desk:
        assert (await desk.client.check(CheckAccount("100500", None, "5"), NOW)).decision == "ok"
        assert (await desk.client.pay(payment(account="401777"), NOW)).decision == "temporary"
        assert (await desk.client.pay(payment(amount=99), NOW)).outcome == "too_small"
        assert (await desk.client.pay(payment(amount=10_000_001), NOW)).outcome == "too_big"
        assert desk.credited == []


AFTER = ["drop_reply", "cut_reply", "bad_crc", "power_cycle"]
"""Faults behind the credit: the answer is lost, the money is booked."""
BEFORE = ["cut_request", "error:03"]


@every_kind
@pytest.mark.parametrize("do", [*AFTER, *BEFORE])
async def test_a_lost_answer_is_unknown_and_the_same_number_settles_it(kind: str, do: str) -> None:
    fault = Line(do=do, on="pay", nth=1, at=10 if do == "cut_reply" else None, seconds=0.01)
    async with open_desk(kind, fault) as desk:
        lost = await desk.client.pay(payment(), NOW)
        assert lost.decision == "unknown"
        assert len(desk.credited) == (1 if do in AFTER else 0)
        settled = await desk.client.pay(payment(), NOW)
        while settled.decision == "temporary":  # it is still restarting
            settled = await desk.client.pay(payment(), NOW)
        assert (settled.decision, settled.prv_txn) == ("ok", "1")
        assert len(desk.credited) == 1
        told = [line for _, line in desk.events]
        assert [b'"in_window":true' in line for line in told] == [do in AFTER]


@every_kind
@pytest.mark.parametrize("do", ["delay", "split", "duplicate"])
async def test_answers_that_come_strangely_count(kind: str, do: str) -> None:
    async with open_desk(kind, Line(do=do, on="pay", seconds=0.01)) as desk:
        assert (await desk.client.pay(payment(), NOW)).decision == "ok"
        assert len(desk.credited) == 1


async def test_too_late_is_unknown() -> None:
    async with open_desk("osmp", Line(do="delay", on="pay", nth=1, seconds=60.0), timeout=0.05) as desk:
        assert (await desk.client.pay(payment(), NOW)).decision == "unknown"
        assert len(desk.credited) == 1


async def test_nobody_there_is_temporary() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        client = BillingClient(f"http://127.0.0.1:{bound.getsockname()[1]}/", ours("osmp"))
        assert (await client.pay(payment(), NOW)).decision == "temporary"
        await client.aclose()


async def test_passwords() -> None:
    async with open_desk("osmp", password="user:secret") as desk:
        assert (await desk.client.pay(payment(), NOW)).decision == "ok"
    async with open_desk("json", secret="quite another secret") as desk:
        assert (await desk.client.pay(payment(), NOW)).decision in ("refused", "unknown")
        assert desk.credited == []


@every_kind
async def test_taking_back(kind: str) -> None:
    async with open_desk(kind) as desk:
        await desk.client.pay(payment(), NOW)
        answer = await desk.client.cancel(CancelPayment("77", "100500", 20050), NOW)
        if kind == "sberbank":
            assert (answer.decision, answer.outcome) == ("refused", "cannot_cancel")
        else:
            assert answer.decision == "ok"
            assert desk.server.billing.ledger.cancelled == {"77"}
            assert (await desk.client.cancel(CancelPayment("78"), NOW)).outcome == "cannot_cancel"
