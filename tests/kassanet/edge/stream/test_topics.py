"""Who may have which topic, and what each then sees: every role against every topic."""

import pytest

from actors.hub import Change
from kassanet.edge.auth import Access
from kassanet.edge.stream.topics import Interest, interest
from schemas.problems import ProblemError
from tests.kassanet.edge.stream.memory import CIRCUITS, INN, OTHER_INN, State

WHO = {
    "admin": Access("token 1", "admin"),
    "operator": Access("token 2", "operator"),
    "viewer": Access("token 3", "viewer"),
    "operator of one": Access("token 4", "operator", INN),
    "viewer of one": Access("token 5", "viewer", INN),
    "integration": Access("token 6", "integration", INN, 1, 1),
    "suspended": Access("token 7", "integration", INN, 1, 1, suspended=True),
}

ANSWERS = {
    "kkt": (200, 200, 200, 200, 200, 403, 403),
    "circuit": (200, 200, 200, 200, 200, 403, 403),
    "pinpads": (200, 200, 200, 200, 200, 403, 403),
    "prro": (200, 200, 200, 200, 200, 403, 403),
    "sales": (200, 200, 200, 200, 200, 403, 403),
    "payments": (200, 200, 200, 200, 200, 403, 403),
    "flow": (200, 200, 200, 200, 200, 403, 403),
    "keys": (200, 200, 200, 200, 200, 403, 403),
    "agents": (200, 200, 200, 200, 200, 403, 403),
    "sites": (200, 200, 200, 200, 200, 403, 403),
    "billings": (200, 200, 200, 200, 200, 403, 403),
    "alarms": (200, 200, 200, 200, 200, 403, 403),
    "circuit:1": (200, 200, 200, 200, 200, 200, 403),
    "circuit:2": (200, 200, 200, 404, 404, 404, 403),
    "circuit:3": (404, 404, 404, 404, 404, 404, 403),
    "receipts:1": (200, 200, 200, 200, 200, 200, 403),
    "receipts:2": (200, 200, 200, 404, 404, 404, 403),
    "actors": (200, 200, 403, 404, 403, 403, 403),
    "receipts": (422,) * 7,
    "circuit:01": (422,) * 7,
    "kkt:": (422,) * 7,
}


@pytest.mark.parametrize("topic", ANSWERS)
@pytest.mark.parametrize("who", WHO)
def test_every_role_against_every_topic(who: str, topic: str) -> None:
    wanted = ANSWERS[topic][list(WHO).index(who)]
    if wanted == 200:
        assert topic in interest(WHO[who], [topic], CIRCUITS).topics
        return
    with pytest.raises(ProblemError) as refused:
        interest(WHO[who], [topic], CIRCUITS)
    assert refused.value.problem.status == wanted
    assert refused.value.problem.errors[0].path == "topics[0]"


def test_the_table_has_every_topic() -> None:
    """What a mistake is told to choose from is what there is."""
    with pytest.raises(ProblemError) as refused:
        interest(WHO["admin"], ["no topic"], CIRCUITS)
    known = {topic.strip().replace("<id>", "1") for topic in refused.value.problem.errors[0].expected.split(",")}
    assert known == {topic for topic, answers in ANSWERS.items() if answers[0] == 200} - {"circuit:2", "receipts:2"}


def test_what_may_not_be_seen_is_told_like_what_does_not_exist() -> None:
    texts = []
    for topic in ("circuit:2", "circuit:9"):
        with pytest.raises(ProblemError) as refused:
            interest(WHO["viewer of one"], [topic], CIRCUITS)
        texts.append(str(refused.value).replace(topic.partition(":")[2], "N"))
    assert texts[0] == texts[1]


SEEN = {
    "admin": {"kkt/1", "kkt/2", "kkt/none"},
    "viewer of one": {"kkt/1"},
    "integration": {"kkt/1"},
}


@pytest.mark.parametrize("who", SEEN)
def test_a_token_of_one_organisation_sees_only_its_own(who: str) -> None:
    access = WHO[who]
    held = Interest(frozenset({"kkt", "circuit:2"}), access.inn, access.circuit_id)
    changes = [Change(1, "kkt", str(circuit or "none"), circuit, State(1)) for circuit in (1, 2, None)]
    assert {f"{change.topic}/{change.key}" for change in changes if held.holds(change, CIRCUITS)} == SEEN[who]


@pytest.mark.parametrize(
    ("who", "seen"),
    [("admin", {"ours", "theirs", "nobody's"}), ("viewer of one", {"ours"}), ("integration", set())],
)
def test_pinpads_are_an_organisation_s(who: str, seen: set[str]) -> None:
    held = Interest(frozenset({"pinpads"}), WHO[who].inn, WHO[who].circuit_id)
    whose = {"ours": INN, "theirs": OTHER_INN, "nobody's": None}
    changes = [Change(1, "pinpads", key, None, State(1), inn) for key, inn in whose.items()]
    assert {change.key for change in changes if held.holds(change, CIRCUITS)} == seen


def test_only_the_circuit_asked_for_is_told() -> None:
    held = Interest(frozenset({"circuit:2"}))
    changes = [Change(1, "circuit", key, int(key), State(1)) for key in ("1", "2", "22")]
    assert [change.key for change in changes if held.holds(change, CIRCUITS)] == ["2"]
    assert OTHER_INN != INN
