"""Addresses of devices as people write them: ``host:port``, ``[v6]:port``, ``serial:/dev/…``.

A serial port may be any absolute path, because stable names of ports are links that stand anywhere; opening something
that is no terminal fails when it is dialled.
"""

import re
from ipaddress import AddressValueError, IPv6Address

from schemas.problems import FieldError
from transports.link import Dialer
from transports.serial import SerialDialer
from transports.tcp import TcpDialer

_EXPECTED = "host:port, [v6]:port or serial:/dev/…"
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"({_LABEL}(?:\.{_LABEL})*):([1-9][0-9]*)")
_V6 = re.compile(r"\[([^\[\]]+)\]:([1-9][0-9]*)")
_SERIAL = re.compile(r"serial:(/[^\s\0]+)")


class BadAddress(ValueError):
    """An address that names no device; ``error`` says where and what was expected."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(error.message)
        self.error = error


def dialer_for(eip: str, *, path: str = "eip") -> Dialer:
    """The dialer for an address; ``path`` names the field for :class:`BadAddress`."""
    if serial := _SERIAL.fullmatch(eip):
        return SerialDialer(serial[1])
    found = _HOST.fullmatch(eip) or _V6.fullmatch(eip)
    if found is None or not _is_host(found):
        raise _bad(path, f"{eip!r} names no device")
    if len(found[2]) > 5 or int(found[2]) > 65535:
        raise _bad(path, f"port {found[2]} is out of range", "a port from 1 to 65535")
    return TcpDialer(found[1], int(found[2]))


def _is_host(found: re.Match[str]) -> bool:
    if found.re is _HOST:
        return len(found[1]) <= 253
    try:
        IPv6Address(found[1])
    except AddressValueError:
        return False
    return True


def _bad(path: str, message: str, expected: str = _EXPECTED) -> BadAddress:
    return BadAddress(FieldError(path, message, expected))
