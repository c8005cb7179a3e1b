"""Every problem that the agent answers with: its stable word, its status, and what a program should make of it."""

from kassanet.edge.openapi.problems import PROBLEMS as OF_THE_SERVICE
from kassanet.edge.openapi.problems import ProblemKind

CLOSED = ("unauthorized", "not-allowed", "cross-origin", "internal")
BODY = ("malformed", "timeout", "too-large", "invalid")
WRITE = ("store-unavailable", "overloaded", "expired", "stopped", "no-answer")
"""What may come of a write to the agent's journal, or of a question to a key."""

SIGNING = (
    *("no-agreement", "agreement-over", "certificate-not-valid", "kind-not-allowed", "foreign-tin", "foreign-register"),
    *("no-licence", "licence-over", "unreadable", "document-differs", "too-fast", "locked"),
    *("time-stamp-unavailable", "secret-damaged"),
)
IMPORTING = (
    *("wrong-password", "key-mismatch", "no-signing-key", "unsupported", "too-slow", "bad-signature", "signature"),
    *("certificate-not-valid", "foreign-tin", "no-licence", "licence-over", "licence-full", "key-exists", "locked"),
)

_SHARED = frozenset(
    {
        *("unauthorized", "not-allowed", "cross-origin", "not-found", "method-not-allowed", "timeout", "too-large"),
        *("invalid", "internal", "not-ready", "store-unavailable", "overloaded", "expired", "stopped"),
    }
)
"""Those that mean what they mean in the service."""

PROBLEMS = (
    *(kind for kind in OF_THE_SERVICE if kind.slug in _SHARED),
    ProblemKind("malformed", 400, "The body is not JSON."),
    ProblemKind("no-agreement", 403, "There is no agreement with the key's owner on its use."),
    ProblemKind("agreement-over", 403, "The agreement is not in force on this day."),
    ProblemKind("certificate-not-valid", 403, "The certificate is not valid now, or not for signing."),
    ProblemKind("kind-not-allowed", 403, "The key's policy does not allow documents of this kind."),
    ProblemKind("foreign-tin", 403, "The document names a tax number that the certificate does not vouch for."),
    ProblemKind("foreign-register", 403, "The key's policy does not allow this register."),
    ProblemKind("no-licence", 403, "A licence is asked for, and there is no good one."),
    ProblemKind("licence-over", 403, "The licence has ended."),
    ProblemKind("licence-full", 403, "The licence is for no more keys."),
    ProblemKind("master-key", 403, "The passphrase does not open the agent, or is not good enough to be one."),
    ProblemKind("document-differs", 409, "Another document was signed under this id."),
    ProblemKind("key-exists", 409, "This key is here already."),
    ProblemKind("malformed", 422, "The container, certificate or message cannot be read."),
    ProblemKind("wrong-password", 422, "The password does not open the container."),
    ProblemKind("key-mismatch", 422, "No certificate in or beside the container is of its signing key."),
    ProblemKind("no-signing-key", 422, "The container holds no key for signing."),
    ProblemKind("unsupported", 422, "A container or algorithm of a kind that is not known here."),
    ProblemKind("too-slow", 422, "Opening the container took too long."),
    ProblemKind("bad-signature", 422, "The signature does not hold."),
    ProblemKind("certificate-not-valid", 422, "The certificate is not valid now, or not for signing."),
    ProblemKind("signature", 422, "The container or message is of no use; the text says why."),
    ProblemKind("unreadable", 422, "The document is not of the kind that it was called."),
    ProblemKind("too-fast", 429, "The key, or its tenant, signs no more in this minute."),
    ProblemKind("locked", 503, "The agent awaits its master key."),
    ProblemKind("time-stamp-unavailable", 503, "The time-stamp authority does not answer, or none is named."),
    ProblemKind("secret-damaged", 503, "What is stored of the key cannot be opened."),
    ProblemKind("no-answer", 504, "No answer in time. Ask again: what was signed is answered with its signature."),
)

ELSEWHERE = frozenset({"method-not-allowed"})
"""Said in no operation by name: by the router."""
