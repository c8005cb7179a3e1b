"""From a password to an open private key: PBES2 as Ukrainian and other software writes it, and the keys of PKCS#12.

Ukrainian containers use PBKDF2 with HMAC over GOST 34.311 and GOST 28147 in CFB. What opened is recognised by its
structure: a wrong password gives noise, and noise is no PKCS#8.
"""

import hashlib
from collections.abc import Callable

from asn1crypto import core
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from transports.dstu import gost28147
from transports.dstu.algorithms import GOST28147_CFB, HMAC_GOST34311
from transports.dstu.asn1 import Parsed, is_absent, structure
from transports.dstu.errors import Malformed, Unsupported, WrongPassword, reading
from transports.dstu.gost34311 import pbkdf2
from transports.dstu.structures import Algorithm, private_key_algorithm

PBES2 = "1.2.840.113549.1.5.13"
PBKDF2 = "1.2.840.113549.1.5.12"
_HMAC = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_AES = {"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}
_MOST_ROUNDS = 50_000_000  # more than that is an attack, or damage


EncryptedKey = structure("EncryptedKey", ("algorithm", Algorithm), ("data", core.OctetString))
"""EncryptedPrivateKeyInfo."""


_Gost28147 = structure("Gost28147", ("iv", core.OctetString), ("sbox", core.OctetString, {"optional": True}))


_Pbkdf2 = structure(
    "Pbkdf2",
    ("salt", core.OctetString),
    ("rounds", core.Integer),
    ("size", core.Integer, {"optional": True}),
    ("prf", Algorithm, {"optional": True}),
)


_Pbes2 = structure("Pbes2", ("derivation", Algorithm), ("cipher", Algorithm))


def is_pbes2(encrypted: Parsed) -> bool:
    return bool(encrypted["algorithm"]["algorithm"].dotted == PBES2)


def open_pbes2(encrypted: Parsed, password: bytes, *, as_key: bool = True) -> bytes:
    """PKCS#8, or else whatever was encrypted. WrongPassword, Unsupported or Malformed."""
    with reading("an encrypted private key"):
        if not is_pbes2(encrypted):
            raise Unsupported(f"the encryption {encrypted['algorithm']['algorithm'].dotted} is not known here")
        scheme = _Pbes2.load(encrypted["algorithm"]["parameters"].dump(), strict=True)
        decrypt, size = _cipher(scheme["cipher"])
        key = _derived(scheme["derivation"], password, size)
        data = encrypted["data"].native
    plain = decrypt(key, data)
    return checked(plain) if as_key else plain


def checked(plain: bytes) -> bytes:
    """PKCS#8 it is, or the password was wrong."""
    try:
        private_key_algorithm(plain)
    except Malformed as noise:
        raise WrongPassword("the password does not open this container") from noise
    return plain


def _derived(derivation: Parsed, password: bytes, size: int) -> bytes:
    if derivation["algorithm"].dotted != PBKDF2:
        raise Unsupported(f"the key derivation {derivation['algorithm'].dotted} is not known here")
    parameters = _Pbkdf2.load(derivation["parameters"].dump(), strict=True)
    salt, rounds = parameters["salt"].native, parameters["rounds"].native
    prf = "1.2.840.113549.2.7" if is_absent(parameters["prf"]) else parameters["prf"]["algorithm"].dotted
    if not 0 < rounds <= _MOST_ROUNDS:
        raise Malformed(f"a key derivation of {rounds} rounds")
    if prf == HMAC_GOST34311:
        return pbkdf2(password, salt, rounds, size)
    if prf not in _HMAC:
        raise Unsupported(f"the key derivation by {prf} is not known here")
    return hashlib.pbkdf2_hmac(_HMAC[prf], password, salt, rounds, size)


def _cipher(cipher: Parsed) -> tuple[Callable[[bytes, bytes], bytes], int]:
    """How to decrypt with a key, and the size of that key."""
    oid = cipher["algorithm"].dotted
    if oid == GOST28147_CFB:
        parameters = _Gost28147.load(cipher["parameters"].dump(), strict=True)
        iv, sbox = parameters["iv"].native, parameters["sbox"].native or gost28147.DKE1
        return lambda key, data: gost28147.cfb_decrypt(key, iv, data, sbox), gost28147.KEY
    if oid in _AES:
        start = core.OctetString.load(cipher["parameters"].dump(), strict=True).native
        return lambda key, data: _aes(key, start, data), _AES[oid]
    raise Unsupported(f"the cipher {oid} is not known here")


def _aes(key: bytes, iv: bytes, data: bytes) -> bytes:
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()
    except ValueError as noise:
        raise WrongPassword("the password does not open this container") from noise


def pkcs12_key(
    digest: Callable[[bytes], bytes], block: int, password: bytes, salt: bytes, rounds: int, purpose: int
) -> bytes:
    """One digest's worth of key (RFC 7292, appendix B.2); ``purpose`` 3 is that of the check value."""
    if not 0 < rounds <= _MOST_ROUNDS:
        raise Malformed(f"a key derivation of {rounds} rounds")
    made = bytes((purpose,)) * block + _filled(salt, block) + _filled(password, block)
    for _ in range(rounds):
        made = digest(made)
    return made


def _filled(value: bytes, block: int) -> bytes:
    """Repeated up to a multiple of the block."""
    size = -(-len(value) // block) * block
    return (value * (size // len(value) + 1))[:size] if value else b""
