"""Days of a shop where everything goes wrong at random: in the end till and bank tell the same of every payment."""

import random

import pytest
import trio
from trio.testing import MockClock

from kassanet.sandbox.faults import Line
from kassanet.sandbox.smartsale.cards import CardLine
from schemas.pinpads import Wiring
from tests.kassanet.sandbox.smartsale.cash import ACK, EOT, Fields, HungUp, Silence, frame
from tests.kassanet.sandbox.smartsale.counter import CHECK, SETTLE, TID, Counter, quick, slip

SALES = 25
FAULTS = (
    Line("cut_reply", on="payment", p=0.05, at=9),
    Line("drop_reply", on="payment", p=0.05, seconds=3.0),
    Line("power_cycle", on="payment", p=0.05),
    Line("bad_crc", on="payment", p=0.05, at=2),
    Line("duplicate", on="payment", p=0.05),
    Line("drop_reply", on="ack", p=0.05),
    Line("cut_request", device="host", p=0.05),
    Line("drop_reply", device="host", p=0.05),
    Line("power_cycle", device="host", p=0.05),
    Line("power_cycle", device="host", p=0.05, at=0),
)
CARDS = (
    CardLine("decline", p=0.1),
    CardLine("cancelled", p=0.1),
    CardLine("removed_late", p=0.1),
    CardLine("partial", p=0.1),
)


async def attempt(counter: Counter, fields: dict[int, str], seconds: float = 200.0) -> Fields:
    """The result that the till acknowledged within its time, an empty one when there was none; any ACK may be lost."""
    till, result = counter.till(), Fields()
    with trio.move_on_after(seconds):
        try:
            await till.say(frame(fields))
            result = await till.result()
            await till.say(bytes((ACK, EOT)))
        except (HungUp, Silence, AssertionError, trio.BrokenResourceError):
            result = {}
    await trio.sleep(0.01)
    await till.stream.aclose()
    return result


async def insist(counter: Counter, fields: dict[int, str]) -> Fields:
    """Until it is done, while the terminal or the bank may be away."""
    while True:
        result = await attempt(counter, fields)
        if result.get(39) == b"1":
            return result
        await trio.sleep(5)


@pytest.mark.parametrize("wiring", ["kph", "pkh"])
@pytest.mark.parametrize("seed", range(6))
async def test_till_and_bank_agree(wiring: Wiring, seed: int, autojump_clock: MockClock) -> None:
    chance = random.Random(seed)
    counter = Counter(*FAULTS, cards=CARDS, wiring=wiring, settings=quick(ack_seconds=1.0), seed=seed)
    async with counter.open():
        known = set()
        for number in range(SALES):
            seconds = chance.uniform(0.0, 1.0) if chance.random() < 0.15 else 200.0
            sale = {0: str(100 + number), 4: "643", 25: "1", 26: str(number), 27: TID}
            if (await attempt(counter, sale, seconds)).get(39) == b"1":
                known.add(number)
            await trio.sleep(5)
            await insist(counter, CHECK)
        entries = counter.host.bank.ledger.entries.values()
        assert {entry.line.stan for entry in entries if entry.left} == known
        assert 3 < len(known) < SALES - 3
        assert any(event.in_window for event in counter.events.read())
        assert "ИТОГИ СОВПАЛИ" in slip(await insist(counter, SETTLE))
