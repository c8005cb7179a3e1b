"""CMS made and verified: the tax service's form, every kind of damage, messages of other origin."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from tests.transports.dstu.people import DOCUMENT, NOW, YEAR, authority, holder, sample, signer
from transports.dstu import der
from transports.dstu.algorithms import CONTENT_TIME_STAMP, DATA, DSTU4145, GOST34311, KUPYNA256
from transports.dstu.certificates import read_certificate
from transports.dstu.curves import M257
from transports.dstu.errors import BadSignature, KeyMismatch, Malformed, NotValid, SignatureProblem
from transports.dstu.keys import new_key
from transports.dstu.messages import appended, read_message
from transports.dstu.schemes import SecretKey, verifies
from transports.dstu.signing import Signer
from transports.dstu.verification import objections, unwrap, verify

MESSAGE = signer().sign(DOCUMENT, NOW)


def test_the_form_that_the_tax_service_wants() -> None:
    message = read_message(MESSAGE)
    (only,) = message.signers
    assert objections(message, stamped=False) == []
    assert (message.version, only.version, message.content_type) == (1, 1, "1.2.840.113549.1.7.1")
    assert (only.digest, only.algorithm) == ("1.2.804.2.1.1.1.1.2.1", "1.2.804.2.1.1.1.1.3.1.1")
    assert (only.issuer, only.serial) == (holder().certificate.issuer, holder().certificate.serial)
    assert len(only.attributes) == 4
    assert len(only.signature) == 64
    assert [each.serial for each in message.certificates] == [holder().certificate.serial]


def test_it_is_der_all_through() -> None:
    loaded = cms.ContentInfo.load(MESSAGE, strict=True)
    attributes = loaded["content"]["signer_infos"][0]["signed_attrs"]
    encoded = [attribute.dump() for attribute in attributes]
    assert encoded == sorted(encoded)
    assert loaded["content"]["signer_infos"][0]["signed_attrs"].native  # every attribute is one that is known


@pytest.mark.parametrize("kupyna", [False, True])
def test_what_is_signed_verifies(way: str, kupyna: bool) -> None:
    made = Signer(holder().key, holder().certificate, kupyna=kupyna).sign(DOCUMENT, NOW)
    verified = verify(made, authorities=[authority().certificate], at=NOW)
    assert (verified.content, verified.level, verified.signing_time) == (DOCUMENT, "CAdES-BES", NOW)
    assert verified.digest == ("kupyna256" if kupyna else "gost34311")
    assert verified.certificate == holder().certificate
    assert unwrap(made) == DOCUMENT


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=2000))
def test_any_content_goes_round(content: bytes) -> None:
    assert verify(signer().sign(content, NOW)).content == content


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())])
def test_keys_of_other_kinds_sign_too(key: SecretKey) -> None:
    certificate = authority().certify(Owner("Інший ключ", edrpou="40000001"), key, Terms(NOW, NOW + YEAR))
    made = Signer(key, certificate).sign(DOCUMENT, NOW)
    verified = verify(made, authorities=[authority().certificate], at=NOW)
    assert (verified.content, verified.digest) == (DOCUMENT, "sha256")
    with pytest.raises(BadSignature):
        verify(made.replace(DOCUMENT, DOCUMENT[:-1] + b"?"))


def test_two_signatures_are_never_the_same() -> None:
    assert len({read_message(signer().sign(DOCUMENT, NOW)).signers[0].signature for _ in range(10)}) == 10


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(MESSAGE) * 8 - 1))
def test_one_flipped_bit_anywhere(bit: int) -> None:
    """Nothing verifies but the same content by the same certificate. A few bits of a message mean nothing to anyone:
    its version, the list of digests at its beginning.
    """
    damaged = bytearray(MESSAGE)
    damaged[bit // 8] ^= 1 << bit % 8
    try:
        verified = verify(bytes(damaged), authorities=[authority().certificate], at=NOW)
    except SignatureProblem:
        return
    assert (verified.content, verified.certificate, verified.signing_time) == (DOCUMENT, holder().certificate, NOW)


def signer_changed(change: Callable[[list[bytes]], None]) -> bytes:
    """The message with the fields of its signer changed: …, signed attributes, algorithm, signature."""

    def within(fields: list[bytes]) -> None:
        (only,) = der.parts(fields[4])
        parts = der.parts(only)
        change(parts)
        fields[4] = der.set_of([der.sequence(*parts)])

    return rebuilt(within)


@pytest.mark.parametrize("place", range(64))
def test_every_byte_of_the_signature_counts(place: int) -> None:
    def spoilt(parts: list[bytes]) -> None:
        octets = bytearray(der.content(parts[-1]))
        octets[place] ^= 1 << place % 8
        parts[-1] = der.octets(bytes(octets))

    with pytest.raises(BadSignature, match="signature"):
        verify(signer_changed(spoilt))


def test_every_signed_attribute_counts() -> None:
    later = der.time(NOW + timedelta(seconds=1))

    def spoilt(parts: list[bytes]) -> None:
        parts[3] = parts[3].replace(der.time(NOW), later)

    with pytest.raises(BadSignature, match="signature"):
        verify(signer_changed(spoilt))


def test_the_type_of_the_content_counts() -> None:
    def renamed(fields: list[bytes]) -> None:
        fields[2] = fields[2].replace(der.oid(DATA), der.oid(DATA[:-1] + "9"))

    with pytest.raises(BadSignature, match="another type"):
        verify(rebuilt(renamed))


def test_digest_and_signature_must_agree() -> None:
    def renamed(parts: list[bytes]) -> None:
        parts[2] = KUPYNA256.identifier

    with pytest.raises(BadSignature):
        verify(signer_changed(renamed))
    info, data = holder().certificate.public_info, b"data"
    signature = holder().key.sign(GOST34311.compute(data))
    assert verifies(info, DSTU4145, None, data, signature)
    assert verifies(info, DSTU4145, GOST34311, data, signature)
    with pytest.raises(Malformed, match="beside"):
        verifies(info, DSTU4145, KUPYNA256, data, signature)


def test_a_pair_is_asked_for() -> None:
    with pytest.raises(KeyMismatch):
        Signer(new_key(M257), holder().certificate)
    with pytest.raises(KeyMismatch):
        Signer(holder().second, holder().certificate)


@pytest.mark.parametrize("off", [-2 * YEAR, 2 * YEAR])
def test_expired_certificates_do_not_sign(off: timedelta) -> None:
    with pytest.raises(NotValid):
        signer().sign(DOCUMENT, NOW + off)


def test_keys_for_encryption_do_not_sign() -> None:
    with pytest.raises(NotValid, match="not for signing"):
        Signer(holder().second, holder().second_certificate).sign(DOCUMENT, NOW)


def test_validity_is_asked_about_at_verification() -> None:
    verify(MESSAGE)
    with pytest.raises(NotValid):
        verify(MESSAGE, at=NOW + 2 * YEAR)


def test_trust_is_asked_about() -> None:
    for stranger in ([], [Authority.founded(NOW).certificate], [holder().certificate]):
        with pytest.raises(BadSignature):
            verify(MESSAGE, authorities=stranger)


def test_content_may_travel_apart() -> None:
    without = rebuilt(detached)
    assert verify(without, content=DOCUMENT).content == DOCUMENT
    with pytest.raises(BadSignature):
        verify(without, content=DOCUMENT + b" ")
    with pytest.raises(Malformed, match="without its content"):
        verify(without)
    with pytest.raises(Malformed, match="without its content"):
        unwrap(without)
    assert "the content is not inside" in objections(read_message(without), stamped=False)


def rebuilt(change: Callable[[list[bytes]], None]) -> bytes:
    """The message with its fields changed: version, digests, content, certificates, signers."""
    content_type, wrapped = der.parts(MESSAGE)
    fields = der.parts(der.content(wrapped))
    change(fields)
    return der.sequence(content_type, der.inside(0, der.sequence(*fields)))


def detached(fields: list[bytes]) -> None:
    fields[2] = der.sequence(der.parts(fields[2])[0])


def doubled(fields: list[bytes]) -> None:
    fields[4] = der.tlv(der.SET, der.content(fields[4]) * 2)


def with_issuer(fields: list[bytes]) -> None:
    fields[3] = der.inside(0, der.content(fields[3]), authority().certificate.encoded)


def test_the_certificate_may_be_known_otherwise() -> None:
    bare = Signer(holder().key, holder().certificate, embedded=False).sign(DOCUMENT, NOW)
    with pytest.raises(BadSignature, match="neither"):
        verify(bare)
    assert verify(bare, known=[holder().certificate]).certificate == holder().certificate


def test_another_certificate_of_the_same_key_is_not_the_one_meant() -> None:
    """signingCertificateV2 is what ties a signature to one certificate; the key alone would not."""
    certificate = holder().certificate
    head, algorithm, signature = der.parts(certificate.encoded)
    fields = der.parts(head)
    fields[4] = der.sequence(der.time(NOW - YEAR), der.time(NOW + 2 * YEAR))
    other = read_certificate(der.sequence(der.sequence(*fields), algorithm, signature))
    bare = Signer(holder().key, certificate, embedded=False).sign(DOCUMENT, NOW)
    with pytest.raises(BadSignature, match="another certificate"):
        verify(bare, known=[other])


def test_a_message_holds_one_signature() -> None:
    encoded = rebuilt(doubled)
    with pytest.raises(BadSignature, match="exactly one"):
        verify(encoded)
    assert objections(read_message(encoded), stamped=False) == ["2 signatures instead of one"]
    with pytest.raises(Malformed):
        appended(encoded, der.attribute("1.2.3", der.null()))


def test_what_the_tax_service_minds() -> None:
    found = objections(read_message(rebuilt(with_issuer)), stamped=True)
    assert found == ["2 certificates instead of the signer's alone", "a time stamp of the signature is missing"]


def test_a_time_stamp_of_the_content_is_minded() -> None:
    message = read_message(MESSAGE)
    (only,) = message.signers
    odd = msgspec.structs.replace(only, attributes={**only.attributes, CONTENT_TIME_STAMP: (b"",)})
    assert objections(msgspec.structs.replace(message, signers=(odd,)), stamped=False) == [
        "a time stamp of the content is forbidden"
    ]


@pytest.mark.parametrize(
    ("name", "level", "digest"),
    [
        ("hybrid_gost.p7s", "CAdES-BES", "gost34311"),
        ("jk_signed.p7s", "CAdES-BES", "gost34311"),
        ("out_CAdES-BES_1.2.804.2.1.1.1.1.3.1.1.p7s", "CAdES-BES", "gost34311"),
        ("out_CAdES-BES_1.2.804.2.1.1.1.1.3.6.1.1.p7s", "CAdES-BES", "kupyna256"),
        ("out_CMS_1.2.804.2.1.1.1.1.3.1.1.p7s", "CMS", "gost34311"),
        ("out_CMS_1.2.804.2.1.1.1.1.3.6.1.1.p7s", "CMS", "kupyna256"),
    ],
)
def test_messages_of_other_software(name: str, level: str, digest: str) -> None:
    encoded = sample(f"cms/{name}").read_bytes()
    verified = verify(encoded)
    assert verified.content == sample("cms/doc.xml").read_bytes()
    assert (verified.level, verified.digest) == (level, digest)
    place = encoded.index(b"CHECKHEAD")
    with pytest.raises(BadSignature):
        verify(encoded[:place] + b"K" + encoded[place + 1 :])
