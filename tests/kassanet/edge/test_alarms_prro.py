"""When somebody is called to a software register."""

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
