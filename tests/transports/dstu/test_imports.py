"""From a container to a signer: the right key of several, its certificate, and in a process of its own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassanet.sandbox.keys import containers as written
from kassanet.sandbox.keys.certificates import Owner, Terms
from tests.transports.dstu.people import DOCUMENT, NOW, YEAR, authority, holder
from transports.dstu import apart
from transports.dstu.curves import M257
from transports.dstu.errors import KeyMismatch, Malformed, NoSigningKey, SignatureProblem, TooSlow, WrongPassword
from transports.dstu.imports import KeyMaterial, import_key
from transports.dstu.keys import new_key
from transports.dstu.verification import verify

ME = holder()
PASSWORD = "password"
PAIRS = ((ME.second, ME.second_certificate), (ME.key, ME.certificate))
PFX = written.pkcs12(PAIRS, PASSWORD, [authority().certificate])
KEY_FILE = written.key_file(ME.key, ME.second, PASSWORD)


def test_the_signing_key_is_found_among_several() -> None:
    material = import_key(PFX, PASSWORD)
    assert material.certificate == ME.certificate.encoded
    assert verify(material.signer().sign(DOCUMENT, NOW), at=NOW).certificate == ME.certificate
    assert "…" in repr(material)


def test_a_certificate_may_come_beside_the_container() -> None:
    beside = [ME.second_certificate.encoded, written.pem("CERTIFICATE", ME.certificate.encoded)]
    assert import_key(KEY_FILE, PASSWORD, beside) == import_key(PFX, PASSWORD)


def test_of_two_certificates_of_a_key_the_longer_is_taken() -> None:
    longer = authority().certify(Owner("Касир"), ME.key, Terms(NOW, NOW + 2 * YEAR))
    for order in ([longer, ME.certificate], [ME.certificate, longer]):
        assert import_key(KEY_FILE, PASSWORD, [each.encoded for each in order]).certificate == longer.encoded


def test_a_key_without_certificate_is_of_no_use() -> None:
    with pytest.raises(NoSigningKey, match="no certificate"):
        import_key(KEY_FILE, PASSWORD)
    with pytest.raises(NoSigningKey, match="no key"):
        import_key(ME.certificate.encoded, PASSWORD)


def test_a_certificate_of_another_key_is_refused() -> None:
    other = authority().certify(Owner("Інший"), new_key(M257), Terms(NOW, NOW + YEAR))
    with pytest.raises(KeyMismatch):
        import_key(KEY_FILE, PASSWORD, [other.encoded, authority().certificate.encoded])


def test_a_key_for_encryption_is_not_taken() -> None:
    with pytest.raises(NoSigningKey, match="not for signing"):
        import_key(KEY_FILE, PASSWORD, [ME.second_certificate.encoded])


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(Malformed):
        import_key(KEY_FILE, PASSWORD, [b"junk"])
    with pytest.raises(Malformed):
        import_key(KEY_FILE, PASSWORD, [written.two_keys(ME.key, None)])


def test_in_a_process_of_its_own() -> None:
    assert apart.import_apart(PFX, PASSWORD) == import_key(PFX, PASSWORD)
    with pytest.raises(WrongPassword) as told:
        apart.import_apart(PFX, "wrong password")
    assert "wrong password" not in str(told.value)


def test_too_much_work_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "ROUNDS", 49_000_000)
    monkeypatch.setattr(written, "pbkdf2", lambda password, salt, rounds: bytes(32))
    endless = written.encrypted_pkcs8(b"", PASSWORD)
    with pytest.raises(TooSlow):
        apart.import_apart(endless, PASSWORD, seconds=1)


def test_a_process_that_died_is_told() -> None:
    with pytest.raises(TooSlow, match="bounds"):
        apart.decode(b"")


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_whatever_the_process_writes(output: bytes) -> None:
    try:
        apart.decode(output)
    except SignatureProblem:
        return
    raise AssertionError("noise was taken for a key")


def test_what_goes_to_the_process_and_back_is_not_shown() -> None:
    assert PASSWORD not in repr(apart.Attempt(PFX, PASSWORD))
    assert "secret" not in repr(apart.Answer(KeyMaterial(b"secret", b"")))


def test_the_process_leaves_no_core_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr("resource.setrlimit", lambda kind, bounds: limits.append((kind, bounds)))

    class Pipe:
        def __init__(self, data: bytes = b"") -> None:
            self.buffer, self.data = self, data

        def read(self) -> bytes:
            return self.data

        def write(self, data: bytes) -> None:
            self.data = data

    out = Pipe()
    monkeypatch.setattr("sys.stdin", Pipe(apart.encode(KEY_FILE, PASSWORD, [ME.certificate.encoded])))
    monkeypatch.setattr("sys.stdout", out)
    apart.main()
    assert apart.decode(out.data) == import_key(PFX, PASSWORD)
    assert (0, 0) in [bounds for _, bounds in limits]
