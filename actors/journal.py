"""The journal: the one place where state becomes durable.

Nothing is acknowledged before it is on disk. Writes from everywhere meet in one mailbox; whatever has gathered
there is committed as one transaction (group commit), and only then is each asker answered. While the disk works
on one batch the next one gathers, so the slower the disk, the larger the batches. What a batch did to receipts and
payments is told to the hub after it is on disk, never before.

When the store fails, nobody is kept waiting: every asker is told why at once, and a task beside the mailbox tries,
with back-off, to make the store writable again.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar, cast

import trio

from actors.availability import Availability
from actors.hub import Hub
from actors.reader import Reader
from actors.runtime import Actor, Envelope
from actors.store import Moved, Store, StoreReader, StoreRefused, StoreUnavailable
from schemas.moved import ReceiptMoved
from schemas.payment_records import StoredPayment
from schemas.payments_live import PaymentMoved
from schemas.payments_shown import shown_payment
from schemas.records import AcceptReceipts, Write

__all__ = ["Availability", "Journal", "Reader", "Store", "StoreReader", "StoreRefused", "StoreUnavailable"]

BATCH_ROWS = 2000
"""Rows in one transaction: enough that the disk's answer is shared by many, few enough that nobody waits long."""

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds between two tries to make the store writable again."""

Answer = TypeVar("Answer")
Observer = Callable[[float, int], None]
"""Told the seconds and the writes of each group commit, once it is on disk. Must not wait."""

Watcher = Callable[[Sequence[Moved]], None]
"""Told what each group commit moved, once it is on disk. Must not wait."""

log = logging.getLogger("actors.journal")


class Journal(Actor):
    """Answers every :class:`~schemas.records.Write` once it is durable.

    An asker gets what its write promises, its :class:`~schemas.records.Conflict` or
    :class:`~schemas.records.NotFound`, or :class:`StoreUnavailable`: then it is not known to be durable.
    ``open_store`` runs in a thread at each start. When it says that the store is unavailable the journal starts all
    the same and keeps trying; when it refuses (:class:`StoreRefused`) the start fails.
    """

    drains: ClassVar[bool] = True

    def __init__(
        self,
        open_store: Callable[[], Store],
        availability: Availability,
        hub: Hub | None = None,
        observe: Observer | None = None,
        watch: Watcher | None = None,
    ) -> None:
        self._open_store = open_store
        self._watch = watch
        self._hub = hub
        self._observe = observe
        self._availability = availability
        self._thread = trio.CapacityLimiter(1)
        self._store: Store | None = None
        self._keeper: trio.CancelScope | None = None
        self._commits = 0
        self._writes = 0

    async def started(self) -> None:
        try:
            await self._in_thread(self._open)
        except StoreRefused as refusal:
            self._availability.down(refusal.reason)
            raise
        except StoreUnavailable as trouble:
            self._fail(trouble)
        else:
            self._availability.up()
        self._renew()
        self._keeper = self.context.spawn(self._keep_available)

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        for batch in in_batches(envelopes):
            if self._availability.available and self._store is not None:
                await self._commit(self._store, batch)
            else:
                refuse(batch, StoreUnavailable(self._availability.reason or "the journal is not open"))

    async def stopping(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
        self._availability.down("the journal has stopped")
        await self._in_thread(self._close)

    def describe(self) -> dict[str, object]:
        return {
            "available": self._availability.available,
            "reason": self._availability.reason,
            "commits": self._commits,
            "writes": self._writes,
        }

    async def _commit(self, store: Store, batch: Sequence[Envelope]) -> None:
        writes = cast("list[Write[Any]]", [envelope.message for envelope in batch])
        began = trio.current_time()
        try:
            answers, moved = await self._in_thread(partial(_commit, store, writes))
        except StoreUnavailable as trouble:
            refuse(batch, trouble)
            self._fail(trouble)
            return
        if self._observe is not None:
            self._observe(trio.current_time() - began, len(writes))
        self._commits += 1
        self._writes += len(writes)
        for envelope, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Exception):
                envelope.fail(answer)
            else:
                envelope.answer(answer)
        self._tell(moved)

    def _tell(self, moved: Sequence[Moved]) -> None:
        """Let those who watch know what is durable now."""
        if self._hub is not None:
            _tell_receipts(self._hub, moved)
            _tell_payments(self._hub, moved)
        if self._watch is not None and moved:
            self._watch(moved)

    def _renew(self) -> None:
        """What was committed when the store failed, or this actor crashed, may be on disk and was not told."""
        if self._hub is not None:
            self._hub.renew()

    def _fail(self, trouble: StoreUnavailable) -> None:
        log.error("the journal is unavailable: %s", trouble.reason)
        self._availability.down(trouble.reason)

    async def _keep_available(self) -> None:
        while True:
            await self._availability.wait(False)
            await self._recover()

    async def _recover(self) -> None:
        wait = FIRST_WAIT
        while not self._availability.available:
            await trio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
            try:
                await self._in_thread(partial(self._try_again, self._availability.take_doubts()))
            except StoreUnavailable as trouble:
                self._availability.down(trouble.reason)
            else:
                self._availability.up()
                self._renew()
                log.warning("the journal is available again")

    # --- in the thread, one at a time: the store is never in two threads -----------------------------------------

    def _open(self) -> None:
        self._store = self._open_store()

    def _try_again(self, doubts: str | None) -> None:
        if self._store is None:
            self._open()
            return
        if doubts is not None:
            self._store.doubt(doubts)
        self._store.recover()

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()

    async def _in_thread(self, step: Callable[[], Answer]) -> Answer:
        return await trio.to_thread.run_sync(step, limiter=self._thread)


def _tell_receipts(hub: Hub, moved: Sequence[Moved]) -> None:
    by_circuit: defaultdict[int, list[tuple[str, ReceiptMoved]]] = defaultdict(list)
    for each in moved:
        if isinstance(each, ReceiptMoved):
            by_circuit[each.circuit_id].append((str(each.id), each))
    for circuit_id, receipts in by_circuit.items():
        hub.passed(f"receipts:{circuit_id}", receipts, circuit_id)


def _tell_payments(hub: Hub, moved: Sequence[Moved]) -> None:
    by_inn: defaultdict[str, list[StoredPayment]] = defaultdict(list)
    for each in moved:
        if isinstance(each, PaymentMoved):
            by_inn[each.row.inn].append(each.row)
    for inn, rows in by_inn.items():
        hub.passed("payments", ((str(row.id), shown_payment(row)) for row in rows), None, inn)


def _commit(store: Store, writes: Sequence[Write[Any]]) -> tuple[Sequence[object], Sequence[Moved]]:
    return store.commit(writes), store.take_moved()


def in_batches(envelopes: Sequence[Envelope]) -> Iterator[Sequence[Envelope]]:
    """Cut what has gathered into transactions of about ``BATCH_ROWS`` rows, in order."""
    first, rows = 0, 0
    for position, envelope in enumerate(envelopes):
        message = envelope.message
        weight = len(message.receipts) if isinstance(message, AcceptReceipts) else 1
        if rows and rows + weight > BATCH_ROWS:
            yield envelopes[first:position]
            first, rows = position, 0
        rows += weight
    yield envelopes[first:]


def refuse(batch: Sequence[Envelope], trouble: StoreUnavailable) -> None:
    """Tell everyone why; each gets an exception of its own, because each adds its own traceback."""
    for envelope in batch:
        envelope.fail(StoreUnavailable(trouble.reason, distrusted=trouble.distrusted))
