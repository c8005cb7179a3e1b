"""The mediator live: payments as they move, billings as they are, and how much has flowed over each way of the graph.

A payment on the stream has the shape in which lists show it, so a page needs to know it once.
"""

from itertools import pairwise
from typing import Literal

from msgspec import Struct

from schemas.payment_records import Policy, StoredPayment

BreakerState = Literal["closed", "open", "half-open"]


class PaymentMoved(Struct, frozen=True):
    """Something happened to a payment, in the words of its history. Told after it is on disk; ``row`` is how it is now.

    Several events of one transaction come together, in their order.
    """

    row: StoredPayment
    events: tuple[str, ...]


class BillingLive(Struct, frozen=True, omit_defaults=True):
    """A billing, under the topic ``billings`` and its name.

    ``state`` is its breaker's: open, nobody asks it; half-open, the next answer decides. ``backlog`` payments wait for
    its decision, the oldest since ``oldest_at`` (UNIX time). ``last`` are its last words, ``in_hand`` exchanges.
    """

    name: str
    state: BreakerState
    backlog: int = 0
    oldest_at: float | None = None
    failures: int = 0
    in_hand: int = 0
    last: str = ""
    is_active: bool = True


class Flow(Struct, frozen=True, omit_defaults=True):
    """What has flowed over one edge of the topology since the service began, under the topic ``flow``.

    ``source`` and ``target`` are ids of its nodes; without a source it is what came in at a channel. The key is
    ``source>target``. ``refused`` are those that the target would not have. Sums in kopecks, ``at`` UNIX time of the
    last. What flows now is the difference to what was told before, however many ticks lie between.
    """

    source: str | None
    target: str
    route: str | None = None
    payments: int = 0
    sum: int = 0
    refused: int = 0
    at: float = 0.0

    @property
    def key(self) -> str:
        return f"{self.source or ''}>{self.target}"


Way = tuple[str, str]
"""Ids of two nodes of the topology."""


def ways(channel: str, policy: Policy, billing: str | None, circuit: int | None) -> tuple[Way, ...]:
    """The edges that a payment goes over, in the order of the policy: what comes first is where it goes first."""
    to_billing = None if billing is None else f"billing/{billing}"
    to_circuit = None if circuit is None or policy == "credit_only" else f"circuit/{circuit}"
    stops = [to_circuit, to_billing] if policy == "fiscalize_then_credit" else [to_billing, to_circuit]
    passed = [f"channel/{channel}", *(stop for stop in stops if stop is not None)]
    return tuple(pairwise(passed))
