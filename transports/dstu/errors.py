"""What can go wrong with a signature, a certificate or a key container. Nothing else leaves this package.

Whatever bytes are fed in, the caller gets a value or one of these; :func:`reading` turns the many ways in which a
parser can stumble over garbage into :class:`Malformed`. No message holds key material or a password.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class SignatureProblem(Exception):
    """The root of everything that this package raises by intention."""


class Malformed(SignatureProblem):
    """The bytes are not what they are said to be: cut, garbled, or of another format."""


class Unsupported(SignatureProblem):
    """Well formed, but of an algorithm, curve or container that is not known here."""


class WrongPassword(SignatureProblem):
    """The container does not open: its check value differs. A damaged container looks the same."""


class TooSlow(SignatureProblem):
    """Opening took longer than was allowed: a container that asks for too much work, or a machine without speed."""


class NoSigningKey(SignatureProblem):
    """The container opened and holds no key that may sign, or none that goes with the certificate."""


class KeyMismatch(SignatureProblem):
    """The key and the certificate are not a pair."""


class BadSignature(SignatureProblem):
    """A signature, digest or attribute does not agree with what it covers."""


class NotValid(SignatureProblem):
    """The certificate is not valid at the time asked about, or must not be used for this."""


_STUMBLES = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, AssertionError)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Whatever a parser stumbles over inside is told as ``Malformed``; our own errors pass through."""
    try:
        yield
    except _STUMBLES as stumble:
        raise Malformed(f"not {what}: {type(stumble).__name__}") from stumble
