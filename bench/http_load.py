"""Many connections that post one request after another: as fast as the answers come, for a time."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import quantiles

import trio
from msgspec import Struct

from bench import http_client
from bench.result import NotReal

WARM_UP = 0.5
"""Seconds before anything is counted."""

Make = Callable[[int], bytes]
"""The request with that number."""


class Load(Struct):
    """Answers a second, and milliseconds until an answer."""

    rate: float
    p50: float
    p99: float


def load(port: int, make: Make, connections: int, seconds: float) -> Load:
    return trio.run(partial(_load, port, make, connections, seconds))


async def _load(port: int, make: Make, connections: int, seconds: float) -> Load:
    begin = time.perf_counter() + WARM_UP
    end = begin + seconds
    took: list[float] = []
    numbers = iter(range(10**9))
    async with trio.open_nursery() as nursery:
        for _ in range(connections):
            nursery.start_soon(_post, port, make, numbers, begin, end, took)
    shares = quantiles(took, n=100)
    return Load(len(took) / seconds, 1000 * shares[49], 1000 * shares[98])


async def _post(port: int, make: Make, numbers: Iterator[int], begin: float, end: float, took: list[float]) -> None:
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
    async with stream:
        while (sent := time.perf_counter()) < end:
            await stream.send_all(make(next(numbers)))
            answer = b""
            while not http_client.whole(answer):
                piece = await stream.receive_some()
                if not piece:
                    raise NotReal("the server closed the connection")
                answer += piece
            if http_client.status(answer) != 202:
                raise NotReal(f"not accepted: {answer[:300]!r}")
            now = time.perf_counter()
            if begin <= now < end:
                took.append(now - sent)
