"""Certificates for tests: self-signed ones, and an authority with what it issues."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def write_certificate(folder: Path, name: str = "kassanet", password: bytes | None = None) -> tuple[Path, Path]:
    """``NAME.pem`` and ``NAME.key`` for 127.0.0.1; ``password`` encrypts the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    how: KeySerializationEncryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    chain, secret = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    return chain, secret


def trusting(chain: Path) -> ssl.SSLContext:
    """What a client that knows only this certificate uses."""
    return ssl.create_default_context(cafile=str(chain))


class Authority:
    """Issues certificates for clients: ``NAME.pem`` and ``NAME.key`` in its folder."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        anyone = x509.BasicConstraints(ca=True, path_length=None)
        made = _begun(self._name, self._name, self._key, 36_500).add_extension(anyone, critical=True)
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(self, subject: str, name: str, days: int = 36_500) -> tuple[Path, Path]:
        """``subject`` by RFC 4514; valid for so many days since the beginning of 2026."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _begun(x509.Name.from_rfc4514_string(subject), self._name, key, days).sign(self._key, hashes.SHA256())
        chain, secret = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        chain.write_bytes(made.public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return chain, secret


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOW)
    return builder.not_valid_after(NOW + datetime.timedelta(days=days))
