"""The tree of actors as people are shown it: who lives, in which state, with how much before them."""

from typing import Literal

from msgspec import Struct

ActorState = Literal["waiting", "starting", "running", "restarting", "stopping", "stopped"]


class Lane(Struct, frozen=True):
    """One lane of a mailbox: messages waiting, and how many may."""

    depth: int
    capacity: int


class Failure(Struct, frozen=True):
    """The last error of an actor with where it came from. ``at`` is on Trio's clock, like ``since``."""

    at: float
    error: str
    traceback: str


class ActorNode(Struct, frozen=True):
    """An actor or a supervisor. ``since``, on Trio's clock, is when it entered ``state``.

    ``expired`` counts messages dropped past their deadline. Supervisors have no lanes, actors no children.
    """

    name: str
    kind: str
    state: ActorState
    since: float
    restarts: int
    last_error: str | None = None
    work: Lane | None = None
    control: Lane | None = None
    expired: int = 0
    facts: dict[str, object] = {}
    children: "tuple[ActorNode, ...]" = ()
