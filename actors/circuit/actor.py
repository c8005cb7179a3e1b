"""The circuit's actor: it keeps a window of the queue in memory and hands receipts to registers.

The queue itself is in the store; the circuit reads on when its window runs low, so a hundred thousand waiting receipts
cost neither memory nor a slow start. A reservation is memory only: the journal learns of a receipt's register when its
attempt begins, so taking a reservation back costs nothing and can lose nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

import msgspec
import structlog

from actors.circuit.distribution import Distribution
from actors.circuit.doorbell import Doorbell
from actors.durable import durably
from actors.hub import Hub
from actors.journal import Reader, StoreUnavailable
from actors.runtime import Actor, ActorStopped, Overloaded, Ref
from schemas.circuits import CircuitState
from schemas.commands import (
    Announce,
    Away,
    Committing,
    GaveBack,
    Idle,
    Job,
    KeepRegister,
    LetGo,
    Make,
    MakeKept,
    Rehabilitate,
    Requeued,
    Restarted,
    Tick,
    Wake,
)
from schemas.receipts import ReceiptRequest
from schemas.records import BecameManual, Conflict, NotFound, Refuse
from schemas.rows import QueuedReceipt, StoredCircuit
from transports.register import Driver

log = structlog.get_logger(__name__)

POISON = 3
"""A receipt that this many registers failed on is itself the suspect."""

TICK = 2.0
"""Seconds between looks at the store: waiting times, depth, and whatever a lost ring did not tell."""

OVERDUE_AT_ONCE = 200

PIECE = 128
"""Receipts read at once: decoding them holds up everybody for about two milliseconds."""

MOST_HELD = 4096
"""Receipts held in memory when the first of them are for nobody: behind them may be work for who stands idle."""

_decode = msgspec.json.Decoder(ReceiptRequest).decode


class Circuit(Actor):
    """``window`` is how many waiting receipts are held in memory, besides two for each register.

    Receipts that no register in rotation can make do not stand in the way of others, up to ``MOST_HELD`` of them.
    """

    answers: ClassVar[tuple[type[Exception], ...]] = (Conflict,)

    def __init__(
        self,
        row: StoredCircuit,
        doorbell: Doorbell,
        journal: Ref,
        reader: Reader,
        hub: Hub,
        drivers: Mapping[str, Driver],
        clock: Callable[[], float],
        *,
        window: int = 256,
    ) -> None:
        self._row = row
        self._doorbell = doorbell
        self._journal = journal
        self._reader = reader
        self._hub = hub
        self._drivers = drivers
        self._clock = clock
        self._window = window
        self._distribution = Distribution(self._incapable)
        self._verdicts: dict[tuple[str, int], bool] = {}
        self._keeps: dict[str, float] = {}
        self._ahead: set[int] = set()
        self._last_id = 0
        self._more = True
        self._handlers: dict[type, Callable[..., Awaitable[object]]] = {
            Wake: self._wake,
            Requeued: self._requeued,
            Idle: self._on_idle,
            Committing: self._on_committing,
            Away: self._on_away,
            GaveBack: self._on_gave_back,
            Restarted: self._on_restarted,
            KeepRegister: self._keep,
            MakeKept: self._make_kept,
            LetGo: self._let_go,
            Tick: self._tick,
        }

    async def started(self) -> None:
        await self._tick(Tick())
        for name, ref in tuple(self.context.registry.all().items()):
            if name.startswith("kkt/"):
                _tell(ref, Announce(self._row.id))

    async def receive(self, message: object) -> object:
        return await self._handlers[type(message)](message)

    def describe(self) -> dict[str, object]:
        return {"window": len(self._distribution), "registers": len(self._distribution.places)}

    # -- the queue --------------------------------------------------------------------------------

    async def _wake(self, message: Wake) -> None:
        self._doorbell.answered()
        self._more = True
        await self._feed()

    async def _feed(self) -> None:
        """Give work to who is idle, and read on in the queue as long as that is of use."""
        self._dispatch()
        while await self._load():
            self._dispatch()

    async def _load(self) -> bool:
        """Read a piece of the queue when there is more and too little is at hand; tells whether anything was read."""
        held, window = len(self._distribution), self._window + 2 * len(self._distribution.places)
        if not self._more or held > (MOST_HELD if self._distribution.lacking else window // 2):
            return False
        last_id = self._last_id
        try:
            rows = await self._reader.call(lambda store: store.queued(self._row.id, last_id, PIECE))
        except StoreUnavailable as reason:
            log.warning("queue_unreadable", circuit=self._row.id, reason=str(reason))
            return False
        for row in rows:
            self._last_id = row.id
            if row.id in self._ahead:
                self._ahead.discard(row.id)  # it went to the register that was kept for it
            else:
                await self._take(_job(row))
        self._more = len(rows) == PIECE
        return bool(rows)

    async def _take(self, job: Job) -> None:
        if len(job.failed_on) >= POISON:
            await self._poison(job)
        else:
            self._distribution.add(job)

    async def _requeued(self, message: Requeued) -> None:
        """A receipt is queued again that this circuit may have read past long ago."""
        self._ahead.discard(message.receipt_id)
        if message.receipt_id > self._last_id:
            await self._wake(Wake())
            return
        wanted = message.receipt_id
        rows = await self._reader.call(lambda store: store.queued(self._row.id, wanted - 1, 1))
        if rows and rows[0].id == wanted:
            await self._take(_job(rows[0]))
            self._dispatch()

    def _dispatch(self) -> None:
        for eip, job in self._distribution.assign():
            self._hand(eip, job)

    def _hand(self, eip: str, job: Job) -> None:
        ref = self.context.registry.whereis(f"kkt/{eip}")
        if ref is None or not _tell(ref, Make(job)):
            self._distribution.away(eip)
            self._distribution.put_back(job)

    def _incapable(self, kind: str, job: Job) -> bool:
        if not job.receipt_id:
            return bool(self._drivers[kind].objections(job.request))
        key = (kind, job.receipt_id)
        verdict = self._verdicts.get(key)
        if verdict is None:
            if len(self._verdicts) > 20 * self._window:
                self._verdicts.clear()
            verdict = self._verdicts[key] = bool(self._drivers[kind].objections(job.request))
        return verdict

    # -- registers --------------------------------------------------------------------------------

    async def _on_idle(self, message: Idle) -> None:
        self._distribution.idle(message.eip, message.type, message.tax_systems, message.after)
        await self._feed()

    async def _on_committing(self, message: Committing) -> None:
        await self._feed()
        self._distribution.reserve(message.eip)

    async def _on_away(self, message: Away) -> None:
        self._distribution.away(message.eip)
        self._dispatch()

    async def _on_gave_back(self, message: GaveBack) -> None:
        job = message.job
        place = self._distribution.places.get(message.eip)
        if place is not None and place.given is not None and place.given.receipt_id == job.receipt_id:
            place.given = None
        if len(job.failed_on) >= POISON:
            await self._poison(job)
            return
        self._distribution.put_back(job)
        self._dispatch()

    async def _on_restarted(self, message: Restarted) -> None:
        given = self._distribution.away(message.eip)
        if given is not None:
            await self._requeued(Requeued(given.receipt_id))
        self._dispatch()

    async def _poison(self, job: Job) -> None:
        """Three registers failed on it: the receipt is the suspect, and they come back."""
        reason = f"poison: failed on {', '.join(job.failed_on)}"
        log.error("poison_receipt", receipt=job.receipt_id, registers=job.failed_on)
        try:
            await durably(self._journal, BecameManual(job.receipt_id, None, reason, None, self._clock()))
        except (Conflict, NotFound):
            return
        for eip in job.failed_on:
            ref = self.context.registry.whereis(f"kkt/{eip}")
            if ref is not None:
                _tell(ref, Rehabilitate(job.receipt_id))

    # -- registers kept for sales -----------------------------------------------------------------

    async def _keep(self, message: KeepRegister) -> str:
        eip = self._distribution.keep(message.key, Job(0, message.request, self._clock()))
        if eip is None:
            raise Conflict("no_register", f"no register of circuit {self._row.id} is there that can make this receipt")
        self._keeps[message.key] = self._clock() + message.seconds
        self._dispatch()
        return eip

    async def _make_kept(self, message: MakeKept) -> None:
        """Out of turn: its buyer stands there and has paid."""
        self._keeps.pop(message.key, None)
        wanted = message.receipt_id
        rows = await self._reader.call(lambda store: store.queued(self._row.id, wanted - 1, 1))
        if not rows or rows[0].id != wanted or self._is_out(wanted):
            self._distribution.let_go(message.key)
        else:
            job = _job(rows[0])
            if wanted > self._last_id:
                self._ahead.add(wanted)
            eip = self._distribution.give(message.key, job)
            if eip is not None:
                self._hand(eip, job)
        await self._feed()

    def _is_out(self, receipt_id: int) -> bool:
        """Whether a register has it already."""
        return any(place.given and place.given.receipt_id == receipt_id for place in self._distribution.places.values())

    async def _let_go(self, message: LetGo) -> None:
        self._keeps.pop(message.key, None)
        self._distribution.let_go(message.key)
        await self._feed()

    def _let_go_of_forgotten(self) -> None:
        now = self._clock()
        for key in [key for key, until in self._keeps.items() if until < now]:
            del self._keeps[key]
            self._distribution.let_go(key)
        self._ahead = {receipt_id for receipt_id in self._ahead if receipt_id > self._last_id}

    # -- time -------------------------------------------------------------------------------------

    async def _tick(self, message: Tick) -> None:
        self.context.tell_later(TICK, Tick(), control=True)
        self._let_go_of_forgotten()
        self._more = True
        try:
            await self._refuse_overdue()
            await self._feed()
            depth = await self._reader.call(lambda store: store.queue_depth(self._row.id))
            await self._find_lost(depth)
            self._show(depth)
        except StoreUnavailable as reason:
            log.warning("store_away", circuit=self._row.id, reason=str(reason))
        self._dispatch()

    async def _refuse_overdue(self) -> None:
        if self._row.max_wait is None:
            return
        before = self._clock() - self._row.max_wait
        late = await self._reader.call(lambda store: store.overdue(self._row.id, before, OVERDUE_AT_ONCE))
        for receipt_id in late:
            write = Refuse(receipt_id, None, "no_capable_register", self._clock())
            try:
                await durably(self._journal, write)
            except (Conflict, NotFound):
                continue
            self._distribution.drop(receipt_id)

    async def _find_lost(self, depth: int) -> None:
        """Bring back what is queued anew and was not told: its message met a full mailbox, or its sender went."""
        for eip in tuple(self._distribution.places):
            if self.context.registry.whereis(f"kkt/{eip}") is None:
                self._distribution.away(eip)
        known = self._distribution.known()
        if self._more or depth <= self._distribution.waiting:
            return
        for row in await self._reader.call(lambda store: store.queued(self._row.id, 0, self._window)):
            if row.id <= self._last_id and row.id not in known:
                log.warning("receipt_found_again", circuit=self._row.id, receipt=row.id)
                await self._take(_job(row))

    def _show(self, depth: int) -> None:
        places = self._distribution.places.values()
        oldest = self._distribution.oldest
        state = CircuitState(
            id=self._row.id,
            sinn=self._row.sinn,
            title=self._row.title,
            queued=depth,
            oldest_at=oldest.accepted_at if oldest else None,
            idle=sum(place.idle for place in places),
            busy=sum(place.given is not None for place in places),
            reserved=sum(place.reserved is not None for place in places),
        )
        if state != self._hub.last("circuit", str(self._row.id)):
            self._hub.publish("circuit", str(self._row.id), state, circuit=self._row.id)


def _job(row: QueuedReceipt) -> Job:
    return Job(row.id, _decode(row.body), row.accepted_at, row.failed_on)


def _tell(ref: Ref, message: object) -> bool:
    try:
        ref.tell(message)
    except (Overloaded, ActorStopped):
        return False
    return True
