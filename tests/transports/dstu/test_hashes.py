"""GOST 34.311, Kupyna-256 and GOST 28147: published vectors, and the compiled parts against Python."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transports.dstu import gost28147, gost34311, kupyna
from transports.dstu.gost28147 import cfb_decrypt, cfb_encrypt, ecb_decrypt, ecb_encrypt

KEY, IV = bytes(range(32)), bytes(range(8))
OTHER_BOX = bytes(reversed(gost28147.DKE1))


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"12345678901234567890123456789011", "7686f3f4b113aadc97bca9ea054f41821f0676c5c28ffb987e41797a568e1ed4"),
        (b"123123", "34d4da2c04e9c1ceb933282069c864617d94ed7cc5c0a9840c0c1a99629df637"),
    ],
)
def test_gost34311_vectors(way: str, message: bytes, digest: str) -> None:
    assert gost34311.gost34311(message).hex() == digest


@pytest.mark.parametrize(
    ("size", "digest"),
    # DSTU 7564:2014, annex B: bytes 00 01 02 …
    [
        (64, "08f4ee6f1be6903b324c4e27990cb24ef69dd58dbe84813ee0a52f6631239875"),
        (128, "0a9474e645a7d25e255e9e89fff42ec7eb31349007059284f0b182e452bda882"),
        (256, "d305a32b963d149dc765f68594505d4077024f836c1bf03806e1624ce176c08f"),
    ],
)
def test_kupyna_vectors(way: str, size: int, digest: str) -> None:
    assert kupyna.kupyna256(bytes(range(size))).hex() == digest


def test_kupyna_of_nothing(way: str) -> None:
    assert kupyna.kupyna256(b"").hex() == "cd5101d1ccdf0d1d1f4ada56e888cd724ca1a0838a3521e7131d4fb78d0f5eb6"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_compiled_and_python_agree(data: bytes) -> None:
    assert gost34311.gost34311(data) == gost34311.in_python(data)
    assert gost34311.gost34311(data, OTHER_BOX) == gost34311.in_python(data, OTHER_BOX)
    assert kupyna.kupyna256(data) == kupyna.in_python(data)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_what_is_encrypted_can_be_decrypted(data: bytes) -> None:
    assert cfb_decrypt(KEY, IV, cfb_encrypt(KEY, IV, data)) == data
    whole = data + bytes(-len(data) % 8)
    assert ecb_decrypt(KEY, ecb_encrypt(KEY, whole)) == whole


def test_cipher_agrees_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(80))
    arguments = [(gost28147.DKE1, data), (OTHER_BOX, data), (gost28147.DKE1, data + b"rest")]
    here = [cfb_encrypt(KEY, IV, text, box) + ecb_encrypt(KEY, data, box) for box, text in arguments]
    monkeypatch.setattr(gost28147, "NATIVE", None)
    assert here == [cfb_encrypt(KEY, IV, text, box) + ecb_encrypt(KEY, data, box) for box, text in arguments]
    assert cfb_decrypt(KEY, IV, here[2][:84]) == data + b"rest"
    assert ecb_decrypt(KEY, here[2][84:]) == data


@pytest.mark.parametrize(("key", "iv", "data"), [(KEY[1:], IV, b""), (KEY, IV[1:], b""), (KEY, IV, b"seven b")])
def test_wrong_sizes_are_refused(way: str, key: bytes, iv: bytes, data: bytes) -> None:
    with pytest.raises(ValueError, match="bytes"):
        ecb_encrypt(key, data) if iv == IV else cfb_encrypt(key, iv, data)


def test_hmac_and_derivation_are_those_of_the_standards() -> None:
    """With another hash in the place of ours the two constructions are Python's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gost34311, "gost34311", lambda data: hashlib.blake2s(data, digest_size=32).digest())
        patch.setattr(gost34311, "BLOCK", 64)
        derived = gost34311.pbkdf2(b"password", b"salt", 3, 40)
    assert derived == hashlib.pbkdf2_hmac("blake2s", b"password", b"salt", 3, 40)
