"""The engine of a supervisor: starts children in order, restarts them by its strategy, stops them in reverse order.

The rules of a restart, in one place:

1. A child that ended by itself is restarted if its spec says so (:class:`Restart`); otherwise it is closed for good.
2. More than ``intensity`` restarts within ``period`` end the supervisor: it stops its children and escalates.
3. ``ONE_FOR_ONE``: the child's next life begins after its back-off, by itself; no other child waits for it.
4. ``ONE_FOR_ALL``, ``REST_FOR_ONE``: the group is stopped in reverse order and, after the back-off, started in order.
   A further crash meanwhile begins this again from the earliest child concerned.
5. A child that the supervisor ended itself is not restarted by rule 1, however it ended.

Children are shielded, so that a supervisor that is cancelled still stops them in order, each within its own time.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import dropwhile
from random import Random

import trio

from actors.runtime.child import Child
from actors.runtime.children import ActorChild, SupervisorChild
from actors.runtime.errors import ActorStopped, Escalated, StartFailed, describe
from actors.runtime.registry import Registry
from actors.runtime.specs import AnySpec, ChildSpec, Restart, Strategy, SupervisorSpec
from actors.runtime.timers import Timers
from actors.runtime.waits import Waits


class Shared:
    """What all supervisors of one tree share."""

    def __init__(self, random: Random) -> None:
        self.registry = Registry()
        self.timers = Timers()
        self.random = random
        self.overseers: dict[str, Overseer] = {}
        self.waits: dict[str, Waits] = {}

    def waits_of(self, kind: str) -> Waits:
        """Where the mailboxes of one kind of actor put down how long messages waited."""
        return self.waits.setdefault(kind, Waits())


class Overseer:
    """One object for all runs of a supervisor: its children's places, and with them mailboxes and refs, survive."""

    def __init__(self, spec: SupervisorSpec, shared: Shared) -> None:
        self.spec = spec
        self.shared = shared
        self.children: dict[str, Child] = {}
        self.closed = False
        self.up = False
        self._nursery: trio.Nursery | None = None
        self._bell: trio.Event | None = None
        if spec.name in shared.overseers:
            raise ValueError(f"a supervisor named {spec.name!r} exists")
        shared.overseers[spec.name] = self
        try:
            for child in spec.children:
                self.adopt(child)
        except ValueError:
            self.close()
            raise
        self._reset()

    def _reset(self) -> None:
        self.ending = False
        self.final = False
        self._failure: Escalated | None = None
        self._due: deque[Child] = deque()
        """Children that are to be started in order: all at first, later a group. What interrupts keeps the rest due."""
        self._again = False
        self._delay = 0.0
        self._restarts: deque[float] = deque()

    # --- one run -------------------------------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None]) -> None:
        """Run all children until :meth:`end`; ``ready`` is called once all are. Raises :class:`Escalated`."""
        self._due = deque(self.children.values())
        try:
            async with trio.open_nursery() as self._nursery:
                try:
                    await self._coordinate(ready)
                finally:
                    self.ending = True
                    with trio.CancelScope(shield=True):
                        await self._stop(list(self.children.values()))
            failure = self._failure
        finally:
            self._nursery = None
            self.up = False
            self._reset()
        if failure is not None:
            raise failure

    async def _coordinate(self, ready: Callable[[], None]) -> None:
        while not self.ending:
            if self._due:
                await self._bring_up()
            elif not self.up:
                self.up = True
                ready()
            else:
                await self._until(lambda: False)

    async def _bring_up(self) -> None:
        """Start everything that is due, or restart the group of those due (rule 4)."""
        group = self._group()
        delay, self._delay, self._again = self._delay, 0.0, False
        self._due = deque(group)
        await self._stop([child for child in group if child.state not in ("waiting", "stopped")])
        await self._pause(group, delay)
        if self.spec.unordered:
            for child in group:
                self._launch(child)
        for child in group:
            if not self.spec.unordered:
                self._launch(child)
            await self._until(partial(self._settled, child))
            if self._disturbed:
                return
            self._due.popleft()

    async def _pause(self, group: Sequence[Child], delay: float) -> None:
        """The back-off of a group; a child stopped for good meanwhile stays so."""
        for child in group:
            if delay and not child.final:
                child.enter("restarting")
        with trio.move_on_after(delay):
            await self._until(lambda: not delay)

    def _group(self) -> list[Child]:
        children = list(self.children.values())
        if self.spec.strategy is not Strategy.REST_FOR_ONE:
            return children
        due = set(self._due)
        return list(dropwhile(lambda child: child not in due, children))

    @property
    def _disturbed(self) -> bool:
        return self.ending or self._again

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait for the condition, or for what interrupts every wait: the end, or a group to restart."""
        while not (self._disturbed or condition()):
            self._bell = trio.Event()
            await self._bell.wait()

    def ring(self) -> None:
        """Something changed: look again."""
        if self._bell is not None:
            self._bell.set()
            self._bell = None

    @staticmethod
    def _settled(child: Child) -> bool:
        return child.state in ("running", "stopped")

    def start_soon(self, function: Callable[..., Awaitable[None]], *arguments: object, name: str) -> None:
        """Run a task beside a child; the child answers for its end."""
        assert self._nursery is not None
        self._nursery.start_soon(function, *arguments, name=name)

    def _launch(self, child: Child) -> None:
        if self._nursery is not None and not (child.alive or child.final or self._disturbed):
            child.launch(self._nursery)

    # --- the end of a child --------------------------------------------------------------------------------------

    def ended(self, child: Child, crash: Exception | None) -> None:
        """A child's life is over; called by its task, once for each life."""
        if crash is not None:
            child.note(crash)
        reason = "stopped" if crash is None else describe(crash)
        if child.stop_asked:
            self._rest(child, reason, final=child.final)
        elif not self._restartable(child, crash):
            child.start_error = crash
            self._rest(child, reason, final=True)
        elif self.ending:
            self._rest(child, reason, final=False)
        else:
            self._restart(child, crash, reason)

    def _rest(self, child: Child, reason: str, *, final: bool) -> None:
        child.final = final
        child.down(reason, final=final)
        child.enter("stopped")
        if final:
            self.forget(child)

    @staticmethod
    def _restartable(child: Child, crash: Exception | None) -> bool:
        """Rule 1. The first start of a dynamic child is its starter's affair, not the supervisor's."""
        if child.newborn or child.spec.restart is Restart.TEMPORARY:
            return False
        return crash is not None or child.spec.restart is Restart.PERMANENT

    def _restart(self, child: Child, crash: Exception | None, reason: str) -> None:
        now = trio.current_time()
        lasted = child.state == "running" and now - child.since >= self.spec.backoff.limit
        child.attempts = 1 if lasted else child.attempts + 1
        child.down(reason, final=False)
        if self._too_many(now):
            child.enter("stopped")
            self._escalate(child, crash)
            return
        child.enter("restarting")
        delay = self.spec.backoff.delay(child.attempts, self.shared.random)
        if self.spec.strategy is Strategy.ONE_FOR_ONE:
            self.shared.timers.call_later(delay, partial(self._relaunch, child, child.generation))
        else:
            self._due.append(child)
            self._again = True
            self._delay = max(self._delay, delay)
            self.ring()

    def _too_many(self, now: float) -> bool:
        """Rule 2: the window slides on Trio's clock."""
        self._restarts.append(now)
        while self._restarts and self._restarts[0] <= now - self.spec.period:
            self._restarts.popleft()
        return len(self._restarts) > self.spec.intensity

    def _escalate(self, child: Child, crash: Exception | None) -> None:
        self._failure = Escalated(self.spec.name, child.name)
        self._failure.__cause__ = crash
        self.end(final=False)

    def _relaunch(self, child: Child, generation: int) -> None:
        if child.generation == generation:
            self._launch(child)

    # --- stopping ------------------------------------------------------------------------------------------------

    async def _stop(self, group: Sequence[Child]) -> None:
        """Stop in reverse order, each within its own time; equals are stopped all at once."""
        if self.spec.unordered:
            for child in reversed(group):
                self._ask_to_stop(child)
        for child in reversed(group):
            self._ask_to_stop(child)
            await child.reaches("stopped")
            if child.final:
                self.forget(child)

    def _ask_to_stop(self, child: Child) -> None:
        finished = child.alive and child.spec.restart is Restart.TEMPORARY
        child.ask_to_stop(final=finished or (self.ending and self.final))

    def end(self, *, final: bool) -> None:
        """Stop all children in order and return from ``run``; ``final``: they are closed for good as they stop."""
        self.ending = True
        self.final = self.final or final
        self.ring()

    def abort(self) -> None:
        """The time is over: end every child hard."""
        self.end(final=False)
        for child in self.children.values():
            child.cancel()

    # --- places --------------------------------------------------------------------------------------------------

    def adopt(self, spec: AnySpec) -> None:
        if isinstance(spec, ChildSpec):
            self.adopt_actor(spec)
        else:
            self.adopt_supervisor(spec)

    def adopt_actor(self, spec: ChildSpec) -> ActorChild:
        """Make a place for an actor; raises ``ValueError`` when the name is taken."""
        self._refuse_when_closed()
        child = ActorChild(spec, self)
        self.children[spec.name] = child
        return child

    def adopt_supervisor(self, spec: SupervisorSpec) -> SupervisorChild:
        """Make a place for a supervisor and all below it; raises ``ValueError`` when a name is taken."""
        self._refuse_when_closed()
        child = SupervisorChild(spec, self, Overseer(spec, self.shared))
        self.children[spec.name] = child
        return child

    def _refuse_when_closed(self) -> None:
        if self.closed:
            raise ActorStopped(self.spec.name)

    async def first_start(self, child: Child) -> None:
        """Start a dynamic child and wait until it is ready. Nothing of it remains when that fails or is cancelled."""
        child.newborn = True
        self._launch(child)
        try:
            await child.reaches("running", "stopped")
        finally:
            if child.newborn:
                self._abandon(child)
        if child.newborn:
            raise StartFailed(child.name) from child.start_error

    def _abandon(self, child: Child) -> None:
        lives = child.alive
        child.ask_to_stop(final=True)
        if not lives:
            self.forget(child)

    async def last_stop(self, child: Child) -> None:
        """Stop a child for good; the stop goes on when the caller is cancelled."""
        child.ask_to_stop(final=True)
        await child.reaches("stopped")
        self.forget(child)

    def forget(self, child: Child) -> None:
        if self.children.get(child.name) is child:
            del self.children[child.name]
            child.close()
            if child.changed is not None:
                child.enter("stopped")

    def close(self) -> None:
        """For good: whatever still waits in any mailbox is answered."""
        self.closed = True
        for child in reversed(list(self.children.values())):
            self.forget(child)
        self.shared.overseers.pop(self.spec.name, None)
