"""A place in the tree. It outlives the actors (or the runs of a supervisor) that live in it one after another.

``waiting`` → ``starting`` → ``running`` → (``restarting`` → ``starting`` → …) → ``stopping`` → ``stopped``. A stopped
child can be started again together with its supervisor, until it is closed: that is for good.
"""

import contextvars
import logging
import traceback
from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING

import trio

from actors.runtime.errors import describe, sole
from actors.runtime.specs import AnySpec
from actors.runtime.timers import Timer
from schemas.tree import ActorNode, ActorState, Failure

if TYPE_CHECKING:
    from actors.runtime.overseer import Overseer

TRACEBACK = 8192
"""Characters kept of an error's traceback, from its end: there the cause stands."""

log = logging.getLogger("actors.runtime")


class Child(ABC):
    """What a supervisor knows of each child, be it an actor or another supervisor."""

    __slots__ = (
        "attempts", "changed", "failure", "final", "generation", "last_error", "limit", "lived", "newborn", "owner",
        "restarts", "scope", "since", "spec", "start_error", "state", "stop_asked",
    )  # fmt: skip

    def __init__(self, spec: AnySpec, owner: "Overseer") -> None:
        self.spec = spec
        self.owner = owner
        self.state: ActorState = "waiting"
        self.since = 0.0
        self.restarts = 0
        self.attempts = 0
        self.generation = 0
        self.last_error: str | None = None
        self.failure: Failure | None = None
        self.stop_asked = False
        self.final = False
        self.lived = False
        self.newborn = False
        self.start_error: Exception | None = None
        self.limit: Timer | None = None
        self.scope: trio.CancelScope | None = None
        self.changed: trio.Event | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def alive(self) -> bool:
        """Whether a life of it runs."""
        return self.scope is not None

    def launch(self, nursery: trio.Nursery) -> None:
        """Begin a life. It is shielded: only its supervisor ends it, so that children end in order."""
        self.generation += 1
        self.restarts += self.lived
        self.lived = True
        self.stop_asked = False
        self.scope = trio.CancelScope(shield=True)
        self.enter("starting")
        # In a context of its own: an actor outlives the request that happened to start it, and its request id.
        contextvars.Context().run(partial(nursery.start_soon, self._run, self.scope, name=self.name))

    async def _run(self, scope: trio.CancelScope) -> None:
        """One life. Whatever happens in it, the supervisor is told exactly once."""
        crash: Exception | None = None
        try:
            with scope:
                await self._live()
        except Exception as error:
            crash = sole(error)
        finally:
            self.scope = None
            self._unlimit()
            crash = self._bury(crash)
            self.owner.ended(self, crash)

    @abstractmethod
    async def _live(self) -> None:
        """Live until asked to stop, cancelled, or crashed."""

    @abstractmethod
    def _bury(self, crash: Exception | None) -> Exception | None:
        """Put in order what the life left behind; returns why it really crashed, if it did."""

    def ready(self) -> None:
        if self.state == "starting":
            self.newborn = False
            self.enter("running")

    def enter(self, state: ActorState) -> None:
        self.state = state
        self.since = trio.current_time()
        if self.changed is not None:
            self.changed.set()
            self.changed = None
        self.owner.ring()

    async def reaches(self, *states: ActorState) -> None:
        """Wait until the child is in one of the states."""
        while self.state not in states:
            if self.changed is None:
                self.changed = trio.Event()
            await self.changed.wait()

    def ask_to_stop(self, *, final: bool) -> None:
        """Ask a life to end within the spec's time, after which it is cancelled. Without a life: stopped at once."""
        self.stop_asked = True
        self.final = self.final or final
        if not self.alive:
            self.generation += 1  # a restart that was due is not any more
            self.enter("stopped")
        elif self.state != "stopping":
            starting = self.state == "starting"
            self.enter("stopping")
            self._request_stop(starting)
            self.limit_ending()

    @abstractmethod
    def _request_stop(self, starting: bool) -> None: ...

    def limit_ending(self) -> None:
        """Cancel the present life unless it ends within its time, counted from the first call."""
        if self.limit is None:
            self.limit = self.owner.shared.timers.call_later(self.spec.stop_within, self.cancel)

    def _unlimit(self) -> None:
        if self.limit is not None:
            self.limit.cancel()
            self.limit = None

    def cancel(self) -> None:
        """End the present life hard."""
        if self.scope is not None:
            self.scope.cancel()

    @abstractmethod
    def down(self, reason: str, *, final: bool) -> None:
        """Tell those who monitor it that a life has ended."""

    @abstractmethod
    def close(self) -> None:
        """For good: everything that waits for an answer gets one."""

    @abstractmethod
    def node(self) -> ActorNode: ...

    def note(self, error: Exception) -> None:
        """Keep an error for those who look at the tree, and log it with its traceback."""
        self.last_error = describe(error)
        told = "".join(traceback.format_exception(error))
        self.failure = Failure(trio.current_time(), self.last_error, told[-TRACEBACK:])
        log.warning("%s: %s", self.name, self.last_error, exc_info=error)
