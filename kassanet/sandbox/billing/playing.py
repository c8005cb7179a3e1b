"""Playing a channel against a running service: many notices at once, each until it is over."""

from collections.abc import Callable, Iterable
from functools import partial
from random import Random

import httpx
import trio
from msgspec import Struct

from kassanet.sandbox.billing.players import Answered, Believes, Notice, Player, Sent

PATIENCE = 30.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0


class Habits(Struct, frozen=True):
    """What real channels do beside paying; parts of 1, as far as the dialect has it.

    ``checks``: ask before paying. ``deaf``: an answer is lost on the way, so the notice is repeated. ``echoes``: a
    notice is sent once more though it was answered for good. ``cancels``: a payment is taken back soon after.
    """

    checks: float = 0.0
    deaf: float = 0.0
    echoes: float = 0.0
    cancels: float = 0.0


class Channel:
    """One channel of a service at ``url``. ``password`` is ``user:password`` for HTTP Basic; waits are in seconds.

    ``believed`` tells for each number what the channel believes in the end, ``cancelled`` which it took back; ``sent``
    counts requests. ``ended`` is told the notice and the belief, ``heard`` every answer, and that there was none.
    """

    def __init__(
        self,
        player: Player,
        url: str,
        *,
        password: str | None = None,
        at_once: int = 8,
        longest_wait: float = LONGEST_WAIT,
        habits: Habits | None = None,
        ended: Callable[[Notice, Believes], None] = lambda notice, believes: None,
        heard: Callable[[Answered], None] = lambda answered: None,
        seed: int = 0,
    ) -> None:
        self._habits = habits or Habits()
        self._ended = ended
        self._heard = heard
        self._random = Random(seed)
        self.cancelled: set[str] = set()
        self.believed: dict[str, Believes] = {}
        self.sent = 0
        self._player = player
        self._url = url
        self._password = password
        self._longest_wait = longest_wait
        self._at_once = trio.CapacityLimiter(at_once)

    async def play(self, notices: Iterable[Notice], rate: float = 0.0) -> None:
        """Start them in this order, some at once; returns when each is paid or refused.

        ``rate`` is how many come in a second, at random; 0: as fast as the service takes them.
        """
        async with self.client() as client, trio.open_nursery() as nursery:
            for notice in notices:
                if rate:
                    await trio.sleep(self._random.expovariate(rate))
                await self._at_once.acquire_on_behalf_of(key := object())
                nursery.start_soon(partial(self._play, client, notice, key))

    def client(self) -> httpx.AsyncClient:
        """For :meth:`once`."""
        auth = None if self._password is None else httpx.BasicAuth(*self._password.split(":", 1))
        return httpx.AsyncClient(auth=auth, timeout=PATIENCE, trust_env=False)

    async def once(self, client: httpx.AsyncClient, sent: Sent) -> Answered:
        """Send a request once; no answer is status 0."""
        self.sent += 1
        answered = await self._asked(client, sent)
        self._heard(answered)
        return answered

    async def _asked(self, client: httpx.AsyncClient, sent: Sent) -> Answered:
        try:
            answer = await client.request(
                sent.method, f"{self._url}?{sent.query}", content=sent.body, headers=dict(sent.headers)
            )
        except httpx.TransportError:
            return Answered(0)
        return Answered(answer.status_code, answer.content)

    async def _play(self, client: httpx.AsyncClient, notice: Notice, key: object) -> None:
        wait = FIRST_WAIT
        try:
            await self._perhaps(client, "check", notice, self._habits.checks)
            while (believes := await self._try(client, notice)) == "again":
                await trio.sleep(wait)
                wait = min(2 * wait, self._longest_wait)
            self.believed[notice.txn_id] = believes
            if self._chance(self._habits.echoes):
                await self._try(client, notice)
            if believes == "paid" and await self._perhaps(client, "cancel", notice, self._habits.cancels):
                self.cancelled.add(notice.txn_id)
            self._ended(notice, believes)
        finally:
            self._at_once.release_on_behalf_of(key)

    async def _try(self, client: httpx.AsyncClient, notice: Notice) -> Believes:
        answered = await self.once(client, self._player.pay(notice))
        return "again" if self._chance(self._habits.deaf) else self._player.believes(notice, answered)

    async def _perhaps(self, client: httpx.AsyncClient, what: str, notice: Notice, chance: float) -> bool:
        """Whether it was asked for, by a player who can."""
        make = getattr(self._player, what, None)
        if make is None or not self._chance(chance):
            return False
        await self.once(client, make(notice))
        return True

    def _chance(self, part: float) -> bool:
        return part > 0 and self._random.random() < part
