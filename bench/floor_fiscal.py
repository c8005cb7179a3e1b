"""The floor of a document at the tax service: its bytes, signed and stamped beforehand, are posted and answered.

No register, no agent, no journal, no client library: one socket a register, one document after another.
"""

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec

from bench import http_client
from bench.result import NotReal
from bench.tax_estate import desk
from kassanet.sandbox.keys.estate import PASSWORD, load
from schemas.prro import CloseShift, Desk, OpenShift, Operation, Sale, ZReport
from schemas.prro_zrep import ZRep
from transports.dstu.imports import import_key
from transports.dstu.signing import Signer
from transports.dstu.timestamps import REQUEST_TYPE
from transports.prro.composing import Heading, compose
from transports.prro.documents import Document, decode_ticket, encode
from transports.prro.signatures import opener
from transports.prro.totals import shift_totals


class ReadySigned:
    """Makes documents of spare registers. ``stamps`` answers for the authority without a socket."""

    def __init__(self, keys: Path, container: bytes) -> None:
        self.stamps = load(keys).time_stamps.respond
        self.signer: Signer = import_key(container, PASSWORD).signer()

    def message(self, operation: Operation, place: int, number: int) -> bytes:
        """The ``number``-th document of the register at ``place``, as it is sent."""
        return self.signed(encode(_document(operation, place, number)))

    def signed(self, xml: bytes) -> bytes:
        return self.signer.sign_stamped(xml, datetime.now(UTC), self.stamps)

    def sale(self, place: int, number: int) -> bytes:
        return self.message(SALE, place, number)

    def shift(self, place: int) -> tuple[bytes, bytes, bytes]:
        """Opening, report and closing of an empty shift."""
        opening, report, closing = OpenShift(), ZReport(), CloseShift()
        return self.message(opening, place, 1), self.message(report, place, 2), self.message(closing, place, 3)


SALE = msgspec.convert(
    {
        "kind": "sale",
        "items": [{"name": "Кава", "price": 4500, "letters": "А"}],
        "payments": [{"form": 0, "sum": 4500}],
    },
    Sale,
)


def _document(operation: Operation, place: int, number: int) -> Document:
    heading = Heading(uuid4(), datetime.now(UTC), number, "Касир")
    at = msgspec.convert(desk(place), Desk)
    document = compose(operation, at, heading)
    if not isinstance(document, ZRep):
        return document
    return compose(operation, at, heading, shift_totals([], document.head))


class Door:
    """One connection to the tax service."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=60.0)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Door":
        return self

    def __exit__(self, *reason: object) -> None:
        self._connection.close()

    def ask(self, path: str, body: bytes, content_type: str) -> bytes:
        answer = http_client.ask(self._connection, http_client.post(path, "none", body, content_type))
        if http_client.status(answer) != 200:
            raise NotReal(f"{path}: {answer[:300]!r}")
        return answer.partition(b"\r\n\r\n")[2]

    def document(self, message: bytes) -> bytes:
        return self.ask("/fs/doc", message, "application/octet-stream")

    def stamp(self, request: bytes) -> bytes:
        return self.ask("/tsp", request, REQUEST_TYPE)


def must_be_registered(ticket: bytes) -> None:
    """Raises :class:`NotReal` for a refusal: a server that refuses is faster than one that registers."""
    found = decode_ticket(opener()(ticket))
    if found.error or not found.fiscal_number:
        raise NotReal(f"the tax service refused a document: {found.error_text}")


def closings_a_second(port: int, shifts: Sequence[tuple[bytes, bytes, bytes]], at_once: int) -> float:
    """Reports and closings of shifts that were opened before anything is measured."""

    def opened(shift: tuple[bytes, bytes, bytes]) -> None:
        with Door(port) as door:
            must_be_registered(door.document(shift[0]))

    def closed(share: Sequence[tuple[bytes, bytes, bytes]]) -> list[bytes]:
        with Door(port) as door:
            return [door.document(message) for _, report, closing in share for message in (report, closing)]

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(opened, shifts))
        shares = [shifts[number::at_once] for number in range(at_once)]
        begun = time.perf_counter()
        tickets = [ticket for found in pool.map(closed, shares) for ticket in found]
        taken = time.perf_counter() - begun
    for ticket in tickets:
        must_be_registered(ticket)
    return len(shifts) / taken
