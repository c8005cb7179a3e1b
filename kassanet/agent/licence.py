"""Licences: who may run an agent, for how many keys, until when. Signed with Ed25519 by the cash desk, checked offline.

The file is one JSON object: ``licence`` (what was signed, base64) and ``signature``. An agent that was told the cash
desk's public key (``licence_key``) signs only with a licence; without one told it is nobody's but its owner's.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from msgspec import Meta, Struct

from kassanet.agent.failures import AgentFailure

WARN_DAYS = 30
_PURPOSE = b"kassanet agent licence\n"  # a signature made for something else is none


class LicenceProblem(AgentFailure):
    """The licence cannot be used; the text says why."""


class Licence(Struct, frozen=True, forbid_unknown_fields=True):
    """``until`` is the last day on which it holds."""

    number: Annotated[str, Meta(min_length=1, max_length=64)]
    server: Annotated[str, Meta(min_length=1, max_length=200)]
    keys: Annotated[int, Meta(ge=1, le=1_000_000)]
    issued: date
    until: date

    def standing(self, today: date) -> Literal["good", "ending", "over"]:
        if today > self.until:
            return "over"
        return "ending" if today > self.until - timedelta(days=WARN_DAYS) else "good"


class _Signed(Struct, frozen=True):
    licence: bytes
    signature: bytes


def issue(licence: Licence, key: Ed25519PrivateKey) -> bytes:
    """The file."""
    said = msgspec.json.encode(licence)
    return msgspec.json.encode(_Signed(said, key.sign(_PURPOSE + said))) + b"\n"


def read(data: bytes, key: Ed25519PublicKey | None) -> Licence:
    """Raises LicenceProblem. ``key`` None: the signature is not looked at, for showing what a file says."""
    try:
        signed = msgspec.json.decode(data, type=_Signed)
        if key is not None:
            key.verify(signed.signature, _PURPOSE + signed.licence)
        return msgspec.json.decode(signed.licence, type=Licence)
    except InvalidSignature:
        raise LicenceProblem("the licence was not signed by the cash desk that this agent knows") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LicenceProblem(f"this is no licence: {error}") from None


def load_public(path: Path) -> Ed25519PublicKey:
    """PEM. Raises LicenceProblem."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LicenceProblem(f"{path}: {getattr(error, 'strerror', None) or 'no public key in PEM'}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise LicenceProblem(f"{path} holds a key of another kind than Ed25519")
    return key


def load_private(path: Path) -> Ed25519PrivateKey:
    """PEM; made anew, with the public half beside it (``.pub``), where there is none. Raises LicenceProblem."""
    if not path.exists():
        _write_new(path)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise LicenceProblem(f"{path}: {getattr(error, 'strerror', None) or 'no private key in PEM'}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LicenceProblem(f"{path} holds a key of another kind than Ed25519")
    return key


def _write_new(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path.with_name(f"{path.name}.pub").write_bytes(public)
