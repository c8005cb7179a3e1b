"""The diary: documents by minute and hour, and when a register was not at work."""

from msgspec.structs import replace

from actors.hub import Hub
from kassanet.edge.dashboard.diary import MINUTES, Diary
from schemas.kkt import KktState

T0 = 1_800_000_000.0
STATE = KktState("10.0.0.1:7777", "terminalfa", 1, "ready", documents=40)
EIP = STATE.eip


def told(hub: Hub, **changes: object) -> None:
    hub.publish("kkt", EIP, replace(STATE, **changes), circuit=1)


def test_documents_are_counted_by_minute_and_hour() -> None:
    hub = Hub()
    diary = Diary(hub, T0)
    told(hub)
    diary.look(T0 + 1)
    for second, documents in ((10, 42), (50, 45), (70, 46)):
        told(hub, documents=documents)
        diary.look(T0 + second)
    diary.look(T0 + 180)
    pace = diary.pace()
    assert pace.until == T0 + 180
    assert pace.registers[EIP] == (5, 1, 0)
    assert diary.day(EIP).hours == (6,)
    diary.look(T0 + 3600)
    told(hub, documents=50)
    diary.look(T0 + 3700)
    assert diary.day(EIP).hours == (6, 4)
    assert len(diary.pace().registers[EIP]) == MINUTES


def test_what_was_made_before_is_not_counted_again_after_a_restart() -> None:
    hub = Hub()
    diary = Diary(hub, T0)
    told(hub, documents=40)
    diary.look(T0 + 1)
    told(hub, documents=3)  # the register's count began anew
    diary.look(T0 + 2)
    told(hub, documents=5)
    diary.look(T0 + 3)
    assert diary.day(EIP).hours == (2,)


def test_turns_are_those_that_people_mean() -> None:
    hub = Hub()
    diary = Diary(hub, T0)
    for second, changes in enumerate(
        ({}, {"condition": "busy"}, {"condition": "ready"}, {"condition": "unreachable", "reason": "no answer"}, {})
    ):
        told(hub, **changes)
        diary.look(T0 + second)
    turns = [(turn.at - T0, turn.condition, turn.reason) for turn in diary.day(EIP).turns]
    assert turns == [(0, "working", None), (3, "unreachable", "no answer"), (4, "working", None)]


def test_a_register_that_is_gone_is_forgotten() -> None:
    hub = Hub()
    diary = Diary(hub, T0)
    told(hub)
    diary.look(T0)
    hub.forget("kkt", EIP)
    diary.look(T0 + 1)
    assert diary.pace().registers == {}
    assert diary.day(EIP).turns == ()
