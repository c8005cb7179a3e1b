"""Whatever bytes come in, what goes out is a value or one of our own problems."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transports.dstu.people import DOCUMENT, NOW, holder, signer, time_stamps
from transports.dstu.certificates import read_certificate
from transports.dstu.errors import SignatureProblem
from transports.dstu.messages import read_message
from transports.dstu.structures import read_private_key, read_public_key, write_private_key
from transports.dstu.timestamps import read_token
from transports.dstu.verification import objections, verify

STAMPED = signer().sign_stamped(DOCUMENT[:100], NOW, time_stamps().respond)


def judge(encoded: bytes) -> None:
    objections(read_message(encoded), stamped=True)
    verify(encoded, at=NOW)


READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "message": (judge, STAMPED),
    "token": (read_token, STAMPED),
    "certificate": (read_certificate, holder().certificate.encoded),
    "public key": (read_public_key, holder().certificate.public_info),
    "private key": (read_private_key, write_private_key(holder().key)),
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged(name: str, data: st.DataObject) -> None:
    read, good = READERS[name]
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged) - 1)) :]
    try:
        read(bytes(damaged))
    except SignatureProblem:
        return


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None)
@given(st.binary(max_size=300))
def test_noise(name: str, data: bytes) -> None:
    read, _ = READERS[name]
    for start in (b"", b"\x30\x82\x01\x00", b"\x30\x80"):
        with pytest.raises(SignatureProblem):
            read(start + data)


@pytest.mark.parametrize("name", READERS)
def test_depth_is_no_way_in(name: str) -> None:
    read, _ = READERS[name]
    deep = b""
    for _ in range(3000):
        deep = b"\x30" + (bytes((0x82,)) + (len(deep)).to_bytes(2, "big")) + deep if len(deep) < 60_000 else deep
    with pytest.raises(SignatureProblem):
        read(deep)
