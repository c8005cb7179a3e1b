"""Key-6.dat, the key file of ІІТ's software: two keys under 10,000 rounds of the hash and GOST 28147, block by block.

::

    SEQUENCE { SEQUENCE { OID 1.3.6.1.4.1.19398.1.1.1.2, SEQUENCE { check OCTET STRING (4), pad OCTET STRING } },
               data OCTET STRING }

``pad`` is the end of the last block. How ``check`` is made is not known for certain, so it is not looked at: a wrong
password gives noise, and noise is no PKCS#8. The file holds no certificate.
"""

from asn1crypto import core

from transports.dstu import gost28147
from transports.dstu.asn1 import structure
from transports.dstu.containers.contents import Contents, known_password, private_keys
from transports.dstu.containers.passwords import checked
from transports.dstu.errors import Malformed, WrongPassword, reading
from transports.dstu.gost34311 import gost34311

KEY_FILE = "1.3.6.1.4.1.19398.1.1.1.2"
ROUNDS = 10_000


_Sealing = structure("Sealing", ("check", core.OctetString), ("pad", core.OctetString, {"optional": True}))


_Protection = structure("Protection", ("type", core.ObjectIdentifier), ("sealing", _Sealing))


KeyFile = structure("KeyFile", ("protection", _Protection), ("data", core.OctetString))
"""The outer structure."""


def open_key_file(data: bytes, password: str) -> Contents:
    """Raises WrongPassword, Malformed or Unsupported."""
    with reading("a Key-6.dat"):
        parsed = KeyFile.load(data, strict=True)
        sealing = parsed["protection"]["sealing"]
        body, pad = parsed["data"].native, sealing["pad"].native or b""
    if (len(body) + len(pad)) % gost28147.BLOCK or len(pad) >= gost28147.BLOCK:
        raise Malformed("not a Key-6.dat: its padding does not fill the last block")
    for secret in known_password(password):
        plain = gost28147.ecb_decrypt(derived(secret), body + pad)[: len(body)]
        try:
            return Contents(tuple(private_keys(checked(plain))), ())
        except WrongPassword:
            continue
    raise WrongPassword("the password does not open this container")


def derived(password: bytes) -> bytes:
    for _ in range(ROUNDS):
        password = gost34311(password)
    return password
