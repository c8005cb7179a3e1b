"""When somebody is called to a pinpad."""

import pytest

from kassanet.edge.alarms_rules import AWAY_AFTER, of_pinpad
from schemas.pinpads import Condition, PinpadState


@pytest.mark.parametrize(
    ("condition", "codes", "after"),
    [("ready", [], 0.0), ("busy", [], 0.0), ("held", [], 0.0), ("inactive", [], 0.0),
     ("blocked", ["pinpad_blocked"], 0.0), ("settling", ["pinpad_unknown"], AWAY_AFTER)],
)  # fmt: skip
def test_only_what_nobody_can_find_out_calls_somebody(condition: Condition, codes: list[str], after: float) -> None:
    state = PinpadState(id=3, address="10.0.0.7:9000", driver="smartsale", condition=condition, operation=7)
    raised = list(of_pinpad(state))
    assert [each.code for each in raised] == codes
    assert all(each.key.startswith("pinpad/3/") and each.after == after for each in raised)
