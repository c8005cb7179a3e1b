"""What may come of a request other than its answer. Faults of the network are httpx's own exceptions."""

import msgspec

from schemas.problems import Problem
from schemas.receipts import Receipt


def problem_in(content: bytes) -> Problem | None:
    """What the service says in an answer's body; None where a proxy before it left nothing of that."""
    try:
        return msgspec.json.decode(content, type=Problem)
    except msgspec.DecodeError:
        return None


class Refused(Exception):
    """The service answered with a problem. ``problem.type`` ends with a stable word, ``errors`` name wrong fields.

    ``retry_after`` is in seconds, where the service said when to come back.
    """

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        wrong = "; ".join(error.in_words() for error in problem.errors)
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}{f' {wrong}' if wrong else ''}")
        self.problem = problem
        self.retry_after = retry_after

    @property
    def slug(self) -> str:
        """The stable word: ``other-content``."""
        return self.problem.type.rpartition(":")[2]


class NotFinal(TimeoutError):
    """The time to wait is over, and the receipt has no final state yet; ``receipt`` is how it stands."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(f"receipt {receipt.id} is still {receipt.status}")
        self.receipt = receipt
