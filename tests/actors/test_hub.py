"""The hub: the newest of everything, what changed since, and nothing kept for ever that only passes by."""

import pytest
from msgspec import Struct

from actors import hub as hub_module
from actors.hub import Hub


class State(Struct, frozen=True):
    """Anything that is shown."""

    value: int


def since(hub: Hub, number: int, topic: str = "kkt") -> list[tuple[str, int | None]] | None:
    changes = hub.since(topic, number)
    if changes is None:
        return None
    return [(change.key, change.state.value if isinstance(change.state, State) else None) for change in changes]


def test_what_changed_often_is_told_once_at_its_newest() -> None:
    hub = Hub()
    for value in range(3):
        hub.publish("kkt", "a", State(value))
    hub.publish("kkt", "b", State(9))
    hub.publish("kkt", "a", State(4))
    assert since(hub, 0) == [("b", 9), ("a", 4)]
    assert since(hub, 4) == [("a", 4)]
    assert since(hub, 5) == []


def test_what_is_gone_is_told_as_gone() -> None:
    hub = Hub()
    hub.publish("kkt", "a", State(1))
    hub.forget("kkt", "a")
    hub.forget("kkt", "never there")
    assert since(hub, 0) == [("a", None)]
    assert hub.last("kkt", "a") is None
    assert hub.all("kkt") == {}


def test_a_thing_that_moves_to_another_circuit_is_gone_from_the_first() -> None:
    hub = Hub()
    hub.publish("kkt", "a", State(1), circuit=1)
    hub.publish("kkt", "a", State(2), circuit=2)
    changes = hub.since("kkt", 1) or ()
    assert [(change.circuit, change.state) for change in changes] == [(1, None), (2, State(2))]


def test_a_number_of_the_future_or_from_before_the_log_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LOG", 2)
    hub = Hub()
    for value, key in enumerate("abcd"):
        hub.publish("kkt", key, State(value))
    assert since(hub, 1) is None
    assert since(hub, 2) == [("c", 2), ("d", 3)]
    assert since(hub, 5) is None
    assert sorted(hub.all("kkt")) == ["a", "b", "c", "d"]


def test_what_passes_is_kept_only_while_it_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PASSING", 2)
    hub = Hub()
    hub.passed("receipts:1", [("1", State(1))], 1)
    assert hub.all("receipts:1") == {}
    assert since(hub, 0, "receipts:1") is None
    hub.follow("receipts:1")
    before = hub.number
    hub.passed("receipts:1", [(str(value), State(value)) for value in (2, 3, 4)], 1)
    assert sorted(hub.all("receipts:1")) == ["3", "4"]
    assert since(hub, before, "receipts:1") is None
    assert since(hub, before + 1, "receipts:1") == [("3", 3), ("4", 4)]
    hub.unfollow("receipts:1")
    hub.passed("receipts:1", [("5", State(5))], 1)
    assert hub.all("receipts:1") == {}


def test_a_new_epoch_begins_and_listeners_are_told() -> None:
    hub = Hub()
    rung: list[int] = []
    end = hub.listen(lambda: rung.append(hub.number))
    hub.publish("kkt", "a", State(1))
    epoch = hub.epoch
    hub.renew()
    assert hub.epoch != epoch
    assert hub.all("kkt") == {"a": State(1)}
    end()
    hub.publish("kkt", "a", State(2))
    assert rung == [1, 1]
