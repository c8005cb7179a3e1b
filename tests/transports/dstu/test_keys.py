"""Curves, points and the signature itself: a fixed vector, all three ways of calculating, and what must not verify."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transports.dstu import backend, points
from transports.dstu.curves import CURVES, M257, M431, Curve, named, spelt_out
from transports.dstu.errors import Malformed, Unsupported
from transports.dstu.gost34311 import gost34311
from transports.dstu.keys import PrivateKey, PublicKey, expanded, new_key, private_key

D = 0x49DDC7FE99FFD6C137B9DBD498738A29C0DC752FB2951C16AD2F85B3E2E65081
NONCE = 0x15C382CD44CABCDDD42B64E46E51F117A05409B1FFEA37451F2217CD4B0F5162
COMPRESSED = bytes.fromhex("3de52cbe162c9573fc0e477f7cd8fc331ab6aac5a825da2ea81071923cbbc7f601")
VECTORS = {
    "ca6644da0e7c5ed461dbb3a7bc4c8ca19fe3ef2a778ed1a533fc4139a866804c": (
        "2a8de7e9c84f65a29a1f02f7d7b98f3c4a9eb167266b8cd64a2225f5eff78967"
        "a89caa5555e858b422141bdd906be7a31fcc4b4a8d2088da2def0f6c7519c605"
    ),
    "a0cb71791c1b481a81051d16a0cc5c4289d755a5a1669c4a598180dc48932b9f": (
        "8b540a6e3c8905be1fb6ba1efeab4f193a9f31c46040fe8fda1be9b66e433a3f"
        "683ede84a65010823da5ac6ac6d23a8ab26319f518e03afc4538e1d20ae1895c"
    ),
}
DIGEST = gost34311(b"a receipt")


@pytest.mark.parametrize(("digest", "signature"), VECTORS.items())
def test_vectors(way: str, digest: str, signature: str) -> None:
    key = private_key(M257, D)
    made = key.sign_with(bytes.fromhex(digest), NONCE)
    assert made == bytes.fromhex(signature)
    assert key.public.compressed == COMPRESSED
    assert key.public.verifies(bytes.fromhex(digest), made)


def test_the_compiled_ladder_makes_the_same_signature(native: None) -> None:
    for digest, signature in VECTORS.items():
        assert private_key(M257, D).sign_with(bytes.fromhex(digest), NONCE) == bytes.fromhex(signature)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_base_point_is_of_its_order(way: str, curve: Curve) -> None:
    assert curve.holds(curve.base)
    assert points.combine(curve, curve.n - 1, 1, curve.base) is None
    assert points.combine(curve, 2, curve.n - 1, curve.base) == curve.base


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_signed_here_verifies_here(way: str, curve: Curve) -> None:
    key = new_key(curve)
    signature = key.sign(DIGEST)
    assert len(signature) == 2 * curve.scalar_size
    assert key.public.verifies(DIGEST, signature)
    assert not new_key(curve).public.verifies(DIGEST, signature)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, M431.n - 1), st.integers(1, M431.n - 1), st.sampled_from(CURVES))
def test_three_ways_to_the_same_point(s: int, r: int, curve: Curve) -> None:
    s, r = s % curve.n or 1, r % curve.n or 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(points, "NATIVE", None)
        patch.setattr(points, "CORE", None)
        by_python = points.multiple_of_base(curve, s)
        combined = points.combine(curve, s, r, by_python)
    assert points.secret_x(curve, s) == by_python[0]
    assert points.negative_multiple(curve, s) == (by_python[0], by_python[0] ^ by_python[1])
    assert points.combine(curve, s, r, by_python) == combined
    if backend.NATIVE:
        assert points._ladder_x(curve, s) == by_python[0]


@pytest.mark.parametrize("scalar", [1, 2, 3, 63, 64, M257.n - 1, M257.n - 2, 1 << 254, (1 << 255) - 1])
def test_scalars_at_the_edges(native: None, scalar: int) -> None:
    assert points.secret_x(M257, scalar) == points.multiple_of_base(M257, scalar)[0]


@settings(deadline=None)
@given(st.integers(0, 511))
def test_one_flipped_bit_is_noticed(bit: int) -> None:
    key = private_key(M257, D)
    good = bytes.fromhex(next(iter(VECTORS.values())))
    digest = bytes.fromhex(next(iter(VECTORS)))
    broken = bytearray(good)
    broken[bit // 8] ^= 1 << bit % 8
    assert not key.public.verifies(digest, bytes(broken))
    other = bytearray(digest)
    other[bit // 16] ^= 1 << bit // 2 % 8
    assert not key.public.verifies(bytes(other), good)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(64),
        b"\xff" * 64,
        bytes(63),
        bytes(65),
        b"\1" + bytes(63),
        bytes(32) + b"\1" + bytes(31),
        M257.n.to_bytes(32, "little") * 2,
    ],
)
def test_what_cannot_be_a_signature(way: str, signature: bytes) -> None:
    assert not private_key(M257, D).public.verifies(DIGEST, signature)


def test_a_signature_has_one_form() -> None:
    """s + n would verify as well, were it not out of range: the same signature would then have two faces."""
    key = new_key(M257)
    while True:
        signature = key.sign(DIGEST)
        other = int.from_bytes(signature[32:], "little") + M257.n
        if other < 1 << 256:
            break
    assert not key.public.verifies(DIGEST, signature[:32] + other.to_bytes(32, "little"))


def test_the_ladder_climbs_as_many_rungs_for_every_scalar(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: set[int] = set()

    class Watch:
        @staticmethod
        def ladder_x(*arguments: object) -> bytes:
            scalar = arguments[-1]
            assert isinstance(scalar, bytes)
            lengths.add(int.from_bytes(scalar, "little").bit_length())
            return bytes(33)

    monkeypatch.setattr(points, "NATIVE", Watch)
    for scalar in (1, 2, 1 << 200, M257.n // 2, M257.n - 1):
        points._ladder_x(M257, scalar)
    assert lengths == {257}


def test_a_nonce_is_never_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by a source of randomness that repeats itself: then digest and key still keep nonces apart."""
    key = new_key(M257)
    assert len({key._nonce(DIGEST) for _ in range(50)}) == 50
    monkeypatch.setattr("secrets.token_bytes", bytes)
    keys = [key, new_key(M257)]
    nonces = {each._nonce(digest) for each in keys for digest in (DIGEST, bytes(32), b"\1" + bytes(31))}
    assert len(nonces) == 6
    assert all(0 < nonce < M257.n for nonce in nonces)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, M257.n - 1), st.sampled_from(CURVES))
