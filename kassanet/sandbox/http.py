"""HTTP as the simulated servers speak it: h11 over a peer, so that an answer can be broken at any byte.

A server gives :func:`converse` what it does with one request; whatever it writes is bytes of its own making.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

from kassanet.sandbox.peers import Gone, Peer

MOST_OF_A_BODY = 2**20
"""Bytes; what is more is read and dropped, and the server refuses what is left of it."""


class Request(NamedTuple):
    """An HTTP request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""


Exchange = Callable[[h11.Connection, Peer, Request], Awaitable[float | None]]
"""Answers a request. Gives seconds for which the connection is to be held open where it ends here, else None."""


async def converse(peer: Peer, exchange: Exchange) -> float:
    """One connection, request after request; answers the seconds for which it is to be held open."""
    connection = h11.Connection(h11.SERVER)
    try:
        while (request := await _next_request(connection, peer)) is not None:
            lingers = await exchange(connection, peer, request)
            if lingers is not None:
                return lingers
            if connection.our_state is h11.MUST_CLOSE:
                break
            connection.start_next_cycle()
    except (Gone, h11.ProtocolError):
        pass
    await peer.close()
    return 0.0


def response(connection: h11.Connection, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """A whole answer as bytes; its length is said, but where there can be no body."""
    said = [*headers, *([] if status == 204 else [("Content-Length", str(len(body)))])]
    pieces = [connection.send(h11.Response(status_code=status, headers=said))]
    if body:
        pieces.append(connection.send(h11.Data(body)))
    pieces.append(connection.send(h11.EndOfMessage()))
    return b"".join(piece or b"" for piece in pieces)


async def _next_request(connection: h11.Connection, peer: Peer) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                await peer.send(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            connection.receive_data(await peer.receive())
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            if len(body) <= MOST_OF_A_BODY:
                body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _whole(head, bytes(body))
        else:
            return None


def _whole(head: h11.Request, body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    target = urlsplit(head.target.decode("latin-1"))
    return Request(head.method.decode("ascii"), target.path, headers, body, target.query)
