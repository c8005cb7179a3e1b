"""When somebody is called to a software register."""

from datetime import datetime

import pytest

from kassanet.edge.alarms_rules import AWAY_AFTER, of_prro
from schemas.prro_commands import Condition, PrroState


@pytest.mark.parametrize(
    ("condition", "warning", "codes", "after"),
    [("online", None, [], 0.0), ("returning", None, [], 0.0), ("blocked", None, ["prro_blocked"], 0.0),
     ("settling", None, ["prro_unknown"], AWAY_AFTER), ("offline", None, ["prro_offline"], AWAY_AFTER),
     ("offline", "offline work ends", ["prro_offline_ends"], 0.0),
     ("returning", "offline work ends", ["prro_offline_ends"], 0.0)],
)  # fmt: skip
def test_what_stops_a_register_soon_calls_somebody(
    condition: Condition, warning: str | None, codes: list[str], after: float
) -> None:
    state = PrroState(id=3, register=4000000001, condition=condition, offline_left=600.0, warning=warning)
    raised = list(of_prro(state, 1000.0))
    assert [each.code for each in raised] == codes
    assert all(each.key.startswith("prro/3/") and each.after == after for each in raised)
    assert all(each.due_at == 1600.0 for each in raised if each.code == "prro_offline_ends")


@pytest.mark.parametrize(
    ("opened", "now", "is_late"),
    [("2026-11-22T09:00+02:00", "2026-11-22T23:59:59+02:00", False),
     ("2026-11-22T09:00+02:00", "2026-11-23T00:00:00+02:00", True),
     ("2026-11-22T23:59+02:00", "2026-11-23T00:00:01+02:00", True),
     ("2026-10-25T00:30+03:00", "2026-10-25T23:59+02:00", False)],
)  # fmt: skip
@pytest.mark.parametrize("condition", ["online", "offline"])
def test_a_shift_that_was_not_closed_on_its_day_calls_somebody(
    opened: str, now: str, is_late: bool, condition: Condition
) -> None:
    """Whatever else is the matter; the day may have 25 hours."""
    began, at = (datetime.fromisoformat(text).timestamp() for text in (opened, now))
    reason = "the agent does not sign: it is locked"
    state = PrroState(id=3, register=4000000001, condition=condition, reason=reason, shift_opened_at=began)
    found = [each for each in of_prro(state, at) if each.code == "prro_shift_open"]
    assert bool(found) == is_late
    assert all(each.level == "critical" and reason in each.text and opened[:10] in each.text for each in found)
