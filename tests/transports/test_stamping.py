"""Authorities of time stamps that do not behave: nobody's key waits for them longer than it was told to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from transports.stamping import MOST_OF_AN_ANSWER, StampingClient, Unstamped

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n"


@asynccontextmanager
async def authority(head: bytes, piece: bytes, pause: float) -> AsyncIterator[tuple[str, list[int]]]:
    """Says the head, then the piece again and again; the list has how many bytes it could get rid of."""
    sent: list[int] = []

    async def serve(stream: trio.SocketStream) -> None:
        try:
            await stream.receive_some(4096)
            await stream.send_all(head)
            while True:
                await stream.send_all(piece)
                sent.append(len(piece))
                await trio.sleep(pause)
        except trio.BrokenResourceError:
            await stream.aclose()

    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}/tsp", sent
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("head", [b"", HEAD + b"Content-Length: 100000\r\n\r\n"])
async def test_an_answer_that_drips_is_given_up(head: bytes) -> None:
    client = StampingClient(0.3)
    async with authority(head, b"H" if not head else b"x", 0.05) as (url, _):
        with trio.fail_after(60), pytest.raises(Unstamped, match=r"within 0\.3 s"):
            await client.exchange(url, b"request")
    await client.aclose()


async def test_an_endless_answer_is_not_read() -> None:
    client = StampingClient(30.0)
    async with authority(HEAD + b"Content-Length: 1000000000\r\n\r\n", b"x" * 65536, 0.0) as (url, sent):
        with trio.fail_after(60), pytest.raises(Unstamped, match="more than"):
            await client.exchange(url, b"request")
        assert sum(sent) < 32 * MOST_OF_AN_ANSWER
    await client.aclose()


async def test_a_certificate_leads_nobody_behind_our_walls() -> None:
    client = StampingClient(30.0)
    async with authority(HEAD + b"Content-Length: 1\r\n\r\n", b"x", 1.0) as (url, sent):
        for address in (url, url.replace("127.0.0.1", "localhost"), "http://[::1]:9/tsp", "http://169.254.169.254/tsp"):
            with pytest.raises(Unstamped, match="is not public"):
                await client.exchange(address, b"request", public=True)
        assert sent == []
        assert await client.exchange(url, b"request") == b"x", "whoever is named by the settings is believed"
    await client.aclose()
