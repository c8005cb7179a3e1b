"""A simulated register on a link, with the driver's client for it: what every test of the suite works with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Literal

import trio

from schemas.kkt import ArchivedDocument, Committed
from schemas.receipts import ReceiptRequest
from tests.contract.announcing import Announcing
from tests.contract.rigs import Pair, Simulated
from transports.address import dialer_for
from transports.link import Dialer
from transports.memory import MemoryDialer
from transports.register import Lost, Refused, Register

Way = Literal["memory", "line", "tcp", "pty"]
"""``memory`` and ``line`` (a serial one) obey the virtual clock; the other two are real."""

MARK = "k1f"
ALL_TAX_SYSTEMS = 0x3F
ANSWER_LIMIT, QUIET = 20.0, 0.02
"""Seconds for an answer, and of silence after noise on a line."""


class Rig:
    """``dialer`` is the way to the device; :meth:`client` makes another client, as a restarted service would."""

    def __init__(self, pair: Pair, device: Simulated, dialer: Dialer) -> None:
        self.pair = pair
        self.driver = pair.driver(ANSWER_LIMIT, QUIET)
        self.device = device
        self.dialer = dialer
        self.clients: list[Register] = []
        self.register = self.client()

    def client(self, answer_limit: float = ANSWER_LIMIT) -> Register:
        self.clients.append(self.pair.driver(answer_limit, QUIET).register(self.dialer))
        return self.clients[-1]

    async def kill_committing(self, count: int, receipt: ReceiptRequest) -> None:
        """So many clients ask for the commit, one behind the other, and are killed before they hear of it."""
        async with trio.open_nursery() as nursery:
            for _ in range(count):
                way = Announcing(self.dialer)
                nursery.start_soon(self._commit, self.driver.register(way), receipt)
                await way.sent.wait()
            nursery.cancel_scope.cancel()

    async def _commit(self, client: Register, receipt: ReceiptRequest) -> None:
        with suppress(Refused, Lost):
            await client.commit(receipt)

    async def sell(self, receipt: ReceiptRequest, mark: str | None = MARK) -> Committed:
        """Make the document, in a shift that is opened where it is not open."""
        if not (await self.register.fn_status()).shift_is_open:
            await self.register.open_shift()
        await self.register.prepare(receipt, mark)
        return await self.register.commit(receipt)

    async def read(self, fd: int) -> ArchivedDocument:
        document = await self.register.document(fd)
        assert document is not None
        return document


@asynccontextmanager
async def rigged(pair: Pair, way: Way, *, tax_systems: int = ALL_TAX_SYSTEMS) -> AsyncIterator[Rig]:
    """A registered device with its shift closed."""
    device = pair.simulated(tax_systems)
    async with trio.open_nursery() as nursery:
        rig = Rig(pair, device, await _dialer(nursery, device, way))
        try:
            yield rig
        finally:
            with trio.CancelScope(shield=True):
                for client in rig.clients:
                    await client.aclose()
            nursery.cancel_scope.cancel()


async def _dialer(nursery: trio.Nursery, device: Simulated, way: Way) -> Dialer:
    if way == "tcp":
        port: int = await nursery.start(device.listen)
        return dialer_for(f"127.0.0.1:{port}")
    if way == "pty":
        path: str = await nursery.start(device.wire)
        return dialer_for(f"serial:{path}")
    line = way == "line"
    return MemoryDialer(nursery, partial(device.serve, persistent=line), persistent=line)
