"""The last day of every register, in memory: documents by minute and by hour, and when it was not at work.

It is for people who look at a page, so it begins anew with the service and says since when it reaches back; what is
fiscal stands in the journal. A register costs about two kilobytes, however many documents it makes.
"""

from collections import deque
from collections.abc import Callable

from msgspec import Struct

from actors.hub import Hub
from actors.runtime import Actor
from schemas.commands import Tick
from schemas.kkt import KktState

MINUTES, HOURS = 30, 24
TURNS = 100
"""Changes of condition remembered of one register."""

LOOK_EVERY = 3.0
"""Seconds; what a register was for a shorter time may be missed."""


class Turn(Struct, frozen=True):
    """From ``at`` (UNIX time) on it was in this condition. ``working`` stands for ready and busy alike."""

    at: float
    condition: str
    reason: str | None = None


class Day(Struct, frozen=True):
    """Documents in each of the last hours, oldest first, the present one last; changes of condition, oldest first."""

    since: float
    hours: tuple[int, ...]
    turns: tuple[Turn, ...]


class Pace(Struct, frozen=True):
    """Documents of each register in each whole minute before ``until`` (UNIX time), oldest first."""

    until: float
    registers: dict[str, tuple[int, ...]]


class _Page:
    __slots__ = ("documents", "hours", "in_hour", "in_minute", "minutes", "turns")

    def __init__(self, documents: int) -> None:
        self.documents = documents
        self.in_minute = 0
        self.in_hour = 0
        self.minutes: deque[int] = deque(maxlen=MINUTES)
        self.hours: deque[int] = deque(maxlen=HOURS - 1)
        self.turns: deque[Turn] = deque(maxlen=TURNS)


class Diary:
    """Filled by :meth:`look`, which is to be called every few seconds. ``now`` is UNIX time everywhere."""

    def __init__(self, hub: Hub, now: float) -> None:
        self._hub = hub
        self._since = now
        self._minute = now // 60
        self._pages: dict[str, _Page] = {}

    def look(self, now: float) -> None:
        """Take in what changed, and turn over the minutes that are over."""
        while self._minute < now // 60:
            self._turn_minute()
        states = self._hub.all("kkt")
        for eip, state in states.items():
            if isinstance(state, KktState):
                self._note(eip, state, now)
        for eip in self._pages.keys() - states.keys():
            del self._pages[eip]

    def pace(self) -> Pace:
        return Pace(self._minute * 60, {eip: tuple(page.minutes) for eip, page in self._pages.items()})

    def day(self, eip: str) -> Day:
        page = self._pages.get(eip) or _Page(0)
        return Day(self._since, (*page.hours, page.in_hour), tuple(page.turns))

    def _note(self, eip: str, state: KktState, now: float) -> None:
        page = self._pages.get(eip)
        if page is None:
            page = self._pages[eip] = _Page(state.documents)
        made, page.documents = max(0, state.documents - page.documents), state.documents
        page.in_minute += made
        page.in_hour += made
        condition = "working" if state.condition in ("ready", "busy") else state.condition
        if not page.turns or page.turns[-1].condition != condition:
            page.turns.append(Turn(now, condition, state.reason))

    def _turn_minute(self) -> None:
        self._minute += 1
        for page in self._pages.values():
            page.minutes.append(page.in_minute)
            page.in_minute = 0
            if self._minute % 60 == 0:
                page.hours.append(page.in_hour)
                page.in_hour = 0


class Diarist(Actor):
    """Keeps a diary up to date."""

    def __init__(self, diary: Diary, clock: Callable[[], float]) -> None:
        self._diary = diary
        self._clock = clock

    async def started(self) -> None:
        self.context.tell_later(LOOK_EVERY, Tick())

    async def receive(self, message: object) -> None:
        self._diary.look(self._clock())
        self.context.tell_later(LOOK_EVERY, Tick())
