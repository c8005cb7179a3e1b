"""Ticks: a few times a second what changed goes to everyone who wants it, once for each distinct subscription.

Between two ticks changes are conflated by the hub itself, so a tick costs what changed and not how often. Clients are
woken to write it some at a time, and in between everybody else has a turn: a thousand writers that wake at once would
make every register wait for the last of them. When the process is busy ticks come more seldom: from the moment at which
a tick was due until its last client was woken is how long everybody's work takes, and the interval is never shorter.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import structlog
import trio
from msgspec import Struct

from actors.hub import Change, Hub
from actors.journal import Reader, StoreUnavailable
from kassanet.edge.stream import frames
from kassanet.edge.stream.following import Following
from kassanet.edge.stream.frames import Frame
from kassanet.edge.stream.outbox import Outbox
from kassanet.edge.stream.topics import Interest
from schemas.moved import moved
from schemas.payment_records import PaymentFilter
from schemas.payments_shown import shown_payment
from schemas.rows import ReceiptFilter, StoredCircuit

TICK, LONGEST_TICK = 0.2, 1.0
"""Seconds between two ticks, at ease and under load."""

SHARE = 1.25
"""The interval is at least so many times what a tick took: then a fifth of the time nobody is written to."""

AT_ONCE = 16
"""Clients woken between two turns of everybody else: less than a millisecond of writing."""

LATEST = 50
"""Receipts of a circuit, or payments, in a snapshot; older ones are found over HTTP."""

log = structlog.get_logger("edge.stream")


class _Group:
    """Everyone with one interest. ``number`` is up to where they were told, ``snapshot`` good until the next tick."""

    __slots__ = ("epoch", "number", "outboxes", "refreshing", "snapshot")

    def __init__(self, epoch: str, number: int) -> None:
        self.epoch = epoch
        self.number = number
        self.outboxes: set[Outbox] = set()
        self.snapshot: Frame | None = None
        self.refreshing = False


class Broadcast:
    """``interval`` is the present time between ticks, in seconds; ``lateness`` the last tick's own."""

    def __init__(self, hub: Hub, reader: Reader, circuits: Mapping[int, StoredCircuit]) -> None:
        self.interval = TICK
        self.lateness = 0.0
        self.ticks = 0
        self.following = Following(hub)
        self._hub = hub
        self._reader = reader
        self._circuits = circuits
        self._groups: dict[Interest, _Group] = {}
        self._waiting: deque[Outbox] = deque()
        """Those who were given a frame and are not awake yet."""
        self._changed = trio.Event()
        self._nursery: trio.Nursery | None = None

    @property
    def rev(self) -> str:
        """Where the hub is now."""
        return f"{self._hub.epoch}-{self._hub.number}"

    @property
    def topics(self) -> set[str]:
        """Everything that anybody wants."""
        return {topic for interest in self._groups for topic in interest.topics}

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tick for ever."""
        end = self._hub.listen(self._ring)
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await self._keep_ticking()
        finally:
            end()

    # -- who wants what ---------------------------------------------------------------------------

    async def join(self, interest: Interest, outbox: Outbox, since: str | None) -> None:
        """Send a snapshot, or what changed ``since`` that rev; then everything that changes, until :meth:`leave`.

        Raises ``StoreUnavailable`` when what a snapshot has from the store cannot be read.
        """
        self.following.add(interest.passing)
        try:
            await self._join(interest, outbox, since)
        except BaseException:
            self.following.remove(interest.passing)
            raise

    def leave(self, interest: Interest, outbox: Outbox) -> None:
        """Send no more to this outbox."""
        group = self._groups.get(interest)
        if group is None or outbox not in group.outboxes:
            return
        group.outboxes.discard(outbox)
        if not group.outboxes:
            del self._groups[interest]
        self.following.remove(interest.passing)

    async def _join(self, interest: Interest, outbox: Outbox, since: str | None) -> None:
        epoch, number = self._hub.epoch, self._hub.number
        missed = self._missed(interest, *_parsed(since)) if since is not None else None
        if missed is not None:
            frame = frames.delta(self.rev, missed)
        elif interest.passing:
            frame = self._snapshot(interest, f"{epoch}-{number}", await self._latest(interest))
        else:
            number, frame = self._shared_snapshot(interest, number)
        outbox.put(frame)
        group = self._groups.setdefault(interest, _Group(epoch, number))
        group.outboxes.add(outbox)
        if number < group.number and epoch == group.epoch:  # there was a tick while the store was read
            outbox.put(frames.delta(self.rev, self._missed(interest, epoch, number) or ()))
        elif epoch != group.epoch:
            group.epoch = ""  # nobody in it can go on: the next tick sends a snapshot to all
        self._ring()

    def _shared_snapshot(self, interest: Interest, number: int) -> tuple[int, Frame]:
        """As of the last tick of those who have the same, so that what is built for one serves all who come now."""
        group = self._groups.get(interest)
        if group is None or group.epoch != self._hub.epoch:
            return number, self._snapshot(interest, f"{self._hub.epoch}-{number}")
        if group.snapshot is None:
            group.snapshot = self._snapshot(interest, f"{group.epoch}-{group.number}")
        return group.number, group.snapshot

    # -- ticks ------------------------------------------------------------------------------------

    async def _keep_ticking(self) -> None:
        due = trio.current_time()
        while True:
            await self._changed.wait()
            due = max(due, trio.current_time())
            await trio.sleep_until(due)
            self._changed = trio.Event()
            began = trio.current_time()
            self.lateness = began - due
            self._tick()
            await self._wake()
            self._adapt(trio.current_time() - due)
            due = began + self.interval

    def _tick(self) -> None:
        self.ticks += 1
        for interest, group in tuple(self._groups.items()):
            if group.refreshing:
                continue
            missed = self._missed(interest, group.epoch, group.number)
            if missed is None:
                group.refreshing = True
                assert self._nursery is not None
                self._nursery.start_soon(self._refresh, interest, group)
                continue
            group.number, group.snapshot = self._hub.number, None
            if missed:
                self._send(interest, group, frames.delta(self.rev, missed))

    def _adapt(self, load: float) -> None:
        """Slow down at once, speed up gradually."""
        wanted = min(LONGEST_TICK, max(TICK, SHARE * load))
        self.interval = wanted if wanted > self.interval else 0.8 * self.interval + 0.2 * wanted

    async def _refresh(self, interest: Interest, group: _Group) -> None:
        """Where the log does not reach back far enough, or the epoch is over: a snapshot for the whole group."""
        epoch, number = self._hub.epoch, self._hub.number
        try:
            latest = await self._latest(interest)
        except StoreUnavailable as reason:
            log.warning("snapshot_not_read", reason=reason.reason)
        else:
            group.epoch, group.number, group.snapshot = epoch, number, None
            self._send(interest, group, self._snapshot(interest, f"{epoch}-{number}", latest))
            await self._wake()
        group.refreshing = False
        self._ring()

    def _send(self, interest: Interest, group: _Group, frame: Frame) -> None:
        for outbox in tuple(group.outboxes):
            if outbox.put(frame, wake=False):
                self._waiting.append(outbox)
            else:
                self.leave(interest, outbox)

    async def _wake(self) -> None:
        """Let the writers write, some at a time; frames are theirs already, so whoever wakes by itself is ahead."""
        while self._waiting:
            for _ in range(min(AT_ONCE, len(self._waiting))):
                self._waiting.popleft().wake()
            await trio.lowlevel.checkpoint()

    def _ring(self) -> None:
        self._changed.set()

    # -- what is sent -----------------------------------------------------------------------------

    def _missed(self, interest: Interest, epoch: str, number: int) -> Sequence[bytes] | None:
        """What changed since, in order; None when that cannot be told."""
        if epoch != self._hub.epoch:
            return None
        found: list[Change] = []
        for topic in interest.boards:
            changes = self._hub.since(topic, number)
            if changes is None:
                return None
            found += [change for change in changes if interest.holds(change, self._circuits)]
        found.sort(key=lambda change: change.number)
        return [frames.wire(change) for change in found]

    def _snapshot(self, interest: Interest, rev: str, latest: Iterable[bytes] = ()) -> Frame:
        boards = sorted(interest.boards.difference(interest.passing))
        present = (change for topic in boards for change in self._hub.present(topic))
        held = (frames.wire(change) for change in present if interest.holds(change, self._circuits))
        return frames.snapshot(rev, interest.topics, (*held, *latest))

    async def _latest(self, interest: Interest) -> Sequence[bytes]:
        """The latest of each passing topic that is wanted, oldest first."""
        found: list[bytes] = []
        for topic in interest.passing:
            rows = await (self._payments(interest.inn) if topic == "payments" else self._receipts(topic))
            found += [frames.entry(topic, key, state) for key, state in rows]
        return found

    async def _receipts(self, topic: str) -> list[tuple[str, Struct]]:
        wanted = ReceiptFilter(circuit_id=int(topic.partition(":")[2]), limit=LATEST)
        rows = await self._reader.call(lambda store: store.receipts(wanted))
        return [(str(row.id), moved(row)) for row in reversed(rows)]

    async def _payments(self, inn: str | None) -> list[tuple[str, Struct]]:
        wanted = PaymentFilter(inn=inn, limit=LATEST)
        rows = await self._reader.call(lambda store: store.payments(wanted))
        return [(str(row.id), shown_payment(row)) for row in reversed(rows)]


def _parsed(rev: str) -> tuple[str, int]:
    epoch, _, number = rev.partition("-")
    return epoch, int(number)
