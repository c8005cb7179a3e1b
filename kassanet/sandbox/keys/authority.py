"""The authority itself: a key, its own certificate, and serial numbers that do not repeat."""

import secrets
from datetime import datetime, timedelta

from kassanet.sandbox.keys.certificates import ISSUING, Owner, Terms, issue, key_identifier, subject
from transports.dstu.certificates import Certificate, read_certificate
from transports.dstu.curves import M257, Curve
from transports.dstu.keys import PrivateKey, new_key
from transports.dstu.schemes import SecretKey

_SERIAL_BITS = 151  # real ones have 20 bytes; the highest bit stays clear
OWNER = Owner("Тестовий надавач kassanet", organisation="kassanet sandbox", number="UA-00000000-1000")


class Authority:
    """Issues certificates. ``key`` and ``certificate`` are its own, and in tests anyone may have them."""

    def __init__(self, key: PrivateKey, certificate: Certificate) -> None:
        self.key, self.certificate = key, certificate

    @classmethod
    def founded(cls, at: datetime, *, years: int = 10, curve: Curve = M257, owner: Owner = OWNER) -> "Authority":
        """A new one, whose certificate it signs itself."""
        key = new_key(curve)
        terms = Terms(at, at + timedelta(days=365 * years), usages=ISSUING, is_authority=True)
        name, identifier = subject(owner), key_identifier(key)
        encoded = issue(owner, key, terms, secrets.randbits(_SERIAL_BITS), name, key, identifier)
        return cls(key, read_certificate(encoded))

    def certify(self, owner: Owner, key: SecretKey, terms: Terms) -> Certificate:
        """A certificate for the public half of ``key``."""
        encoded = issue(
            owner,
            key,
            terms,
            secrets.randbits(_SERIAL_BITS),
            self.certificate.subject,
            self.key,
            key_identifier(self.key),
        )
        return read_certificate(encoded)
