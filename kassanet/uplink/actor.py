"""The uplink's actor: dials, serves the link while it lasts, waits, dials again, for as long as the service runs."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from random import Random

import msgspec
import structlog
import trio

from actors.runtime import Actor
from actors.store import StoreUnavailable
from kassanet.uplink.commands import LinkCommands
from kassanet.uplink.desk import UplinkDesk
from kassanet.uplink.session import Socket, UplinkSession
from transports.uplink import UplinkLost

REPLACED = "replaced"
"""The centre's word to a link whose place another took: two servers that share a token must not chase each other."""

Dial = Callable[[], AbstractAsyncContextManager[Socket]]

log = structlog.get_logger("uplink")


class Uplink(Actor):
    """``dial`` opens a link or raises :class:`UplinkLost`."""

    def __init__(self, desk: UplinkDesk, dial: Dial, random: Random) -> None:
        self._desk = desk
        self._dial = dial
        self._random = random
        self._session: UplinkSession | None = None
        self._commands = LinkCommands(desk, self._tell)
        self._trouble: str | None = "not dialled yet"
        self._since = desk.clock()
        self._links = 0

    async def started(self) -> None:
        self.context.spawn(self._keep_linked)

    def describe(self) -> dict[str, object]:
        connected = self._session is not None and self._session.welcomed is not None
        return {
            "url": self._desk.settings.url,
            "site": self._desk.settings.site,
            "receipts": self._desk.settings.receipts,
            "connected": connected,
            "since": self._since,
            "trouble": None if connected else self._trouble,
            "links": self._links,
        }

    async def _keep_linked(self) -> None:
        pause = self._desk.settings.first_wait
        while True:
            session = await self._link()
            self._since = self._desk.clock()
            if session is not None and session.welcomed is not None:
                pause = self._desk.settings.first_wait
            if session is not None and session.farewell == REPLACED:
                pause = self._desk.settings.longest_wait
            log.warning("uplink_away", reason=self._trouble, again_in=round(pause, 1))
            await trio.sleep(pause * self._random.uniform(0.5, 1.5))
            pause = min(2 * pause, self._desk.settings.longest_wait)

    async def _link(self) -> UplinkSession | None:
        """One link, from dialling to its end."""
        session: UplinkSession | None = None
        try:
            async with self._dial() as socket:
                session = self._session = UplinkSession(self._desk, socket, self._commands, self._spawn)
                self._since = self._desk.clock()
                self._links += 1
                await session.run()
        except (UplinkLost, StoreUnavailable) as lost:
            self._trouble = str(lost)
        finally:
            self._session = None
        return session

    def _spawn(self, task: Callable[[], Awaitable[None]]) -> None:
        self.context.spawn(task)

    async def _tell(self, message: msgspec.Struct) -> None:
        """To the centre, if it is there; who needs to know asks again."""
        session = self._session
        if session is None or session.welcomed is None:
            return
        with suppress(UplinkLost):
            await session.say(message)
