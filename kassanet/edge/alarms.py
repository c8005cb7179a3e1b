"""The alarms' actor: looks at everything now and then, keeps what is wrong on the hub, and who has taken it on.

Acknowledgements are durable, for an operator who took something on must find it so after a restart. They are forgotten
when the alarm has been gone for a while, so that its next occurrence rings anew; a fault that comes and goes every few
seconds does not.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Protocol

import structlog
from msgspec.structs import replace

from actors.hub import Hub
from actors.journal import Reader, StoreUnavailable
from actors.runtime import Actor, ActorError, Ref
from schemas.alarms import AcknowledgeAlarm, Acknowledgement, Alarm, Raised
from schemas.commands import Tick
from schemas.records import Acknowledge, Conflict, ForgetAcknowledgements, NotFound

TOPIC = "alarms"
INTERVAL = 2.0
"""Seconds between two looks."""

GONE = 120.0
"""Seconds after which an alarm that is not raised any more is over, and with it its acknowledgement."""

_RANK = {"warning": 0, "critical": 1}

log = structlog.get_logger(__name__)


class Source(Protocol):
    """Finds reasons for alarms. ``now`` is UNIX time; raises :class:`StoreUnavailable` when it cannot tell."""

    async def __call__(self, now: float) -> Iterable[Raised]: ...


class Alarms(Actor):
    """``sources`` are asked in turn; what one cannot tell now stays as it was."""

    answers: ClassVar[tuple[type[Exception], ...]] = (NotFound, Conflict, StoreUnavailable)

    def __init__(
        self, sources: Sequence[Source], journal: Ref, reader: Reader, hub: Hub, clock: Callable[[], float]
    ) -> None:
        self._sources = sources
        self._journal = journal
        self._reader = reader
        self._hub = hub
        self._clock = clock
        self._since: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._raised: dict[int, dict[str, Raised]] = {}
        self._known: dict[str, Acknowledgement] | None = None

    async def started(self) -> None:
        self.context.tell_later(INTERVAL / 4, Tick())

    async def receive(self, message: object) -> object:
        if isinstance(message, AcknowledgeAlarm):
            return await self._acknowledge(message)
        await self._look()
        self.context.tell_later(INTERVAL, Tick())
        return None

    async def stopping(self) -> None:
        for key in self._hub.all(TOPIC):
            self._hub.forget(TOPIC, key)

    def describe(self) -> dict[str, object]:
        return {"raised": len(self._since), "acknowledged": len(self._known or {})}

    # -- looking ----------------------------------------------------------------------------------

    async def _look(self) -> None:
        now = self._clock()
        if self._known is None:
            await self._recall(now)
        for place, source in enumerate(self._sources):
            try:
                self._raised[place] = {raised.key: raised for raised in await source(now)}
            except StoreUnavailable as reason:
                log.warning("alarms_not_told", reason=str(reason))
        present = {key: raised for found in self._raised.values() for key, raised in found.items()}
        self._note(present, now)
        self._show(present, now)
        await self._forget(now)

    async def _recall(self, now: float) -> None:
        """What was acknowledged before this start counts as just seen: its alarm has time to come back."""
        try:
            rows = await self._reader.call(lambda store: store.acknowledgements())
        except StoreUnavailable as reason:
            log.warning("acknowledgements_not_read", reason=str(reason))
            return
        self._known = {row.alarm: Acknowledgement(row.by, row.at, row.level, row.note) for row in rows}
        self._seen |= dict.fromkeys(self._known, now)

    def _note(self, present: Iterable[str], now: float) -> None:
        for key in present:
            self._since.setdefault(key, now)
            self._seen[key] = now
        for key in [key for key in self._since if key not in present]:
            del self._since[key]

    def _show(self, present: dict[str, Raised], now: float) -> None:
        shown = {key: self._alarm(raised) for key, raised in present.items() if now - self._since[key] >= raised.after}
        for key in self._hub.all(TOPIC).keys() - shown.keys():
            self._hub.forget(TOPIC, key)
        for key, alarm in shown.items():
            if self._hub.last(TOPIC, key) != alarm:
                self._hub.publish(TOPIC, key, alarm, circuit=alarm.circuit_id)

    def _alarm(self, raised: Raised) -> Alarm:
        taken = (self._known or {}).get(raised.key)
        if taken is not None and _RANK[taken.level] < _RANK[raised.level]:
            taken = None
        return Alarm(
            raised.key, raised.code, raised.level, raised.text, self._since[raised.key], raised.circuit_id,
            raised.kkt, raised.receipt_id, raised.due_at, taken,
        )  # fmt: skip

    async def _forget(self, now: float) -> None:
        self._seen = {key: at for key, at in self._seen.items() if now - at < GONE}
        over = tuple(key for key in self._known or () if key not in self._seen)
        if not over:
            return
        try:
            await self._journal.ask(ForgetAcknowledgements(over))
        except (StoreUnavailable, ActorError) as reason:
            log.warning("acknowledgements_not_forgotten", reason=str(reason))
            return
        self._known = {key: taken for key, taken in (self._known or {}).items() if key not in over}

    # -- taking on --------------------------------------------------------------------------------

    async def _acknowledge(self, message: AcknowledgeAlarm) -> Alarm:
        alarm = self._hub.last(TOPIC, message.key)
        if not isinstance(alarm, Alarm) or self._known is None:
            raise NotFound(f"alarm {message.key}; it may be over")
        taken = Acknowledgement(message.by, self._clock(), alarm.level, message.note)
        await self._journal.ask(Acknowledge(message.key, taken.by, taken.level, taken.note, taken.at))
        self._known[message.key] = taken
        alarm = replace(alarm, acknowledged=taken)
        self._hub.publish(TOPIC, message.key, alarm, circuit=alarm.circuit_id)
        return alarm


def by_urgency(alarms: Iterable[Alarm]) -> list[Alarm]:
    """What nobody has taken on, the worst, what stops something soonest, the oldest: in this order."""
    return sorted(
        alarms,
        key=lambda each: (
            each.acknowledged is not None,
            -_RANK[each.level],
            each.due_at if each.due_at is not None else float("inf"),
            each.since,
        ),
    )
