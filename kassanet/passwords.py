"""Passwords of cashiers: kept as what scrypt makes of them, and slow to try.

One guess takes 16 MiB and some 50 ms of one core, in a thread, and no more than two at once: whoever tries many does
not take the service's time.
"""

import hashlib
import hmac
import secrets
from functools import partial

import trio

_SALT = 16
_COST, _BLOCK, _BYTES = 1 << 14, 8, 32
_MEMORY = 1 << 26
AT_ONCE = 2

_NOBODY = bytes(_SALT + _BYTES)
"""Tried for logins that nobody has, so that they take as long as others."""


class Passwords:
    """Makes hashes and compares."""

    def __init__(self) -> None:
        self._turn = trio.CapacityLimiter(AT_ONCE)

    async def hashed(self, password: str) -> bytes:
        """Salt and hash, for the store."""
        salt = secrets.token_bytes(_SALT)
        return salt + await self._derived(password, salt)

    async def fits(self, password: str, stored: bytes | None) -> bool:
        """Whether it is the password of that hash; never for None."""
        held = stored or _NOBODY
        derived = await self._derived(password, held[:_SALT])
        return hmac.compare_digest(derived, held[_SALT:]) and stored is not None

    async def _derived(self, password: str, salt: bytes) -> bytes:
        scrypt = partial(
            hashlib.scrypt, password.encode("utf-8", "surrogatepass"),
            salt=salt, n=_COST, r=_BLOCK, p=1, maxmem=_MEMORY, dklen=_BYTES,
        )  # fmt: skip
        return await trio.to_thread.run_sync(scrypt, limiter=self._turn)
