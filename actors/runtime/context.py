"""What an actor may do besides handling a message: timers, monitors and tasks, all of which end with its life."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVarTuple, Unpack

import trio

from actors.runtime.actor import Down
from actors.runtime.envelope import Envelope
from actors.runtime.errors import ActorStopped
from actors.runtime.timers import Timer

if TYPE_CHECKING:
    from actors.runtime.life import Life
    from actors.runtime.ref import Ref
    from actors.runtime.registry import Registry

Arguments = TypeVarTuple("Arguments")


class Context:
    """An actor's view of the tree."""

    __slots__ = ("_life",)

    def __init__(self, life: "Life") -> None:
        self._life = life

    @property
    def ref(self) -> "Ref":
        """The actor's own ref."""
        return self._life.child.ref

    @property
    def name(self) -> str:
        return self._life.child.name

    @property
    def registry(self) -> "Registry":
        return self._life.child.owner.shared.registry

    @property
    def envelope(self) -> Envelope:
        """The envelope of the message in hand: its key, its deadline, and its answer after ``LATER``."""
        if self._life.hand is None:
            raise LookupError("no message is in hand")
        return self._life.hand

    def tell_later(self, seconds: float, message: object, *, control: bool = False) -> Timer:
        """Tell the actor itself after ``seconds``, even beyond its capacity; a restart forgets it."""
        life = self._life

        def ring() -> None:
            if life.child.life is life:
                life.child.mailbox.force(Envelope(message, control=control))

        return life.child.owner.shared.timers.call_later(seconds, ring)

    def monitor(self, ref: "Ref") -> None:
        """Get :class:`Down` (control lane) whenever the actor behind ``ref`` ends, until this actor ends itself."""
        if ref.stopped:
            self._life.hear(Down(ref.name, "stopped", final=True))
        else:
            self._life.watch(ref)

    def unmonitor(self, ref: "Ref") -> None:
        """No further :class:`Down` for ``ref``; one already queued still comes."""
        self._life.unwatch(ref)

    def stop(self) -> None:
        """End this actor after the message in hand. Only a permanent child is then started again."""
        self._life.stop_asked = True
        self._life.child.mailbox.wake()

    def spawn(
        self, function: Callable[[Unpack[Arguments]], Awaitable[object]], *arguments: *Arguments
    ) -> trio.CancelScope:
        """Run a task beside the handler, for as long as this actor lives; its crash is the actor's crash.

        Returns the task's scope, to cancel it alone. Raises :class:`ActorStopped` in a life that is over.
        """
        if self._life.child.life is not self._life:
            raise ActorStopped(self.name)
        scope = trio.CancelScope(shield=True)
        self._life.spawn(scope, lambda: function(*arguments))
        return scope
