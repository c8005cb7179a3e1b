"""A signing key: the one writer of its signatures.

A document is signed once. Its id, what was signed and the signature are on disk before the signature leaves; a repeat
gets the stored one, and another document under the same id is a conflict. A crash between signing and storing loses a
signature that nobody has seen.

The secret is unwrapped at the first use and let go of after ``idle`` seconds without one.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar

from msgspec import Struct

from actors.runtime import Actor, Ref, Timer
from actors.signing.rules import Allowance, Refused, check
from actors.store import StoreUnavailable
from schemas.messages import Request
from schemas.records import Conflict, NotFound
from schemas.signing import SignDocument, SignedDocument
from schemas.signing_records import FindSignature, KeepSignature, NoteEvent, StoredKey, StoredSignature
from transports.dstu.certificates import Certificate, read_certificate
from transports.dstu.errors import SignatureProblem
from transports.dstu.imports import KeyMaterial
from transports.dstu.signing import Signer, time_stamp_request, with_time_stamp

Unseal = Callable[[StoredKey], KeyMaterial]
"""Raises Refused (``locked``) while there is no master key."""

Stamp = Callable[[Certificate, bytes], Awaitable[bytes]]
"""Takes a TimeStampReq to the authority that the certificate names; raises Refused (``time-stamp-unavailable``)."""

JOURNAL_SECONDS = 30.0


class Sign(Request[SignedDocument], frozen=True):
    """``by``: who asks, for the audit log."""

    document: SignDocument
    by: str


class Replace(Request[None], frozen=True):
    """The key's row has changed: agreement or policy."""

    key: StoredKey


class Forget(Request[None], frozen=True):
    """Let go of the secret; the next signature unwraps it again."""


class _Idle(Struct, frozen=True):
    pass


class KeyTools(Struct, frozen=True):
    """What every key of an agent works with. ``clock`` in UNIX seconds."""

    journal: Ref
    unseal: Unseal
    stamp: Stamp
    clock: Callable[[], float]
    idle: float = 900.0


class SigningKey(Actor):
    """``tenant`` is the allowance that this tenant's keys share."""

    answers: ClassVar[tuple[type[Exception], ...]] = (Refused, Conflict, NotFound, StoreUnavailable)

    def __init__(self, key: StoredKey, tools: KeyTools, tenant: Allowance) -> None:
        self._tools, self._tenant = tools, tenant
        self._signer: Signer | None = None
        self._timer: Timer | None = None
        self._signed = 0
        self._take(key)

    def _take(self, key: StoredKey) -> None:
        self._key = key
        self._certificate = read_certificate(key.certificate)
        self._allowance = Allowance(key.policy.a_minute, self._tools.clock)

    async def receive(self, message: object) -> object:
        match message:
            case Sign():
                return await self._sign(message)
            case Replace():
                self._take(message.key)
            case Forget() | _Idle():
                self._signer = None
        return None

    def describe(self) -> dict[str, object]:
        return {"owner": self._certificate.owner, "open": self._signer is not None, "signed": self._signed}

    async def _sign(self, message: Sign) -> SignedDocument:
        asked, digest = message.document, digest_of(message.document)
        kept = await self._tools.journal.ask(FindSignature(self._key.id, asked.id), timeout=JOURNAL_SECONDS)
        if kept is not None:
            return self._repeated(asked, digest, kept)
        try:
            made = await self._made(asked, digest)
        except Refused as reason:
            await self._note(message, reason)
            raise
        kept = await self._tools.journal.ask(
            KeepSignature(self._key.id, asked.id, asked.kind, made, message.by), timeout=JOURNAL_SECONDS
        )
        self._signed += 1
        return _shown(asked, self._key.id, kept, repeated=False)

    def _repeated(self, asked: SignDocument, digest: bytes, kept: StoredSignature) -> SignedDocument:
        if kept.digest != digest:
            raise Conflict("document_differs", f"another document was signed under the id {asked.id}", asked.id)
        return _shown(asked, self._key.id, kept, repeated=True)

    async def _made(self, asked: SignDocument, digest: bytes) -> StoredSignature:
        now = self._tools.clock()
        at = datetime.fromtimestamp(now, UTC)
        check(asked, self._certificate, self._key.agreement, self._key.policy, at)
        signer = self._opened()
        self._allowance.take("this key")
        self._tenant.take("this tenant")
        message = signer.sign(asked.data, at)
        if asked.stamped:
            message = await self._stamped(signer, message)
        return StoredSignature(digest, message, "CAdES-T" if asked.stamped else "CAdES-BES", now)

    def _opened(self) -> Signer:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.context.tell_later(self._tools.idle, _Idle(), control=True)
        if self._signer is None:
            self._signer = self._tools.unseal(self._key).signer(kupyna=self._key.kupyna)
        return self._signer

    async def _stamped(self, signer: Signer, message: bytes) -> bytes:
        request = time_stamp_request(message, signer.scheme.digest)
        answer = await self._tools.stamp(self._certificate, request.encoded)
        try:
            return with_time_stamp(message, request, answer)
        except SignatureProblem as reason:
            raise Refused("time-stamp-unavailable", f"the time stamp is of no use: {reason}", after=1.0) from None

    async def _note(self, message: Sign, reason: Refused) -> None:
        event = NoteEvent(
            "refused", f"{self._key.id}/{message.document.id}", reason.code, message.by, self._tools.clock()
        )
        await self._tools.journal.ask(event, timeout=JOURNAL_SECONDS)


def digest_of(asked: SignDocument) -> bytes:
    """What makes two requests the same one."""
    return sha256(f"{asked.kind}|{asked.stamped}|".encode() + asked.data).digest()


def _shown(asked: SignDocument, key_id: str, kept: StoredSignature, *, repeated: bool) -> SignedDocument:
    at = datetime.fromtimestamp(kept.signed_at, UTC)
    return SignedDocument(asked.id, key_id, kept.signature, kept.level, at, repeated)
