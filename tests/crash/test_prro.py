"""Software registers, proved from the tax service's books: one document for each sale, numbers and chains unbroken.

Service, signing agent and tax service are killed at random moments, answers are lost around the registration, and the
tax service stays away so long that sales are made offline. A run in which nothing struck between registering and
answer proves nothing, and fails.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

import pytest
import trio

from tests.crash.bureau import Bureau, BureauPlan, running_bureau
from tests.crash.returns import TaxVerdict, judged
from tests.crash.scenes import FULL, SHORT
from tests.crash.stalls import Stalls

pytestmark = pytest.mark.crash

KILLS = {SHORT: (1, 1, 1, 0), FULL: (14, 8, 4, 6)}
"""Of the service, of the agent, outages of the tax service, restarts of it at once."""

CUTS, IN_WINDOW = {SHORT: 4, FULL: 40}, {SHORT: 2, FULL: 20}
FAULTS: tuple[dict[str, object], ...] = (
    {"on": "doc", "p": 0.05, "do": "cut_reply", "at": 0},
    {"on": "doc", "p": 0.03, "do": "cut_reply", "at": 120},
    {"on": "doc", "p": 0.03, "do": "cut_request"},
    {"on": "doc", "p": 0.02, "do": "drop_reply", "seconds": 3},
    {"on": "doc", "p": 0.15, "do": "delay", "seconds": 0.3},
    {"on": "doc", "p": 0.02, "do": "duplicate"},
    {"on": "doc", "p": 0.02, "do": "status", "at": 500},
    {"on": "doc", "p": 0.01, "do": "bad_crc"},
    {"on": "doc", "p": 0.01, "do": "error:07", "at": 1},
    {"on": "doc", "p": 0.01, "do": "maintenance", "seconds": 1.5},
    {"on": "doc", "p": 0.01, "do": "power_cycle", "at": 1, "seconds": 0.5},
    {"on": "pck", "p": 0.25, "do": "cut_reply", "at": 3},
    {"on": "pck", "p": 0.15, "do": "cut_request"},
    {"on": "DocumentInfoByLocalNum", "p": 0.1, "do": "cut_reply", "at": 5},
    {"on": "TransactionsRegistrarState", "p": 0.05, "do": "cut_request"},
)
"""Around the registration, and at the questions that settle it."""


async def test_one_document_for_each_sale(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = request.config.getoption("--crash-counts")
    verdict = await play(tmp_path, KILLS[counts], CUTS[counts], IN_WINDOW[counts])
    with capsys.disabled():
        print(f"\nsoftware registers: {verdict}")
    assert verdict.kills >= sum(KILLS[counts])
    assert verdict.cuts >= CUTS[counts]
    assert verdict.in_window >= IN_WINDOW[counts], "too little struck between registering and answer"
    assert verdict.sessions >= max(1, KILLS[counts][2] // 2), "nothing was made offline"
    assert verdict.refused <= max(2, verdict.sales // 20)


async def play(folder: Path, kills: tuple[int, int, int, int], cuts: int, in_window: int, seed: int = 1) -> TaxVerdict:
    """Sell until enough has happened, let everything settle, and judge."""
    async with running_bureau(folder, BureauPlan(faults=FAULTS, seed=seed)) as bureau:
        stalls = Stalls(bureau, seed)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stalls.sell)
            await _disturb(bureau, Random(seed), kills)
            await _until_enough(bureau, cuts, in_window)
            stalls.close()
        return await judged(bureau, stalls, patience=120.0)


async def _disturb(bureau: Bureau, random: Random, kills: tuple[int, int, int, int]) -> None:
    """Each of the three at its own moments, so that they are also away together."""
    service, agent, outages, restarts = kills

    async def outage() -> None:
        await bureau.tax.kill()
        await bureau.until_one_is_offline()
        await bureau.tax.start()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(_strike, random, [bureau.service.restart] * service)
        nursery.start_soon(_strike, random, [bureau.agent.restart] * agent)
        nursery.start_soon(_strike, random, [outage] * outages + [bureau.tax.restart] * restarts)


async def _strike(random: Random, steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for step in random.sample(steps, len(steps)):
        await trio.sleep(random.uniform(0.2, 1.5))
        await step()


async def _until_enough(bureau: Bureau, cuts: int, in_window: int) -> None:
    with trio.fail_after(600):
        while True:
            events = bureau.events()
            lost = sum(bool(event["in_window"]) for event in events)
            if bureau.wire.cuts + len(events) >= cuts + lost and lost >= in_window:
                return
            await trio.sleep(0.2)
