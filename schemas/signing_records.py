"""What the signing agent makes durable, and reads back. Every write that changes something names who asked (``by``)."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from schemas.records import Role, Write
from schemas.rows import StoredToken
from schemas.signing import Agreement, KeyPolicy

Level = Literal["CAdES-BES", "CAdES-T"]


class StoredKey(Struct, frozen=True):
    """A key's row; ``sealed`` is the wrapped secret. Times in UNIX seconds."""

    id: str
    tenant: str
    certificate: bytes
    sealed: bytes
    kupyna: bool
    agreement: Agreement | None
    policy: KeyPolicy
    created_at: float

    def __repr__(self) -> str:
        return f"StoredKey({self.id})"


class StoredSignature(Struct, frozen=True):
    """What was signed under a document's id. ``digest`` is SHA-256 over the kind, the wish for a stamp and the data."""

    digest: bytes
    signature: bytes
    level: Level
    signed_at: float


class AddKey(Write[None], frozen=True):
    """``Conflict`` (``key_exists``) when the tenant has that certificate already."""

    key: StoredKey
    subject_key_id: str
    by: str


class AlterKey(Write[StoredKey], frozen=True):
    """Answers the key as it is then; ``NotFound`` when there is none."""

    key_id: str
    agreement: Agreement | None
    policy: KeyPolicy | None
    by: str
    at: float


class DropKey(Write[None], frozen=True):
    """The secret is overwritten at once; signatures and the log stay. ``NotFound`` when there is none."""

    key_id: str
    by: str
    at: float


class FindSignature(Write[StoredSignature | None], frozen=True):
    """What was signed under this id, or None."""

    key_id: str
    document_id: str


class KeepSignature(Write[StoredSignature], frozen=True):
    """Answers what is stored under the id: this, or what was there before. ``Conflict`` (``document_differs``)."""

    key_id: str
    document_id: str
    kind: str
    signature: StoredSignature
    by: str


class NoteEvent(Write[None], frozen=True):
    """A line of the audit log that goes with no other write: a refusal, an unlocking."""

    event: str
    subject: str
    detail: str
    by: str
    at: float


class AddAgentToken(Write[int], frozen=True):
    """Answers its number."""

    token_hash: bytes
    role: Role
    tenant: str | None
    by: str
    at: float


class RevokeAgentToken(Write[None], frozen=True):
    """``NotFound`` when there is none."""

    token_id: int
    by: str
    at: float


class AllAgentTokens(Write[Sequence[StoredToken]], frozen=True):
    """Every token, the revoked ones too."""


class AllKeys(Write[tuple[StoredKey, ...]], frozen=True):
    """Every key that was not dropped, oldest first."""


class ReadKeyring(Write[bytes | None], frozen=True):
    """How the master key is made and recognised; None before there was one."""


class KeepKeyring(Write[None], frozen=True):
    """A new master key: its description, and every secret wrapped anew, in one transaction."""

    keyring: bytes
    sealed: dict[str, bytes]
    by: str
    at: float
