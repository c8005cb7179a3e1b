"""Addresses: what people write, and where a wrong one is wrong."""

import pytest

from transports.address import BadAddress, dialer_for
from transports.serial import SerialDialer
from transports.tcp import TcpDialer


@pytest.mark.parametrize(
    "eip",
    [
        "127.0.0.1:7777",
        "kassa-3.example:5555",
        "kassa:1",
        "kassa_1.example:1",
        f"{'a' * 63}.example:1",
        "[::1]:7777",
        "[fe80::1%eth0]:65535",
        "10.0.0.1:65535",
    ],
)
def test_tcp(eip: str) -> None:
    dialer = dialer_for(eip)
    assert isinstance(dialer, TcpDialer)
    assert dialer.address == eip
    assert not dialer.persistent


@pytest.mark.parametrize(
    "eip", ["serial:/dev/ttyS0", "serial:/dev/serial/by-id/usb-1a86_USB-if00", "serial:/tmp/pty-1"]
)
def test_serial(eip: str) -> None:
    dialer = dialer_for(eip)
    assert isinstance(dialer, SerialDialer)
    assert dialer.address == eip
    assert dialer.persistent


@pytest.mark.parametrize(
    "eip",
    [
        "",
        "127.0.0.1",
        ":7777",
        "host:",
        "host:port",
        "host:7777\n",
        "ho st:7777",
        "http://host:80",
        "::1:7777",
        "[host]:1",
        "[1.2.3.4]:1",
        "[::::]:1",
        "host:0",
        "host:07777",
        "a..b:1",
        ".a:1",
        f"{'a' * 64}:1",
        f"{'a.' * 127}a:1",
        "хост:1",
        "serial:",
        "serial:ttyS0",
        "serial:/dev/tty S0",
        "serial:/dev/ttyS0\n",
        "serial:/dev/\0",
        "-host:1",
        "host:７７",
    ],
)
def test_what_names_no_device(eip: str) -> None:
    with pytest.raises(BadAddress) as bad:
        dialer_for(eip)
    assert bad.value.error.path == "eip"
    assert bad.value.error.expected == "host:port, [v6]:port or serial:/dev/…"


@pytest.mark.parametrize("port", [65536, 99999, 123456])
def test_ports_out_of_range(port: int) -> None:
    with pytest.raises(BadAddress) as bad:
        dialer_for(f"host:{port}", path="frs[0].eip")
    assert bad.value.error.path == "frs[0].eip"
    assert str(port) in bad.value.error.message
