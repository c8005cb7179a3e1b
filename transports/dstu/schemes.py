"""Signing and verifying with whatever key a certificate has: DSTU 4145, RSA, or a curve of NIST.

Ukrainian authorities also issue RSA and ECDSA keys in the same containers; a caller that holds one should not have to
care. cryptography does those two.
"""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from transports.dstu.algorithms import (
    DSTU_GOST34311,
    DSTU_KUPYNA256,
    DSTU_SIGNATURES,
    ECDSA_SHA256,
    ECDSA_SIGNATURES,
    RSA_SHA256,
    RSA_SIGNATURES,
    Digest,
    Scheme,
)
from transports.dstu.errors import Malformed, Unsupported
from transports.dstu.keys import PrivateKey, PublicKey
from transports.dstu.structures import KEY_ALGORITHMS, key_algorithm, read_public_key, write_public_key

SecretKey = PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
AnyPublicKey = PublicKey | rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def scheme_for(key: SecretKey, *, kupyna: bool = False) -> Scheme:
    """What this key signs with. GOST 34.311 unless asked otherwise: only that is known to be accepted everywhere."""
    if isinstance(key, PrivateKey):
        return DSTU_KUPYNA256 if kupyna else DSTU_GOST34311
    return RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA256


def sign(key: SecretKey, scheme: Scheme, data: bytes) -> bytes:
    """The signature's octets over ``data``, as CMS wants them."""
    if isinstance(key, PrivateKey):
        return key.sign(scheme.digest.compute(data))
    digest = _HASHES[scheme.digest.name]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), digest)
    return key.sign(data, ec.ECDSA(digest))


def verifies(info: bytes, oid: str, digest: Digest | None, data: bytes, signature: bytes) -> bool:
    """Whether ``signature`` by the algorithm ``oid`` over ``data`` was made by the key of this SubjectPublicKeyInfo.

    ``digest`` is the one named beside the signature; one that the algorithm itself names must be the same.
    """
    key = load_public_key(info)
    used = _digest(key, oid, digest)
    if isinstance(key, PublicKey):
        return key.verifies(used.compute(data), signature)
    if used.name not in _HASHES:
        raise Unsupported(f"{used.name} with this kind of key")
    return _verified(key, data, signature, _HASHES[used.name])


def _verified(
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, data: bytes, signature: bytes, digest: hashes.HashAlgorithm
) -> bool:
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), digest)
        else:
            key.verify(signature, data, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def _digest(key: AnyPublicKey, oid: str, digest: Digest | None) -> Digest:
    known: dict[str, Digest | None]
    if isinstance(key, PublicKey):
        known = dict(DSTU_SIGNATURES)
    else:
        known = RSA_SIGNATURES if isinstance(key, rsa.RSAPublicKey) else ECDSA_SIGNATURES
    if oid not in known:
        raise Unsupported(f"the signature algorithm {oid} with this kind of key")
    named = known[oid]
    if named is not None and digest is not None and named != digest:
        raise Malformed(f"a signature over {named.name} beside a digest of {digest.name}")
    if (used := named or digest) is None:
        raise Malformed("a signature that names no digest")
    return used


@lru_cache(maxsize=1024)
def load_public_key(info: bytes) -> AnyPublicKey:
    """From a SubjectPublicKeyInfo; Unsupported for other kinds of keys."""
    if key_algorithm(info) in KEY_ALGORITHMS:
        return read_public_key(info)
    try:
        key = serialization.load_der_public_key(info)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unsupported("a public key of a kind that is not known here") from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise Unsupported(f"keys of the kind {type(key).__name__} are not known here")
    return key


def public_info(key: SecretKey) -> bytes:
    """The SubjectPublicKeyInfo of the public half."""
    if isinstance(key, PrivateKey):
        return write_public_key(key.public)
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def is_pair(key: SecretKey, info: bytes) -> bool:
    """Whether the public half of ``key`` is the key of this SubjectPublicKeyInfo, whichever way that is written."""
    other = load_public_key(info)
    if isinstance(key, PrivateKey):
        return key.public == other
    return type(key.public_key()) is type(other) and public_info(key) == _plain(other)


def _plain(key: AnyPublicKey) -> bytes:
    if isinstance(key, PublicKey):
        return write_public_key(key)
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
