"""An authority and the holders of its certificates, made once for all the tests here."""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct

from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import AGREEMENT, Owner, Terms
from kassanet.sandbox.keys.timestamps import TimeStampAuthority
from transports.dstu.certificates import TIME_STAMPING, Certificate
from transports.dstu.curves import M257, M431
from transports.dstu.keys import PrivateKey, new_key
from transports.dstu.signing import Signer

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
YEAR = timedelta(days=365)
TIN = "3012345678"
DOCUMENT = "<CHECK>Їжа 12.50</CHECK>".encode("cp1251") * 200


class Holder(Struct, frozen=True):
    """A cashier: the key that signs, the key for encryption, their certificates."""

    key: PrivateKey
    certificate: Certificate
    second: PrivateKey
    second_certificate: Certificate


@cache
def authority() -> Authority:
    return Authority.founded(NOW - 2 * YEAR)


@cache
def holder() -> Holder:
    owner = Owner("Касир Тестовий", edrpou=TIN, drfo=TIN)
    terms = Terms(NOW - YEAR, NOW + YEAR, time_stamp_url="http://127.0.0.1/tsp")
    key, second = new_key(M257), new_key(M431)
    return Holder(
        key,
        authority().certify(owner, key, terms),
        second,
        authority().certify(owner, second, Terms(NOW - YEAR, NOW + YEAR, usages=AGREEMENT)),
    )


@cache
def signer() -> Signer:
    return Signer(holder().key, holder().certificate)


@cache
def time_stamps() -> TimeStampAuthority:
    key = new_key(M257)
    terms = Terms(NOW - YEAR, NOW + YEAR, purposes=(TIME_STAMPING,))
    certificate = authority().certify(Owner("Позначки часу", number="2"), key, terms)
    return TimeStampAuthority(key, certificate, clock=lambda: NOW)


def sample(name: str) -> Path:
    """A file of foreign test material, which is not part of this repository; the test is skipped without it."""
    place = Path(os.environ.get("KASSANET_TESTDATA", Path(__file__).parents[4] / "shared" / "testdata")) / "dstu"
    if not (place / name).exists():
        pytest.skip(f"no foreign test material: {name} (KASSANET_TESTDATA names its folder)")
    return place / name
