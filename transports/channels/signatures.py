"""Signatures: computed, and compared in constant time so that nobody guesses one byte after another."""

import hashlib
import hmac
from typing import Literal

HashName = Literal["md5", "ripemd160", "sha1", "sha256", "sha384", "sha512"]


def digest(name: HashName, text: str) -> str:
    """Lower-case hex. Raises ValueError where this machine's OpenSSL does not offer the hash (ripemd160 may be off)."""
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def same(given: str, expected: str) -> bool:
    """Equal without regard to the case of hex digits, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.strip().lower().encode(), expected.lower().encode())


def hmac_sha256(secret: str, timestamp: str, body: bytes) -> str:
    """Hex of HMAC-SHA256 over ``timestamp + "." + body``: the form of kassanet's own notices."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
