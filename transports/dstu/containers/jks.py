"""Java key stores, as PrivatBank hands keys out: keys under Sun's protector, each with its chain of certificates.

Big-endian all through: magic, version, count; an entry is a tag (1 a key, 2 a certificate), an alias and a time; SHA-1
over the password, the words "Mighty Aphrodite" and all before it seals the file. Sun's protector is a stream of SHA-1.
"""

import hashlib
import struct
from collections.abc import Iterator
from struct import Struct as Layout

from msgspec import Struct

from transports.dstu.containers.contents import Contents, certificates_among, private_keys
from transports.dstu.containers.passwords import EncryptedKey, open_pbes2
from transports.dstu.errors import Malformed, Unsupported, WrongPassword, reading
from transports.dstu.gost34311 import same
from transports.dstu.schemes import SecretKey

MAGIC = b"\xfe\xed\xfe\xed"
SUN_PROTECTOR = "1.3.6.1.4.1.42.2.17.1.1"
WHITENING = b"Mighty Aphrodite"
_SHA1 = 20
_U16, _U32, _U64 = Layout(">H"), Layout(">I"), Layout(">Q")
_KEY, _CERTIFICATE = 1, 2
_PREFIX = 16  # some software puts a few bytes of its own before the store


class _Entry(Struct):
    key: bytes | None
    certificates: list[bytes]


def starts_store(data: bytes) -> int | None:
    """Where the store begins, None when there is none."""
    at = data[: _PREFIX + len(MAGIC)].find(MAGIC)
    return at if at >= 0 else None


def open_store(data: bytes, password: str) -> Contents:
    """Raises WrongPassword, Malformed or Unsupported. The store's password is that of its keys too."""
    secret = password.encode("utf-16-be")
    store = data[starts_store(data) or 0 :]
    if len(store) < 12 + _SHA1:
        raise Malformed("not a Java key store: cut off")
    if not same(hashlib.sha1(secret + WHITENING + store[:-_SHA1]).digest(), store[-_SHA1:]):
        raise WrongPassword("the password does not open this container")
    with reading("a Java key store"):
        entries = _entries(store[:-_SHA1])
        keys: list[SecretKey] = []
        for entry in entries:
            if entry.key is not None:
                keys += private_keys(_unprotected(entry.key, secret, password))
    return Contents(tuple(keys), tuple(certificates_among(each for entry in entries for each in entry.certificates)))


def _entries(store: bytes) -> list[_Entry]:
    reader = _Reader(store)
    magic, version, count = (reader.number(_U32) for _ in range(3))
    if _U32.pack(magic) != MAGIC or version not in (1, 2):
        raise Unsupported(f"a Java key store of version {version}")
    return [_entry(reader, version) for _ in range(_plausible(count, store))]


def _plausible(count: int, store: bytes) -> int:
    if count > len(store):
        raise Malformed("not a Java key store: more entries than bytes")
    return count


def _entry(reader: "_Reader", version: int) -> _Entry:
    tag = reader.number(_U32)
    reader.block(_U16)  # the alias
    reader.number(_U64)  # when it was made
    if tag == _KEY:
        key = reader.block(_U32)
        chain = range(_plausible(reader.number(_U32), reader.data))
        return _Entry(key, [_certificate(reader, version) for _ in chain])
    if tag == _CERTIFICATE:
        return _Entry(None, [_certificate(reader, version)])
    raise Malformed(f"not a Java key store: an entry of the kind {tag}")


def _certificate(reader: "_Reader", version: int) -> bytes:
    if version == 2:
        reader.block(_U16)  # its type, X.509
    return reader.block(_U32)


class _Reader:
    """Takes one thing after another; Malformed at the end of the data."""

    def __init__(self, data: bytes) -> None:
        self.data, self._at = data, 0

    def number(self, layout: Layout) -> int:
        try:
            (value,) = layout.unpack_from(self.data, self._at)
        except struct.error as cut:
            raise Malformed("not a Java key store: cut off") from cut
        self._at += layout.size
        return int(value)

    def block(self, length: Layout) -> bytes:
        size = self.number(length)
        start, self._at = self._at, self._at + size
        if self._at > len(self.data):
            raise Malformed("not a Java key store: cut off")
        return self.data[start : self._at]


def _unprotected(protected: bytes, secret: bytes, password: str) -> bytes:
    encrypted = EncryptedKey.load(protected, strict=True)
    if encrypted["algorithm"]["algorithm"].dotted != SUN_PROTECTOR:
        return open_pbes2(encrypted, password.encode())
    data = encrypted["data"].native
    salt, body, check = data[:_SHA1], data[_SHA1:-_SHA1], data[-_SHA1:]
    plain = protector_stream(secret, salt, body)
    if not same(hashlib.sha1(secret + plain).digest(), check):
        raise WrongPassword("the password opens the store, but not the key in it")
    return plain


def protector_stream(secret: bytes, salt: bytes, body: bytes) -> bytes:
    """Sun's protector, both directions."""
    stream = b"".join(_stream(secret, salt, len(body)))[: len(body)]
    return (int.from_bytes(body, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(body), "big")


def _stream(secret: bytes, salt: bytes, size: int) -> Iterator[bytes]:
    for _ in range(0, size, _SHA1):
        salt = hashlib.sha1(secret + salt).digest()
        yield salt
