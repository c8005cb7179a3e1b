"""What an operator may set about every pinpad. Times are seconds."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]


class PinpadSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Defaults suit a till with a person in front of it.

    * ``patience`` is how long an operation may wait for its turn: a buyer who has gone must not be asked for a card.
    * ``settle_first`` and ``settle_limit`` bound the pauses between two tries to find out an unknown outcome.
    * ``unreadable`` is how often, and ``unreadable_for`` for how long, a pinpad that answers its check may fail to tell
      its last operation, before that is taken to mean that it cannot. Until then it may still be at work on it.
    * ``clock_tolerance`` is how far a terminal's clock may be from ours when operations are compared by time.
    * ``emergency_voids`` bounds the tries of an emergency void; a further one is made only when no earlier one was
      answered.
    * ``settlement_tries`` bounds how often one settlement is asked for, ``settlement_pause`` parts two tries.
    * ``queue`` bounds the operations that wait.
    """

    patience: Positive = 120.0
    settle_first: Positive = 1.0
    settle_limit: Positive = 25.0
    unreadable: Annotated[int, Meta(ge=1)] = 4
    unreadable_for: Positive = 150.0
    clock_tolerance: Positive = 300.0
    emergency_voids: Annotated[int, Meta(ge=1, le=2)] = 2
    settlement_tries: Annotated[int, Meta(ge=1)] = 3
    settlement_pause: Positive = 600.0
    tick: Positive = 15.0
    queue: Annotated[int, Meta(ge=1)] = 32
    utc_offset: Annotated[float, Meta(ge=-12, le=14)] = 3.0
