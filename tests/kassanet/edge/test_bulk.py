"""Many receipts in one request: good lines accepted, bad ones named, in order, whatever breaks."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import trio
from quart import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from actors.journal import StoreUnavailable
from kassanet.edge.application import public
from kassanet.edge.bulk import BATCH, Outcome, accept_lines
from kassanet.edge.intake import Intake
from kassanet.edge.ndjson import MEDIA_TYPE
from schemas.records import Accepted, AcceptReceipt, NotFound
from tests.kassanet.edge.conversation import application, read_until, running
from tests.kassanet.edge.posted import encoded

INTAKE = Intake(1)


def read(data: bytes) -> AcceptReceipt:
    return INTAKE.record(data, 1.0)


class Book:
    """Accepts like a journal: first come, first kept."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, bytes]] = {}
        self.batches: list[int] = []
        self.failures: list[Exception] = []

    async def accept(self, records: Sequence[AcceptReceipt]) -> Sequence[Outcome]:
        await trio.lowlevel.checkpoint()
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(len(records))
        return [self._accept(record) for record in records]

    def _accept(self, record: AcceptReceipt) -> Accepted:
        created = record.external_id not in self.kept
        receipt_id, digest = self.kept.setdefault(record.external_id, (len(self.kept) + 1, record.digest))
        return Accepted(receipt_id, "queued", created, digest == record.digest)


async def chunks(*pieces: bytes | Exception) -> AsyncIterator[bytes]:
    for piece in pieces:
        await trio.lowlevel.checkpoint()
        if isinstance(piece, Exception):
            raise piece
        yield piece


def lines(answer: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.splitlines()]


def numbered(first: int, last: int) -> bytes:
    return b"".join(encoded(external_id=f"order-{number}") + b"\n" for number in range(first, last + 1))


async def test_good_lines_are_accepted_and_bad_ones_in_the_middle_named() -> None:
    book = Book()
    body = b"\n".join(
        [encoded(external_id="a"), b"{", b"", encoded(external_id="b", kind="x"), b"x" * 2000, encoded(external_id="c")]
    )
    answers = lines(await accept_lines(chunks(body), read, book.accept, 1000))
    assert [(line["line"], line["status_code"]) for line in answers] == [
        (1, 202),
        (2, 400),
        (4, 422),
        (5, 413),
        (6, 202),
    ]
    assert answers[0] == {"line": 1, "status_code": 202, "id": 1, "external_id": "a", "status": "queued"}
    assert answers[2]["problem"]["errors"][0]["path"] == "kind"
    assert set(book.kept) == {"a", "c"}


async def test_repeats_and_contradictions_are_told_apart() -> None:
    body = encoded() + b"\n" + encoded() + b"\n" + encoded(cashier="Other")
    answers = lines(await accept_lines(chunks(body), read, Book().accept, 1000))
    assert [line["status_code"] for line in answers] == [202, 200, 409]
    assert [line["id"] for line in answers] == [1, 1, 1]


async def test_an_empty_body_has_an_empty_answer() -> None:
    assert await accept_lines(chunks(b"\n \n"), read, Book().accept, 1000) == b""


async def test_lines_keep_their_order_over_batches() -> None:
    book, count = Book(), 3 * BATCH + 10
    body = numbered(1, count)
    pieces = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    answers = lines(await accept_lines(chunks(*pieces), read, book.accept, 1000))
    assert [line["line"] for line in answers] == list(range(1, count + 1))
    assert list(book.kept) == [f"order-{number}" for number in range(1, count + 1)]


async def test_one_chunk_is_cut_into_batches() -> None:
    book = Book()
    await accept_lines(chunks(numbered(1, 2 * BATCH + 1)), read, book.accept, 1000)
    assert book.batches == [BATCH, BATCH, 1]


async def test_what_came_is_accepted_before_the_rest_comes() -> None:
    book, seen = Book(), []

    async def slowly() -> AsyncIterator[bytes]:
        yield numbered(1, 2)
        await trio.testing.wait_all_tasks_blocked()
        seen.append(len(book.kept))
        yield numbered(3, 3)

    await accept_lines(slowly(), read, book.accept, 1000)
    assert seen == [2]


