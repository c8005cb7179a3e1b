"""What can go wrong between actors, each with one meaning, so that an asker knows whether anything was done.

``Overloaded``, ``Expired`` and ``ActorStopped`` say that the handler never took the message: nothing was done.
``AskTimedOut`` and ``ActorCrashed`` say that it is not known; a fiscal command answered so is never blindly repeated.
"""


class ActorError(Exception):
    """A declared outcome: raised in a handler it goes to the asker, and the actor lives."""


class Overloaded(ActorError):
    """The lane is full; the message was not taken."""

    def __init__(self, name: str, lane: str, capacity: int) -> None:
        super().__init__(f"{name}: {lane} lane is full ({capacity})")
        self.name = name
        self.lane = lane


class Expired(ActorError):
    """The message's deadline passed before the handler took it; nothing was done."""


class AskTimedOut(ActorError):
    """No answer in time. A message still queued is withdrawn; one in the handler's hands goes on."""


class ActorStopped(ActorError):
    """The actor has stopped for good without taking the message."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has stopped")
        self.name = name


class ActorCrashed(ActorError):
    """The actor ended with the message in its hands: what it did of it is not known. ``__cause__`` tells why."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} crashed with the message in hand")
        self.name = name


class StartFailed(Exception):
    """A child's first start raised; ``__cause__`` tells why. Nothing of the child remains."""


class Escalated(Exception):
    """A supervisor gave up: more restarts than its intensity allows. ``__cause__`` is the last crash."""

    def __init__(self, supervisor: str, child: str) -> None:
        super().__init__(f"{supervisor} gave up: {child} crashed too often")
        self.supervisor = supervisor
        self.child = child


def sole(error: Exception) -> Exception:
    """Unwrap groups of one: an actor with a nursery of its own crashes with a group around the real cause."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def describe(error: Exception) -> str:
    """One line for people, bounded: ``ValueError: price is negative``."""
    return f"{type(error).__name__}: {error}"[:300]
