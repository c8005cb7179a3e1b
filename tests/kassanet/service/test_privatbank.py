"""PrivatBank's terminals behind the same pinpads and routes as every other kind, up to what is lost on the way."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.privatbank import EcrSettings, EcrTerminal, serve_ecr
from kassanet.sandbox.smartsale.bank import Bank, BankSettings
from tests.kassanet.service.premises import premises
from tests.kassanet.service.terminals import Counter, quick


@asynccontextmanager
async def till(folder: Path) -> AsyncIterator[tuple[EcrTerminal, Counter]]:
    async with premises(folder, 0, pinpads=quick(folder)) as place, trio.open_nursery() as nursery:
        bank = Bank(MemoryLines(), time.time, BankSettings(same_day_refund=True, utc_offset=3))
        terminal = EcrTerminal("50101700", bank, settings=EcrSettings(card_seconds=0.02))
        port: int = await nursery.start(serve_ecr, terminal, "127.0.0.1", 0)
        async with place.client(place.token("admin")) as http:
            counter = Counter(http)
            await counter.add(f"127.0.0.1:{port}", driver="privatbank", profile="default", currencies=["980"])
            yield terminal, counter
        await place.stop()
        nursery.cancel_scope.cancel()


def charged(terminal: EcrTerminal) -> int:
    return sum(entry.left for entry in terminal.bank.ledger.entries.values() if entry.original is None)


async def test_payment_refund_and_copy(tmp_path: Path) -> None:
    async with till(tmp_path) as (terminal, counter):
        paid = await counter.do(currency="980")
        assert (paid["status"], paid["result"]["currency"], charged(terminal)) == ("approved", "980", 1200)
        refund = await counter.do("refund", of=paid["id"], forced=True)
        assert (refund["status"], refund["currency"], charged(terminal)) == ("approved", "980", 0)
        copy = await counter.do("receipt_copy", currency="980")
        assert copy["status"] == "approved"
        assert "СХВАЛЕНО" in copy["result"]["slips"]["customer"]


async def test_a_currency_that_is_not_said_is_the_terminals_own(tmp_path: Path) -> None:
    async with till(tmp_path) as (terminal, counter):
        paid = await counter.do(external_id="order-1")
        assert (paid["status"], paid["currency"], charged(terminal)) == ("approved", "980", 1200)
        for said in ({}, {"currency": "980"}):
            again = await counter.ask(external_id="order-1", **said)
            assert (again.status_code, again.json()["id"]) == (200, paid["id"])
        other = await counter.ask(external_id="order-1", currency="643")
        assert other.status_code == 409


async def test_what_the_protocol_has_not(tmp_path: Path) -> None:
    async with till(tmp_path) as (terminal, counter):
        paid = await counter.do(currency="980")
        undone = await counter.ask("emergency_void", of=paid["id"], currency="980")
        assert (undone.status_code, undone.json()["type"].rpartition(":")[2]) == (409, "operation-not-known")
        settled = await counter.ask("settlement", currency="980")
        assert settled.json()["type"].endswith(":operation-not-configured")
        assert "methods.settlement" in settled.json()["detail"]
        roubles = await counter.ask(currency="643")
        assert roubles.status_code == 422
        assert charged(terminal) == 1200


async def test_a_terminal_is_added_with_the_currency_it_has(tmp_path: Path) -> None:
    async with premises(tmp_path, 0, pinpads=quick(tmp_path)) as place:
        async with place.client(place.token("admin")) as http:
            spec = {"address": "127.0.0.1:7961", "driver": "privatbank"}
            wrong = await http.post("/api/v1/pinpads", json=spec)
            assert wrong.status_code == 422
            assert [(each["path"], each["expected"]) for each in wrong.json()["errors"]] == [("currencies", '["980"]')]
            assert (await http.post("/api/v1/pinpads", json={**spec, "currencies": ["980"]})).status_code == 201
        await place.stop()


async def test_a_lost_answer_is_found_out_or_left_to_a_person(tmp_path: Path) -> None:
    """Nothing can be undone here without the card, so what was charged blocks the pinpad until somebody decides."""
    async with till(tmp_path) as (terminal, counter):
        terminal.faults = FaultPlan([Line(do="cut_reply", on="Purchase", nth=1)]).for_device("0")
        lost = await counter.do(currency="980")
        assert lost["status"] in ("approved", "manual"), lost
        assert charged(terminal) == 1200
        if lost["status"] == "manual":
            blocked = await counter.ask(currency="980")
            assert (blocked.status_code, blocked.json()["type"].rpartition(":")[2]) == (409, "pinpad-blocked")
            verdict = {"verdict": "approved", "reason": "seen on the terminal"}
            path = f"{counter.path}/operations/{lost['id']}/resolve"
            assert (await counter.http.post(path, json=verdict)).status_code == 200
        assert (await counter.do(currency="980"))["status"] == "approved"
        assert charged(terminal) == 2400
