"""Whether a key may sign a document: agreement, certificate, policy, pace. Each refusal is said with a stable word."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

from actors.signing.documents import Unreadable, read
from schemas.signing import Agreement, KeyPolicy, SignDocument
from transports.dstu.certificates import Certificate
from transports.dstu.errors import NotValid

KYIV_WINTER = timezone(timedelta(hours=2))
"""An agreement ends with its last day in Kyiv; the hour that summer adds only makes it end later."""

WARN_DAYS = 30


class Refused(Exception):
    """This will not be signed. ``code`` is a stable word, ``after`` seconds until another try may succeed."""

    def __init__(self, code: str, text: str, after: float | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.after = after


class Allowance:
    """A bucket of ``a_minute`` tokens that fills evenly. ``clock`` in seconds, never going back."""

    def __init__(self, a_minute: int | None, clock: Callable[[], float]) -> None:
        self._most, self._clock = a_minute, clock
        self._left, self._at = float(a_minute or 0), clock()

    def take(self, whose: str) -> None:
        """Raises Refused (``too-fast``) when it is empty."""
        if self._most is None:
            return
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
        self._at = now
        if self._left < 1:
            wait = (1 - self._left) * 60 / self._most
            raise Refused("too-fast", f"{whose} signs at most {self._most} documents a minute", wait)
        self._left -= 1


def check(
    asked: SignDocument, certificate: Certificate, agreement: Agreement | None, policy: KeyPolicy, at: datetime
) -> None:
    """Raises Refused."""
    check_agreement(agreement, at)
    check_certificate(certificate, at)
    if asked.kind not in policy.kinds:
        raise Refused("kind-not-allowed", f"this key does not sign documents of the kind {asked.kind}")
    _check_contents(asked, certificate, policy)


def check_agreement(agreement: Agreement | None, at: datetime) -> None:
    """Raises Refused unless one is in force."""
    if agreement is None:
        raise Refused("no-agreement", "there is no agreement with the owner on the use of this key")
    today = at.astimezone(KYIV_WINTER).date()
    if not agreement.signed <= today <= agreement.until:
        raise Refused("agreement-over", f"the agreement {agreement.number} is not in force on {today}")


def _check_contents(asked: SignDocument, certificate: Certificate, policy: KeyPolicy) -> None:
    try:
        facts = read(asked.kind, asked.data)
    except Unreadable as reason:
        raise Refused("unreadable", f"the document is not a {asked.kind}: {reason}") from None
    if foreign := facts.tins - certificate.tins:
        raise Refused("foreign-tin", f"the key's owner is not {', '.join(sorted(foreign))}")
    if policy.registers and facts.register is not None and facts.register not in policy.registers:
        raise Refused("foreign-register", f"this key does not sign for the register {facts.register}")


def warnings(certificate: Certificate, agreement: Agreement | None, at: datetime) -> tuple[str, ...]:
    """What does not work, or soon will not, in words for people."""
    return tuple(_warnings(certificate, agreement, at))


def _warnings(certificate: Certificate, agreement: Agreement | None, at: datetime) -> list[str]:
    found = []
    for broken in (partial(check_agreement, agreement, at), partial(check_certificate, certificate, at)):
        try:
            broken()
        except Refused as reason:
            found.append(reason.text)
    soon = at + timedelta(days=WARN_DAYS)
    if at <= certificate.not_after < soon:
        found.append(f"the certificate ends on {certificate.not_after.astimezone(UTC):%Y-%m-%d}")
    if agreement is not None and at.date() <= agreement.until < soon.date():
        found.append(f"the agreement {agreement.number} ends on {agreement.until}")
    return found


def check_certificate(certificate: Certificate, at: datetime) -> None:
    """Raises Refused unless it is valid and for signing."""
    try:
        certificate.check_signing(at)
    except NotValid as reason:
        raise Refused("certificate-not-valid", str(reason)) from None
