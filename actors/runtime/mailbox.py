"""The mailbox: bounded, two lanes, and one sleeper.

A memory channel costs a scheduler turn for each ``receive()`` and closes with whoever reads it. This is two deques
and the one task that waits for them: the owner drains without a turn in between, and because the supervisor keeps
the mailbox, messages behind a crash survive it. Waiting moves nothing, so a cancelled wait loses nothing.

Control goes before work, but after ``control_capacity`` control messages in a row one of work has its turn, so that
a flood of control never starves the work. A lane has no deque until its first message: most actors are idle.
"""

from collections import deque
from collections.abc import Iterable

import trio
from trio.lowlevel import Abort, RaiseCancelT, Task, current_task, reschedule, wait_task_rescheduled

from actors.runtime.envelope import Envelope
from actors.runtime.errors import ActorError, ActorStopped, Overloaded
from actors.runtime.waits import Waits


class Mailbox:
    """``put`` never blocks: a full lane raises :class:`Overloaded`, a closed mailbox :class:`ActorStopped`.

    ``waits`` is told how long messages waited, once it is set; one message at a time is ``_timed``.
    """

    __slots__ = (
        "_control", "_in_a_row", "_sleeper", "_timed", "_timed_from", "_work", "capacity", "closed",
        "control_capacity", "name", "waits",
    )  # fmt: skip

    def __init__(self, name: str, capacity: int, control_capacity: int) -> None:
        self.name = name
        self.capacity = capacity
        self.control_capacity = control_capacity
        self.closed = False
        self._work: deque[Envelope] | None = None
        self._control: deque[Envelope] | None = None
        self.waits: Waits | None = None
        self._in_a_row = 0
        self._sleeper: Task | None = None
        self._timed: Envelope | None = None
        self._timed_from = 0.0

    @property
    def work_depth(self) -> int:
        return len(self._work or ())

    @property
    def control_depth(self) -> int:
        return len(self._control or ())

    def put(self, envelope: Envelope) -> None:
        if envelope.control:
            lane, capacity = self._control, self.control_capacity
        else:
            lane, capacity = self._work, self.capacity
        if lane is None:
            lane = self._lane(envelope.control)
        if len(lane) >= capacity or self.closed:
            raise self._refusal(envelope.control)
        lane.append(envelope)
        if self._timed is None and self.waits is not None:
            self._timed, self._timed_from = envelope, trio.current_time()
        if self._sleeper is not None:
            self.wake()

    def force(self, envelope: Envelope) -> None:
        """Put beyond the capacity; for what the actor itself has bounded: its timers and its monitors."""
        if not self.closed:
            self._lane(envelope.control).append(envelope)
            self.wake()

    def put_back(self, envelopes: Iterable[Envelope]) -> None:
        """Return what was taken, in its order, before everything that waits."""
        for envelope in reversed(list(envelopes)):
            self._lane(envelope.control).appendleft(envelope)

    def take(self) -> Envelope | None:
        """The next message, or None when both lanes are empty."""
        work = self._work
        if self._control and (self._in_a_row < self.control_capacity or not work):
            self._in_a_row += 1
            envelope = self._control.popleft()
        elif work:
            self._in_a_row = 0
            envelope = work.popleft()
        else:
            self._in_a_row = 0
            return None
        if envelope is self._timed:
            self._was_taken()
        return envelope

    def take_all(self) -> list[Envelope]:
        """Everything that waits, control first."""
        taken = self._empty()
        if taken and self._timed is not None:
            self._was_taken()
        return taken

    async def arrival(self) -> None:
        """Sleep until :meth:`wake`. Call it only with both lanes empty; one task at a time."""
        self._sleeper = current_task()
        await wait_task_rescheduled(self._forget_sleeper)

    def wake(self) -> None:
        if self._sleeper is not None:
            sleeper, self._sleeper = self._sleeper, None
            reschedule(sleeper)

    def close(self) -> list[Envelope]:
        """Refuse everything from now on; returns what was queued, to be answered."""
        self.closed = True
        return self._empty()

    def _empty(self) -> list[Envelope]:
        taken = [*(self._control or ()), *(self._work or ())]
        self._control = self._work = None
        return taken

    def _was_taken(self) -> None:
        """What was timed has been taken. Of others that wait the last is timed now: what has waited so far is lost."""
        now = trio.current_time()
        if self.waits is not None:
            self.waits.add(now - self._timed_from)
        lane = self._work or self._control
        self._timed, self._timed_from = lane[-1] if lane else None, now

    def _refusal(self, control: bool) -> ActorError:
        if self.closed:
            return ActorStopped(self.name)
        if control:
            return Overloaded(self.name, "control", self.control_capacity)
        return Overloaded(self.name, "work", self.capacity)

    def _lane(self, control: bool) -> deque[Envelope]:
        if control:
            if self._control is None:
                self._control = deque()
            return self._control
        if self._work is None:
            self._work = deque()
        return self._work

    def _forget_sleeper(self, _: RaiseCancelT) -> Abort:
        self._sleeper = None
        return Abort.SUCCEEDED
