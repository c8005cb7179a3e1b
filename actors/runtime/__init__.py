"""The actor runtime: mailboxes, refs, supervisors. It knows nothing of registers, receipts or journals."""

from actors.runtime.actor import Actor, Down
from actors.runtime.context import Context
from actors.runtime.envelope import LATER, Envelope
from actors.runtime.errors import (
    ActorCrashed,
    ActorError,
    ActorStopped,
    AskTimedOut,
    Escalated,
    Expired,
    Overloaded,
    StartFailed,
)
from actors.runtime.ref import Ref
from actors.runtime.registry import Registry
from actors.runtime.specs import Backoff, ChildSpec, Parked, Restart, Strategy, SupervisorSpec
from actors.runtime.supervisor import Branch, Supervisor
from actors.runtime.timers import Timer

__all__ = [
    "LATER",
    "Actor",
    "ActorCrashed",
    "ActorError",
    "ActorStopped",
    "AskTimedOut",
    "Backoff",
    "Branch",
    "ChildSpec",
    "Context",
    "Down",
    "Envelope",
    "Escalated",
    "Expired",
    "Overloaded",
    "Parked",
    "Ref",
    "Registry",
    "Restart",
    "StartFailed",
    "Strategy",
    "Supervisor",
    "SupervisorSpec",
    "Timer",
]