@pytest.mark.parametrize(
    ("failure", "code"), [(StoreUnavailable("disk full"), 503), (NotFound("circuit 1"), 404), (ValueError("oops"), 500)]
)
async def test_a_batch_that_fails_is_told_and_the_next_one_tried(failure: Exception, code: int) -> None:
    book = Book()
    book.failures.append(failure)
    answers = lines(await accept_lines(chunks(numbered(1, BATCH + 1)), read, book.accept, 1000))
    assert [line["status_code"] for line in answers] == [code] * BATCH + [202]
    assert "oops" not in str(answers)


async def test_a_line_whose_reading_breaks_is_a_fault_of_its_own() -> None:
    def breaking(data: bytes) -> AcceptReceipt:
        if b"order-2" in data:
            raise ZeroDivisionError
        return read(data)

    answers = lines(await accept_lines(chunks(numbered(1, 3)), breaking, Book().accept, 1000))
    assert [line["status_code"] for line in answers] == [202, 500, 202]


async def test_a_body_that_breaks_off_tells_what_was_accepted() -> None:
    book = Book()
    answers = lines(await accept_lines(chunks(numbered(1, 2), RequestEntityTooLarge()), read, book.accept, 1000))
    assert [(line["line"], line["status_code"]) for line in answers] == [(1, 202), (2, 202), (3, 413)]
    with pytest.raises(RequestEntityTooLarge):
        await accept_lines(chunks(RequestEntityTooLarge()), read, book.accept, 1000)


def importing(book: Book, limit: int) -> Blueprint:
    blueprint = Blueprint("importing", __name__)

    @blueprint.post("/import")
    @public
    async def many() -> Response:
        request.max_content_length = limit
        return Response(await accept_lines(request.body, read, book.accept, 1000), content_type=MEDIA_TYPE)

    return blueprint


async def test_a_client_that_writes_everything_before_it_reads_is_not_blocked() -> None:
    book, count = Book(), 10_000
    body = numbered(1, count)
    async with running(application(blueprints=[importing(book, 10**9)])) as server:
        stream = await server.connect()
        await stream.send_all(b"POST /import HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = await read_until(stream, b'"line":%d,' % count)
        assert answer.count(b'"status_code":202') >= count - 1
        await stream.aclose()


async def test_the_bodys_limit_holds_for_streams_too() -> None:
    book = Book()
    async with running(application(blueprints=[importing(book, 100_000)])) as server, server.client() as http:
        refused = await http.post("/import", content=numbered(1, 1000))
        assert refused.status_code == 413
        broken = await http.post("/import", content=_pieces(numbered(1, 1000)))
        assert broken.status_code == 200
        assert lines(broken.content)[-1]["status_code"] == 413
        assert 0 < len(book.kept) < 1000


async def test_reading_waits_for_the_journal() -> None:
    """What the client has sent and nobody has read stays in the kernel, not in our memory."""
    gate, body, kept = trio.Event(), numbered(1, 1000) * 40, []

    async def accept(records: Sequence[AcceptReceipt]) -> Sequence[Outcome]:
        await gate.wait()
        return [Accepted(1, "queued", created=True) for _ in records]

    blueprint = Blueprint("slow", __name__)

    @blueprint.post("/import")
    @public
    async def slow() -> Response:
        request.max_content_length = 10**9
        kept.append(request.body._data)
        return Response(await accept_lines(request.body, read, accept, 1000))

    async with running(application(blueprints=[blueprint])) as server:
        stream = await server.connect()
        await stream.send_all(b"POST /import HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n")
        with trio.fail_after(60):
            while not kept:  # noqa: ASYNC110 - a view tells nobody
                await trio.sleep(0.01)
        with trio.move_on_after(0.5):
            await stream.send_all(body)
        assert len(kept[0]) < 2**19
        gate.set()
        await stream.aclose()


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]
