"""The floor of card payments: a bare loop for each terminal, with ready-made frames and no more rules than it needs.

It acknowledges whatever comes and stops at the first message that is no WAIT. No journal, no result kept, no other
outcome than an approval. ``python -m bench.floor_pinpad PORT COUNT FIRST PAYMENTS AMOUNT`` numbers each
terminal's payments from ``FIRST`` and prints the seconds that each took as JSON.
"""

import json
import sys
import time
from typing import Any

import trio

from bench.pinpads import AT, terminal_id
from kassanet.standing import allow_descriptors
from transports.smartsale.fields import AMOUNT, CURRENCY, ENTRY_MODE, LOCAL_TIME, NUMBER, OPERATION, TERMINAL_ID, Field
from transports.smartsale.message import Message

ACK, EOT, SOH = 0x06, 0x04, 0x01
WAIT = b"\x19\x02\x0021"
LAST = b"\x02\x01\x000"
APPROVED = b"\x27\x01\x001"


def request(port: int, number: int, amount: int) -> bytes:
    """The same fields as the service sends."""
    sale: dict[Field[Any], Any] = {AMOUNT: amount, CURRENCY: 643, ENTRY_MODE: 3, LOCAL_TIME: AT}
    return Message.of({**sale, OPERATION: 1, NUMBER: number, TERMINAL_ID: terminal_id(port)}).frame()


async def pay(port: int, wire: bytes) -> float:
    """Seconds from the first dialled packet until ACK and EOT were written."""
    begun = time.perf_counter()
    connection = trio.socket.socket()
    try:
        connection.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
        await connection.connect(("127.0.0.1", port))
        await connection.send(wire)
        received = await connection.recv(4096)
        if received[:1] != bytes((ACK,)):
            raise RuntimeError("not acknowledged")
        body = await _body(connection, received[1:])
        if APPROVED not in body:
            raise RuntimeError(f"not approved: {Message.decode(body)!r}")
        await connection.send(bytes((ACK, EOT)))
    finally:
        connection.close()
    return time.perf_counter() - begun


async def _body(connection: trio.socket.SocketType, received: bytes) -> bytes:
    """The fields of the first message that is no WAIT, in however many packets."""
    joined = b""
    while True:
        while len(received) < 3 or len(received) < 5 + int.from_bytes(received[1:3], "little"):
            received += await connection.recv(4096)
        end = 5 + int.from_bytes(received[1:3], "little")
        start, content, received = received[0], received[3 : end - 2], received[end:]
        if start == SOH:
            tags = 2 + int.from_bytes(content[:2], "little")
            joined += content[tags:]
            if content[:tags].endswith(LAST):
                return joined
        elif content != WAIT:
            return content
        await connection.send(bytes((ACK,)))


async def _loop(port: int, frames: list[bytes], took: list[float]) -> None:
    took += [await pay(port, wire) for wire in frames]


async def main(port: int, count: int, first: int, payments: int, amount: int) -> list[float]:
    took: list[float] = []
    async with trio.open_nursery() as nursery:
        for each in range(port, port + count):
            frames = [request(each, number, amount) for number in range(first, first + payments)]
            nursery.start_soon(_loop, each, frames, took)
    return took


if __name__ == "__main__":
    allow_descriptors()
    port, count, first, payments, amount = map(int, sys.argv[1:6])
    print(json.dumps(trio.run(main, port, count, first, payments, amount)))
