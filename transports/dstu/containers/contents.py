"""What comes out of a container, and single private keys as every container holds them (PKCS#8)."""

from collections.abc import Iterable, Iterator, Mapping

from asn1crypto import core
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import Struct

from transports.dstu.certificates import Certificate, read_certificate
from transports.dstu.errors import Malformed, Unsupported, reading
from transports.dstu.keys import PrivateKey, private_key
from transports.dstu.schemes import SecretKey
from transports.dstu.structures import (
    KEY_ALGORITHMS,
    private_key_algorithm,
    private_key_attributes,
    read_parameters,
    read_private_key,
)

SECOND_CURVE = "1.3.6.1.4.1.19398.1.1.2.2"
SECOND_SECRET = "1.3.6.1.4.1.19398.1.1.2.3"
"""Attributes of a PKCS#8 key in which software of ІІТ keeps the second key, that for encryption."""


MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""The second secret is a BIT STRING in the literal sense: its first bit is the lowest one of the number."""


class Contents(Struct, frozen=True):
    """Everything that a container held, in its order."""

    keys: tuple[SecretKey, ...]
    certificates: tuple[Certificate, ...]

    def __repr__(self) -> str:
        return f"Contents({len(self.keys)} keys, {len(self.certificates)} certificates)"


def known_password(password: str) -> Iterable[bytes]:
    """As bytes, in the encodings that software uses: UTF-8, and for Cyrillic ones also windows-1251."""
    yield password.encode()
    if not password.isascii():
        try:
            yield password.encode("cp1251")  # whether old key files were made so is inference, so it is tried last
        except UnicodeEncodeError:
            return


def private_keys(info: bytes) -> Iterator[SecretKey]:
    """The key of a PKCS#8 structure, and the second one from its attributes if there is one."""
    if private_key_algorithm(info) not in KEY_ALGORITHMS:
        yield _foreign_key(info)
        return
    yield read_private_key(info)
    if (second := _second_key(private_key_attributes(info))) is not None:
        yield second


def _foreign_key(info: bytes) -> SecretKey:
    try:
        key = serialization.load_der_private_key(info, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unsupported("a private key of a kind that is not known here") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Unsupported(f"keys of the kind {type(key).__name__} are not known here")
    return key


def _second_key(attributes: Mapping[str, bytes]) -> PrivateKey | None:
    if SECOND_CURVE not in attributes or SECOND_SECRET not in attributes:
        return None
    with reading("attributes of a private key"):
        secret = core.OctetBitString.load(attributes[SECOND_SECRET]).native
        try:
            curve = read_parameters(attributes[SECOND_CURVE])
        except Unsupported:
            return None  # the first key, which signs, is good without it
        return private_key(curve, int.from_bytes(secret.translate(MIRRORED), "little"))


def certificates_among(encoded: Iterable[bytes]) -> Iterator[Certificate]:
    """Those that can be read: an odd one beside a key must not make the key unusable."""
    for each in encoded:
        try:
            yield read_certificate(each)
        except Malformed:
            continue
