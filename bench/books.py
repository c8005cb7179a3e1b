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
    document. A register that fell silent is counted to the window's end, one that made nothing for all of it.
    """
    if len(books) != registers:
        raise NotReal(f"{len(books)} registers have books, not {registers}")
    gaps: list[float] = []
    documents, seconds = 0, 0.0
    for file in books:
        commits = [moment for moment in _commits(file) if since <= moment < until]
        documents += len(commits)
        gaps += [later - earlier - document_seconds for earlier, later in pairwise(commits)]
        seconds += _span(commits, since, until, document_seconds)
    if len(gaps) < registers:
        raise NotReal(f"{documents} documents of {registers} registers: the window is too short")
    shares = quantiles(gaps, n=100)
    return Made(documents, len(gaps) * document_seconds / seconds, 1000 * shares[49], 1000 * shares[98])


def _span(commits: Sequence[float], since: float, until: float, document_seconds: float) -> float:
    if not commits:
        return until - since
    is_silent = until - commits[-1] > 2 * document_seconds
    return (until if is_silent else commits[-1]) - commits[0]


def _commits(file: Path) -> Iterator[float]:
    decode = msgspec.json.Decoder(_Line).decode
    for line in file.read_bytes().splitlines():
        entry = decode(line)
        if entry.kind == "sell":
            yield entry.at.timestamp()
