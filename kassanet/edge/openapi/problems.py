"""Every problem that the service answers with: its stable word, its status, and what a program should make of it."""

from collections.abc import Sequence

from msgspec import Struct

from schemas.problems import FieldError, Problem, problem


class ProblemKind(Struct, frozen=True):
    """``slug`` is the last part of ``urn:kassanet:problem:…``. One word may come with two statuses."""

    slug: str
    status: int
    meaning: str

    def example(self) -> Problem:
        errors = (FieldError("title", "missing", "text of 1 to 256 characters"),) if self.status == 422 else ()
        return problem(self.status, self.slug, self.meaning, errors).problem


PROBLEMS = (
    ProblemKind("malformed", 400, "The body is not JSON."),
    ProblemKind(
        "bad-request", 400, "The request itself cannot be understood; on the stream: no WebSocket is asked for."
    ),
    ProblemKind("unauthorized", 401, "No token, or one that is unknown or revoked."),
    ProblemKind("wrong-login", 401, "No cashier has this login and this password."),
    ProblemKind("no-developer", 403, "The header developer-id is missing: the request is blocked."),
    ProblemKind("not-allowed", 403, "The token's role is too low, or it belongs to another organisation."),
    ProblemKind("integration-inactive", 403, "The integration of this token is switched off."),
    ProblemKind("forbidden-by-site", 403, "The site's own configuration does not permit this over its uplink."),
    ProblemKind("cross-origin", 403, "A browser's cookie came, but from a page that is not of this origin."),
    ProblemKind("foreign-address", 403, "This channel does not take requests from this address."),
    ProblemKind("foreign-certificate", 403, "This channel asks for another client certificate."),
    ProblemKind("foreign-tin", 403, "The certificate does not vouch for that tax number."),
    ProblemKind("certificate-not-valid", 403, "The certificate in the container is not valid now."),
    ProblemKind("no-licence", 403, "The agent has no licence."),
    ProblemKind("licence-over", 403, "The agent's licence has ended."),
    ProblemKind("licence-full", 403, "The agent's licence is for fewer keys."),
    ProblemKind("master-key", 403, "This is not the agent's master key."),
    ProblemKind("not-found", 404, "It does not exist, or not for this token."),
    ProblemKind("method-not-allowed", 405, "The address does not take this method; see the Allow header."),
    ProblemKind("timeout", 408, "The body did not arrive in time."),
    ProblemKind("status", 409, "The status of the receipt or operation does not allow this."),
    ProblemKind("other-content", 409, "This external_id was used with other content."),
    ProblemKind("kkt-exists", 409, "The register stands in a circuit already."),
    ProblemKind("kkt-busy", 409, "A document of this register is in hand or its outcome unknown."),
    ProblemKind("same-device", 409, "The same device is active under another address."),
    ProblemKind("pinpad-exists", 409, "There is a pinpad at this address already."),
    ProblemKind("pinpad-inactive", 409, "The pinpad is switched off, or its profile is not configured."),
    ProblemKind("pinpad-busy", 409, "The pinpad has an operation in hand, or one whose outcome is being found out."),
    ProblemKind("pinpad-held", 409, "A sale keeps the pinpad."),
    ProblemKind(
        "pinpad-blocked", 409, "The outcome of an operation awaits a person; nothing new is charged till then."
    ),
    ProblemKind("prro-off", 409, "No tax server is configured for software registers."),
    ProblemKind("prro-exists", 409, "There is a software register with this fiscal number already."),
    ProblemKind("prro-busy", 409, "It is offline, its shift is open, or a document is not settled."),
    ProblemKind("key-refused", 409, "The tax service does not let the key work at the register."),
    ProblemKind("agent-refused", 409, "The signing agent refuses; the text says why. Nothing was made."),
    ProblemKind("tax-server-refused", 409, "The tax service refuses the question; the text says why."),
    ProblemKind("key-exists", 409, "The agent has this key already."),
    ProblemKind("key-in-use", 409, "A register signs with the key."),
    ProblemKind("cashier-exists", 409, "The key has a cashier already; revoke that first."),
    ProblemKind("cashier-revoked", 409, "The cashier is revoked."),
    ProblemKind("login-taken", 409, "The login is another cashier's."),
    ProblemKind("packet-replayed", 409, "The packet has registered a cashier already."),
    ProblemKind("shift", 409, "The shift is open already, or closed."),
    ProblemKind("undelivered", 409, "A document of the register is not settled yet."),
    ProblemKind("operation-not-configured", 409, "The terminal's profile lacks a key; the text names it."),
    ProblemKind("operation-not-known", 409, "The pinpad's protocol has no such operation."),
    ProblemKind("sales-open", 409, "The settlement waits for open sales; force it, or wait."),
    ProblemKind("receipt-exists", 409, "This external_id is a receipt's already."),
    ProblemKind("too-late", 409, "A register has the receipt: the sale cannot be taken back."),
    ProblemKind("not-approved", 409, "The operation named is not one that was approved and stands."),
    ProblemKind("not-last", 409, "An emergency void is for the last operation only."),
    ProblemKind("void-of-void", 409, "A void cannot be voided."),
    ProblemKind("voids-spent", 409, "No further emergency void is tried."),
    ProblemKind("settlement-between", 409, "A settlement has come between."),
    ProblemKind("no-slip", 409, "The terminal gave no such slip."),
    ProblemKind("completed", 409, "The pre-authorisation was completed already."),
    ProblemKind("fd-taken", 409, "This fiscal document already answers another receipt."),
    ProblemKind("fn-not-at-hand", 409, "No register here holds this FN, so the claim cannot be checked."),
    ProblemKind("site-exists", 409, "There is a site of this name; another token renews it."),
    ProblemKind("bound", 409, "One of the circuits stands for another already."),
    ProblemKind("at-site", 409, "A site has the receipt, and settles it."),
    ProblemKind("superseded", 409, "A later notice of this receipt has arrived already."),
    ProblemKind("exists", 409, "The name is taken."),
    ProblemKind("overlap", 409, "Two routes would both take a payment; the text names them."),
    ProblemKind("dangling", 409, "A route leads to what is not there, or not for its organisation."),
    ProblemKind("configured", 409, "It stands in the configuration file, and is changed there."),
    ProblemKind("in-use", 409, "The billing has payments to decide about."),
    ProblemKind("credit", 409, "The billing has decided about the payment already."),
    ProblemKind("give-back", 409, "Nothing is owed to the payer."),
    ProblemKind("not-a-payment", 409, "It is a refund or a correction itself."),
    ProblemKind("no-receipt", 409, "The payment has no receipt whose content is kept."),
    ProblemKind("several-items", 409, "Which of several items a part of the sum is for cannot be told."),
    ProblemKind("too-much", 409, "More than the receipt's total."),
    ProblemKind("refunded", 409, "With the refunds before, it is more than was paid."),
    ProblemKind("constraint", 409, "A value that no row can hold."),
    ProblemKind("not-in-rotation", 409, "The register cannot do this now; the text says why."),
    ProblemKind("refused-by-register", 409, "The register refused the command; nothing was made."),
    ProblemKind("known-already", 409, "On the stream: a token was sent before; connect anew to use another."),
    ProblemKind("too-large", 413, "The body is larger than this service takes."),
    ProblemKind("line-too-long", 413, "One line of NDJSON is longer than this service takes."),
    ProblemKind("broken-off", 408, "The NDJSON broke off here; repeat it from this line."),
    ProblemKind("broken-off", 413, "No more of this NDJSON is read."),
    ProblemKind("unsupported-media-type", 415, "The body is not said to be JSON."),
    ProblemKind("refused-by-tax-service", 422, "The tax service refused the document; the text says why."),
    ProblemKind("invalid", 422, "JSON, but not what was asked for; every wrong field is named."),
    ProblemKind("file-refused", 422, "The file does not hold together; the text says where and why."),
    ProblemKind("malformed-packet", 422, "The packet is no signed registration."),
    ProblemKind("bad-signature", 422, "The signature does not hold, or its authority is not trusted."),
    ProblemKind("certificate-not-valid", 422, "The certificate is not valid now, or not for signing."),
    ProblemKind("tin-mismatch", 422, "The certificate, or this token, does not vouch for that tax number."),
    ProblemKind("key-mismatch", 422, "The key is not the one of the certificate, or not the one that is named."),
    ProblemKind("stale-packet", 422, "The packet is too old, or from the future."),
    ProblemKind("wrong-password", 422, "The container does not open with this password."),
    ProblemKind("no-signing-key", 422, "The container holds no key that may sign."),
    ProblemKind("unsupported", 422, "A container, algorithm or curve that is not known here."),
    ProblemKind("too-slow", 422, "Opening the container takes too long."),
    ProblemKind("agent-too-fast", 429, "The key, or its owner, signs as often as is allowed; nothing was made."),
    ProblemKind("too-many-requests", 429, "This token asks more often than its limit allows; nothing was done."),
    ProblemKind("internal", 500, "A fault of the service; its log names the request's id."),
    ProblemKind("outcome-unknown", 500, "It failed halfway; read the state before repeating."),
    ProblemKind("starting", 503, "The service has started and cannot read its store yet; the text says why."),
    ProblemKind("not-ready", 503, "The service cannot do its work now."),
    ProblemKind("store-unavailable", 503, "Nothing can be made durable or read now; repeat the same request."),
    ProblemKind("overloaded", 503, "Too much is waiting already; nothing was done."),
    ProblemKind("expired", 503, "It waited too long; nothing was done."),
    ProblemKind("stopped", 503, "That part of the service is stopped; nothing was done."),
    ProblemKind("site-away", 503, "The site is not connected; nothing was sent."),
    ProblemKind("not-done", 503, "The site did not get the command in time; nothing was done."),
    ProblemKind("unreachable", 503, "The register does not answer; nothing was made."),
    ProblemKind("agent-away", 503, "The signing agent does not answer; nothing was made. Repeat the same request."),
    ProblemKind("agent-locked", 503, "The signing agent waits for its master key; nothing was made."),
    ProblemKind("agent-licence", 503, "The signing agent has no licence that holds; nothing was made."),
    ProblemKind("agent-agreement", 503, "No agreement on the use of the key is in force; nothing was made."),
    ProblemKind("agent-certificate", 503, "The key's certificate is not valid now; nothing was made."),
    ProblemKind("agent-token", 503, "The signing agent does not let this service in; nothing was made."),
    ProblemKind("agent-no-time-stamp", 503, "There is no time stamp, and offline work is off; nothing was made."),
    ProblemKind("locked", 503, "The agent waits for its master key."),
    ProblemKind("tax-server-away", 503, "The tax service cannot be reached, or gives no usable answer."),
    ProblemKind("out-of-service", 503, "Neither online nor offline now; the text says why. Repeat the same request."),
    ProblemKind("fn-not-readable", 503, "The register cannot be read now, so the claim cannot be checked."),
    ProblemKind("agent-late", 504, "The signing agent did not answer in time; nothing was made. Repeat the same."),
    ProblemKind("tax-server-late", 504, "The tax service did not answer in time."),
    ProblemKind("no-answer", 504, "No answer in time; the outcome is not known yet. Read the state."),
    ProblemKind("outcome-unknown", 504, "The register's answer was lost; read its state before repeating."),
)

ELSEWHERE = frozenset(
    {
        "method-not-allowed",
        "line-too-long",
        "broken-off",
        "integration-inactive",
        "known-already",
        "wrong-login",
        "no-developer",
        "unsupported-media-type",
        "refused-by-tax-service",
    }
)
"""Said in no operation by name: by the router, in answers' lines, on the stream, where integrations are let in, or in
the errors of another dialect."""

PUBLIC = ("internal",)
CLOSED = ("unauthorized", "not-allowed", "cross-origin", "too-many-requests", "internal", "starting")
BODY = ("malformed", "timeout", "too-large", "invalid")
READ = ("store-unavailable", "overloaded", "expired", "stopped")
"""What may come of a question to the store."""

WRITE = (*READ, "no-answer", "outcome-unknown")
"""What may come of a write to the journal, or of a question to an actor."""


def kinds_of(slugs: frozenset[str], known: Sequence[ProblemKind] = PROBLEMS) -> list[ProblemKind]:
    """The kinds of these words, in the table's order. Raises ``KeyError`` for a word that is not in it."""
    unknown = slugs - {kind.slug for kind in known}
    if unknown:
        raise KeyError(f"no problem is called {', '.join(sorted(unknown))}")
    return [kind for kind in known if kind.slug in slugs]
