"""One sale on its way: from status to status, each on disk before the next begins.

::

    accepted ─▶ charging ─▶ charged ─▶ fiscalizing ─▶ done
       │          │  ▲ │       │          │   ▲
       │          ▼  │ │       │          ▼   │ the hold is over
       ▼        unknown│       │        pending
    failed       │     ▼       ▼          ▼
    aborted      └─▶ refused  reversing ◀─┘ ─▶ reversed, manual

Killed anywhere, it begins again at the status on disk: every step may be done twice. The lock parts the one moment
where taking back and going on meet: whether the receipt is queued.
"""

from collections.abc import Awaitable, Callable

import structlog
import trio

from actors.sale import charging, fiscalizing, reversing
from actors.sale.counterparts import let_go, make_kept, release
from actors.sale.desk import SaleDesk
from actors.sale.watch import ReceiptWatch
from schemas.records import Cancel, Conflict, NotFound
from schemas.sale_records import AbortSale, MoveSale, StoredSale
from schemas.sales import ENDED, SaleStatus

log = structlog.get_logger(__name__)


class Saga:
    """``wake`` is set when somebody wants the sale taken back; ``register`` is the one that is kept for it."""

    def __init__(self, desk: SaleDesk, watch: ReceiptWatch, sale_id: int) -> None:
        self.desk = desk
        self.watch = watch
        self.sale_id = sale_id
        self.lock = trio.Lock()
        self.wake = trio.Event()
        self.interrupted = False
        self.register: str | None = None
        self.hold_until: float | None = None

    async def run(self) -> None:
        """Until the sale has ended, or only a person can go on."""
        sale = await self.desk.sale(self.sale_id)
        if sale.aborted_at is not None:
            self.wake.set()  # as it was before a stop
        while sale.status in STEPS:
            self.desk.show(sale)
            await STEPS[sale.status](self, sale)
            sale = await self.desk.sale(self.sale_id)
        await self._leave(sale)

    async def _leave(self, sale: StoredSale) -> None:
        let_go(self.desk, sale)
        await release(self.desk, sale, is_open=False)
        made = await self.desk.receipt(sale.receipt_id) if sale.receipt_id is not None else None
        self.desk.show(sale, made.fiscal if made is not None else None)
        tell = log.error if sale.status not in ENDED else log.info
        tell("sale", sale=sale.id, status=sale.status, reason=sale.reason)

    async def move(
        self,
        sale: StoredSale,
        status: SaleStatus,
        reason: str | None = None,
        *,
        operation_id: int | None = None,
        receipt_id: int | None = None,
    ) -> None:
        """Make the next status durable."""
        at = self.desk.clock()
        await self.desk.durably(MoveSale(sale.id, sale.status, status, reason, at, operation_id, receipt_id))

    async def queue_receipt(self, sale: StoredSale) -> None:
        """Queue it, unless the sale is to be taken back: after this it can be only as long as no register has it."""
        async with self.lock:
            sale = await self.desk.sale(sale.id)
            if sale.aborted_at is not None:
                status: SaleStatus = "reversing" if sale.charge else "aborted"
                await self.move(sale, status, "taken back before its receipt was queued")
                return
            try:
                receipt_id = await fiscalizing.accept(self, sale)
            except (Conflict, NotFound) as refusal:
                await fiscalizing.give_up(self, sale, refusal)
                return
            await self.move(sale, "fiscalizing", receipt_id=receipt_id)
        make_kept(self.desk, sale, receipt_id)

    async def abort(self, by: str) -> None:
        """Take it back. Raises Conflict when a register has the receipt already, or nothing is on its way."""
        async with self.lock:
            sale = await self.desk.sale(self.sale_id)
            if sale.status in ("fiscalizing", "pending"):
                await self._cancel_receipt(sale, by)
            await self.desk.durably(AbortSale(sale.id, by, self.desk.clock()))
        self.wake.set()

    async def _cancel_receipt(self, sale: StoredSale, by: str) -> None:
        assert sale.receipt_id is not None, "it is fiscalizing"
        try:
            await self.desk.durably(Cancel(sale.receipt_id, f"the sale was taken back by {by}", self.desk.clock()))
        except Conflict as conflict:
            if conflict.holder != "cancelled":
                text = f"receipt {sale.receipt_id} is {conflict.holder}: too late to take the sale back"
                raise Conflict("too_late", text, f"receipt {sale.receipt_id}") from None

    async def nap(self, event: trio.Event, seconds: float) -> None:
        """Wait for ``event``, for a wish to take the sale back, or for that time."""
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:

                async def first(either: trio.Event) -> None:
                    await either.wait()
                    nursery.cancel_scope.cancel()

                nursery.start_soon(first, event)
                if not self.wake.is_set():
                    nursery.start_soon(first, self.wake)

    async def until_decided(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Wait for what ``ask`` waits for, at most a look's time, and no longer than until the wish to take it back."""
        decided = trio.Event()

        async def asking() -> None:
            await ask()
            decided.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(asking)
            await self.nap(decided, self.desk.settings.look_seconds)
            nursery.cancel_scope.cancel()


Step = Callable[[Saga, StoredSale], Awaitable[None]]

STEPS: dict[SaleStatus, Step] = {
    "accepted": charging.begin,
    "charging": charging.see_through,
    "unknown": charging.see_through,
    "charged": fiscalizing.queue,
    "fiscalizing": fiscalizing.see_through,
    "pending": fiscalizing.see_through,
    "reversing": reversing.take_back,
}
