"""How many receipts a second 100 askers get acknowledged as durable, next to a bare group commit of the same rows.

Also with 2 ms added to each commit (an ordinary SSD, where the machine's disk answers from a cache), with 1,000
askers, and with ten times the rows in the table.
"""

import argparse
import time
from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio

from actors.journal import Availability, Journal
from actors.runtime import ChildSpec, Ref, Supervisor
from bench.duel import Duel, duel
from bench.filled import fill, receipt
from bench.floor_journal import Row
from bench.floor_journal import acks_a_second as floor
from bench.result import NotReal, Result
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.records import AcceptReceipt, Write

TARGET = 0.7
SSD = 0.002
"""Seconds that an ordinary SSD takes longer for each commit."""

_row = attrgetter(
    "circuit_id", "integration_id", "external_id", "kind", "total", "digest", "callback_url", "body", "at"
)


class SlowStore(SqliteStore):
    """The real store on a slower disk."""

    delay = 0.0

    def commit(self, writes: Sequence[Write[Any]]) -> list[object]:
        answers = super().commit(writes)
        time.sleep(self.delay)
        return answers


class Field:
    """Two journals of the same length, one for the subject and one for the floor; each round makes both longer."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.ours, self.bare = Opening(folder / "ours"), Opening(folder / "bare")
        for opening in (self.ours, self.bare):
            fill(opening, rows)
        self.expected = rows

    def check(self, acknowledged: int) -> None:
        """Every acknowledged receipt is in the file, or the figure means nothing."""
        self.expected += acknowledged
        reader = SqliteReader(self.ours)
        stored = reader.counts()["queued"]
        reader.close()
        if stored != self.expected:
            raise NotReal(f"{self.expected} receipts were acknowledged and {stored} are stored")


def subject(field: Field, askers: int, each: int, delay: float) -> float:
    writes = [[receipt() for _ in range(each)] for _ in range(askers)]
    rate = trio.run(partial(_acknowledged, field.ours, writes, delay))
    field.check(askers * each)
    return rate


async def _acknowledged(opening: Opening, writes: Sequence[Sequence[AcceptReceipt]], delay: float) -> float:
    def open_store() -> SqliteStore:
        store = SlowStore.open(opening)
        store.delay = delay
        return store

    spec = ChildSpec("journal", lambda: Journal(open_store, Availability()), capacity=len(writes))
    tree = Supervisor("root", children=[spec])
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        begun = time.perf_counter()
        async with trio.open_nursery() as askers:
            for mine in writes:
                askers.start_soon(_ask, tree.ref("journal"), mine)
        taken = time.perf_counter() - begun
        tree.stop()
    return sum(map(len, writes)) / taken


async def _ask(journal: Ref, mine: Sequence[AcceptReceipt]) -> None:
    for write in mine:
        accepted = await journal.ask(write)
        if not accepted.created:
            raise NotReal("a fresh key was taken for a repeat")


def bare(field: Field, askers: int, each: int, delay: float) -> float:
    rows: list[list[Row]] = [[_row(receipt()) for _ in range(each)] for _ in range(askers)]
    return floor(field.bare.path, rows, delay)


def measure(options: argparse.Namespace, *, askers: int = 100, rows: int, delay: float = 0.0) -> Duel:
    each = max(5, options.acks // askers)
    if delay:
        each = max(5, min(each, int(1.0 / (delay * 2))))
    with TemporaryDirectory(dir=options.dir) as folder:
        field = Field(Path(folder), rows)
        sides = [partial(side, field, askers, each, delay) for side in (subject, bare)]
        return duel(sides[0], sides[1], options.rounds)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--acks", type=int, default=10_000, help="acknowledgements in a round")
    parser.add_argument("--rows", type=int, default=20_000, help="receipts in the table before")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--dir", type=Path, default=None, help="where the journals lie; on the disk to be measured")


def run(options: argparse.Namespace) -> Result:
    plain = measure(options, rows=options.rows)
    ssd = measure(options, rows=options.rows, delay=SSD)
    many = measure(options, rows=options.rows, askers=1000)
    long = measure(options, rows=10 * options.rows)
    return Result(
        name="journal",
        value=plain.subject,
        floor=plain.floor,
        unit="acks/s",
        target=TARGET,
        limits={"floor ÷ value with 2 ms a commit": (round(ssd.floor / ssd.subject, 3), round(1 / TARGET, 3))},
        details={
            "median_ratio": plain.median_ratio,
            "2 ms a commit": told(ssd),
            "1,000 askers": told(many),
            "10 times the rows": told(long),
        },
    )


def told(found: Duel) -> str:
    return f"{found.subject:,.0f} of {found.floor:,.0f}, ratio {found.subject / found.floor:.2f}"
