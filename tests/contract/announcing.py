"""A way to a device that tells when a request has left: only then does a test kill the client that sent it.

A wait of some milliseconds would do, were the machine never busy for longer than that.
"""

import trio

from transports.link import ByteStream, Dialer


class Announcing:
    """Everything as ``dialer`` does it; ``sent`` is set once a first request is with the device."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self.address = dialer.address
        self.persistent = dialer.persistent
        self.sent = trio.Event()

    async def dial(self) -> ByteStream:
        return _Announced(await self._dialer.dial(), self.sent)


class _Announced:
    def __init__(self, stream: ByteStream, sent: trio.Event) -> None:
        self._stream = stream
        self._sent = sent
        self.receive_some = stream.receive_some
        self.aclose = stream.aclose

    async def send_all(self, data: bytes) -> None:
        await self._stream.send_all(data)
        self._sent.set()
