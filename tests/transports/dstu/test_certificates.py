"""Certificates: what is read out of them, who issued them, when they are of use."""

from datetime import timedelta

import pytest

from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from tests.transports.dstu.people import NOW, TIN, YEAR, authority, holder, sample
from transports.dstu.certificates import Certificate, read_certificate
from transports.dstu.curves import M257, M431
from transports.dstu.errors import BadSignature, Malformed, NotValid, Unsupported
from transports.dstu.keys import PublicKey, new_key
from transports.dstu.schemes import load_public_key


def made(owner: Owner) -> Certificate:
    return authority().certify(owner, new_key(M257), Terms(NOW, NOW + YEAR))


def test_what_a_certificate_says() -> None:
    read = holder().certificate
    assert (read.owner, read.edrpou, read.drfo, read.role) == ("Касир Тестовий", TIN, TIN, "entrepreneur")
    assert read.tins == {TIN}
    assert (read.not_before, read.not_after) == (NOW - YEAR, NOW + YEAR)
    assert read.usages == {"digital_signature", "non_repudiation"}
    assert read.time_stamp_urls == ("http://127.0.0.1/tsp",)
    assert read.issuer_name == authority().certificate.owner
    key = load_public_key(read.public_info)
    assert isinstance(key, PublicKey)
    assert read.subject_key_id == key.identifier.hex()
    assert str(holder().key.d) not in repr(read)


@pytest.mark.parametrize(
    ("owner", "role"),
    [
        (Owner("a", edrpou="40000001", stamp=True), "stamp"),
        (Owner("a", edrpou="40000001"), "stamp"),
        (Owner("a", edrpou="40000001", drfo=TIN), "employee"),
        (Owner("a", drfo=TIN), "personal"),
        (Owner("a"), "unknown"),
    ],
)
def test_roles(owner: Owner, role: str) -> None:
    assert made(owner).role == role


def test_issuers_are_checked() -> None:
    root, other = authority().certificate, Authority.founded(NOW)
    holder().certificate.check_issued_by(root)
    root.check_issued_by(root)
    with pytest.raises(BadSignature):
        holder().certificate.check_issued_by(other.certificate)  # of the same name, with another key
    with pytest.raises(BadSignature):
        root.check_issued_by(holder().certificate)


def test_an_authority_with_the_longer_key() -> None:
    root = Authority.founded(NOW, curve=M431)
    leaf = root.certify(Owner("a"), new_key(M431), Terms(NOW, NOW + YEAR))
    leaf.check_issued_by(root.certificate)


def test_a_holder_is_no_authority() -> None:
    """Whoever has a certificate must not be able to issue others with its key."""
    forger = Authority(holder().key, holder().certificate)
    forged = forger.certify(Owner("a"), new_key(M257), Terms(NOW, NOW + YEAR))
    with pytest.raises(BadSignature):
        forged.check_issued_by(holder().certificate)


def test_times_and_uses() -> None:
    read, second = timedelta(seconds=1), holder().second_certificate
    certificate = holder().certificate
    for at in (certificate.not_before, NOW, certificate.not_after):
        certificate.check_signing(at)
    for at in (certificate.not_before - read, certificate.not_after + read):
        with pytest.raises(NotValid, match="valid"):
            certificate.check_signing(at)
    with pytest.raises(NotValid, match="not for signing"):
        second.check_signing(NOW)


@pytest.mark.parametrize("place", range(0, 900, 37))
def test_damaged_certificates_are_noticed(place: int) -> None:
    """Wherever the damage is: either it is no certificate any more, or its signature does not hold."""
    damaged = bytearray(holder().certificate.encoded)
    damaged[place] ^= 0x10
    with pytest.raises((Malformed, BadSignature, Unsupported)):
        read_certificate(bytes(damaged)).check_issued_by(authority().certificate)


def test_real_certificates() -> None:
    folder = sample("diia_certs")
    found = {path.name[:9]: read_certificate(path.read_bytes()) for path in folder.glob("*.cer")}
    root, issuer = found["CAO-05E19"], found["diia-CA-0"]
    for leaf in (path.read_bytes() for path in folder.glob("diia-[to]*") if "tsp" not in path.name):
        read_certificate(leaf).check_issued_by(issuer)
    issuer.check_issued_by(root)  # M431
    root.check_issued_by(root)
    stamp = read_certificate(next(folder.glob("diia-test-sign*")).read_bytes())
    assert (stamp.role, stamp.edrpou) == ("stamp", "43395033")
    assert stamp.time_stamp_urls == ("http://ca.informjust.ua/services/tsp/",)
    with pytest.raises(NotValid):
        stamp.check_signing(NOW)
    stamp.check_signing(stamp.not_before)
