"""What a tree is made of, as values: a supervisor is built from these and builds afresh from them at each restart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from random import Random
from typing import TypeAlias

from actors.runtime.actor import Actor


class Restart(Enum):
    """When a child that ended by itself is started again."""

    PERMANENT = "always"
    TRANSIENT = "after a crash"
    TEMPORARY = "never"


class Strategy(Enum):
    """Who is restarted with a child that crashed. The order is that of the children."""

    ONE_FOR_ONE = "the child"
    ONE_FOR_ALL = "all children"
    REST_FOR_ONE = "the child and those after it"


class Parked(Enum):
    """What becomes of the message that an actor had in hand when it crashed."""

    FAIL = "the asker gets ActorCrashed"
    RETRY = "the fresh actor receives it again, before everything else; only for what is safe to repeat"
    RECONCILE = "the fresh actor gets it through Actor.parked(), whatever its deadline"


ParkedRule: TypeAlias = Parked | Callable[[object], Parked]
"""One fate for all messages, or a function that decides by the message (its type)."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds before the n-th restart in a row: ``first × factor^(n-1)``, at most ``limit``, ± ``jitter`` of it.

    The row ends when a child has run for ``limit`` seconds.
    """

    first: float = 0.1
    factor: float = 2.0
    limit: float = 30.0
    jitter: float = 0.1

    def delay(self, attempt: int, random: Random) -> float:
        """``attempt`` counts from 1. The power is bounded, so that no number of attempts overflows."""
        plain = min(self.limit, self.first * self.factor ** min(attempt - 1, 64))
        return plain * (1 + random.uniform(-self.jitter, self.jitter))


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One actor. It has ``stop_within`` seconds for the message in hand and ``stopping()``; then it is cancelled."""

    name: str
    factory: Callable[[], Actor]
    kind: str = ""
    restart: Restart = Restart.PERMANENT
    stop_within: float = 5.0
    capacity: int = 64
    control_capacity: int = 16
    parked: ParkedRule = Parked.FAIL


@dataclass(frozen=True, slots=True)
class SupervisorSpec:
    """A supervisor as a child of another. More than ``intensity`` restarts in ``period`` seconds escalate.

    ``unordered`` children are equals (a fleet): all are started at once, and stopped at once.
    """

    name: str
    children: "tuple[ChildSpec | SupervisorSpec, ...]" = ()
    strategy: Strategy = Strategy.ONE_FOR_ONE
    intensity: int = 10
    period: float = 60.0
    backoff: Backoff = field(default_factory=Backoff)
    unordered: bool = False
    restart: Restart = Restart.PERMANENT
    stop_within: float = inf


AnySpec: TypeAlias = ChildSpec | SupervisorSpec
