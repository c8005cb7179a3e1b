"""Simulated registers that tell when the first byte of each command reached them.

``python -m bench.timed_registers PORT COUNT DOCUMENT_SECONDS INN FILE``: a line of ``FILE`` is the command's code, the
port and the moment (UNIX seconds). The registers are the sandbox's own, kept in memory.
"""

import sys
import time
from functools import partial
from pathlib import Path
from typing import TextIO

import trio

from kassanet.sandbox.fiscal_storage import FiscalStorage
from kassanet.sandbox.terminalfa import (
    Device,
    DeviceSettings,
    Place,
    places,
    register_at_factory,
    registration_of,
    serve_stream,
)

COMMAND = 4
"""Where in a frame the command's code stands."""


class Timed:
    """A stream that writes down when its first bytes came."""

    def __init__(self, stream: trio.SocketStream, port: int, stamps: TextIO) -> None:
        self._stream = stream
        self._port = port
        self._stamps: TextIO | None = stamps
        self.send_all = stream.send_all
        self.aclose = stream.aclose

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        data = bytes(await self._stream.receive_some(max_bytes))
        if self._stamps is not None and len(data) > COMMAND:
            self._stamps.write(f"{data[COMMAND]:02X} {self._port} {time.time():.6f}\n")
            self._stamps = None
        return data


def device_at(place: Place, seconds: float, inn: str) -> Device:
    storage = FiscalStorage(place.fn_serial, time.time)
    device = Device(place.serial, storage, settings=DeviceSettings(document_seconds=seconds), names=place.names)
    register_at_factory(device, registration_of(place.serial, place.port, inn))
    return device


async def main(port: int, count: int, seconds: float, inn: str, stamps: TextIO) -> None:
    async with trio.open_nursery() as nursery:
        for place in places(count, "127.0.0.1", port):
            device = device_at(place, seconds, inn)

            async def attend(stream: trio.SocketStream, device: Device, port: int) -> None:
                await serve_stream(device, Timed(stream, port, stamps))

            handler = partial(attend, device=device, port=place.port)
            await nursery.start(partial(trio.serve_tcp, handler, place.port, host=place.host))
        print("ready", flush=True)


if __name__ == "__main__":
    with Path(sys.argv[5]).open("a", buffering=1) as file:
        trio.run(main, int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], file)
