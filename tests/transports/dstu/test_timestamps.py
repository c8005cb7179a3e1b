"""RFC 3161, both sides: CAdES-T made and verified, answers that are refused, requests that are."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from kassanet.sandbox.keys.timestamps import POLICY, TimeStampAuthority
from tests.transports.dstu.people import DOCUMENT, NOW, YEAR, authority, holder, signer, time_stamps
from transports.dstu import der
from transports.dstu.algorithms import GOST34311, SHA256, SIGNATURE_TIME_STAMP, TST_INFO
from transports.dstu.curves import M257
from transports.dstu.errors import BadSignature, NotValid, SignatureProblem
from transports.dstu.keys import new_key
from transports.dstu.messages import appended
from transports.dstu.signing import Signer, time_stamp_request, with_time_stamp
from transports.dstu.timestamps import Rejected, make_request, read_response, read_token
from transports.dstu.verification import objections, verify

MESSAGE = signer().sign(DOCUMENT, NOW)
REQUEST = time_stamp_request(MESSAGE, GOST34311)
RESPONSE = time_stamps().respond(REQUEST.encoded)


def test_a_message_with_its_time_stamp() -> None:
    stamped = signer().sign_stamped(DOCUMENT, NOW, time_stamps().respond)
    verified = verify(stamped, authorities=[authority().certificate], at=NOW)
    assert verified.level == "CAdES-T"
    assert verified.time_stamp is not None
    assert (verified.time_stamp.time, verified.time_stamp.policy) == (NOW, POLICY)
    assert verified.time_stamp.certificate == time_stamps().certificate
    assert objections(verified.message, stamped=True) == []


def test_a_time_stamp_is_added_to_what_was_signed_before() -> None:
    stamped = with_time_stamp(MESSAGE, REQUEST, RESPONSE)
    assert verify(stamped).level == "CAdES-T"
    assert verify(MESSAGE).level == "CAdES-BES"


def test_other_digests_are_stamped_too() -> None:
    request = make_request(b"signature", SHA256, policy=POLICY)
    token = read_response(time_stamps().respond(request.encoded), request)
    token.check_covers(b"signature")
    with pytest.raises(BadSignature):
        token.check_covers(b"another")


def test_an_answer_to_another_request_is_refused() -> None:
    same_imprint = time_stamp_request(MESSAGE, GOST34311)
    with pytest.raises(BadSignature, match="nonce"):
        read_response(RESPONSE, same_imprint)
    with pytest.raises(BadSignature, match="something else"):
        with_time_stamp(MESSAGE, make_request(b"another", GOST34311), RESPONSE)


def test_a_time_stamp_of_another_message_is_noticed() -> None:
    """Moved by hand, for our own code refuses to."""
    token = read_response(RESPONSE, REQUEST)
    moved = appended(signer().sign(DOCUMENT, NOW), der.attribute(SIGNATURE_TIME_STAMP, token.encoded))
    with pytest.raises(BadSignature, match="something else"):
        verify(moved)


def test_not_every_certificate_may_stamp() -> None:
    with pytest.raises(NotValid, match="not for time-stamping"):
        read_token(Signer(holder().key, holder().certificate, content_type=TST_INFO).sign(info(), NOW))


def info() -> bytes:
    imprint = der.sequence(GOST34311.identifier, der.octets(bytes(32)))
    return der.sequence(der.integer(1), der.oid(POLICY), imprint, der.integer(5), der.generalized_time(NOW))


def test_a_time_outside_the_certificate_is_noticed() -> None:
    key = new_key(M257)
    terms = Terms(NOW, NOW + timedelta(hours=1), purposes=("1.3.6.1.5.5.7.3.8",))
    certificate = authority().certify(Owner("Годинник", number="3"), key, terms)
    stale = Signer(key, certificate, content_type=TST_INFO).sign(info().replace(b"2026", b"2027"), NOW)
    with pytest.raises(NotValid):
        read_token(stale)


def test_the_authority_must_be_trusted_as_well() -> None:
    elsewhere = Authority.founded(NOW - YEAR, owner=Owner("Чужий надавач"))
    key = new_key(M257)
    certificate = elsewhere.certify(
        Owner("Чужий годинник"), key, Terms(NOW - YEAR, NOW + YEAR, purposes=("1.3.6.1.5.5.7.3.8",))
    )
    foreign = TimeStampAuthority(key, certificate, clock=lambda: NOW)
    stamped = signer().sign_stamped(DOCUMENT, NOW, foreign.respond)
    verify(stamped)
    with pytest.raises(BadSignature, match="no authority"):
        verify(stamped, authorities=[authority().certificate])


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        b"\x30\x00",
        REQUEST.encoded[:-1],
        REQUEST.encoded.replace(der.integer(1), der.integer(2), 1),
        REQUEST.encoded.replace(der.oid(GOST34311.oid), der.oid("1.2.804.2.1.1.1.1.2.9")),
        make_request(b"x", GOST34311, policy="1.2.3").encoded,
        der.sequence(der.integer(1), der.sequence(GOST34311.identifier, der.octets(b"short"))),
    ],
    ids=["nothing", "empty", "cut", "another version", "unknown hash", "another policy", "short hash"],
)
def test_requests_that_are_refused(request_bytes: bytes) -> None:
    with pytest.raises(Rejected, match="rejection: "):
        read_response(time_stamps().respond(request_bytes), REQUEST)


def test_a_certificate_is_sent_only_when_asked_for() -> None:
    without = der.sequence(*der.parts(REQUEST.encoded)[:-1])
    response = time_stamps().respond(without)
    with pytest.raises(BadSignature, match="neither"):
        read_response(response, REQUEST)
    assert read_response(response, REQUEST, [time_stamps().certificate]).nonce == REQUEST.nonce


@settings(deadline=None)
@given(st.integers(0, len(RESPONSE) - 1), st.integers(1, 255))
def test_a_damaged_answer_is_never_taken(place: int, change: int) -> None:
    damaged = bytearray(RESPONSE)
    damaged[place] ^= change
    try:
        token = read_response(bytes(damaged), REQUEST)
    except SignatureProblem:
        return
    good = read_response(RESPONSE, REQUEST)
    assert (token.time, token.imprint, token.serial) == (good.time, good.imprint, good.serial)
    assert token.certificate == good.certificate
