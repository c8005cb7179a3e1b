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
from actors.sale.counterparts import release
from actors.sale.desk import SaleDesk
from actors.sale.saga import STEPS, Saga
from actors.sale.watch import ReceiptWatch
from actors.store import StoreUnavailable
from schemas.records import Conflict, NotFound
from schemas.sale_commands import AwaitSale, BeginSale, LookAtSale, TakeBack
from schemas.sale_records import StoredSale

log = structlog.get_logger(__name__)

SHOWN_AFTERWARDS = 200
"""Ended sales that are still shown on the live stream."""

LOOK = 15.0
"""Seconds between two looks at the disk: for sales that nobody told of, and for what ended ones left behind."""

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
        self._clearing: set[int] = set()
        self._handlers: dict[type, Callable[..., Awaitable[object]]] = {
            BeginSale: self._begin,
            TakeBack: self._take_back,
            AwaitSale: self._await,
            LookAtSale: self._look,
        }

    async def started(self) -> None:
        self.context.spawn(self._watch.run)
        self.context.spawn(self._look_around)

    async def receive(self, message: object) -> object:
        return await self._handlers[type(message)](message)

    def describe(self) -> dict[str, object]:
        return {"open": len(self._sagas), "waiting": sum(map(len, self._waiting.values()))}

    async def _look_around(self) -> None:
        """What is open is begun again after a start; later on, what could not be told when it was accepted."""
        is_first = True
        while True:
            self._forget_who_left()
            try:
                rows, left = await self._desk.reader.call(lambda store: (store.open_sales(), store.sales_left()))
            except StoreUnavailable as reason:
                log.warning("sales_unreadable", reason=str(reason))
                await trio.sleep(STUMBLED)
                continue
            for row in rows:
                if is_first:
                    self._desk.show(row)
                if row.status in STEPS and row.id not in self._ended:
                    self._start(row.id)
            for row in left:
                self._clear(row)
            is_first = False
            await trio.sleep(LOOK)

    def _clear(self, sale: StoredSale) -> None:
        """Stopped between its last step and the release of its pinpad; one that is leaving now does that itself."""
        if sale.id not in self._sagas and sale.id not in self._clearing:
            self._clearing.add(sale.id)
            self.context.spawn(self._release, sale)

    async def _release(self, sale: StoredSale) -> None:
        try:
            await release(self._desk, sale, is_open=False)
        finally:
            self._clearing.discard(sale.id)

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

    def _forget_who_left(self) -> None:
        """Who was not answered in time: a sale may be on its way for hours, and its till asks all the while."""
        still = ((sale_id, [each for each in asked if each.waiting]) for sale_id, asked in self._waiting.items())
        self._waiting = {sale_id: asked for sale_id, asked in still if asked}

    # -- asked by the edge ------------------------------------------------------------------------

    async def _begin(self, message: BeginSale) -> None:
        self._start(message.sale_id)

    async def _take_back(self, message: TakeBack) -> None:
        if message.sale_id not in self._sagas:
            sale = await self._desk.sale(message.sale_id)
            if sale.status not in STEPS:
                raise Conflict("status", f"sale {sale.id} is {sale.status}", sale.status)
            self._start(sale.id)  # nobody has told of it yet
        await self._sagas[message.sale_id].abort(message.by)

    async def _await(self, message: AwaitSale) -> object:
        if message.sale_id not in self._sagas:
            return None
        self._waiting.setdefault(message.sale_id, []).append(self.context.envelope)
        return LATER

    async def _look(self, message: LookAtSale) -> None:
        """A person has decided: let the world see it."""
        self._desk.show(await self._desk.sale(message.sale_id))
