"""How billings are doing, told live: whether their breaker is closed, and how much waits for them.

Looked at once a second. A long backlog makes the look itself longer, so the next one waits in proportion. Routes that
wait for their circuit are looked at in the same round.
"""

from collections.abc import Mapping
from typing import Protocol

import structlog
import trio
from msgspec import Struct

from actors.hub import Hub
from actors.journal import Reader, StoreUnavailable
from actors.payments import BillingDesk
from actors.payments.breaker import State
from actors.runtime import Actor
from kassanet.channels.setup import Setup
from schemas.payment_records import Backlog
from schemas.payments_live import BillingLive, BreakerState

TOPIC = "billings"
SHARE = 20.0
"""The next look comes no sooner than after so many times what the last one took."""

_WORDS: Mapping[State, BreakerState] = {"closed": "closed", "open": "open", "trying": "half-open"}
log = structlog.get_logger("kassanet.payments")


class LookAtBillings(Struct, frozen=True):
    """Told to itself at every turn."""


class Billings(Protocol):
    """Whose billings are watched: a :class:`kassanet.channels.mediator.Mediator`."""

    setup: Setup
    desks: dict[str, BillingDesk]


class BillingWatch(Actor):
    """``every`` in seconds."""

    def __init__(self, billings: Billings, reader: Reader, hub: Hub, every: float = 1.0) -> None:
        self._billings = billings
        self._reader = reader
        self._hub = hub
        self._every = every
        self._told: dict[str, tuple[BillingLive, str | None]] = {}

    async def started(self) -> None:
        self.context.tell_later(0.0, LookAtBillings(), control=True)

    async def receive(self, message: object) -> None:
        began = trio.current_time()
        self._billings.setup.wake()
        try:
            backlog = await self._reader.call(lambda store: store.payment_backlog())
        except StoreUnavailable as reason:
            log.warning("backlog_unreadable", reason=str(reason))
        else:
            self._tell({one.billing: one for one in backlog})
        wait = max(self._every, SHARE * (trio.current_time() - began))
        self.context.tell_later(wait, LookAtBillings(), control=True)

    def _tell(self, backlog: Mapping[str, Backlog]) -> None:
        """What has changed; who is gone is forgotten."""
        desks = self._billings.desks
        for name, desk in desks.items():
            now = self._of(name, desk, backlog.get(name)), self._inn(name)
            if self._told.get(name) != now:
                self._told[name] = now
                self._hub.publish(TOPIC, name, now[0], inn=now[1])
        for name in self._hub.all(TOPIC).keys() - desks.keys():
            self._hub.forget(TOPIC, name)
            self._told.pop(name, None)

    def _of(self, name: str, desk: BillingDesk, waiting: Backlog | None) -> BillingLive:
        now = desk.state
        spec = self._billings.setup.parts.billings.get(name)
        return BillingLive(
            name,
            _WORDS[desk.breaker.state],
            0 if waiting is None else waiting.payments,
            None if waiting is None else waiting.oldest_at,
            now.failures,
            now.in_hand,
            now.last,
            spec is None or spec.is_active,
        )

    def _inn(self, name: str) -> str | None:
        """The organisation whose routes lead there; None where they are of several, and only who sees all sees it."""
        inns = {route.inn for route in self._billings.setup.parts.routes.values() if route.billing == name}
        return inns.pop() if len(inns) == 1 else None
