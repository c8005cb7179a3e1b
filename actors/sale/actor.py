"""The actor that keeps all open sales: it begins them, takes them back, and tells who waits.

A sale is a task of its own. One that stumbles over something unforeseen is begun again from what is on disk, and
disturbs no other.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import ClassVar

import structlog
import trio

from actors.runtime import LATER, Actor, Envelope
from actors.sale.desk import SaleDesk
from actors.sale.saga import STEPS, Saga
from actors.sale.watch import ReceiptWatch
from actors.store import StoreUnavailable
from schemas.records import Conflict, NotFound
from schemas.sale_commands import AwaitSale, BeginSale, LookAtSale, TakeBack

log = structlog.get_logger(__name__)

SHOWN_AFTERWARDS = 200
"""Ended sales that are still shown on the live stream."""

STUMBLED = 5.0
"""Seconds before a sale is begun again that ended in an error of ours."""


class Sales(Actor):
    """Begun again after a crash it finds what is open in the journal."""

    answers: ClassVar[tuple[type[Exception], ...]] = (Conflict, NotFound, StoreUnavailable)

    def __init__(self, desk: SaleDesk) -> None:
        self._desk = desk
        self._watch = ReceiptWatch(desk.hub)
        self._sagas: dict[int, Saga] = {}
        self._waiting: dict[int, list[Envelope]] = {}
        self._ended: deque[int] = deque()
        self._handlers: dict[type, Callable[..., Awaitable[object]]] = {
            BeginSale: self._begin,
            TakeBack: self._take_back,
            AwaitSale: self._await,
            LookAtSale: self._look,
        }

    async def started(self) -> None:
        self.context.spawn(self._watch.run)
        self.context.spawn(self._resume)

    async def receive(self, message: object) -> object:
        return await self._handlers[type(message)](message)

    def describe(self) -> dict[str, object]:
        return {"open": len(self._sagas)}

    async def _resume(self) -> None:
        while True:
            try:
                rows = await self._desk.reader.call(lambda store: store.open_sales())
            except StoreUnavailable as reason:
                log.warning("sales_unreadable", reason=str(reason))
                await trio.sleep(STUMBLED)
                continue
            for row in rows:
                self._desk.show(row)
                if row.status in STEPS:
                    self._start(row.id)
            return

    def _start(self, sale_id: int) -> None:
        if sale_id not in self._sagas:
            saga = self._sagas[sale_id] = Saga(self._desk, self._watch, sale_id)
            self.context.spawn(self._live, saga)

    async def _live(self, saga: Saga) -> None:
        while True:
            try:
                await saga.run()
            except Exception:
                log.exception("sale_stumbled", sale=saga.sale_id)
                await trio.sleep(STUMBLED)
            else:
                break
        del self._sagas[saga.sale_id]
        self._tell_those_who_wait(saga.sale_id)
        self._ended.append(saga.sale_id)
        if len(self._ended) > SHOWN_AFTERWARDS:
            self._desk.hub.forget("sales", str(self._ended.popleft()))

    def _tell_those_who_wait(self, sale_id: int) -> None:
        for envelope in self._waiting.pop(sale_id, []):
            envelope.answer(None)

    # -- asked by the edge ------------------------------------------------------------------------

    async def _begin(self, message: BeginSale) -> None:
        self._start(message.sale_id)

    async def _take_back(self, message: TakeBack) -> None:
        saga = self._sagas.get(message.sale_id)
        if saga is None:
            sale = await self._desk.sale(message.sale_id)
            raise Conflict("status", f"sale {sale.id} is {sale.status}", sale.status)
        await saga.abort(message.by)

    async def _await(self, message: AwaitSale) -> object:
        if message.sale_id not in self._sagas:
            return None
        self._waiting.setdefault(message.sale_id, []).append(self.context.envelope)
        return LATER

    async def _look(self, message: LookAtSale) -> None:
        """A person has decided: let the world see it."""
        sale = await self._desk.sale(message.sale_id)
        if sale.status in STEPS:
            self._start(sale.id)
        else:
            self._desk.show(sale)
