"""Tokens as they are made and as they are kept."""

import secrets
from hashlib import sha256

TOKEN_PREFIX = "kassa_"
"""The visible beginning of every token, so that secret scanners and the mask of our log know one when they see it."""


def new_token() -> str:
    """A fresh secret, shown once."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token. It holds 256 random bits, so a slow hash would protect nothing."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
