"""The master key: made from a passphrase by scrypt, or given as 32 bytes in a file or in the environment.

A keyring beside the wrapped keys says which it is and lets a wrong one be recognised before anything is decrypted. It
holds the salt and a check value, nothing that helps an attacker but to try passphrases, at the price that scrypt sets.
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kassanet.agent.failures import AgentFailure

KEY_BYTES: Final = 32
VARIABLE: Final = "KASSANET_AGENT_MASTER_KEY"
PASSPHRASE_VARIABLE: Final = "KASSANET_AGENT_PASSPHRASE"
LEAST_PASSPHRASE: Final = 12
_NONCE = 12
_CHECK = b"kassanet agent keyring"
_SCRYPT_MEMORY = 1 << 30
COST: Final = 1 << 17
"""scrypt's N: with r = 8 it takes 128 MiB and some 0.4 s for each guess."""


class MasterKeyProblem(AgentFailure):
    """The master key is missing, malformed or another; the text says what to do and holds nothing secret."""


class Keyring(msgspec.Struct, frozen=True):
    """How the master key is made (``cost`` 0: it is given as bytes), and a value that only it opens."""

    version: Literal[1]
    salt: bytes
    cost: int
    check: bytes


class MasterKey:
    """32 bytes in memory that :meth:`wipe` overwrites. Copies that the interpreter made may live a little longer."""

    def __init__(self, value: bytes | bytearray) -> None:
        if len(value) != KEY_BYTES:
            raise MasterKeyProblem(f"a master key has {KEY_BYTES} bytes, this one {len(value)}")
        self._value = bytearray(value)
        self._is_wiped = False

    def __repr__(self) -> str:
        return "MasterKey(…)"

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """AES-256-GCM: nonce and ciphertext, good only with the same ``bound_to``."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher().encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Raises ``InvalidTag`` when it was sealed by another key, for something else, or changed since."""
        return self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)

    def wipe(self) -> None:
        """From now on it is good for nothing: what is left of it, zeros, is a key that everybody has."""
        self._value[:] = bytes(KEY_BYTES)
        self._is_wiped = True

    def _cipher(self) -> AESGCM:
        if self._is_wiped:
            raise MasterKeyProblem("this master key was let go of")
        return AESGCM(self._value)


def new_keyring(passphrase: str | None, given: bytes | None) -> tuple[Keyring, MasterKey]:
    """A keyring for the first start or a rotation, from exactly one of the two."""
    salt, cost = secrets.token_bytes(16), COST if given is None else 0
    if given is None and len(passphrase or "") < LEAST_PASSPHRASE:
        raise MasterKeyProblem(f"a passphrase has at least {LEAST_PASSPHRASE} characters")
    master = MasterKey(given) if given is not None else _derived(passphrase or "", salt, cost)
    return Keyring(1, salt, cost, master.seal(_CHECK, salt)), master


def unlocked(keyring: Keyring, passphrase: str | None, given: bytes | None) -> MasterKey:
    """The master key of this keyring; MasterKeyProblem when what was given is not it."""
    if keyring.cost and passphrase is None:
        raise MasterKeyProblem("this agent is locked with a passphrase, and none was given")
    if not keyring.cost and given is None:
        raise MasterKeyProblem("this agent is locked with a key file or variable, and none was given")
    master = _derived(passphrase or "", keyring.salt, keyring.cost) if keyring.cost else MasterKey(given or b"")
    try:
        master.open(keyring.check, keyring.salt)
    except InvalidTag:
        master.wipe()
        raise MasterKeyProblem("the master key is not that of this agent's data") from None
    return master


def _derived(passphrase: str, salt: bytes, cost: int) -> MasterKey:
    return MasterKey(
        hashlib.scrypt(passphrase.encode(), salt=salt, n=cost, r=8, p=1, maxmem=_SCRYPT_MEMORY, dklen=KEY_BYTES)
    )


def from_file(path: Path) -> bytes:
    """32 raw bytes, or as hexadecimal or base64; a file that others may read is refused."""
    try:
        mode, data = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise MasterKeyProblem(f"{path}: {error.strerror}") from None
    if mode & 0o077:
        raise MasterKeyProblem(f"{path} can be read by others: chmod 600 {path}")
    return _read(data, str(path))


def from_environment(variables: Mapping[str, str] = os.environ) -> bytes | None:
    """None where the variable is not set."""
    text = variables.get(VARIABLE)
    return None if text is None else _read(text.encode(), VARIABLE)


def _read(data: bytes, where: str) -> bytes:
    if len(data) == KEY_BYTES:
        return data
    text = data.strip()
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(text.decode("ascii"))
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise MasterKeyProblem(f"{where} holds no master key: {KEY_BYTES} bytes, or these as hexadecimal or base64")


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
