"""Which container some bytes are, by their contents: names and endings of key files mean little."""

from collections.abc import Iterator
from typing import Literal

from asn1crypto import core, pem

from transports.dstu import der
from transports.dstu.certificates import read_certificate
from transports.dstu.containers.contents import Contents, known_password, private_keys
from transports.dstu.containers.iit import KEY_FILE, open_key_file
from transports.dstu.containers.jks import open_store, starts_store
from transports.dstu.containers.passwords import EncryptedKey, open_pbes2
from transports.dstu.containers.pkcs12 import open_pkcs12
from transports.dstu.errors import Malformed, Unsupported, WrongPassword, reading

Kind = Literal["pkcs12", "key-6", "jks", "pkcs8", "encrypted-pkcs8", "certificate", "pem"]
LARGEST = 1 << 20
"""Bytes. A container of a few keys and certificates has some 2 to 20 KB."""


def open_container(data: bytes, password: str) -> Contents:
    """All keys and certificates of a container; the password is not used where nothing is encrypted.

    Raises WrongPassword, Malformed for what is no container or is damaged, Unsupported for those of unknown kinds.
    """
    kind = kind_of(data)
    if kind == "pkcs12":
        return open_pkcs12(data, password)
    if kind == "key-6":
        return open_key_file(data, password)
    if kind == "jks":
        return open_store(data, password)
    if kind == "pem":
        return _open_pem(data, password)
    return _open_bare(kind, data, password)


def kind_of(data: bytes) -> Kind:
    """Malformed for what is none of them."""
    if not data or len(data) > LARGEST:
        raise Malformed(f"not a key container: {len(data)} bytes")
    if starts_store(data) is not None:
        return "jks"
    if pem.detect(data):
        return "pem"
    with reading("a key container"):
        return _kind_of_structure(der.parts(data))


def _kind_of_structure(parts: list[bytes]) -> Kind:
    tags = [part[0] for part in parts]
    if tags[:2] == [der.INTEGER, der.SEQUENCE]:
        return "pkcs12" if int.from_bytes(der.content(parts[0]), "big") == 3 else "pkcs8"
    if tags == [der.SEQUENCE, der.OCTET_STRING]:
        kind = core.ObjectIdentifier.load(der.parts(parts[0])[0], strict=True).dotted
        return "key-6" if kind == KEY_FILE else "encrypted-pkcs8"
    if tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
        return "certificate"
    raise Malformed("not a key container that is known here")


def _open_bare(kind: Kind, data: bytes, password: str) -> Contents:
    if kind == "certificate":
        return Contents((), (read_certificate(data),))
    if kind == "pkcs8":
        return Contents(tuple(private_keys(data)), ())
    with reading("an encrypted private key"):
        encrypted = EncryptedKey.load(data, strict=True)
    for secret in known_password(password):
        try:
            return Contents(tuple(private_keys(open_pbes2(encrypted, secret))), ())
        except WrongPassword:
            continue
    raise WrongPassword("the password does not open this container")


_BARE: dict[str, Kind] = {
    "PRIVATE KEY": "pkcs8",
    "ENCRYPTED PRIVATE KEY": "encrypted-pkcs8",
    "CERTIFICATE": "certificate",
}


def _open_pem(data: bytes, password: str) -> Contents:
    """Every block of the file."""
    if not (opened := list(_pem_blocks(data, password))):
        raise Malformed("not a key container: a PEM file without keys and certificates")
    return Contents(
        tuple(key for each in opened for key in each.keys),
        tuple(certificate for each in opened for certificate in each.certificates),
    )


def _pem_blocks(data: bytes, password: str) -> Iterator[Contents]:
    with reading("a PEM file"):
        blocks = [(name, headers, body) for name, headers, body in pem.unarmor(data, multiple=True)]
    for name, headers, body in blocks:
        if (kind := _BARE.get(name)) is not None and not headers:
            yield _open_bare(kind, body, password)
        elif name.endswith("PRIVATE KEY"):
            raise Unsupported(f"a PEM block {name}: turn it into PKCS#8")
