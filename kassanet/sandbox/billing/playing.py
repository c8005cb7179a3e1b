"""Playing a channel against a running service: many notices at once, each until it is over."""

from collections.abc import Sequence
from functools import partial

import httpx
import trio

from kassanet.sandbox.billing.players import Answered, Believes, Notice, Player, Sent

PATIENCE = 30.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0


class Channel:
    """One channel of a service at ``url``. ``password`` is ``user:password`` for HTTP Basic; waits are in seconds.

    ``believed`` tells for each number what the channel believes in the end; ``sent`` counts requests.
    """

    def __init__(
        self,
        player: Player,
        url: str,
        *,
        password: str | None = None,
        at_once: int = 8,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self.believed: dict[str, Believes] = {}
        self.sent = 0
        self._player = player
        self._url = url
        self._password = password
        self._longest_wait = longest_wait
        self._at_once = trio.CapacityLimiter(at_once)

    async def play(self, notices: Sequence[Notice]) -> None:
        """Start them in this order, some at once; returns when each is paid or refused."""
        async with self.client() as client, trio.open_nursery() as nursery:
            for notice in notices:
                await self._at_once.acquire_on_behalf_of(key := object())
                nursery.start_soon(partial(self._play, client, notice, key))

    def client(self) -> httpx.AsyncClient:
        """For :meth:`once`."""
        auth = None if self._password is None else httpx.BasicAuth(*self._password.split(":", 1))
        return httpx.AsyncClient(auth=auth, timeout=PATIENCE, trust_env=False)

    async def once(self, client: httpx.AsyncClient, sent: Sent) -> Answered:
        """Send a request once; no answer is status 0."""
        self.sent += 1
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
            while (believes := await self._try(client, notice)) == "again":
                await trio.sleep(wait)
                wait = min(2 * wait, self._longest_wait)
            self.believed[notice.txn_id] = believes
        finally:
            self._at_once.release_on_behalf_of(key)

    async def _try(self, client: httpx.AsyncClient, notice: Notice) -> Believes:
        return self._player.believes(notice, await self.once(client, self._player.pay(notice)))
