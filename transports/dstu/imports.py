"""Taking a key in: from a container and its password to the one key that may sign, with its certificate.

Computing the public key from the secret one and finding it in a certificate settles every doubt about byte orders and
mistaken files at once. A container often holds a second key, for encryption; it is left where it is.
"""

from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives import serialization
from msgspec import Struct

from transports.dstu.certificates import Certificate, read_certificate
from transports.dstu.containers import Contents, open_container
from transports.dstu.containers.contents import private_keys
from transports.dstu.errors import KeyMismatch, Malformed, NoSigningKey, Unsupported
from transports.dstu.keys import PrivateKey
from transports.dstu.schemes import SecretKey, is_pair
from transports.dstu.signing import Signer
from transports.dstu.structures import write_private_key


class KeyMaterial(Struct, frozen=True):
    """What is kept of a key: ``secret`` is its PKCS#8 without any protection, to be wrapped at once by the caller."""

    secret: bytes
    certificate: bytes

    def __repr__(self) -> str:
        return "KeyMaterial(…)"

    def signer(self, *, kupyna: bool = False) -> Signer:
        """Ready to sign. Raises what :class:`Signer` raises."""
        (key, *_) = private_keys(self.secret)
        return Signer(key, read_certificate(self.certificate), kupyna=kupyna)


def import_key(container: bytes, password: str, certificates: Sequence[bytes] = ()) -> KeyMaterial:
    """The signing key of a container, checked against its certificate.

    ``certificates`` come beside the container where it holds none (Key-6.dat): in DER, PEM, or several in one PEM.
    Raises WrongPassword, Malformed, Unsupported; KeyMismatch when no certificate is of one of the keys; NoSigningKey
    when those that are, are not for signing, or when there is no key or certificate at all.
    """
    contents = open_container(container, password)
    known = (*contents.certificates, *_given(certificates))
    if not contents.keys or not known:
        raise NoSigningKey("no key in the container" if known else "no certificate came with the key")
    key, certificate = _signing_pair(contents, known)
    return KeyMaterial(secret_of(key), certificate.encoded)


def _given(certificates: Iterable[bytes]) -> Iterable[Certificate]:
    for each in certificates:
        found = open_container(each, "")
        if not found.certificates or found.keys:
            raise Malformed("not a certificate")
        yield from found.certificates


def _signing_pair(contents: Contents, known: Sequence[Certificate]) -> tuple[SecretKey, Certificate]:
    """Of several certificates of the key the one that is valid longest: old ones stay in containers."""
    pairs = [(key, each) for key in contents.keys for each in known if _belongs(key, each)]
    if not pairs:
        raise KeyMismatch("none of the certificates is that of a key in the container")
    signing = [pair for pair in pairs if pair[1].may_sign]
    if not signing:
        raise NoSigningKey("the certificates that go with the keys are not for signing")
    return max(signing, key=lambda pair: pair[1].not_after)


def _belongs(key: SecretKey, certificate: Certificate) -> bool:
    try:
        return is_pair(key, certificate.public_info)
    except (Unsupported, Malformed):
        return False  # the certificate of some other key, perhaps of an authority


def secret_of(key: SecretKey) -> bytes:
    """PKCS#8 in DER, not encrypted."""
    if isinstance(key, PrivateKey):
        return write_private_key(key)
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
