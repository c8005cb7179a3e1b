"""Opening what the tax service signed, for clients that trust certain authorities, or none in particular."""

from collections.abc import Sequence

from transports.dstu.certificates import Certificate
from transports.dstu.errors import SignatureProblem
from transports.dstu.verification import verify
from transports.prro.client import Unwrap


def opener(authorities: Sequence[Certificate] | None = None) -> Unwrap:
    """The content of a message whose signature holds; ``ValueError`` for every other.

    ``authorities`` of which one must have issued the server's certificate; None: any signature that holds will do, for
    whoever relies on TLS alone.
    """

    def unwrap(message: bytes) -> bytes:
        try:
            return verify(message, authorities=authorities).content
        except SignatureProblem as problem:
            raise ValueError(str(problem)) from problem

    return unwrap
