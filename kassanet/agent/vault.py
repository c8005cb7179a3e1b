"""Secrets at rest: each key's own random data key encrypts its secret, and the master key wraps that data key.

Both layers are AES-256-GCM and bound to the key's id, its tenant and the layout's version, so that no row can be moved
into the place of another. A new master key means wrapping 32 bytes anew for each key; the secrets stay as they are.
"""

import secrets
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kassanet.agent.failures import AgentFailure
from kassanet.agent.master import KEY_BYTES, MasterKey
from transports.dstu.imports import KeyMaterial

VERSION: Literal[1] = 1
_NONCE = 12


class Damaged(AgentFailure):
    """What is stored of a key cannot be opened: changed since, moved, or of another master key."""


class Sealed(msgspec.Struct, frozen=True):
    """A wrapped secret as it is stored."""

    version: Literal[1]
    wrapped: bytes
    data: bytes


def sealed(master: MasterKey, key_id: str, tenant: str, secret: bytes) -> bytes:
    """For the store."""
    data_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE)
    data = nonce + AESGCM(data_key).encrypt(nonce, secret, _bound(b"secret", key_id, tenant))
    return msgspec.msgpack.encode(Sealed(VERSION, master.seal(data_key, _bound(b"data key", key_id, tenant)), data))


def opened(master: MasterKey, key_id: str, tenant: str, stored: bytes) -> bytes:
    """The secret; Damaged when it cannot be had."""
    try:
        row = msgspec.msgpack.decode(stored, type=Sealed)
        data_key = master.open(row.wrapped, _bound(b"data key", key_id, tenant))
        return AESGCM(data_key).decrypt(row.data[:_NONCE], row.data[_NONCE:], _bound(b"secret", key_id, tenant))
    except (InvalidTag, msgspec.DecodeError, ValueError) as error:
        raise Damaged(f"the secret of key {key_id} cannot be opened") from error


def rewrapped(old: MasterKey, new: MasterKey, key_id: str, tenant: str, stored: bytes) -> bytes:
    """The same secret under another master key."""
    try:
        row = msgspec.msgpack.decode(stored, type=Sealed)
        data_key = old.open(row.wrapped, _bound(b"data key", key_id, tenant))
    except (InvalidTag, msgspec.DecodeError, ValueError) as error:
        raise Damaged(f"the secret of key {key_id} cannot be opened") from error
    wrapped = new.seal(data_key, _bound(b"data key", key_id, tenant))
    return msgspec.msgpack.encode(msgspec.structs.replace(row, wrapped=wrapped))


def material(master: MasterKey, key_id: str, tenant: str, stored: bytes, certificate: bytes) -> KeyMaterial:
    """What a signer is made of."""
    return KeyMaterial(opened(master, key_id, tenant, stored), certificate)


def _bound(purpose: bytes, key_id: str, tenant: str) -> bytes:
    return b"|".join((b"kassanet-agent", purpose, str(VERSION).encode(), tenant.encode(), key_id.encode()))
