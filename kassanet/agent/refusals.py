"""What an agent's refusals mean to whoever asked: a status and a stable word, over HTTP and within one process."""

from collections.abc import Mapping

from actors.signing.rules import Refused
from kassanet.agent.master import MasterKeyProblem
from schemas.problems import ProblemError, problem
from transports.dstu import errors

_UNAVAILABLE = {"locked", "time-stamp-unavailable", "secret-damaged"}
_CONTAINER: Mapping[type[Exception], str] = {
    errors.WrongPassword: "wrong-password",
    errors.KeyMismatch: "key-mismatch",
    errors.NoSigningKey: "no-signing-key",
    errors.Malformed: "malformed",
    errors.Unsupported: "unsupported",
    errors.TooSlow: "too-slow",
    errors.BadSignature: "bad-signature",
    errors.NotValid: "certificate-not-valid",
}


def of_refusal(refusal: Refused) -> ProblemError:
    """Something is not signed, or not taken in."""
    if refusal.code == "too-fast":
        return problem(429, refusal.code, f"{refusal.text}.")
    if refusal.code in _UNAVAILABLE:
        return problem(503, refusal.code, f"{refusal.text}.")
    return problem(422 if refusal.code == "unreadable" else 403, refusal.code, f"{refusal.text}.")


def of_container(found: errors.SignatureProblem) -> ProblemError:
    """A container or a message that is of no use."""
    return problem(422, _CONTAINER.get(type(found), "signature"), _sentence(found))


def of_master_key(found: MasterKeyProblem) -> ProblemError:
    """The agent stays locked."""
    return problem(403, "master-key", _sentence(found))


def _sentence(found: Exception) -> str:
    return f"{str(found)[:1].upper()}{str(found)[1:]}."
