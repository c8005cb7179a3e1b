"""Bodies of the agent's inner API that nobody else speaks."""

import msgspec

from schemas.problems import Problem
from schemas.signing import SignedDocument


class Passphrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of an unlocking."""

    passphrase: str

    def __repr__(self) -> str:
        return "Passphrase(…)"


class BatchResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """One document of several: signed, or the problem with it."""

    id: str
    signed: SignedDocument | None = None
    problem: Problem | None = None


class BatchResults(msgspec.Struct, frozen=True):
    """All of them, in their order."""

    results: tuple[BatchResult, ...]