def test_compressed_points_come_back(scalar: int, curve: Curve) -> None:
    point = points.negative_multiple(curve, scalar)
    assert curve.expand(curve.compress(point)) == point


@settings(deadline=None)
@given(st.integers(0, (1 << 257) - 1))
def test_bytes_are_a_point_of_the_curve_or_malformed(number: int) -> None:
    try:
        key = expanded(M257, number.to_bytes(33, "little"))
    except Malformed:
        return
    assert M257.holds(key.point)


@pytest.mark.parametrize("compressed", [b"", bytes(33), bytes(32), bytes(34), b"\xff" * 33, b"\1" + bytes(32)])
def test_what_is_no_public_key(compressed: bytes) -> None:
    with pytest.raises(Malformed):
        M257.expand(compressed)


def test_secrets_outside_the_order_are_refused() -> None:
    for d in (0, M257.n, -1):
        with pytest.raises(Malformed):
            private_key(M257, d)


def test_a_secret_is_not_shown() -> None:
    key = PrivateKey(M257, D)
    assert str(key) == repr(key) == f"{key!s}" == "PrivateKey(M257)"
    assert f"{D}" not in repr([key])


def test_unknown_curves_are_refused() -> None:
    with pytest.raises(Unsupported):
        named("1.2.804.2.1.1.1.1.3.1.1.2.0")
    with pytest.raises(Unsupported):
        spelt_out(257, (12,), 0, M257.n + 1)
    assert named(M431.oid) is spelt_out(M431.m, M431.lower, M431.a, M431.n) is M431


def test_a_public_key_of_its_opposite_is_another() -> None:
    x, y = private_key(M257, D).public.point
    assert not PublicKey(M257, (x, x ^ y)).verifies(bytes.fromhex(next(iter(VECTORS))), bytes(64))
