"""When somebody is called to a billing."""

import pytest

from kassanet.edge.alarms_rules import AWAY_AFTER, QUEUE_OLD, of_billing
from schemas.payments_live import BillingLive, BreakerState


@pytest.mark.parametrize(
    ("state", "backlog", "age", "codes"),
    [("closed", 0, 0.0, []), ("closed", 3, QUEUE_OLD - 1, []), ("closed", 3, QUEUE_OLD, ["billing_backlog"]),
     ("open", 0, 0.0, ["billing_away"]), ("open", 3, QUEUE_OLD, ["billing_away"]),
     ("half-open", 3, QUEUE_OLD, ["billing_away"])],
)  # fmt: skip
def test_whose_payments_wait(state: BreakerState, backlog: int, age: float, codes: list[str]) -> None:
    now = 5000.0
    live = BillingLive("main", state, backlog, now - age if backlog else None, last="no answer within 10 s")
    raised = list(of_billing(live, now))
    assert [each.code for each in raised] == codes
    assert all(each.key == f"billing/main/{each.code}" for each in raised)
    assert all(each.after == AWAY_AFTER for each in raised if each.code == "billing_away")


def test_one_that_is_switched_off_calls_nobody() -> None:
    assert list(of_billing(BillingLive("main", "open", 3, 0.0, is_active=False), 5000.0)) == []
