"""The actor: private state and a handler. Everything else - queue, restarts, deadlines - is the runtime's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from actors.runtime.envelope import Envelope

if TYPE_CHECKING:
    from actors.runtime.context import Context


class Down(msgspec.Struct, frozen=True):
    """Told to who monitors ``name`` when it ended. ``final`` false: its supervisor is starting it again."""

    name: str
    reason: str
    final: bool


class Actor:
    """Subclassed by every actor; a restart makes a fresh object from the spec's factory.

    An exception of a kind listed in ``answers`` (and every ``ActorError``) is an outcome: an asker gets it and the
    actor lives; of a told message it is only noted. Any other exception is a crash: the actor is gone, its
    supervisor decides, and the message in hand meets the fate its spec gives it.
    """

    answers: ClassVar[tuple[type[Exception], ...]] = ()

    drains: ClassVar[bool] = False
    """Whether an actor that takes batches still receives at its stop what was queued before, instead of its being
    answered ``ActorStopped``. For one that stops last, so that nobody adds to it."""

    context: "Context"
    """Set before :meth:`started`."""

    async def started(self) -> None:
        """Runs before the actor counts as ready and before it receives anything."""

    async def receive(self, message: object) -> object:
        """Handle one message; what it returns answers an ask. ``LATER`` keeps ``context.envelope`` unanswered."""
        raise NotImplementedError(f"{type(self).__name__} receives nothing")

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        """Override it to take everything that has gathered at once, control first.

        Each envelope is to be answered (``answer``, ``fail``), now or later. On a crash the unanswered ones meet the
        fate that the spec gives to a message in hand.
        """
        raise NotImplementedError

    async def parked(self, message: object) -> object:
        """Settle a message that an earlier life had in hand when it crashed (``Parked.RECONCILE``).

        Runs after ``started`` and before anything is received; what it returns answers the asker, if still there.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot reconcile {type(message).__name__}")

    async def stopping(self) -> None:
        """Runs at every end of an actor that had started, after a crash too; cancelled when its time is over."""

    def describe(self) -> dict[str, object]:
        """Further facts for people who look at the tree."""
        return {}
