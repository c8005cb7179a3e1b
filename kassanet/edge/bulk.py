"""Many receipts in one request: read as a stream, committed in batches, answered line for line.

Answers are gathered while the request is read and sent after it, because a client may well write everything before it
reads anything, and answers in flight would then block both. Batches are committed one after another, so receipts keep
the order of their lines; while one is on its way to the disk the next ones are decoded.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence

import msgspec
import trio
from msgspec import Struct
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from kassanet.edge.ndjson import Line, Splitter
from kassanet.edge.problems import fault, problem_of
from schemas.problems import Problem, ProblemError, problem
from schemas.receipts import Status
from schemas.records import Accepted, AcceptReceipt, Conflict, NotFound

BATCH = 256
"""Lines decoded between two checkpoints, about two milliseconds, and receipts in one commit."""

AHEAD = 2
"""Batches decoded while an earlier one is committed."""

Read = Callable[[bytes], AcceptReceipt]
"""Makes the record of one line; raises :class:`ProblemError`."""

Outcome = Accepted | Conflict | NotFound | ProblemError

Accept = Callable[[Sequence[AcceptReceipt]], Awaitable[Sequence[Outcome]]]
"""Makes records durable and answers each in the same order, with its exception where it alone failed; may raise."""


class LineAnswer(Struct, frozen=True, omit_defaults=True):
    """What became of one line; ``status_code`` is that of a single POST."""

    line: int
    status_code: int
    id: int | None = None
    external_id: str | None = None
    status: Status | None = None
    problem: Problem | None = None


class _Batch:
    """Lines in order, each with its record or with what is wrong with it."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, AcceptReceipt | Problem]] = []

    def add(self, line: Line, read: Read) -> None:
        self.lines.append((line.number, _too_long() if line.data is None else _read(line.data, read)))

    def records(self) -> list[AcceptReceipt]:
        return [entry for _, entry in self.lines if isinstance(entry, AcceptReceipt)]

    def answers(self, accepted: Sequence[Outcome] | Problem) -> Iterable[LineAnswer]:
        """``accepted`` answers the records in order; a problem answers them all."""
        outcomes = iter(() if isinstance(accepted, Problem) else accepted)
        for number, entry in self.lines:
            if isinstance(entry, Problem):
                yield LineAnswer(number, entry.status, problem=entry)
            elif isinstance(accepted, Problem):
                yield LineAnswer(number, accepted.status, external_id=entry.external_id, problem=accepted)
            else:
                yield line_answer(number, entry.external_id, next(outcomes))


async def accept_lines(body: AsyncIterable[bytes], read: Read, accept: Accept, longest: int) -> bytes:
    """Read NDJSON to its end and return the answer's NDJSON, one line for each line that is not blank.

    When the body breaks off (413, 408) the answer says so after what became of the lines before; only if there were
    none is it raised.
    """
    batches_in, batches_out = trio.open_memory_channel[_Batch](AHEAD)
    splitter = Splitter(longest)
    answers = bytearray()
    broken: list[RequestEntityTooLarge | RequestTimeout] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_commit, batches_out, accept, answers)
        async with batches_in:
            try:
                async for chunk in body:
                    await _decode(splitter.feed(chunk), read, batches_in)
                await _decode(splitter.finish(), read, batches_in)
            except (RequestEntityTooLarge, RequestTimeout) as error:
                broken.append(error)
    if broken and not answers:
        raise broken[0]
    _write(answers, [_broken_off(splitter.number + 1, reason) for reason in broken])
    return bytes(answers)


async def _decode(lines: Iterable[Line], read: Read, batches: trio.MemorySendChannel[_Batch]) -> None:
    batch = _Batch()
    for line in lines:
        batch.add(line, read)
        if len(batch.lines) >= BATCH:
            await batches.send(batch)
            batch = _Batch()
    if batch.lines:
        await batches.send(batch)


async def _commit(batches: trio.MemoryReceiveChannel[_Batch], accept: Accept, answers: bytearray) -> None:
    async with batches:
        async for batch in batches:
            records = batch.records()
            accepted: Sequence[Outcome] | Problem = ()
            if records:
                try:
                    accepted = await accept(records)
                except Exception as error:
                    accepted = problem_of(error) or fault(error)
            _write(answers, batch.answers(accepted))


def line_answer(number: int, external_id: str, accepted: Outcome) -> LineAnswer:
    """202 for a new receipt, 200 for a repeat, 409 for a repeat with other content, or why this line alone failed."""
    if not isinstance(accepted, Accepted):
        refused = problem_of(accepted) or fault(accepted)
        return LineAnswer(number, refused.status, external_id=external_id, problem=refused)
    if not accepted.same:
        found = other_content(external_id).problem
        return LineAnswer(number, found.status, accepted.receipt_id, external_id, problem=found)
    code = 202 if accepted.created else 200
    return LineAnswer(number, code, accepted.receipt_id, external_id, accepted.status)


def other_content(external_id: str) -> ProblemError:
    """409: the key is taken by a receipt that says something else."""
    return problem(409, "other-content", f"external_id {external_id} was used for a receipt with other content.")


def _read(data: bytes, read: Read) -> AcceptReceipt | Problem:
    try:
        return read(data)
    except ProblemError as error:
        return error.problem
    except Exception as error:
        return fault(error)


def _too_long() -> Problem:
    return problem(413, "line-too-long", "The line is longer than this service takes.").problem


def _broken_off(number: int, error: RequestEntityTooLarge | RequestTimeout) -> LineAnswer:
    detail = "The body broke off here; repeat it from this line." if error.code == 408 else "No more than this is read."
    return LineAnswer(number, error.code, problem=problem(error.code, "broken-off", detail).problem)


def _write(answers: bytearray, lines: Iterable[LineAnswer]) -> None:
    answers += msgspec.json.Encoder().encode_lines(list(lines))
