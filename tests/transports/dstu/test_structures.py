"""Keys as they are written: both ways of stating a curve, and curves that only look like one that is known."""

import pytest

from tests.transports.dstu.people import holder
from transports.dstu import der
from transports.dstu.algorithms import DSTU4145
from transports.dstu.curves import CURVES, M257, Curve
from transports.dstu.errors import Malformed, Unsupported
from transports.dstu.gost28147 import DKE1
from transports.dstu.keys import new_key
from transports.dstu.structures import (
    read_parameters,
    read_private_key,
    read_public_key,
    write_curve_name,
    write_parameters,
    write_private_key,
    write_public_key,
)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_keys_come_back(curve: Curve) -> None:
    key = new_key(curve)
    assert read_private_key(write_private_key(key)) == key
    assert read_public_key(write_public_key(key.public)) == key.public
    assert read_parameters(write_curve_name(curve)) is read_parameters(write_parameters(curve)) is curve


def stated(b: bytes, base: bytes, box: bytes = DKE1) -> bytes:
    field = der.sequence(der.integer(257), der.integer(12))
    spelt = der.sequence(field, der.integer(0), der.octets(b), der.integer(M257.n), der.octets(base))
    return der.sequence(spelt, der.octets(box))


def test_parameters_in_either_order_of_bytes() -> None:
    b, base = M257.b.to_bytes(33, "little"), M257.compress(M257.base)
    assert read_parameters(stated(b, base)) is read_parameters(stated(b[::-1], base[::-1])) is M257


def test_a_curve_of_the_senders_choice_is_refused() -> None:
    b, base = M257.b.to_bytes(33, "little"), M257.compress(M257.base)
    other_base = holder().key.public.compressed
    for parameters in (
        stated(bytes(33), base),
        stated(b, other_base),
        stated(b[::-1], base),
        stated(b, base, DKE1[::-1]),
    ):
        with pytest.raises(Unsupported):
            read_parameters(parameters)


def test_other_algorithms_are_refused() -> None:
    other = write_public_key(holder().key.public).replace(der.oid(DSTU4145), der.oid(DSTU4145[:-1] + "2"))
    with pytest.raises(Unsupported):
        read_public_key(other)


@pytest.mark.parametrize("d", [0, M257.n, M257.n + 1])
def test_secrets_that_are_none(d: int) -> None:
    parameters = write_parameters(M257)
    info = der.sequence(der.integer(0), der.algorithm(DSTU4145, parameters), der.octets(d.to_bytes(33, "little")))
    with pytest.raises(Malformed):
        read_private_key(info)
