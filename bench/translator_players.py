"""Channels that pay as fast as they are answered: ``… SECONDS PAUSE FIRST URL…``.

Each URL (``http://host:port/path``) is one OSMP channel with one connection; it sends a payment, waits for its answer,
and after ``PAUSE`` seconds (0: at once) sends the next; numbers of payments begin at ``FIRST`` millions.
Prints one JSON object: the seconds, and the latencies of all payments in milliseconds.
"""

import json
import random
import re
import sys
import time
from urllib.parse import urlsplit

import trio

from bench import http_client

_RESULT = re.compile(rb"<result>(-?[0-9]+)</result>")


async def play(number: int, url: str, until: float, pause: float, latencies: list[float]) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    stream = await trio.open_tcp_stream(parts.hostname, parts.port or 80)
    async with stream:
        await trio.sleep(random.uniform(0, pause))
        paid = 0
        while time.perf_counter() < until:
            paid += 1
            txn = number * 1_000_000 + paid
            query = f"command=pay&txn_id={txn}&txn_date=20261122180000&account={100_000 + txn % 200_000}&sum=200.50"
            begun = time.perf_counter()
            answer = await ask(stream, f"GET {parts.path}?{query} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())
            found = _RESULT.search(answer)
            if found is None or found[1] != b"0":
                raise SystemExit(f"not paid: {answer[-300:]!r}")
            latencies.append(1000 * (time.perf_counter() - begun))
            await trio.sleep(pause)


async def ask(stream: trio.SocketStream, request: bytes) -> bytes:
    await stream.send_all(request)
    received = b""
    while not http_client.whole(received):
        piece = await stream.receive_some(65536)
        if not piece:
            raise SystemExit("the other side hung up")
        received += piece
    return received


async def main(seconds: float, pause: float, first: int, urls: list[str]) -> None:
    latencies: list[float] = []
    begun = time.perf_counter()
    async with trio.open_nursery() as nursery:
        for number, url in enumerate(urls, first):
            nursery.start_soon(play, number, url, begun + seconds, pause, latencies)
    print(json.dumps({"seconds": time.perf_counter() - begun, "latencies": latencies}), flush=True)


if __name__ == "__main__":
    trio.run(main, float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
