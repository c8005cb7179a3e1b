"""One life of an actor: from its making to its end, with what it has in hand at every moment.

The loop takes a message only when it is about to handle it, so whatever is queued behind a crash stays with the
supervisor. It gives other tasks a turn once in ``BATCH`` messages, and never with a message taken but not handled.
"""

from collections.abc import Awaitable, Callable
from math import inf
from typing import TYPE_CHECKING

import trio
from trio.lowlevel import checkpoint

from actors.runtime.actor import Actor, Down
from actors.runtime.envelope import LATER, Envelope
from actors.runtime.errors import ActorError, Expired, describe, sole

if TYPE_CHECKING:
    from actors.runtime.children import ActorChild
    from actors.runtime.ref import Ref

BATCH = 64
PRUNE_AT = 64


class Life:
    """``hand`` or ``batch`` is what the handler holds; ``deferred`` is what it promised to answer later."""

    __slots__ = (
        "_outcomes", "_prune_at", "actor", "alone", "batch", "child", "crash", "deferred", "hand", "stop_asked",
        "tasks", "unreconciled", "watching",
    )  # fmt: skip

    def __init__(self, child: "ActorChild", actor: Actor) -> None:
        self.child = child
        self.actor = actor
        self.crash: Exception | None = None
        self.hand: Envelope | None = None
        self.batch: list[Envelope] = []
        self.deferred: list[Envelope] | None = None
        self.unreconciled: list[Envelope] = []
        self.tasks: set[trio.CancelScope] | None = None
        self.alone: trio.Event | None = None
        self.watching: set[Ref] | None = None
        self.stop_asked = False
        self._outcomes: tuple[type[Exception], ...] = (ActorError, *actor.answers)
        self._prune_at = PRUNE_AT

    async def run(self, parked: list[Envelope]) -> None:
        """Live until asked to stop. ``parked`` is settled first, after the actor counts as ready: it may take long."""
        self.unreconciled = parked
        await self.actor.started()
        self.child.ready()
        try:
            await self._reconcile()
            if type(self.actor).receive_batch is Actor.receive_batch:
                await self._one_by_one()
            else:
                await self._in_batches()
        except Exception as error:
            self.crash = self.crash or sole(error)
        finally:
            await self._stopping()

    async def _one_by_one(self) -> None:
        mailbox = self.child.mailbox
        receive = self.actor.receive
        turn = BATCH
        while not self.stop_asked:
            envelope = mailbox.take()
            if envelope is None:
                await mailbox.arrival()
                continue
            if envelope.deadline == inf or self._alive(envelope):
                self.hand = envelope
                try:
                    value = await receive(envelope.message)
                except self._outcomes as error:
                    self._failed(envelope, error)
                else:
                    if type(envelope) is not Envelope:
                        self._answered(envelope, value)
                self.hand = None
            turn -= 1
            if not turn:
                await checkpoint()
                turn = BATCH

    async def _in_batches(self) -> None:
        mailbox = self.child.mailbox
        while not self.stop_asked or (self.actor.drains and mailbox.work_depth + mailbox.control_depth):
            self.batch = [envelope for envelope in mailbox.take_all() if self._alive(envelope)]
            if self.batch:
                await self.actor.receive_batch(self.batch)
                for envelope in self.batch:
                    if envelope.waiting:
                        self._defer(envelope)
                self.batch = []
                await checkpoint()
            elif not self.stop_asked:
                await mailbox.arrival()

    async def _reconcile(self) -> None:
        while self.unreconciled and not self.stop_asked:
            self.hand = envelope = self.unreconciled.pop(0)
            try:
                value = await self.actor.parked(envelope.message)
            except self._outcomes as error:
                self._failed(envelope, error)
            else:
                self._answered(envelope, value)
            self.hand = None

    def _answered(self, envelope: Envelope, value: object) -> None:
        if value is LATER:
            self._defer(envelope)
        else:
            envelope.answer(value)

    def _failed(self, envelope: Envelope, error: Exception) -> None:
        """A declared outcome: it is the asker's; where nobody waits, it is noted."""
        if not envelope.waiting:
            self.child.note(error)
        envelope.fail(error)

    def _alive(self, envelope: Envelope) -> bool:
        """False for what nobody wants any more: withdrawn by its asker, or past its deadline."""
        if envelope.settled:
            return False
        if envelope.deadline != inf and envelope.expired:
            self.child.expired += 1
            envelope.fail(Expired(f"{self.child.name} took {type(envelope.message).__name__} too late"))
            return False
        return True

    def _defer(self, envelope: Envelope) -> None:
        if self.deferred is None:
            self.deferred = []
        self.deferred.append(envelope)
        if len(self.deferred) > self._prune_at:
            self.deferred = [envelope for envelope in self.deferred if envelope.waiting]
            self._prune_at = max(PRUNE_AT, 2 * len(self.deferred))

    async def _stopping(self) -> None:
        """The actor's own end; an error in it is noted and hides nothing."""
        if type(self.actor).stopping is not Actor.stopping:
            self.child.limit_ending()
            try:
                await self.actor.stopping()
            except Exception as error:
                self.child.note(error)

    # --- what lives beside the handler ---------------------------------------------------------------------------

    def spawn(self, scope: trio.CancelScope, function: Callable[[], Awaitable[object]]) -> None:
        if self.tasks is None:
            self.tasks = set()
        self.tasks.add(scope)
        self.child.owner.start_soon(self._beside, scope, function, name=f"{self.child.name} (beside)")

    async def _beside(self, scope: trio.CancelScope, function: Callable[[], Awaitable[object]]) -> None:
        try:
            with scope:
                await function()
        except Exception as error:
            self.crash = self.crash or sole(error)
            self.child.cancel()
        finally:
            self._task_ended(scope)

    def _task_ended(self, scope: trio.CancelScope) -> None:
        if self.tasks is not None:
            self.tasks.discard(scope)
        if self.alone is not None and not self.tasks:
            self.alone.set()

    def watch(self, ref: "Ref") -> None:
        if self.watching is None:
            self.watching = set()
        self.watching.add(ref)
        ref.watchers[self] = None

    @property
    def held(self) -> list[Envelope]:
        """What the handler has and has not settled."""
        held = self.batch if self.hand is None else [self.hand]
        return [envelope for envelope in held if not envelope.settled]

    def unwatch(self, ref: "Ref") -> None:
        ref.watchers.pop(self, None)
        if self.watching is not None:
            self.watching.discard(ref)

    def hear(self, down: Down) -> None:
        self.child.mailbox.force(Envelope(down, control=True))

    def facts(self) -> dict[str, object]:
        """What the actor says of itself; an actor that cannot say hides no tree."""
        try:
            return self.actor.describe()
        except Exception as error:
            return {"describe": describe(error)}

    async def end(self) -> None:
        """Nothing of this life goes on after it."""
        for ref in self.watching or ():
            ref.watchers.pop(self, None)
        if self.tasks:
            self.alone = trio.Event()
            for scope in self.tasks:
                scope.cancel()
            with trio.CancelScope(shield=True):
                await self.alone.wait()
