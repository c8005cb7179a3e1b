"""Digests and signature algorithms by their object identifiers, and the choice that a signer has.

Everything Ukrainian lives under 1.2.804.2.1.1.1.1. Keys of RSA and on the curves of NIST come in the same containers
and sign with SHA-256.
"""

import hashlib
from collections.abc import Callable

from msgspec import Struct

from transports.dstu import der
from transports.dstu.errors import Unsupported
from transports.dstu.gost34311 import gost34311
from transports.dstu.kupyna import kupyna256

UA = "1.2.804.2.1.1.1.1"
DSTU4145 = UA + ".3.1.1"
"""DSTU 4145 with GOST 34.311, polynomial basis, little-endian: also the algorithm of every such key."""

DSTU4145_KUPYNA = UA + ".3.6.1.1"
HMAC_GOST34311 = UA + ".1.2"
GOST28147_CFB = UA + ".1.1.3"
RSA = "1.2.840.113549.1.1.1"
EC = "1.2.840.10045.2.1"

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"
CONTENT_TIME_STAMP = "1.2.840.113549.1.9.16.2.20"


class Digest(Struct, frozen=True):
    """A hash function and its name."""

    name: str
    oid: str
    compute: Callable[[bytes], bytes]

    @property
    def identifier(self) -> bytes:
        """AlgorithmIdentifier without parameters."""
        return der.algorithm(self.oid)


class Scheme(Struct, frozen=True):
    """What is signed with: a digest and the identifier of the signature algorithm."""

    name: str
    digest: Digest
    oid: str
    parameters: bytes = b""

    @property
    def identifier(self) -> bytes:
        return der.algorithm(self.oid, self.parameters)


GOST34311 = Digest("gost34311", UA + ".2.1", gost34311)
KUPYNA256 = Digest("kupyna256", UA + ".2.2.1", kupyna256)
SHA256 = Digest("sha256", "2.16.840.1.101.3.4.2.1", lambda data: hashlib.sha256(data).digest())
SHA384 = Digest("sha384", "2.16.840.1.101.3.4.2.2", lambda data: hashlib.sha384(data).digest())
SHA512 = Digest("sha512", "2.16.840.1.101.3.4.2.3", lambda data: hashlib.sha512(data).digest())
_DIGESTS = {digest.oid: digest for digest in (GOST34311, KUPYNA256, SHA256, SHA384, SHA512)}

DSTU_GOST34311 = Scheme("dstu4145-gost34311", GOST34311, DSTU4145)
DSTU_KUPYNA256 = Scheme("dstu4145-kupyna256", KUPYNA256, DSTU4145_KUPYNA)
RSA_SHA256 = Scheme("rsa-sha256", SHA256, "1.2.840.113549.1.1.11", der.null())
ECDSA_SHA256 = Scheme("ecdsa-sha256", SHA256, "1.2.840.10045.4.3.2")

DSTU_SIGNATURES = {DSTU4145: GOST34311, DSTU4145_KUPYNA: KUPYNA256}
RSA_SIGNATURES = {
    RSA: None,  # the digest is named elsewhere
    "1.2.840.113549.1.1.11": SHA256,
    "1.2.840.113549.1.1.12": SHA384,
    "1.2.840.113549.1.1.13": SHA512,
}
ECDSA_SIGNATURES = {
    EC: None,
    "1.2.840.10045.4.3.2": SHA256,
    "1.2.840.10045.4.3.3": SHA384,
    "1.2.840.10045.4.3.4": SHA512,
}


def digest_of(oid: str) -> Digest:
    """Unsupported for a digest that is not known, or is not to be trusted any more (SHA-1, MD5)."""
    if (digest := _DIGESTS.get(oid)) is None:
        raise Unsupported(f"the digest {oid} is not known here")
    return digest
