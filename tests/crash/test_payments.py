"""Payments, proved from the billing's ledger and the registers' books: credited once and fiscalized once, or neither.

Service, billing and registers are killed, answers around the credit are lost, notices come again and out of order.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from tests.crash.farm import FarmPlan, running_farm
from tests.crash.payments import play_payments, running_billing, set_up
from tests.crash.scenes import FULL

pytestmark = pytest.mark.crash

COUNTS = {"short": (30, 2, 1, 1), FULL: (400, 24, 12, 6)}
"""Payments; kills of the service, of the billing, of all registers."""


@pytest.mark.parametrize("policy", ["credit_then_fiscalize", "fiscalize_then_credit"])
async def test_credited_once_and_fiscalized_once(
    policy: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = request.config.getoption("--crash-counts")
    if policy != "credit_then_fiscalize" and counts != FULL:
        pytest.skip("the second policy is played in the long form: make crash")
    payments, service, billings, registers = COUNTS[counts]
    async with running_billing(tmp_path) as billing, running_farm(tmp_path, FarmPlan(4, 0.15)) as farm:
        await set_up(farm, billing, policy)
        steps: list[Callable[[], Awaitable[None]]] = [*[farm.restart_service] * service, *[billing.restart] * billings]
        steps += [farm.restart_sandbox] * registers
        Random(1).shuffle(steps)
        fiscal_first = policy == "fiscalize_then_credit"
        verdict = await play_payments(farm, billing, payments, steps, fiscal_first=fiscal_first)
    with capsys.disabled():
        print(f"\n{policy}: {verdict}")
    assert verdict.in_window >= (10 if counts == FULL else 1), "too few faults between a credit and its answer"
