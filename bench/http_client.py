"""HTTP with as few instructions as possible: ready-made requests, answers read by their length.

The client of a bench shares the machine with the server it measures, so what it does not do counts for the server.
"""

import re
import socket

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_END = b"\r\n\r\n"


def post(path: str, token: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A whole request; the connection stays open."""
    head = f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: {content_type}\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def whole(received: bytes) -> bool:
    """Whether this is a whole answer."""
    head = received.find(_END)
    if head < 0:
        return False
    length = _LENGTH.search(received, 0, head + 2)
    return len(received) >= head + len(_END) + (int(length[1]) if length else 0)


def status(answer: bytes) -> int:
    return int(answer[9:12])


def ask(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and return its answer; raises ``ConnectionError`` when there is none."""
    connection.sendall(request)
    received = b""
    while not whole(received):
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        received += piece
    return received
