"""What is said of signing keys: handed over, shown, asked to sign. Bytes travel as base64 in JSON."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=200)]
DocumentId = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+\Z")]
DocumentKind = Literal["check", "zrep", "command", "packet", "registration"]
Tenant = Annotated[str, Meta(pattern=r"^[0-9]{8,12}\Z")]
"""Tax number of the organisation whose key it is."""

RegisterNumber = Annotated[str, Meta(pattern=r"^[0-9]{1,20}\Z")]
EVERY_KIND: tuple[DocumentKind, ...] = ("check", "zrep", "command", "packet", "registration")
LARGEST_DOCUMENT = 1 << 19
"""Bytes; the tax service takes 200 KB, and some of its stand-ins a little more."""

Document = Annotated[bytes, Meta(min_length=1, max_length=LARGEST_DOCUMENT)]
Container = Annotated[bytes, Meta(min_length=1, max_length=1 << 20)]


class Agreement(Struct, frozen=True, forbid_unknown_fields=True):
    """The owner's consent that the key is kept and used here; without one in force nothing is signed."""

    number: Name
    signed: date
    owner: Name
    until: date


class KeyPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """What a key may be used for. ``registers``: fiscal numbers that documents may name, none listed is any.

    ``a_minute`` bounds the signatures of this key; None does not count them.
    """

    kinds: tuple[DocumentKind, ...] = EVERY_KIND
    registers: tuple[RegisterNumber, ...] = ()
    a_minute: Annotated[int, Meta(ge=1, le=100_000)] | None = None


class UploadKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A container and its password, which is used once and kept nowhere.

    ``certificates`` come beside containers that hold none; ``kupyna`` chooses the newer hash.
    """

    container: Container
    password: Annotated[str, Meta(max_length=256)]
    certificates: Annotated[tuple[Container, ...], Meta(max_length=16)] = ()
    agreement: Agreement | None = None
    policy: KeyPolicy = KeyPolicy()
    tenant: Tenant | None = None
    kupyna: bool = False

    def __repr__(self) -> str:
        return "UploadKey(…)"


class ChangeKey(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be changed of a key; what is left out stays."""

    agreement: Agreement | None = None
    policy: KeyPolicy | None = None


class KeyShown(Struct, frozen=True):
    """A key as everyone with a right to see it sees it. ``warnings`` are for people: what will soon not work.

    ``public_key`` is the SHA-256 of its SubjectPublicKeyInfo in hexadecimal: of the key itself, where
    ``subject_key_id`` is only what a certificate calls it.
    """

    id: str
    tenant: str
    owner: str
    role: str
    edrpou: str | None
    drfo: str | None
    subject_key_id: str | None
    public_key: str
    serial: str
    issuer: str
    valid_from: datetime
    valid_until: datetime
    scheme: str
    agreement: Agreement | None
    policy: KeyPolicy
    created_at: datetime
    signs: bool
    warnings: tuple[str, ...]


class ShownLicence(Struct, frozen=True):
    """An agent's licence; ``until`` is its last day."""

    number: str
    server: str
    keys: int
    issued: date
    until: date


class AgentStatus(Struct, frozen=True):
    """What people look at. ``licence`` None: none is asked for, or none is there."""

    locked: bool
    keys: int
    signing_keys: int
    backend: str
    fallback: bool
    licence: ShownLicence | None
    warnings: tuple[str, ...]


class SignDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """``id`` is the caller's own: the same document under it gets the same signature, however often it is asked.

    ``stamped`` asks for CAdES-T, which the tax service wants of whatever is sent online.
    """

    id: DocumentId
    kind: DocumentKind
    data: Document
    stamped: bool = False


class SignMany(Struct, frozen=True, forbid_unknown_fields=True):
    """Several documents for one key, signed in this order."""

    documents: Annotated[tuple[SignDocument, ...], Meta(min_length=1, max_length=100)]


class SignedDocument(Struct, frozen=True):
    """``repeated``: it had been signed before, and this is that signature."""

    id: str
    key: str
    signature: bytes
    level: Literal["CAdES-BES", "CAdES-T"]
    signed_at: datetime
    repeated: bool


class Unwrap(Struct, frozen=True, forbid_unknown_fields=True):
    """A signed message to be looked into."""

    data: Annotated[bytes, Meta(min_length=1, max_length=1 << 21)]


class Unwrapped(Struct, frozen=True):
    """Its content, and whose signature it is. The signature holds; whether its authority is trusted is not said."""

    content: bytes
    owner: str
    edrpou: str | None
    drfo: str | None
    subject_key_id: str | None
    level: str
    digest: str
    signed_at: datetime | None
    stamped_at: datetime | None
    objections: tuple[str, ...]
    """What the tax service would mind about the form, were it sent online."""
