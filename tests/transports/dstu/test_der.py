"""DER by hand agrees with asn1crypto, and reading it never runs over its edges."""

from datetime import UTC, datetime

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from transports.dstu import der
from transports.dstu.errors import Malformed


@settings(deadline=None)
@given(st.integers())
def test_integers(value: int) -> None:
    assert der.integer(value) == core.Integer(value).dump()


@settings(deadline=None)
@given(st.lists(st.integers(0, 1 << 70), min_size=1, max_size=6), st.integers(0, 2), st.integers(0, 39))
def test_object_identifiers(arcs: list[int], first: int, second: int) -> None:
    dotted = ".".join(map(str, (first, second, *arcs)))
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths(size: int) -> None:
    encoded = der.octets(bytes(size))
    assert encoded == core.OctetString(bytes(size)).dump()
    assert der.content(encoded) == bytes(size)


def test_times_change_their_form_in_2050() -> None:
    assert der.time(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC))[0] == der.UTC_TIME
    assert der.time(datetime(2050, 1, 1, tzinfo=UTC)) == b"\x18\x0f20500101000000Z"


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_parts_come_back(values: list[bytes]) -> None:
    parts = [der.octets(value) for value in values]
    assert der.parts(der.sequence(*parts)) == parts
    assert der.parts(der.set_of(parts)) == sorted(parts)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_garbage_is_read_or_malformed(data: bytes) -> None:
    for read in (der.parts, der.content):
        try:
            read(data)
        except Malformed:
            continue


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x03\x04\x05\x00",
        b"\x30\x00\x00",
        b"\x3f\x01\x00",
        b"\x30\x85" + bytes(9),
    ],
)
def test_what_is_not_der(data: bytes) -> None:
    with pytest.raises(Malformed):
        der.parts(data)
