"""Tills of software registers: one connection each, a sale as soon as the last one is answered, or one now and then."""

import time
from collections.abc import Sequence
from functools import partial
from statistics import quantiles

import msgspec
import trio
from msgspec import Struct

from bench import http_client
from bench.floor_fiscal import SALE
from bench.result import NotReal


class Sold(Struct, frozen=True):
    """``rate`` in sales a second, milliseconds until an answer."""

    sales: int
    rate: float
    p50: float
    p99: float


def sell(port: int, token: str, paths: Sequence[str], seconds: float, pause: float = 0.0) -> Sold:
    """``pause`` between two sales of a till, which then begin one after another within it."""
    return trio.run(partial(_sell, port, token, paths, seconds, pause))


async def _sell(port: int, token: str, paths: Sequence[str], seconds: float, pause: float) -> Sold:
    took: list[float] = []
    begin = time.perf_counter()
    async with trio.open_nursery() as nursery:
        for place, path in enumerate(paths):
            first = begin + pause * place / len(paths)
            nursery.start_soon(_till, port, token, path, (first, begin + seconds), pause, took)
    shares = quantiles(took, n=100)
    return Sold(len(took), len(took) / (time.perf_counter() - begin), 1000 * shares[49], 1000 * shares[98])


async def _till(port: int, token: str, path: str, span: tuple[float, float], pause: float, took: list[float]) -> None:
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
    async with stream:
        at = span[0]
        while at < span[1]:
            await trio.sleep(max(0.0, at - time.perf_counter()))
            sent = time.perf_counter()
            await _sold(stream, token, path, f"sale-{sent}")
            done = time.perf_counter()
            took.append(done - sent)
            at = max(at + pause, done) if pause else done


async def _sold(stream: trio.SocketStream, token: str, path: str, key: str) -> None:
    body = msgspec.json.encode({"external_id": key, "operation": SALE})
    await stream.send_all(http_client.post(f"{path}/operations", token, body))
    answer = b""
    while not http_client.whole(answer):
        piece = await stream.receive_some()
        if not piece:
            raise NotReal("the service closed the connection")
        answer += piece
    if http_client.status(answer) != 200 or b'"status":"registered"' not in answer:
        raise NotReal(f"not registered: {answer[-400:]!r}")
