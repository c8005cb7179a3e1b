"""How many receipts a second become durable: one a request, next to an empty quart-trio POST; and as NDJSON.

Everything goes through the real service process; the client is this process, on the same cores. Once into an empty
journal, once into one that holds a million receipts.
"""

import argparse
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

from bench import http_client
from bench.estate import Estate
from bench.http_load import Load, load
from bench.prefill import prefill
from bench.processes import running
from bench.receipts import lines, receipt
from bench.result import NotReal, Result, rounded
from tests.ports import free_ports

TARGET = 0.7
MICROSECONDS = 100.0
"""For one receipt of an import: 10,000 a second."""

CONNECTIONS = (1, 16, 64)
JUDGED = 16
IMPORTED = 40_000


class Posts(Struct):
    """The best of some rounds at one number of connections, and the median of their ratios."""

    ours: Load
    floor: Load
    ratio: float

    def shown(self) -> dict[str, object]:
        return {
            "ratio": round(self.ours.rate / self.floor.rate, 3),
            "median_ratio": round(self.ratio, 3),
            "per_s": [rounded(self.ours.rate), rounded(self.floor.rate)],
            "p50_ms": [rounded(self.ours.p50), rounded(self.floor.p50)],
            "p99_ms": [rounded(self.ours.p99), rounded(self.floor.p99)],
        }


class Intake:
    """One service and the two floors, all running; whoever is not asked costs nothing."""

    def __init__(self, estate: Estate, floor_post: int, floor_lines: int) -> None:
        self._estate = estate
        self._floor_post = floor_post
        self._floor_lines = floor_lines
        self._body = msgspec.json.encode(receipt("@"))
        self._run = 0

    def posts(self, connections: int, rounds: int, seconds: float) -> Posts:
        pairs = [(self._ours(connections, seconds), self._floor(connections, seconds)) for _ in range(rounds)]
        return Posts(
            max((ours for ours, _ in pairs), key=_rate),
            max((floor for _, floor in pairs), key=_rate),
            median(ours.rate / floor.rate for ours, floor in pairs),
        )

    def imports(self, rounds: int) -> tuple[float, float]:
        """Receipts a second, ours and the floor's: the best of some rounds."""
        pairs = [(IMPORTED / self._import(), IMPORTED / self._floor_import()) for _ in range(rounds)]
        return max(ours for ours, _ in pairs), max(floor for _, floor in pairs)

    def _ours(self, connections: int, seconds: float) -> Load:
        self._run += 1
        prefix = f"run-{self._run}".encode()

        def make(number: int) -> bytes:
            body = self._body.replace(b"@", b"%b-%d" % (prefix, number), 1)
            return http_client.post(self._estate.receipts, self._estate.token, body)

        return load(self._estate.port, make, connections, seconds)

    def _floor(self, connections: int, seconds: float) -> Load:
        request = http_client.post("/empty", "none", self._body)
        return load(self._floor_post, lambda number: request, connections, seconds)

    def _import(self) -> float:
        self._run += 1
        return self._estate.post(f"import-{self._run}", IMPORTED)

    def _floor_import(self) -> float:
        self._run += 1
        begun = time.perf_counter()
        with socket.create_connection(("127.0.0.1", self._floor_lines)) as connection:
            for piece in lines(f"floor-{self._run}", IMPORTED):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            taken = int(connection.recv(100))
        if taken != IMPORTED:
            raise NotReal(f"the floor took {taken} lines of {IMPORTED}")
        return time.perf_counter() - begun


def _rate(found: Load) -> float:
    return found.rate


def intake(rows: int, stack: ExitStack) -> Intake:
    """Everything started, with that many receipts in the journal already."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kassanet-bench-")))
    estate = Estate(folder)
    if rows:
        with estate.service():
            estate.build()
        prefill(estate.data, estate.circuit, rows)
    stack.enter_context(estate.service())
    if not rows:
        estate.build()
    floor_post = free_ports(2)
    floor_lines = floor_post + 1
    for words in (
        ["bench.floor_post", str(floor_post)],
        ["bench.floor_lines", str(floor_lines), str(folder / "floor")],
    ):
        process = stack.enter_context(running(words, folder / "floor.log"))
        assert process.stdout is not None
        process.stdout.readline()
    return Intake(estate, floor_post, floor_lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of posting, in each round (3)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="in the journal the second time (1,000,000)")


def run(options: argparse.Namespace) -> Result:
    details: dict[str, object] = {}
    with ExitStack() as stack:
        fresh = intake(0, stack)
        posts = {count: fresh.posts(count, options.rounds, options.seconds) for count in CONNECTIONS}
        ours, floor = fresh.imports(options.rounds)
    for count, found in posts.items():
        details[f"posts_on_{count}"] = found.shown()
    details["imported_per_s"] = [rounded(ours), rounded(floor)]
    with ExitStack() as stack:
        full = intake(options.rows, stack)
        later = full.posts(JUDGED, options.rounds, options.seconds)
        ours_later, floor_later = full.imports(options.rounds)
    details[f"with_{options.rows}_rows"] = {
        f"posts_on_{JUDGED}": later.shown(),
        "imported_per_s": [rounded(ours_later), rounded(floor_later)],
    }
    judged = posts[JUDGED]
    return Result(
        name="intake",
        value=judged.ours.rate,
        floor=judged.floor.rate,
        unit="POSTs/s",
        target=TARGET,
        limits={
            "import µs a receipt": (1e6 / ours, MICROSECONDS),
            f"import µs with {options.rows} rows": (1e6 / ours_later, MICROSECONDS),
        },
        details=details,
    )
