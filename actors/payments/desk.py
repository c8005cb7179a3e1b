"""A billing as everybody in the service asks it: through one client and one breaker.

Channels ask about accounts while they wait; the billing's actor asks about payments. When the billing is down both
know.
"""

from collections.abc import Callable
from random import Random
from typing import Protocol

import trio
from msgspec import Struct

from actors.payments.breaker import Breaker
from schemas.payments import BillingAnswer, CancelPayment, CheckAccount, Pay


class Client(Protocol):
    """Asks a billing; :class:`transports.channels.billings.client.BillingClient` in the service."""

    async def check(self, request: CheckAccount, now: float) -> BillingAnswer: ...

    async def pay(self, request: Pay, now: float) -> BillingAnswer: ...

    async def cancel(self, request: CancelPayment, now: float) -> BillingAnswer: ...

    def numbered(self, txn_id: str) -> bool:
        """Whether the billing can take this as a payment's number."""

    async def aclose(self) -> None: ...


class BillingState(Struct, frozen=True):
    """How a billing is doing: its breaker, failures in a row, its last words, exchanges in hand."""

    breaker: str
    failures: int
    opens_in: float
    last: str
    in_hand: int


class BillingDesk:
    """``clock`` is UNIX time; the breaker runs on Trio's."""

    def __init__(self, name: str, client: Client, clock: Callable[[], float], random: Random) -> None:
        self.name = name
        self.breaker = Breaker(trio.current_time, random)
        self._client = client
        self._clock = clock
        self._last = ""
        self._in_hand = 0

    @property
    def state(self) -> BillingState:
        breaker = self.breaker
        return BillingState(breaker.state, breaker.failures, round(breaker.opens_in, 1), self._last, self._in_hand)

    def numbered(self, txn_id: str) -> bool:
        """Whether the billing can take this as a payment's number."""
        return self._client.numbered(txn_id)

    async def check(self, request: CheckAccount) -> BillingAnswer:
        """Never waits for a billing that is known to be away."""
        if not self.breaker.room:
            return self._away()
        return await self._asked(lambda: self._client.check(request, self._clock()))

    async def pay(self, request: Pay) -> BillingAnswer:
        return await self._asked(lambda: self._client.pay(request, self._clock()))

    async def cancel(self, request: CancelPayment) -> BillingAnswer:
        if not self.breaker.room:
            return self._away()
        return await self._asked(lambda: self._client.cancel(request, self._clock()))

    async def aclose(self) -> None:
        await self._client.aclose()

    def _away(self) -> BillingAnswer:
        return BillingAnswer("temporary", "temporary", "", f"billing {self.name} is away: {self._last}")

    async def _asked(self, ask: "Ask") -> BillingAnswer:
        self.breaker.began()
        self._in_hand += 1
        decided = False
        try:
            answer = await ask()
            decided = True
        finally:
            self._in_hand -= 1
            if not decided:
                self.breaker.gave_up()  # cancelled by who asked: that says nothing of the billing
        self._last = answer.comment[:200]
        if _is_away(answer):
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return answer


class Ask(Protocol):
    async def __call__(self) -> BillingAnswer: ...


def _is_away(answer: BillingAnswer) -> bool:
    """A *temporary* with the billing's own code is an answer; one without was never reached."""
    return answer.decision == "unknown" or (answer.decision == "temporary" and not answer.code)
