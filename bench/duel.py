"""Floor and subject in turns, so that a neighbour who takes the processor for a second takes it from both."""

import gc
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

Round = Callable[[], float]
"""Runs once and returns a rate."""


class Duel(NamedTuple):
    """Best rates of both (noise only slows), and the median of the ratios round by round as a check on them."""

    subject: float
    floor: float
    median_ratio: float


def duel(subject: Round, floor: Round, rounds: int) -> Duel:
    subject(), floor()  # the first round pays for imports and caches
    pairs = [(_run(subject), _run(floor)) for _ in range(rounds)]
    return Duel(
        max(pair[0] for pair in pairs),
        max(pair[1] for pair in pairs),
        round(median(subject / floor for subject, floor in pairs), 3),
    )


def best(once: Round, rounds: int) -> float:
    """The best rate of a neighbour that only stands beside the duel."""
    return max(_run(once) for _ in range(rounds))


def _run(once: Round) -> float:
    gc.collect()
    return once()
