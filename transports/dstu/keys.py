"""Keys of DSTU 4145-2002: signing and verifying a digest, and their forms on the wire.

The public key is Q = −d·G. A digest is read as a little-endian number, a signature is r ‖ s, both little-endian and as
long as the order: 64 bytes on M257, 108 on M431. The same nonce under two digests gives the key away, so a nonce is
drawn from the operating system *and* bound to the key and the digest: should the source of randomness fail or repeat
itself, two different digests still get two different nonces.
"""

import hmac
import secrets
from functools import lru_cache

from msgspec import Struct

from transports.dstu import der, points
from transports.dstu.curves import Curve, Point
from transports.dstu.errors import Malformed
from transports.dstu.gost34311 import gost34311

_NONCE_BYTES = 64  # more than the longest order has, and hashed below to more than that again


class PublicKey(Struct, frozen=True):
    """A point of a curve."""

    curve: Curve
    point: Point

    @property
    def compressed(self) -> bytes:
        return self.curve.compress(self.point)

    @property
    def identifier(self) -> bytes:
        """SubjectKeyIdentifier as Ukrainian authorities make it: the hash of the key's OCTET STRING, 32 bytes."""
        return gost34311(der.octets(self.compressed))

    def verifies(self, digest: bytes, signature: bytes) -> bool:
        """Whether these r ‖ s were made over this digest with the secret half of this key."""
        curve, size = self.curve, self.curve.scalar_size
        if len(signature) != 2 * size:
            return False
        r, s = (int.from_bytes(half, "little") for half in (signature[:size], signature[size:]))
        if not (0 < r < curve.n and 0 < s < curve.n):
            return False
        point = points.combine(curve, s, r, self.point)
        return point is not None and _shortened(curve, digest, point[0]) == r


class PrivateKey(Struct, frozen=True):
    """``d`` is the secret. It is never shown: ``repr`` names the curve."""

    curve: Curve
    d: int

    def __repr__(self) -> str:
        return f"PrivateKey({self.curve.name})"

    __str__ = __repr__

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.curve, points.negative_multiple(self.curve, self.d))

    def sign(self, digest: bytes) -> bytes:
        """r ‖ s. Takes the nonce from the operating system each time."""
        while True:
            if signature := self.sign_with(digest, self._nonce(digest)):
                return signature

    def sign_with(self, digest: bytes, nonce: int) -> bytes | None:
        """With this nonce, or None when it is of no use. For test vectors: a nonce serves once."""
        curve, size = self.curve, self.curve.scalar_size
        r = _shortened(curve, digest, points.secret_x(curve, nonce))
        s = (nonce + self.d * r) % curve.n
        if not r or not s:
            return None
        return r.to_bytes(size, "little") + s.to_bytes(size, "little")

    def _nonce(self, digest: bytes) -> int:
        """1 … n − 1: HMAC-SHA-512, keyed with the secret, over fresh randomness and the digest."""
        secret = self.d.to_bytes(self.curve.scalar_size, "little")
        fresh = secrets.token_bytes(_NONCE_BYTES)
        drawn = hmac.digest(secret, fresh + digest, "sha512") + hmac.digest(secret, digest + fresh, "sha512")
        return int.from_bytes(drawn, "big") % (self.curve.n - 1) + 1


def private_key(curve: Curve, d: int) -> PrivateKey:
    """Malformed when this is no secret of the curve."""
    if not 0 < d < curve.n:
        raise Malformed("not a secret key of its curve")
    return PrivateKey(curve, d)


def new_key(curve: Curve) -> PrivateKey:
    return PrivateKey(curve, 1 + secrets.randbelow(curve.n - 1))


@lru_cache(maxsize=1024)
def expanded(curve: Curve, compressed: bytes) -> PublicKey:
    """The key of this compressed point; the same few come again and again."""
    return PublicKey(curve, curve.expand(compressed))


def _shortened(curve: Curve, digest: bytes, x: int) -> int:
    """h·x, without its highest bits. A digest longer than the field loses its own; 0 counts as 1."""
    number = int.from_bytes(digest, "little") & curve.field.full or 1
    return curve.field.multiply(number, x) & curve.r_mask
