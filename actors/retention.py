"""Retention: the content of receipts finished long ago goes; their keys and results stay for ever."""

from collections.abc import Callable

import structlog

from actors.runtime import Actor, ActorError, Ref
from actors.store import StoreUnavailable
from schemas.commands import Tick
from schemas.records import Prune

INTERVAL = 3600.0
"""Seconds between two rounds."""

AT_ONCE = 500
"""Receipts in one write, so that intake never waits long behind it."""

log = structlog.get_logger(__name__)


class Retention(Actor):
    """``keep`` is in seconds."""

    def __init__(self, journal: Ref, keep: float, clock: Callable[[], float]) -> None:
        self._journal = journal
        self._keep = keep
        self._clock = clock

    async def started(self) -> None:
        self.context.tell_later(INTERVAL / 60, Tick())

    async def receive(self, message: object) -> None:
        more = await self._round()
        self.context.tell_later(1.0 if more else INTERVAL, Tick())

    async def _round(self) -> bool:
        try:
            dropped = await self._journal.ask(Prune(self._clock() - self._keep, AT_ONCE), timeout=60.0)
        except (StoreUnavailable, ActorError) as reason:
            log.warning("retention_postponed", reason=str(reason))
            return False
        if dropped:
            log.info("retention", receipts=dropped)
        return dropped == AT_ONCE
