"""How long a service that was killed takes until it is ready again with its queue, next to a start with nothing.

Killed with SIGKILL in the middle of an import, its registers at work: the log is full of what was not folded into the
database yet, and attempts are open. Ready is ``/readyz`` answering 200; the time is that of the whole process.
"""

import argparse
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from statistics import median
from subprocess import Popen
from threading import Thread

import httpx

from bench.estate import Estate
from bench.prefill import prefill
from bench.result import NotReal, Result, rounded
from kassanet.store.identity import DATABASE

REGISTERS = 8
DOCUMENT_SECONDS = 1.0
QUEUED, LARGER = 100_000, 1_000_000
IN_FLIGHT = 50_000
"""Receipts of the import during which the service is killed."""

LONGER = 1.5
"""Seconds that a full queue may add to an empty start."""


class Killed:
    """An estate whose service was killed with ``queued`` receipts waiting, and can be again and again."""

    def __init__(self, folder: Path, queued: int) -> None:
        self._estate = Estate(folder, REGISTERS)
        self._queued = queued
        self._stack = ExitStack()

    def __enter__(self) -> "Killed":
        self._stack.enter_context(self._estate.sandbox(DOCUMENT_SECONDS))
        with self._estate.service() as service:
            self._estate.build()
            kill(service)
        if self._queued:
            prefill(self._estate.data, self._estate.circuit, self._queued - IN_FLIGHT // 2)
            with self._estate.service() as service:
                self._kill_in_the_middle(service)
            self._must_be_queued()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self) -> float:
        """Seconds until ready; killed again at once."""
        with self._estate.service() as service:
            kill(service)
        return self._estate.started_in

    def _kill_in_the_middle(self, service: Popen[bytes]) -> None:
        importing = Thread(target=self._import)
        importing.start()
        with self._estate.client() as client:
            while client.get(f"{self._estate.receipts}?limit=1").json()["receipts"][0]["id"] < self._queued:
                time.sleep(0.01)
        kill(service)
        importing.join()

    def _import(self) -> None:
        with suppress(httpx.TransportError):  # as intended: the service is killed
            self._estate.post("in-flight", IN_FLIGHT)

    def _must_be_queued(self) -> None:
        with closing(sqlite3.connect(self._estate.data / DATABASE)) as journal:
            [(found,)] = journal.execute("SELECT count(*) FROM receipts WHERE status = 'queued'")
        most = self._queued + IN_FLIGHT // 2
        if not 0.98 * self._queued <= found < most:
            raise NotReal(f"{found} receipts wait: the service was not killed in the middle of the import")


def kill(service: Popen[bytes]) -> None:
    service.send_signal(signal.SIGKILL)
    service.wait()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=4)


def run(options: argparse.Namespace) -> Result:
    found: dict[int, list[float]] = {}
    for queued in (QUEUED, LARGER):
        with _killed(0) as empty, _killed(queued) as full:
            for _ in range(options.rounds):
                found.setdefault(0, []).append(empty.start())
                found.setdefault(queued, []).append(full.start())
    least = {queued: min(times) for queued, times in found.items()}
    return Result(
        name="recovery",
        value=least[QUEUED],
        floor=least[0],
        unit="s",
        direction="cost",
        limits={
            f"longer with {QUEUED}": (least[QUEUED] - least[0], LONGER),
            f"longer with {LARGER}": (least[LARGER] - least[0], LONGER),
        },
        details={
            "seconds": {str(queued): rounded(seconds) for queued, seconds in least.items()},
            "median_seconds": {str(queued): rounded(median(times)) for queued, times in found.items()},
        },
    )


@contextmanager
def _killed(queued: int) -> Iterator[Killed]:
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as folder, Killed(Path(folder), queued) as killed:
        yield killed
