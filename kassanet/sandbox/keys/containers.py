"""Key containers written as the authorities' and the banks' software writes them."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Sequence

from transports.dstu import der, gost28147
from transports.dstu.algorithms import DATA, GOST28147_CFB, GOST34311, HMAC_GOST34311
from transports.dstu.certificates import Certificate
from transports.dstu.containers.contents import MIRRORED, SECOND_CURVE, SECOND_SECRET
from transports.dstu.containers.iit import KEY_FILE, derived
from transports.dstu.containers.jks import MAGIC, SUN_PROTECTOR, WHITENING, protector_stream
from transports.dstu.containers.passwords import PBES2, PBKDF2, pkcs12_key
from transports.dstu.gost34311 import gost34311, hmac_gost34311, pbkdf2
from transports.dstu.imports import secret_of
from transports.dstu.keys import PrivateKey
from transports.dstu.schemes import SecretKey
from transports.dstu.structures import write_curve_name, write_private_key

ROUNDS = 10_000
_BAG = "1.2.840.113549.1.12.10.1."
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_X509, _LOCAL_KEY_ID = "1.2.840.113549.1.9.22.1", "1.2.840.113549.1.9.21"

Pair = tuple[SecretKey, Certificate]


def pkcs12(pairs: Sequence[Pair], password: str, others: Iterable[Certificate] = (), *, bare: bool = False) -> bytes:
    """.pfx, .p12 and .zs2: keys in shrouded bags, certificates together under the same password.

    ``bare`` leaves the certificates out, as some software does.
    """
    keys = der.sequence(*(_key_bag(key, certificate, password) for key, certificate in pairs))
    parts = [der.sequence(der.oid(DATA), der.inside(0, der.octets(keys)))]
    if not bare:
        certificates = [_certificate_bag(each) for each in (*(pair[1] for pair in pairs), *others)]
        parts.append(_encrypted_bags(der.sequence(*certificates), password))
    safe = der.sequence(*parts)
    salt = secrets.token_bytes(32)
    key = pkcs12_key(gost34311, 32, (password + "\0").encode("utf-16-be"), salt, ROUNDS, 3)
    check = der.sequence(der.algorithm(GOST34311.oid, der.null()), der.octets(hmac_gost34311(key, safe)))
    return der.sequence(
        der.integer(3),
        der.sequence(der.oid(DATA), der.inside(0, der.octets(safe))),
        der.sequence(check, der.octets(salt), der.integer(ROUNDS)),
    )


def _encrypted_bags(bags: bytes, password: str) -> bytes:
    algorithm, data = encrypted(bags, password)
    content = der.sequence(der.oid(DATA), algorithm, der.tlv(0x80, data))
    return der.sequence(der.oid(_ENCRYPTED_DATA), der.inside(0, der.sequence(der.integer(0), content)))


def _key_bag(key: SecretKey, certificate: Certificate, password: str) -> bytes:
    identifier = der.attribute(_LOCAL_KEY_ID, der.octets(certificate.key_identifier or b""))
    protected = encrypted_pkcs8(secret_of(key), password)
    return der.sequence(der.oid(_BAG + "2"), der.inside(0, protected), der.set_of([identifier]))


def _certificate_bag(certificate: Certificate) -> bytes:
    held = der.sequence(der.oid(_X509), der.inside(0, der.octets(certificate.encoded)))
    return der.sequence(der.oid(_BAG + "3"), der.inside(0, held))


def encrypted_pkcs8(secret: bytes, password: str) -> bytes:
    """What bags hold, and what stands alone in files named .pk8 or .pem."""
    algorithm, data = encrypted(secret, password)
    return der.sequence(algorithm, der.octets(data))


def encrypted(plain: bytes, password: str) -> tuple[bytes, bytes]:
    """By PBES2 of GOST: the AlgorithmIdentifier, and what became of ``plain``."""
    salt, iv = secrets.token_bytes(32), secrets.token_bytes(8)
    key = pbkdf2(password.encode(), salt, ROUNDS)
    prf = der.algorithm(HMAC_GOST34311, der.null())
    derivation = der.algorithm(PBKDF2, der.sequence(der.octets(salt), der.integer(ROUNDS), prf))
    cipher = der.algorithm(GOST28147_CFB, der.sequence(der.octets(iv), der.octets(gost28147.DKE1)))
    return der.algorithm(PBES2, der.sequence(derivation, cipher)), gost28147.cfb_encrypt(key, iv, plain)


def two_keys(first: PrivateKey, second: PrivateKey | None) -> bytes:
    """PKCS#8 whose attributes hold the key for encryption, as software of ІІТ keeps it."""
    if second is None:
        return write_private_key(first)
    secret = second.d.to_bytes(second.curve.size, "little").translate(MIRRORED)
    held = [
        der.attribute(SECOND_CURVE, write_curve_name(second.curve)),
        der.attribute(SECOND_SECRET, der.bits(secret)),
    ]
    return write_private_key(first, b"".join(held))


def key_file(first: PrivateKey, second: PrivateKey | None, password: str) -> bytes:
    """Key-6.dat. Its check value is a guess (nobody is known to look at it): a hash of what is inside."""
    secret = two_keys(first, second)
    pad = bytes(-len(secret) % gost28147.BLOCK)
    whole = gost28147.ecb_encrypt(derived(password.encode()), secret + pad)
    body, rest = whole[: len(secret)], whole[len(secret) :]
    sealing = der.sequence(der.octets(gost34311(secret)[:4]), der.octets(rest))
    return der.sequence(der.sequence(der.oid(KEY_FILE), sealing), der.octets(body))


def java_store(alias: str, secret: bytes, chain: Sequence[Certificate], password: str) -> bytes:
    """JKS with one key under Sun's protector, as PrivatBank hands it out."""
    word = password.encode("utf-16-be")
    certificates = [_block(b"X.509", 2) + _block(each.encoded, 4) for each in chain]
    store = b"".join(
        (
            MAGIC,
            (2).to_bytes(4, "big"),
            (1).to_bytes(4, "big"),
            (1).to_bytes(4, "big"),
            _block(alias.encode(), 2),
            bytes(8),
            _block(_protected(secret, word), 4),
            len(certificates).to_bytes(4, "big"),
            *certificates,
        )
    )
    return store + hashlib.sha1(word + WHITENING + store).digest()


def _protected(secret: bytes, word: bytes) -> bytes:
    salt = secrets.token_bytes(20)
    data = salt + protector_stream(word, salt, secret) + hashlib.sha1(word + secret).digest()
    return der.sequence(der.algorithm(SUN_PROTECTOR, der.null()), der.octets(data))


def _block(data: bytes, length: int) -> bytes:
    return len(data).to_bytes(length, "big") + data


def pem(name: str, encoded: bytes) -> bytes:
    """One block; several make a file."""
    lines = base64.encodebytes(encoded).replace(b"\n", b"")
    wrapped = b"".join(lines[at : at + 64] + b"\n" for at in range(0, len(lines), 64))
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (name.encode(), wrapped, name.encode())
