"""Whose request it is when proxies stand between."""

import pytest

from kassanet.edge.origin import origin, trusted
from kassanet.edge.settings import Trust, contains, parse_networks

PROXIES = parse_networks(["10.0.0.0/24", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("203.0.113.9", ["192.0.2.1"], None),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("::1", ["192.0.2.1"], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1", "10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["127.0.0.1, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["10.0.0.3,10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["unknown"], "unknown"),
        ("10.0.0.1", [" , "], "10.0.0.1"),
        ("", ["192.0.2.1"], None),
    ],
)
def test_origin(peer: str, forwarded: list[str], expected: str | None) -> None:
    assert origin(peer, forwarded, PROXIES) == expected


@pytest.mark.parametrize("path", ["/frs", "/frs/10.0.0.1:7777/activate", "/fcircuit/5190114620", "/int/3/activate"])
def test_the_old_calls(path: str) -> None:
    trust = Trust(parse_networks(["192.0.2.0/24"]))
    assert trusted(trust, path, "192.0.2.1", []) is not None
    assert trusted(trust, path, "192.0.3.1", []) is None
    assert trusted(trust, path, "nonsense", []) is None


@pytest.mark.parametrize("path", ["/", "/frsx", "/api/v1/receipts", "/internal", "/readyz"])
def test_other_calls_are_never_trusted(path: str) -> None:
    assert trusted(Trust(parse_networks(["0.0.0.0/0"])), path, "192.0.2.1", []) is None


def test_one_address_is_a_network() -> None:
    assert contains(parse_networks(["192.0.2.1"]), "192.0.2.1")
    assert contains(parse_networks(["192.0.2.77/24"]), "192.0.2.1")
    assert not contains(parse_networks(["192.0.2.1"]), "2001:db8::1")
