"""When somebody is called to a signing agent, or for a key."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from kassanet.edge.alarms_rules import AWAY_AFTER, of_agent, of_key
from schemas.agents import AgentCondition, AgentState, KeyCondition, KeyState

KEY = KeyState(
    key="local/1", agent="local", state="good", owner="Бойко", role="employee", tenant="40000001", subject_key_id=None,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC), valid_to=datetime(2027, 1, 1, tzinfo=UTC), agreement="7",
    agreement_until=date(2027, 1, 1), signs=True, warnings=(),
)  # fmt: skip
AGENT = AgentState(name="shop", is_local=False, condition="ready", keys=1)


@pytest.mark.parametrize(
    ("condition", "keys", "codes", "after"),
    [("ready", 1, [], 0.0), ("locked", 1, ["agent_locked"], 0.0), ("locked", 0, [], 0.0),
     ("away", 0, ["agent_away"], AWAY_AFTER), ("late", 1, ["agent_away"], AWAY_AFTER),
     ("refused", 1, ["agent_away"], AWAY_AFTER)],
)  # fmt: skip
def test_an_agent_that_signs_nothing_calls_somebody(
    condition: AgentCondition, keys: int, codes: list[str], after: float
) -> None:
    raised = list(of_agent(replace(AGENT, condition=condition, keys=keys)))
    assert [each.code for each in raised] == codes
    assert all(each.level == "critical" and each.after == after for each in raised)


def test_a_licence_that_ends_is_told() -> None:
    warnings = ("the licence L-1 ends on 2026-12-01", "Бойко: the certificate ends on 2026-12-01")
    [raised] = of_agent(replace(AGENT, warnings=warnings))
    assert (raised.code, raised.level, raised.text) == ("agent_licence", "warning", warnings[0])


@pytest.mark.parametrize(
    ("state", "codes"),
    [("good", []), ("locked", []), ("away", []), ("over", ["key_expired"]), ("not-yet", ["key_unusable"]),
     ("no-agreement", ["key_unusable"]), ("agreement-over", ["key_unusable"]), ("ending", ["key_expires"])],
)  # fmt: skip
def test_a_key_that_signs_nothing_any_more_calls_somebody(state: KeyCondition, codes: list[str]) -> None:
    raised = list(of_key(replace(KEY, state=state, warnings=("it ends",))))
    assert [each.code for each in raised] == codes
    assert all(each.key.startswith("key/local/1/") and "it ends" in each.text for each in raised)
    assert all(each.due_at == KEY.valid_to.timestamp() for each in raised if each.code == "key_expires")
