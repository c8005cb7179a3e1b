"""What registers made and how long they stood idle, read from the sandbox's books: the device's own side.

A book tells the moment of each commit. A register that is never without work commits once in ``document_seconds``;
what lies between two commits beyond that is time in which it could have made documents.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

import msgspec
from msgspec import Struct

from bench.result import NotReal

LEAST_DOCUMENTS = 3
"""In the window, of each register; fewer tell nothing about the time between them."""


class _Line(Struct):
    kind: str
    at: datetime


class Made(Struct):
    """``documents`` in the window; ``utilisation`` is made ÷ could have made; gaps are milliseconds between two."""

    documents: int
    utilisation: float
    gap_p50: float
    gap_p99: float


def made(books: Sequence[Path], registers: int, since: float, until: float, document_seconds: float) -> Made:
    """The receipts of all registers between two moments (UNIX seconds).

    Counted from each register's first commit in the window to its last: then neither end of the window cuts a
    document. A register that fell silent is counted to the window's end.
    """
    if len(books) != registers:
        raise NotReal(f"{len(books)} registers have books, not {registers}")
    gaps: list[float] = []
    documents, made_between, could = 0, 0, 0.0
    for file in books:
        commits = [moment for moment in _commits(file) if since <= moment < until]
        if len(commits) < LEAST_DOCUMENTS:
            raise NotReal(f"{file.name}: {len(commits)} documents in the window; it is too short, or the queue ran dry")
        last = commits[-1] if until - commits[-1] < 2 * document_seconds else until
        documents += len(commits)
        made_between += len(commits) - 1
        could += (last - commits[0]) / document_seconds
        gaps += [later - earlier - document_seconds for earlier, later in pairwise(commits)]
    shares = quantiles(gaps, n=100)
    return Made(documents, made_between / could, 1000 * shares[49], 1000 * shares[98])


def _commits(file: Path) -> Iterator[float]:
    decode = msgspec.json.Decoder(_Line).decode
    for line in file.read_bytes().splitlines():
        entry = decode(line)
        if entry.kind == "sell":
            yield entry.at.timestamp()
