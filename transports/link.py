"""What a byte stream is, and how one is opened.

Codecs never see these; clients do. An actor is handed a :class:`Dialer`, so a test can hand it a null modem
(:mod:`transports.memory`) and a serial port (:mod:`transports.serial`) looks like a TCP address.
"""

from typing import Protocol

import trio


class NothingWritten(trio.BrokenResourceError):
    """The connection was found broken before the first byte of this ``send_all`` was taken: the peer saw none of it."""


class ByteStream(Protocol):
    """An open connection that moves bytes. ``receive_some`` returns ``b""`` at the end of the stream.

    Raises ``trio.BrokenResourceError`` when the other side is gone, ``trio.ClosedResourceError`` after ``aclose``.
    """

    async def send_all(self, data: bytes) -> None:
        """Raises :class:`NothingWritten` where that is certain, else ``trio.BrokenResourceError``."""

    async def receive_some(self, max_bytes: int | None = None) -> bytes: ...

    async def aclose(self) -> None: ...


class Dialer(Protocol):
    """Opens connections to one device. ``persistent`` is true where one stream serves every exchange (serial)."""

    @property
    def address(self) -> str:
        """How people name the device: ``10.0.0.1:7777`` or ``serial:/dev/ttyS0``."""

    @property
    def persistent(self) -> bool: ...

    async def dial(self) -> ByteStream:
        """Open a stream; raises ``OSError`` when the device does not answer."""
