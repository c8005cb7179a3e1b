"""The mediator on the live stream and in the metrics: payments, what flows over the graph, how billings are doing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.structs import replace

from kassanet.sandbox.billing.players import Notice
from kassanet.sandbox.faults import Line
from schemas.payment_records import StoredPayment
from schemas.payments_shown import PaymentStatus, status_of
from tests.kassanet.channels.market import Market, market
from tests.kassanet.edge.stream.test_service import connected, hear, say
from tests.kassanet.service.premises import INN, OTHER_INN, PATIENCE

States = dict[str, dict[str, Any]]


class Page:
    """What a page knows by following topics: the newest state of each thing."""

    def __init__(self, known: States) -> None:
        self._known = known

    def of(self, topic: str) -> States:
        found = {key: state for key, state in self._known.items() if key.startswith(f"{topic}/")}
        return {key.partition("/")[2]: state for key, state in found.items()}

    async def until(self, topic: str, key: str, **wanted: object) -> dict[str, Any]:
        with trio.fail_after(PATIENCE):
            while True:
                state = self.of(topic).get(key)
                if state is not None and all(state.get(name) == value for name, value in wanted.items()):
                    return state
                await trio.sleep(0.02)


@asynccontextmanager
async def following(here: Market, *topics: str, token: str | None = None) -> AsyncIterator[Page]:
    assert here.place.service is not None
    known: States = {}

    def take(message: dict[str, Any]) -> None:
        known.update({f"{change['topic']}/{change['key']}": change["state"] for change in message["changes"]})

    async def follow() -> None:
        while True:
            take(await hear(connection, "delta"))

    async with connected(here.place.service, token or here.shop.token) as connection, trio.open_nursery() as nursery:
        await say(connection, {"op": "subscribe", "topics": topics})
        take(await hear(connection, "snapshot"))
        nursery.start_soon(follow)
        yield Page(known)
        nursery.cancel_scope.cancel()


async def test_a_payment_moves_on_the_page_over_each_way(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.billing()
        await here.channel()
        await here.route()
        eip, circuit = here.place.registers[0].eip, here.shop.circuit
        async with following(here, "payments", "flow") as page:
            assert (await here.pay(Notice("77", "100500", 20_050))).status_code == 200
            state = await page.until("payments", "1", status="done", receipt="fiscalized")
            assert await page.until("flow", f"circuit/{circuit}>register/{eip}", payments=1)
            assert (await here.pay(Notice("78", "404777", 100))).status_code == 200
            assert await page.until("payments", "2", status="give_back", outcome="no_account")
            flow = page.of("flow")
        assert {key: state[key] for key in ("channel", "account", "sum", "route", "billing", "receipt_id")} == {
            "channel": "bank",
            "account": "100500",
            "sum": 20_050,
            "route": "all",
            "billing": "osmp",
            "receipt_id": 1,
        }
        listed = await here.payments()
        assert [row["status"] for row in listed] == ["give_back", "done"]
        assert {name: value for name, value in state.items() if listed[1][name] != value} == {}
        assert flow[">channel/bank"]["payments"] == 2
        over = flow["channel/bank>billing/osmp"]
        assert (over["payments"], over["sum"], over["refused"], over["route"]) == (1, 20_050, 1, "all")
        assert flow[f"billing/osmp>circuit/{circuit}"]["payments"] == 1
        graph = (await here.http.get("/api/v1/topology")).json()
        ways = {f"{edge['source']}>{edge['target']}" for edge in graph["edges"]}
        assert {key for key in flow if not key.startswith(">")} <= ways


async def test_who_comes_later_has_the_last_fifty_and_only_its_own(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await here.channel("desk", "api")
        await here.route(channel="desk", policy="fiscalize_only", billing=None)
        for number in range(55):
            said = {"channel": "desk", "txn_id": f"p{number}", "account": "1", "sum": 100}
            assert (await here.http.post("/api/v1/payments", json=said)).status_code == 202
        own, other = (here.place.token("viewer", inn) for inn in (INN, OTHER_INN))
        async with following(here, "payments", token=own) as page, following(here, "payments", token=other) as none:
            assert sorted(int(key) for key in page.of("payments")) == list(range(6, 56))
            assert not none.of("payments")
            await here.http.post("/api/v1/payments", json={**said, "txn_id": "new"})
            assert (await page.until("payments", "56"))["status"] == "fiscalizing"
            assert not none.of("payments")


async def test_a_billing_that_is_away_is_seen_with_its_backlog(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await here.billing("osmp", Line(do="cut_request", on="pay"))
        await here.channel(deadline=0.2)
        await here.route()
        own, other = (here.place.token("viewer", inn) for inn in (INN, OTHER_INN))
        async with following(here, "billings", token=own) as page, following(here, "billings", token=other) as none:
            assert (await page.until("billings", "osmp"))["state"] == "closed"
            for number in range(6):
                await here.pay(Notice(f"{number}1", f"{number}", 100))
            state = await page.until("billings", "osmp", backlog=6)
            assert state["oldest_at"] > 0
            assert (await page.until("billings", "osmp", state="open"))["failures"] >= 5
            assert not none.of("billings")
        text = (await here.http.get("/metrics")).text
        assert 'kassanet_billing_backlog_payments{billing="osmp"} 6.0' in text
        assert 'kassanet_billing_breaker{billing="osmp",state="closed"} 0.0' in text
        assert 'kassanet_payments_total{channel="bank",event="received"} 6.0' in text
        assert 'kassanet_payments_undecided{channel="bank",state="' in text
        assert "kassanet_payments_to_give_back 0.0" in text


async def test_what_is_owed_and_what_it_took_is_measured(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0) as here:
        await here.billing()
        await here.channel()
        await here.route(receipt=None, circuit=None, policy="credit_only")
        await here.pay(Notice("1", "404777", 20_050))
        await here.pay(Notice("2", "100500", 100))
        text = (await here.http.get("/metrics")).text
        assert "kassanet_payments_to_give_back 1.0" in text
        assert "kassanet_payments_to_give_back_kopecks 20050.0" in text
        assert 'kassanet_payment_credit_seconds_count{billing="osmp"} 1.0' in text


ROW = StoredPayment(
    1, "bank", "77", "pay", None, INN, "1", 100, None, None, "all", "credit_then_fiscalize", "main", "77", 1, None,
    "due", "waiting", 0, 0, 0.0, None, None, None, 0.0, 0.0, b"",
)  # fmt: skip


@pytest.mark.parametrize(
    ("credit", "receipt", "give_back", "status"),
    [
        ("due", "waiting", 0, "crediting"),
        ("unknown", "waiting", 0, "unknown"),
        ("done", "queued", 0, "fiscalizing"),
        ("done", "fiscalized", 0, "done"),
        ("done", "none", 0, "done"),
        ("done", "manual", 0, "manual"),
        ("done", "refused", 0, "not_fiscalized"),
        ("none", "cancelled", 0, "not_fiscalized"),
        ("waiting", "queued", 0, "fiscalizing"),
        ("waiting", "manual", 0, "manual"),
        ("waiting", "refused", 0, "stuck"),
        ("refused", "dropped", 1, "give_back"),
        ("refused", "dropped", 2, "given_back"),
        ("cancelled", "fiscalized", 0, "cancelled"),
    ],
)
def test_one_word_for_credit_receipt_and_debt(credit: Any, receipt: str, give_back: int, status: PaymentStatus) -> None:  # noqa: ANN401
    assert status_of(replace(ROW, credit=credit, receipt=receipt, give_back=give_back)) == status
