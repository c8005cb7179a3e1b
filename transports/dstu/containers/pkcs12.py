"""PKCS#12 (.pfx, .p12, .zs2): keys and certificates under one password, sealed by a check value.

Ukrainian containers seal with HMAC over GOST 34.311, and their bags are PBES2. Those of other software, with the older
ciphers of PKCS#12 itself, hold RSA and ECDSA keys and are opened by cryptography.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator

from asn1crypto import core, pkcs12
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12 as foreign

from transports.dstu.algorithms import GOST34311
from transports.dstu.asn1 import Parsed, is_absent, structure
from transports.dstu.certificates import Certificate
from transports.dstu.containers.contents import Contents, certificates_among, known_password, private_keys
from transports.dstu.containers.passwords import EncryptedKey, is_pbes2, open_pbes2, pkcs12_key
from transports.dstu.errors import Unsupported, WrongPassword, reading
from transports.dstu.gost34311 import gost34311, hmac_gost34311, same
from transports.dstu.schemes import SecretKey
from transports.dstu.structures import Algorithm

_SHROUDED_KEY = "1.2.840.113549.1.12.10.1.2"
_PLAIN_KEY = "1.2.840.113549.1.12.10.1.1"
_CERTIFICATE = "1.2.840.113549.1.12.10.1.3"
_BAGS, _ENCRYPTED_BAGS = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_SHA = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_CHECK_VALUE = 3  # the purpose, for the derivation of keys


_EncryptedContent = structure(
    "EncryptedContent",
    ("type", core.ObjectIdentifier),
    ("algorithm", Algorithm),
    ("data", core.OctetString, {"implicit": 0}),
)


_EncryptedData = structure("EncryptedData", ("version", core.Integer), ("content", _EncryptedContent))


def open_pkcs12(data: bytes, password: str) -> Contents:
    """Raises WrongPassword, Malformed or Unsupported."""
    with reading("a PKCS#12 container"):
        container = pkcs12.Pfx.load(data, strict=True)
        sealed = container["auth_safe"]["content"].native
        _check_seal(container["mac_data"], sealed, password)
        bags = list(_bags(sealed, password))
    if any(bag is None for bag in bags):
        return _by_cryptography(data, password)
    return _gathered([bag for bag in bags if bag is not None])


def _check_seal(seal: Parsed, sealed: bytes, password: str) -> None:
    if is_absent(seal):
        return
    oid = seal["mac"]["digest_algorithm"]["algorithm"].dotted
    derive, mac = _seal_by(oid)
    secret = (password + "\0").encode("utf-16-be")
    key = derive(secret, seal["mac_salt"].native, seal["iterations"].native)
    if not same(mac(key, sealed), seal["mac"]["digest"].native):
        raise WrongPassword("the password does not open this container")


def _seal_by(oid: str) -> tuple[Callable[[bytes, bytes, int], bytes], Callable[[bytes, bytes], bytes]]:
    if oid == GOST34311.oid:
        return lambda secret, salt, rounds: pkcs12_key(
            gost34311, 32, secret, salt, rounds, _CHECK_VALUE
        ), hmac_gost34311
    if (name := _SHA.get(oid)) is None:
        raise Unsupported(f"a container sealed by {oid}, which is not known here")
    block = hashlib.new(name).block_size

    def digest(data: bytes) -> bytes:
        return hashlib.new(name, data).digest()

    return (
        lambda secret, salt, rounds: pkcs12_key(digest, block, secret, salt, rounds, _CHECK_VALUE),
        lambda key, data: hmac.digest(key, data, name),
    )


Bag = tuple[str, bytes]
"""The bag's type, and PKCS#8 or a certificate in DER."""


def _bags(sealed: bytes, password: str) -> Iterator[Bag | None]:
    """None stands for what only cryptography opens."""
    for part in pkcs12.AuthenticatedSafe.load(sealed, strict=True):
        kind = part["content_type"].dotted
        if kind == _BAGS:
            yield from _open_bags(part["content"].native, password)
        elif kind == _ENCRYPTED_BAGS:
            content = _EncryptedData.load(part["content"].untag().dump())["content"]
            encrypted = EncryptedKey({"algorithm": content["algorithm"], "data": content["data"].native})
            if not is_pbes2(encrypted):
                yield None
                continue
            yield from _open_bags(_tried(encrypted, password, as_key=False), password)


def _open_bags(contents: bytes, password: str) -> Iterator[Bag | None]:
    for bag in pkcs12.SafeContents.load(contents, strict=True):
        kind, value = bag["bag_id"].dotted, bag["bag_value"]
        if kind == _SHROUDED_KEY:
            encrypted = EncryptedKey.load(value.untag().dump())
            yield (_PLAIN_KEY, _tried(encrypted, password)) if is_pbes2(encrypted) else None
        elif kind == _PLAIN_KEY:
            yield kind, value.untag().dump()
        elif kind == _CERTIFICATE:
            yield kind, bytes(value["cert_value"])


def _tried(encrypted: Parsed, password: str, *, as_key: bool = True) -> bytes:
    for secret in known_password(password):
        try:
            return open_pbes2(encrypted, secret, as_key=as_key)
        except WrongPassword:
            continue
    raise WrongPassword("the password does not open this container")


def _gathered(bags: list[Bag]) -> Contents:
    keys: list[SecretKey] = []
    for kind, value in bags:
        if kind == _PLAIN_KEY:
            keys += private_keys(value)
    return Contents(tuple(keys), tuple(certificates_among(value for kind, value in bags if kind == _CERTIFICATE)))


def _by_cryptography(data: bytes, password: str) -> Contents:
    try:
        opened = foreign.load_pkcs12(data, password.encode())
    except ValueError as error:
        raise Unsupported("a PKCS#12 container of a kind that is not known here") from error
    if not isinstance(opened.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Unsupported("a PKCS#12 container without a key that is known here")
    held = [opened.cert, *opened.additional_certs]
    return Contents((opened.key,), tuple(_from_cryptography(held)))


def _from_cryptography(held: list[Parsed]) -> Iterator[Certificate]:
    return certificates_among(each.certificate.public_bytes(serialization.Encoding.DER) for each in held if each)
