"""Charged and one document, or neither: proved from the bank's ledger and the registers' books.

The service, the terminals and the bank's host are killed at random moments, links are cut and results are lost. A run
in which nothing struck between the bank's approval and our ACK proves nothing, and fails.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest
import trio

from tests.crash.cash import CashVerdict, judged
from tests.crash.counter import Counter, CounterPlan, running_counter
from tests.crash.operator import Operator
from tests.crash.scenes import FULL, SHORT
from tests.crash.till import Tills

pytestmark = pytest.mark.crash

KILLS = {SHORT: (1, 1, 1), FULL: (8, 5, 3)}
"""Of the service, of the terminals, of the host."""

FAULTS, IN_WINDOW = {SHORT: 8, FULL: 40}, {SHORT: 1, FULL: 10}

AT_TERMINALS: tuple[dict[str, object], ...] = (
    {"device": "*", "on": "payment", "p": 0.06, "do": "cut_reply", "at": 0},
    {"device": "*", "on": "payment", "p": 0.05, "do": "cut_reply", "at": 20},
    {"device": "*", "on": "payment", "p": 0.04, "do": "drop_reply", "seconds": 3},
    {"device": "*", "on": "payment", "p": 0.04, "do": "cut_request", "at": 5},
    {"device": "*", "on": "payment", "p": 0.04, "do": "power_cycle", "at": 1, "seconds": 0.7},
    {"device": "*", "on": "payment", "p": 0.04, "do": "bad_crc"},
    {"device": "*", "on": "payment", "p": 0.03, "do": "split", "at": 7, "seconds": 0.1},
    {"device": "*", "on": "payment", "p": 0.03, "do": "error:16"},
    {"device": "*", "on": "result_ack", "p": 0.05, "do": "drop_reply"},
    {"device": "*", "on": "ack", "p": 0.02, "do": "drop_reply"},
    {"device": "*", "on": "emergency_void", "p": 0.1, "do": "cut_reply", "at": 0},
)
AT_HOST: tuple[dict[str, object], ...] = (
    {"device": "host", "on": "payment", "p": 0.03, "do": "cut_reply", "at": 0},
    {"device": "host", "on": "payment", "p": 0.02, "do": "cut_request", "at": 3},
)
AT_REGISTERS: tuple[dict[str, object], ...] = (
    {"device": "*", "on": "24", "p": 0.05, "do": "cut_reply", "at": 0},
    {"device": "*", "on": "2B", "p": 0.04, "do": "error:58"},
)


async def test_charged_with_one_document_or_neither(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = request.config.getoption("--crash-counts")
    verdict = await play(tmp_path, KILLS[counts], FAULTS[counts], IN_WINDOW[counts])
    with capsys.disabled():
        print(f"\nsales: {verdict}")
    assert verdict.faults >= FAULTS[counts]
    assert verdict.in_window >= IN_WINDOW[counts], "too little struck between approval and ACK"
    assert verdict.done > verdict.sales // 6, "hardly anything was sold"
    assert verdict.manual <= max(3, verdict.sales // 10)


async def play(folder: Path, kills: tuple[int, int, int], faults: int, in_window: int, seed: int = 1) -> CashVerdict:
    """Sell until enough has happened, let everything settle, and judge."""
    plan = CounterPlan(
        registers=3,
        document_seconds=0.1,
        faults=AT_REGISTERS,
        terminal_faults=AT_TERMINALS,
        host_faults=AT_HOST,
    )
    async with running_counter(folder, plan) as counter:
        tills, operator = Tills(counter, seed), Operator(counter)
        async with trio.open_nursery() as beside:
            beside.start_soon(operator.watch)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(tills.sell)
                await _disturb(counter, Random(seed), kills)
                await _until_enough(counter, faults, in_window)
                tills.close()
            verdict = await judged(counter, tills, operator, patience=300.0)
            beside.cancel_scope.cancel()
        return verdict


async def _disturb(counter: Counter, random: Random, kills: tuple[int, int, int]) -> None:
    ways: tuple[Callable[[], Awaitable[None]], ...] = (
        counter.restart_service,
        counter.restart_terminals,
        counter.restart_host,
    )
    steps = [way for way, times in zip(ways, kills, strict=True) for _ in range(times)]
    random.shuffle(steps)
    for step in steps:
        await trio.sleep(random.uniform(0.3, 2.0))
        await step()


async def _until_enough(counter: Counter, faults: int, in_window: int) -> None:
    events = counter.cash / "events.jsonl"
    with trio.fail_after(300):
        while True:
            told = events.read_text() if events.exists() else ""
            if told.count('"event":"fault"') >= faults and told.count('"in_window":true') >= in_window:
                return
            await trio.sleep(0.2)
