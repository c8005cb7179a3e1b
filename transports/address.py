"""Addresses of devices as people write them: ``host:port``, ``[v6]:port``, ``serial:/dev/…``.

A serial port may be any absolute path, because stable names of ports are links that stand anywhere; opening something
that is no terminal fails when it is dialled.
"""

import re

from schemas.problems import FieldError
from transports.link import Dialer
from transports.serial import SerialDialer
from transports.tcp import TcpDialer

_EXPECTED = "host:port, [v6]:port or serial:/dev/…"
_V6 = re.compile(r"\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]:([0-9]{1,5})")
_HOST = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):([0-9]{1,5})")
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
    found = _V6.fullmatch(eip) or _HOST.fullmatch(eip)
    if found is None:
        raise _bad(path, f"{eip!r} names no device")
    host, port = found[1], int(found[2])
    if not 1 <= port <= 65535:
        raise _bad(path, f"port {port} is out of range", "a port from 1 to 65535")
    return TcpDialer(host, port)


def _bad(path: str, message: str, expected: str = _EXPECTED) -> BadAddress:
    return BadAddress(FieldError(path, message, expected))
