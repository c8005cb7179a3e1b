"""Alarms: what raises one, how long it must last, who has taken it on, and what is remembered over a restart."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from actors.hub import Hub
from actors.journal import StoreUnavailable
from actors.runtime import ChildSpec, Supervisor
from kassanet.edge.alarms import GONE, INTERVAL, Alarms, by_urgency
from kassanet.edge.alarms_rules import DAY, Zone, of_circuit, of_receipt, of_register
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.reader import SqliteReader
from kassanet.store.sqlite.store import SqliteStore
from schemas.alarms import AcknowledgeAlarm, Alarm, Raised
from schemas.circuits import CircuitState
from schemas.kkt import Concern, FnStatus, KktState, OfdStatus
from schemas.records import NotFound
from schemas.rows import StoredReceipt
from tests.actors.kkt.rack import InlineJournal, InlineReader, wall

T0 = 1_800_000_000.0
FN = FnStatus("9999078900001111", 3, 0, True, 0, 41, None)
STATE = KktState("10.0.0.1:7777", "terminalfa", 7, "ready", fn=FN)
MOSCOW = Zone(3.0)


def codes(state: KktState, now: float = T0) -> dict[str, tuple[str, float | None]]:
    return {each.code: (each.level, each.due_at) for each in of_register(state, now, MOSCOW)}


def test_a_register_that_is_well_raises_nothing() -> None:
    assert codes(replace(STATE, shift_opened_at=T0 - 3600)) == {}


@pytest.mark.parametrize(("hours", "level"), [(23.4, None), (23.6, "warning"), (23.8, "critical"), (25.0, "critical")])
def test_a_shift_near_its_day(hours: float, level: str | None) -> None:
    opened = T0 - hours * 3600
    found = codes(replace(STATE, shift_opened_at=opened))
    assert found == ({} if level is None else {"shift_near_day": (level, opened + DAY)})
    closed = replace(STATE, fn=replace(FN, shift_is_open=False), shift_opened_at=opened)
    assert codes(closed) == {}


def test_a_register_that_is_away_has_a_minute() -> None:
    [away] = of_register(replace(STATE, condition="unreachable", reason="no answer"), T0, MOSCOW)
    assert (away.key, away.text, away.circuit_id) == ("kkt/10.0.0.1:7777/unreachable", "no answer", 7)
    assert away.after == 60
    [out] = of_register(replace(STATE, condition="out_of_rotation", reason="no paper"), T0, MOSCOW)
    assert (out.code, out.after) == ("out_of_rotation", 0)


def test_concerns_are_alarms_with_the_moment_at_which_they_stop_something() -> None:
    expires = Concern("fn_expires", "critical", "the FN expires in 2 days")
    said_worse = Concern("fn_expires_3_days", "critical", "the FN's key expires within 3 days")
    silent = Concern("ofd_silent", "warning", "4 documents unsent")
    state = replace(
        STATE,
        concerns=(expires, said_worse, silent, Concern("x", "ok", "fine")),
        fn_expires=datetime(2027, 1, 17, 3, 0),
        ofd=OfdStatus(4, 38, datetime(2026, 12, 20, 12, 0)),
    )
    found = codes(state)
    assert set(found) == {"fn_expires", "ofd_silent"}
    assert found["fn_expires"] == ("critical", datetime.fromisoformat("2027-01-17T00:00:00+00:00").timestamp())
    assert found["ofd_silent"] == ("warning", datetime.fromisoformat("2027-01-19T09:00:00+00:00").timestamp())
    assert set(codes(replace(state, concerns=(said_worse,)))) == {"fn_expires_3_days"}


def test_a_queue_that_does_not_move() -> None:
    state = CircuitState(7, "7801234564-1", "x", 3, T0 - 400, 0, 0, 0)
    assert [each.code for each in of_circuit(state, T0)] == ["no_register"]
    assert [each.code for each in of_circuit(replace(state, busy=1), T0)] == ["queue_old"]
    assert list(of_circuit(replace(state, busy=1, oldest_at=T0 - 10), T0)) == []
    assert list(of_circuit(replace(state, queued=0), T0)) == []


def test_the_order_is_that_of_urgency() -> None:
    def alarm(key: str, level: str = "critical", since: float = 0.0, **more: object) -> Alarm:
        return Alarm(key, "x", level, "", since, **more)  # type: ignore[arg-type]  # words of the test

    wanted = [
        alarm("due soon", due_at=10.0),
        alarm("due later", due_at=20.0),
        alarm("old", since=1.0),
        alarm("new", since=2.0),
        alarm("warning", "warning", due_at=1.0),
    ]
    assert [each.key for each in by_urgency(reversed(wanted))] == [each.key for each in wanted]


class Room:
    """The actor over a real store, with one source that says what the test says."""

    def __init__(self, folder: Path) -> None:
        self.hub = Hub()
        self.opening = Opening(folder)
        self.raised: list[Raised] = []
        self.unreadable = False
        self.root: Supervisor | None = None

    async def source(self, now: float) -> Iterable[Raised]:
        if self.unreadable:
            raise StoreUnavailable("the disk is away")
        return list(self.raised)

    async def live(self, nursery: trio.Nursery) -> None:
        """Begin, as after a restart of the service."""
        store, reader = SqliteStore.open(self.opening), InlineReader(SqliteReader(self.opening))
        self.hub = Hub()
        root = self.root = Supervisor("root", children=(ChildSpec("journal", lambda: InlineJournal(store)),))
        await nursery.start(root.run)
        journal = root.ref("journal")
        spec = ChildSpec("alarms", lambda: Alarms([self.source], journal, reader, self.hub, wall))
        await root.start_child(spec)
        await trio.sleep(INTERVAL)

    def shown(self) -> dict[str, Alarm]:
        return {key: alarm for key, alarm in self.hub.all("alarms").items() if isinstance(alarm, Alarm)}

    async def take(self, key: str, note: str | None = None) -> Alarm:
        assert self.root is not None
        return await self.root.ref("alarms").ask(AcknowledgeAlarm(key, "token 7", note))


PAPER = Raised("kkt/a:1/printer", "printer", "warning", "no paper", 7, kkt="a:1")
AWAY = Raised("kkt/a:1/unreachable", "unreachable", "critical", "no answer", 7, kkt="a:1", after=60.0)


async def test_an_alarm_comes_when_it_has_lasted_and_goes_when_it_is_over(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    room = Room(tmp_path)
    async with trio.open_nursery() as nursery:
        await room.live(nursery)
        room.raised = [PAPER, AWAY]
        await trio.sleep(2 * INTERVAL)
        assert set(room.shown()) == {PAPER.key}
        await trio.sleep(60)
        assert set(room.shown()) == {PAPER.key, AWAY.key}
        room.unreadable = True
        room.raised = []
        await trio.sleep(2 * INTERVAL)
        assert set(room.shown()) == {PAPER.key, AWAY.key}, "who cannot tell does not say that it is over"
        room.unreadable = False
        await trio.sleep(2 * INTERVAL)
        assert room.shown() == {}
        nursery.cancel_scope.cancel()


async def test_who_has_taken_it_on_is_known_after_a_restart_and_forgotten_when_it_is_over(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    room = Room(tmp_path)
    room.raised = [PAPER]
    async with trio.open_nursery() as nursery:
        await room.live(nursery)
        with pytest.raises(NotFound):
            await room.take("kkt/nobody/printer")
        taken = await room.take(PAPER.key, "on my way")
        assert taken.acknowledged is not None
        assert (taken.acknowledged.by, taken.acknowledged.note) == ("token 7", "on my way")
        assert room.shown()[PAPER.key] == taken
        nursery.cancel_scope.cancel()
    async with trio.open_nursery() as nursery:
        await room.live(nursery)
        assert room.shown()[PAPER.key].acknowledged == taken.acknowledged
        room.raised = []
        await trio.sleep(GONE / 2)
        room.raised = [PAPER]
        await trio.sleep(2 * INTERVAL)
        assert room.shown()[PAPER.key].acknowledged is not None, "it only came and went"
        room.raised = []
        await trio.sleep(GONE + 2 * INTERVAL)
        room.raised = [PAPER]
        await trio.sleep(2 * INTERVAL)
        assert room.shown()[PAPER.key].acknowledged is None
        nursery.cancel_scope.cancel()


async def test_what_gets_worse_rings_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    room = Room(tmp_path)
    room.raised = [PAPER]
    async with trio.open_nursery() as nursery:
        await room.live(nursery)
        await room.take(PAPER.key)
        room.raised = [replace(PAPER, level="critical")]
        await trio.sleep(2 * INTERVAL)
        assert room.shown()[PAPER.key].acknowledged is None
        room.raised = [PAPER]
        await trio.sleep(2 * INTERVAL)
        assert room.shown()[PAPER.key].acknowledged is not None
        nursery.cancel_scope.cancel()


def test_a_receipt_names_itself_and_its_register() -> None:
    row = StoredReceipt(
        5, 7, None, "order", "manual", 4, "sell", 100, b"", T0, T0, b"", "two documents fit", "a:1", None, None
    )
    alarm = of_receipt(row)
    assert (alarm.key, alarm.receipt_id, alarm.kkt) == ("receipt/5/receipt_manual", 5, "a:1")
    assert alarm.text == "two documents fit"
