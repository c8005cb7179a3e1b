"""The configuration: everything has a default, and every mistake is told with its place."""

from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassanet.config import ConfigError, load, parse

GOOD = """
data = "/var/lib/kassanet"
host = "0.0.0.0"
port = 9000
log_level = "debug"
shutdown = 3
utc_offset = "+05:30"
settle_after = 1.5
frs_auth = "trusted-net"
trusted_networks = ["10.0.0.0/8", "192.0.2.7"]
trusted_proxies = ["127.0.0.1"]

[limits]
body = 4096

[shifts]
close_at = "23:45"
spread = 10

[callbacks]
allow = ["127.0.0.0/8"]

[retention]
receipts = 30

[devices.kiosk]
driver = "terminalfa"
ffd = "1.2"
vat = { vat20 = 1, none = 6 }
"""


def mistakes(text: str) -> dict[str, str]:
    """The paths and messages told for a text."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "kassanet.toml")
    return {error.path: error.message for error in caught.value.errors}


def test_nothing_needs_to_be_configured() -> None:
    config = load(None)
    assert config == parse("")
    assert config.device_types["terminalfa"].ffd == "1.05"
    assert config.device_types["pkfa12"].ffd == "1.2"
    assert config.register_zone.utcoffset(None) == timedelta(hours=3)
    assert config.settle_after == 25
    assert config.shifts.closing_time is None
    assert config.edge_settings().trust.networks == ()


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kassanet.toml"
    path.write_text(GOOD)
    config = load(path)
    assert config.server_settings().port == 9000
    assert config.server_settings().shutdown_seconds == 3
    assert config.register_zone.utcoffset(None) == timedelta(hours=5, minutes=30)
    assert config.shifts.closing_time == time(23, 45)
    assert config.device_types["kiosk"].vat == {"vat20": 1, "none": 6}
    assert config.callback_networks == (ip_network("127.0.0.0/8"),)
    trust = config.edge_settings().trust
    assert trust.networks == (ip_network("10.0.0.0/8"), ip_network("192.0.2.7/32"))
    assert trust.proxies == (ip_network("127.0.0.1/32"),)


def test_a_type_may_be_redefined_and_the_others_stay() -> None:
    config = parse('[devices.pkfa12]\ndriver = "terminalfa"\nffd = "1.05"')
    assert config.device_types["pkfa12"].ffd == "1.05"
    assert "terminalfa" in config.device_types


def test_trust_needs_the_setting_not_only_the_networks() -> None:
    assert parse('trusted_networks = ["10.0.0.0/8"]').edge_settings().trust.networks == ()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("porrt = 1", "porrt"),
        ('port = "8080"', "port"),
        ("port = 65536", "port"),
        ("port = true", "port"),
        ('log_level = "loud"', "log_level"),
        ('utc_offset = "+3"', "utc_offset"),
        ("settle_after = -1", "settle_after"),
        ("[shifts]\nmax_age = 24", "shifts.max_age"),
        ('[shifts]\nclose_at = "24:00"', "shifts.close_at"),
        ("[shifts]\nmax_age = 1\nspread = 60", "shifts.spread"),
        ("[limits]\nbody = 3", "limits.body"),
        ("[limits]\nimport_body = 2048", "limits.line"),
        ('[devices.x]\nffd = "1.05"', "devices.x.driver"),
        ('[devices.x]\ndriver = "unknown"', "devices.x.driver"),
        ('[devices.x]\ndriver = "terminalfa"\nvat = { vat19 = 1 }', "devices.x.vat.vat19"),
        ('[devices.x]\ndriver = "terminalfa"\nvat = { vat20 = 256 }', "devices.x.vat.vat20"),
        ('[devices."X Y"]\ndriver = "terminalfa"', "devices.X Y"),
        ("devices = 3", "devices"),
        ('frs_auth = "trusted-net"', "trusted_networks"),
        ('trusted_networks = ["10.0.0.0/33"]', "trusted_networks[0]"),
        ('callbacks.allow = ["10.0.0.0/8", "everywhere"]', "callbacks.allow[1]"),
        ("[callbacks]\nlongest_wait = 1", "callbacks.longest_wait"),
    ],
)
def test_each_mistake_is_named(text: str, path: str) -> None:
    assert path in mistakes(text)


def test_all_mistakes_are_told_at_once_with_their_lines_on_one_line() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("# a comment\nport = -1\n\n[shifts]\nspead = 3\n", "kassanet.toml")
    line = str(caught.value)
    assert "\n" not in line
    assert "kassanet.toml:2: port is out of range (expected a whole number of 0 to 65535)" in line
    assert "kassanet.toml:5: shifts.spead unknown field (expected perhaps spread)" in line


def test_what_is_not_toml_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"kassanet.toml: is not TOML: .*line 2"):
        parse("port = 1\nport 2", "kassanet.toml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.toml: cannot be read: No such file"):
        load(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b'data = "\xe9"')
    with pytest.raises(ConfigError, match=r"is not UTF-8"):
        load(tmp_path / "latin.toml")


KEYS = st.sampled_from(["port", "data", "limits", "shifts", "devices", "x", "allow", "callbacks", "vat", "driver"])
VALUES = st.recursive(
    st.one_of(st.integers(), st.text(max_size=5), st.booleans(), st.floats(allow_nan=False)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_is_written_is_either_good_or_located(document: dict[str, object]) -> None:
    text = "\n".join(f"{key} = {_toml(value)}" for key, value in document.items())
    errors = None
    try:
        parse(text)
    except ConfigError as refused:
        errors = refused.errors
    assert errors is None or (errors and all(found.message for found in errors))


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value if not 0xD800 <= ord(letter) < 0xE000) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + "}"
    return "inf" if value == float("inf") else "-inf" if value == float("-inf") else repr(value)
