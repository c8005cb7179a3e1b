"""Self-signed certificates for tests."""

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
