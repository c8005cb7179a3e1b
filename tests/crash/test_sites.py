"""A site and its centre, proved from the registers' books: each receipt, posted on either side, is one document.

Both services are killed and the link is cut while receipts go both ways; afterwards the two tell the same.
"""

from pathlib import Path
from random import Random

import pytest

from tests.crash.farm import FarmPlan
from tests.crash.scenes import FULL
from tests.crash.sites import Step, play, running_pair

pytestmark = pytest.mark.crash

COUNTS = {"short": (24, 1, 1, 4), FULL: (400, 16, 16, 40)}
"""Receipts; kills of the centre, of the site; cuts of the link."""


async def test_each_receipt_is_one_document_and_known_on_both_sides(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = request.config.getoption("--crash-counts")
    receipts, far, near, cuts = COUNTS[counts]
    random = Random(1)
    async with running_pair(tmp_path, FarmPlan(4, 0.15)) as pair:
        steps: list[Step] = [*[pair.kill_far] * far, *[pair.kill_near] * near, *[pair.cut] * cuts]
        random.shuffle(steps)
        verdict = await play(pair, receipts, steps, random)
    with capsys.disabled():
        print(f"\n{verdict}")
    assert verdict.in_window >= (10 if counts == FULL else 1), "too few faults while a receipt was on its way"
