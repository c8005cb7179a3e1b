"""Envelopes: a message with what the runtime must know of it - until when, for which key, and who waits.

Made once for each message, so they are msgspec structs that the garbage collector does not track. ``settled`` is
the one-shot: whoever sets it first (answer, failure, time-out, cancelled asker) wins and the rest is dropped.
"""

from math import inf
from typing import Any, Final

import msgspec
import trio
from trio.lowlevel import Abort, RaiseCancelT, Task, reschedule

from actors.runtime.errors import AskTimedOut


class Later:
    """The type of :data:`LATER`."""

    def __repr__(self) -> str:
        return "LATER"


LATER: Final = Later()
"""Returned by ``receive``: the handler kept ``context.envelope`` and will answer it later."""


class Envelope(msgspec.Struct, eq=False, gc=False):
    """A told message: nobody waits. ``deadline`` is absolute on Trio's clock, ``key`` the idempotency key."""

    message: object
    deadline: float = inf
    key: str | None = None
    control: bool = False
    settled: bool = False
    deliveries: int = 0

    @property
    def waiting(self) -> bool:
        """Whether somebody still waits for the answer."""
        return False

    @property
    def expired(self) -> bool:
        return self.deadline <= trio.current_time()

    def answer(self, value: object) -> None:
        """The message is done with; an asker gets ``value``."""
        self.settled = True

    def fail(self, error: Exception) -> None:
        """The message is done with; an asker gets ``error`` raised."""
        self.settled = True


class Question(Envelope, eq=False, gc=False):
    """An asked message: ``task`` sleeps until it is settled."""

    task: Task | None = None
    value: Any = None
    error: Exception | None = None

    @property
    def waiting(self) -> bool:
        return not self.settled

    def answer(self, value: object) -> None:
        if not self.settled:
            self.settled = True
            self.value = value
            reschedule(self.task)  # type: ignore[arg-type]  # a question is always made with its task

    def fail(self, error: Exception) -> None:
        if not self.settled:
            self.error = error
            self.answer(None)

    def fire(self) -> None:
        """The shared timer calls this at the deadline."""
        self.fail(AskTimedOut(f"no answer to {type(self.message).__name__} in time"))

    def withdraw(self, _: RaiseCancelT) -> Abort:
        """Trio calls this when the asker is cancelled: a message still queued will not be handled."""
        self.settled = True
        self.deadline = -inf
        return Abort.SUCCEEDED
