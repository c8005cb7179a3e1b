"""Key containers of every kind: opened, refused with a wrong password, and never broken by damage."""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from kassanet.sandbox.keys import containers as written
from tests.transports.dstu.people import NOW, YEAR, authority, holder, sample
from transports.dstu import field, gost28147, gost34311, points
from transports.dstu.certificates import read_certificate
from transports.dstu.containers import kind_of, open_container
from transports.dstu.errors import Malformed, SignatureProblem, Unsupported, WrongPassword
from transports.dstu.gost34311 import pbkdf2
from transports.dstu.imports import secret_of
from transports.dstu.keys import PrivateKey
from transports.dstu.schemes import is_pair
from transports.dstu.structures import write_private_key

PASSWORD = "пароль-Ї 1"
ME = holder()
PAIRS = ((ME.key, ME.certificate), (ME.second, ME.second_certificate))
BOTH = written.two_keys(ME.key, ME.second)


def every_kind() -> dict[str, bytes]:
    """All containers, with few rounds where they state their number: opening them is what is tested, not waiting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written, "ROUNDS", 50)
        return {
            "pfx": written.pkcs12(PAIRS, PASSWORD, [authority().certificate]),
            "zs2": written.pkcs12(PAIRS, PASSWORD, bare=True),
            "key-6": written.key_file(ME.key, ME.second, PASSWORD),
            "jks": written.java_store("ключ", BOTH, [ME.certificate, authority().certificate], PASSWORD),
            "pbes2": written.encrypted_pkcs8(BOTH, PASSWORD),
            "pem": written.pem("ENCRYPTED PRIVATE KEY", written.encrypted_pkcs8(BOTH, PASSWORD))
            + written.pem("CERTIFICATE", ME.certificate.encoded),
        }


CONTAINERS = every_kind()
HELD = {"pfx": 3, "zs2": 0, "key-6": 0, "jks": 2, "pbes2": 0, "pem": 1}


@pytest.mark.parametrize("name", CONTAINERS)
def test_both_keys_and_all_certificates_come_out(name: str) -> None:
    opened = open_container(CONTAINERS[name], PASSWORD)
    assert opened.keys == (ME.key, ME.second)
    assert len(opened.certificates) == HELD[name]
    assert not opened.certificates or opened.certificates[0] == ME.certificate
    assert str(ME.key.d) not in repr(opened)


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", PASSWORD.upper()])
def test_a_wrong_password(name: str, password: str) -> None:
    with pytest.raises(WrongPassword) as told:
        open_container(CONTAINERS[name], password)
    assert PASSWORD not in str(told.value)


def test_python_alone_opens_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (field, gost28147, gost34311, points):
        monkeypatch.setattr(module, "NATIVE", None)
    monkeypatch.setattr(written, "ROUNDS", 5)
    assert open_container(written.pkcs12(PAIRS, PASSWORD), PASSWORD).keys == (ME.key, ME.second)


def test_old_passwords_may_be_of_another_encoding() -> None:
    cyrillic = "пароль".encode("cp1251")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written, "pbkdf2", lambda password, salt, rounds: pbkdf2(cyrillic, salt, rounds))
        encrypted = written.encrypted_pkcs8(BOTH, "пароль")
    assert open_container(encrypted, "пароль").keys[0] == ME.key


def test_a_java_store_is_sealed_as_a_whole() -> None:
    """Its certificates too, which the protection of the key does not cover."""
    store = bytearray(CONTAINERS["jks"])
    store[store.index(ME.certificate.encoded) + 300] ^= 1
    with pytest.raises(WrongPassword):
        open_container(bytes(store), PASSWORD)


def test_nothing_is_asked_where_nothing_is_encrypted() -> None:
    bare = write_private_key(ME.key)
    assert open_container(bare, "whatever").keys == (ME.key,)
    assert open_container(written.pem("PRIVATE KEY", bare), "").keys == (ME.key,)
    assert open_container(ME.certificate.encoded, "").certificates == (ME.certificate,)


def test_some_bytes_may_stand_before_a_java_store() -> None:
    assert open_container(b"Q\0\0\0\0\1" + CONTAINERS["jks"], PASSWORD).keys[0] == ME.key


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pfx", "pkcs12"),
        ("zs2", "pkcs12"),
        ("key-6", "key-6"),
        ("jks", "jks"),
        ("pbes2", "encrypted-pkcs8"),
        ("pem", "pem"),
    ],
)
def test_kinds_are_told_by_their_contents(name: str, kind: str) -> None:
    assert kind_of(CONTAINERS[name]) == kind


def foreign_certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Інший ключ")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(5).not_valid_before(NOW - YEAR).not_valid_after(NOW + YEAR)
    return builder.sign(key, hashes.SHA256())


FOREIGN: list[rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = [
    rsa.generate_private_key(65537, 2048),
    ec.generate_private_key(ec.SECP256R1()),
]
ENCRYPTIONS: list[Callable[[], serialization.KeySerializationEncryption]] = [
    lambda: serialization.BestAvailableEncryption(PASSWORD.encode()),
    lambda: (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(PASSWORD.encode())
    ),
]


@pytest.mark.parametrize("key", FOREIGN, ids=["rsa", "ecdsa"])
@pytest.mark.parametrize("encryption", ENCRYPTIONS, ids=["pbes2", "3des"])
def test_keys_of_other_kinds(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: Callable[[], serialization.KeySerializationEncryption],
) -> None:
    certificate = foreign_certificate(key)
    data = pkcs12.serialize_key_and_certificates(b"me", key, certificate, None, encryption())
    opened = open_container(data, PASSWORD)
    assert [is_pair(each, opened.certificates[0].public_info) for each in opened.keys] == [True]
    assert opened.certificates[0].owner == "Інший ключ"
    with pytest.raises(WrongPassword):
        open_container(data, "wrong")


@pytest.mark.parametrize("key", FOREIGN, ids=["rsa", "ecdsa"])
def test_keys_of_other_kinds_in_java_stores(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    certificate = read_certificate(foreign_certificate(key).public_bytes(serialization.Encoding.DER))
    store = written.java_store("a", secret_of(key), [certificate], "pass")
    (opened,) = open_container(store, "pass").keys
    assert is_pair(opened, certificate.public_info)


def test_kinds_of_keys_that_are_not_known() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    encoded = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(Unsupported):
        open_container(encoded, "")
    legacy = FOREIGN[0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    with pytest.raises(Unsupported, match="PKCS#8"):
        open_container(legacy, "")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xce\xce\xce\xce" + bytes(40), bytes(100), bytes(1 << 21)])
def test_what_is_no_container(data: bytes) -> None:
    with pytest.raises(Malformed):
        open_container(data, PASSWORD)


SMALL = {
    "key": write_private_key(ME.key),
    "two keys": BOTH,
    "jks": CONTAINERS["jks"],
    "pem": written.pem("PRIVATE KEY", BOTH),
    "pfx": CONTAINERS["pfx"],
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SMALL)), st.data())
def test_damage_is_told_and_breaks_nothing(name: str, data: st.DataObject) -> None:
    """A container with bytes changed, cut off or added: a key of ours, or a problem of ours."""
    damaged = bytearray(SMALL[name])
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged))) if data.draw(st.booleans()) else len(damaged)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transports.dstu.containers.passwords._MOST_ROUNDS", 20_000)  # damage may ask for millions
        try:
            opened = open_container(bytes(damaged[:cut]), PASSWORD)
        except SignatureProblem:
            return
    assert all(isinstance(key, PrivateKey) for key in opened.keys)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xfe\xed\xfe\xed\0\0\0\2", b"\x30\x82\1\0\2\1\3", b"-----BEGIN X-----\n"]),
)
def test_garbage_is_never_taken(data: bytes, start: bytes) -> None:
    with pytest.raises(SignatureProblem):
        open_container(start + data, PASSWORD)


def test_real_containers() -> None:
    both = open_container(sample("test-diia.p12").read_bytes(), "testpassword")
    stamp = read_certificate(next(sample("diia_certs").glob("diia-test-sign*")).read_bytes())
    kep = read_certificate(next(sample("diia_certs").glob("diia-test-kep*")).read_bytes())
    assert [is_pair(*pair) for pair in zip(both.keys, (stamp.public_info, kep.public_info), strict=True)] == [
        True,
        True,
    ]
    with pytest.raises(WrongPassword):
        open_container(sample("test-diia.p12").read_bytes(), "wrong")
    assert len(open_container(sample("test-jks.jks").read_bytes(), "testpassword").keys) == 1
    keys = {open_container(sample(f"jkurwa/{name}").read_bytes(), "password").keys[0] for name in
            ("STORE_A040.dat", "STORE_A040.pem", "Key40A0.pem")}  # fmt: skip
    assert len(keys) == 1
