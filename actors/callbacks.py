"""Notices to integrators: what became of their receipts, at least once, in order for each receipt.

The journal owes them: a transition and its notice are written in one transaction, and a notice is owed until the
journal holds that it arrived (or that it was given up). So this actor keeps nothing that a crash could lose; it reads
what is due, sends, and writes what came of it.

Order holds because only the earliest notice owed for a receipt is ever due, and it stays with one task until its
outcome is on disk. A host that does not answer is left alone for a moment: what falls due for it meanwhile is put off
as if it had been tried, so a dead integrator with a long queue takes no place from the living.
"""

import hashlib
import hmac
import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

import structlog
import trio
from msgspec import Struct

from actors.durable import durably
from actors.reader import Reader
from actors.runtime import Actor, Ref
from actors.store import StoreUnavailable
from schemas.records import CallbackDelivered, CallbackFailed, NotFound, Write
from schemas.rows import StoredCallback
from transports.webhook import Undelivered

PAGE, LARGEST_PAGE = 256, 8192
"""Notices read at a time: more when all of a page must wait, because others may stand behind them."""

log = structlog.get_logger(__name__)


class CallbackSettings(Struct, frozen=True):
    """Seconds, but for ``parallel`` (sent at a time, a quarter of it to one host) and ``tries``.

    The wait after the n-th failed try is ``first_wait × 2^(n-1)``, at most ``longest_wait``, ± a fifth. After
    ``tries`` a notice is left for a person to retry. ``host_pause`` is how long a host that did not answer rests.
    """

    parallel: int = 16
    first_wait: float = 5.0
    longest_wait: float = 3600.0
    tries: int = 80
    poll: float = 1.0
    host_pause: float = 10.0


class Sender(Protocol):
    """What carries a notice; :class:`transports.webhook.Webhook` in the service."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises :class:`Undelivered`."""

    async def aclose(self) -> None: ...


class Callbacks(Actor):
    """Told anything at all, it looks at once instead of at its next turn. ``clock`` is UNIX time."""

    def __init__(
        self,
        journal: Ref,
        reader: Reader,
        sender: Sender,
        settings: CallbackSettings,
        *,
        clock: Callable[[], float],
        random: Random,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._sender = sender
        self._settings = settings
        self._clock = clock
        self._random = random
        self._wake = trio.Event()
        self._ahead: dict[str, deque[StoredCallback]] = {}
        self._read_at = -math.inf
        self._page = PAGE
        self._whole = True
        self._in_hand: dict[int, str] = {}
        self._settled: set[int] = set()
        self._resting: dict[str, float] = {}
        self._delivered = 0
        self._failed = 0

    async def started(self) -> None:
        self.context.spawn(self._run)

    async def receive(self, message: object) -> None:
        self._wake.set()

    async def stopping(self) -> None:
        await self._sender.aclose()

    def describe(self) -> dict[str, object]:
        return {
            "sending": len(self._in_hand),
            "delivered": self._delivered,
            "failed": self._failed,
            "resting": sorted(self._resting),
        }

    async def _run(self) -> None:
        async with trio.open_nursery() as nursery:
            while True:
                self._wake = trio.Event()
                for callback in await self._next():
                    self._in_hand[callback.receipt_id] = _host(callback.url)
                    nursery.start_soon(self._handle, callback)
                with trio.move_on_after(self._settings.poll):
                    await self._wake.wait()

    async def _next(self) -> Sequence[StoredCallback]:
        """Those to send now, from what was read; read again when that is used up or old."""
        if self._room() <= 0:
            return ()
        if not self._ahead or trio.current_time() >= self._read_at + self._settings.poll:
            await self._read()
        chosen = self._choose()
        if not self._whole:
            self._page = PAGE if chosen else min(2 * self._page, LARGEST_PAGE)
        return chosen

    async def _read(self) -> None:
        self._settled.clear()
        self._read_at, now = trio.current_time(), self._clock()
        try:
            found = await self._reader.call(lambda store: store.callbacks_due(now, self._page))
        except StoreUnavailable as trouble:
            log.warning("callbacks_not_read", reason=trouble.reason)
            return
        self._whole = len(found) < self._page
        self._ahead = {}
        for callback in found:
            self._ahead.setdefault(_host(callback.url), deque()).append(callback)

    def _choose(self) -> Sequence[StoredCallback]:
        """Take what may go from those read: from each host in turn, not more than its share."""
        chosen: list[StoredCallback] = []
        busy = Counter(self._in_hand.values())
        share = max(1, self._settings.parallel // 4)
        for host in list(self._ahead):
            waiting = self._ahead.pop(host)
            while waiting and busy[host] < share and len(chosen) < self._room():
                callback = waiting.popleft()
                if callback.receipt_id not in self._in_hand and callback.id not in self._settled:
                    busy[host] += 1
                    chosen.append(callback)
            if waiting:
                self._ahead[host] = waiting  # at the end: the next turn begins with another host
        return chosen

    def _room(self) -> int:
        return self._settings.parallel - len(self._in_hand)

    async def _handle(self, callback: StoredCallback) -> None:
        """One notice, until its outcome is durable."""
        try:
            await self._record(await self._outcome(callback))
        finally:
            self._settled.add(callback.id)
            del self._in_hand[callback.receipt_id]
            self._wake.set()

    async def _outcome(self, callback: StoredCallback) -> Write[None]:
        host = _host(callback.url)
        try:
            self._check_rested(host)
            await self._sender.post(callback.url, callback.body, signed_headers(callback, self._clock()))
        except Undelivered as reason:
            if reason.unanswered:
                self._resting[host] = self._clock() + self._settings.host_pause
            return self._failure(callback, str(reason))
        self._resting.pop(host, None)
        self._delivered += 1
        return CallbackDelivered(callback.id, self._clock())

    def _check_rested(self, host: str) -> None:
        until = self._resting.get(host, 0.0)
        if until > self._clock():
            raise Undelivered(f"{host} did not answer a moment ago; not tried")
        self._resting.pop(host, None)

    def _failure(self, callback: StoredCallback, reason: str) -> CallbackFailed:
        self._failed += 1
        now, tries = self._clock(), callback.tries + 1
        given_up = tries >= self._settings.tries
        log.warning(
            "callback_failed",
            callback_id=callback.id,
            receipt_id=callback.receipt_id,
            tries=tries,
            reason=reason,
            given_up=given_up,
        )
        return CallbackFailed(callback.id, reason[:500], None if given_up else now + self._wait(tries), now)

    def _wait(self, tries: int) -> float:
        plain = min(self._settings.longest_wait, self._settings.first_wait * 2.0 ** min(tries - 1, 64))
        return plain * self._random.uniform(0.8, 1.2)

    async def _record(self, outcome: Write[None]) -> None:
        try:
            await durably(self._journal, outcome)
        except NotFound:
            log.info("callback_gone", outcome=type(outcome).__name__)


def signed_headers(callback: StoredCallback, now: float) -> dict[str, str]:
    """What a receiver needs to know that a notice is ours and not an old one sent again.

    The signature is there when the integration has a key: hex of HMAC-SHA256 over timestamp, a dot, and the body.
    """
    timestamp = str(int(now))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "kassanet",
        "X-Kassanet-Timestamp": timestamp,
    }
    if callback.key is not None:
        signature = sign(callback.key, timestamp, callback.body)
        headers["X-Kassanet-Signature"] = f"sha256={signature}"
    return headers


def sign(key: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 in hex, as receivers reckon it too."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _host(url: str) -> str:
    """The host and port that a notice goes to; a URL that is none is a host of its own, and fails as one."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return url
