"""How long after its acceptance a receipt's first byte reaches a register that stands idle.

From the moment that the service writes into the receipt (its body is read and understood, nothing is durable yet) to
the first byte at the register: the commit, the circuit, the register's actor, the connection. Once with nothing else
to do, once while a hundred other registers are at work.
"""

import argparse
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import quantiles

import msgspec
from msgspec import Struct

from bench import http_client
from bench.estate import INN, Estate
from bench.processes import running
from bench.receipts import receipt
from bench.result import NotReal, Result, rounded
from tests.ports import free_ports

TIMES = 150
PAUSE = 0.08
DOCUMENT_SECONDS = 0.02
IDLE_REGISTERS = 4
BUSY_REGISTERS = 100
FN_STATUS, OPEN_RECEIPT = "08", "23"


class Delays(Struct):
    """Milliseconds."""

    p50: float
    p99: float


def delays(starts: Sequence[float], ends: Sequence[float]) -> Delays:
    if len(starts) != len(ends):
        raise NotReal(f"{len(starts)} receipts were accepted and {len(ends)} reached a register")
    found = quantiles([end - start for start, end in zip(starts, ends, strict=True)], n=100)
    return Delays(1000 * found[49], 1000 * found[98])


class Idle:
    """The registers that stand idle, and what reached them when."""

    def __init__(self, folder: Path) -> None:
        self.port = free_ports(IDLE_REGISTERS + BUSY_REGISTERS + 2) + BUSY_REGISTERS + 2
        self._stamps = folder / "stamps"

    @contextmanager
    def switched_on(self) -> Iterator[None]:
        words = [str(self.port), str(IDLE_REGISTERS), str(DOCUMENT_SECONDS), INN, str(self._stamps)]
        with running(["bench.timed_registers", *words], self._stamps.with_suffix(".log")) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield

    def forget(self) -> None:
        self._stamps.write_text("")

    def arrivals(self, command: str) -> list[float]:
        """When commands came, in order."""
        return sorted(float(at) for code, _, at in self._lines() if code == command)

    def first_bytes(self) -> list[float]:
        """When receipts came: of each, the reading of the FN that precedes its opening."""
        before: dict[str, float] = {}
        found = []
        for code, port, at in self._lines():
            if code == OPEN_RECEIPT:
                found.append(before[port])
            elif code == FN_STATUS:
                before[port] = float(at)
        return sorted(found)

    def _lines(self) -> Iterator[tuple[str, str, str]]:
        for line in self._stamps.read_text().splitlines():
            code, port, at = line.split(" ")
            yield code, port, at


def measure(busy: int) -> tuple[Delays, Delays, Delays]:
    """From acceptance, the floor of that, and from the client's first byte."""
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as name:
        folder = Path(name)
        idle, estate = Idle(folder), Estate(folder, max(busy, 1))
        with idle.switched_on(), estate.sandbox(1.0):
            accepted, posted = _ours(estate, idle, busy)
            floor = _floor(estate, idle, busy, folder)
    return accepted, floor, posted


def _ours(estate: Estate, idle: Idle, busy: int) -> tuple[Delays, Delays]:
    with estate.service():
        estate.build()
        circuit = estate.add_circuit(range(idle.port, idle.port + IDLE_REGISTERS))
        if busy:
            estate.post("busy", busy * (int(TIMES * PAUSE) + 30))
        time.sleep(3)
        _sell(estate, circuit, 3)  # shifts are opened by the first
        time.sleep(1)
        idle.forget()
        posted = _sell(estate, circuit, TIMES)
        accepted = _accepted(estate, circuit)[-TIMES:]
    first_bytes = idle.first_bytes()
    return delays(accepted, first_bytes), delays(posted, first_bytes)


def _sell(estate: Estate, circuit: int, times: int) -> list[float]:
    """When each was posted."""
    path, posted = f"/api/v1/circuits/{circuit}/receipts", []
    with socket.create_connection(("127.0.0.1", estate.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(times):
            body = msgspec.json.encode(receipt(f"{times}-{number}"))
            posted.append(time.time())
            answer = http_client.ask(connection, http_client.post(path, estate.token, body))
            if http_client.status(answer) != 202:
                raise NotReal(f"not accepted: {answer[:300]!r}")
            time.sleep(PAUSE)
    return posted


def _accepted(estate: Estate, circuit: int) -> list[float]:
    """When each was accepted, by the service's own clock, oldest first."""
    with estate.client() as client:
        rows = client.get(f"/api/v1/circuits/{circuit}/receipts?limit={TIMES}").json()["receipts"]
    return sorted(datetime.fromisoformat(row["accepted_at"]).timestamp() for row in rows)


def _floor(estate: Estate, idle: Idle, busy: int, folder: Path) -> Delays:
    idle.forget()
    words = [str(folder / "floor.sqlite"), str(idle.port), str(TIMES), str(PAUSE)]
    words += [str(estate.kkt_port), str(busy)] if busy else []
    with running(["bench.floor_dispatch", *words], folder / "floor.log") as process:
        assert process.stdout is not None
        accepted = msgspec.json.decode(process.stdout.readline() or b"[]", type=list[float])
    return delays(accepted, idle.arrivals(FN_STATUS))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=2, help="of each; the best median counts (2)")


def run(options: argparse.Namespace) -> Result:
    calm, loaded = (
        [min(found, key=_p50) for found in zip(*(measure(busy) for _ in range(options.rounds)), strict=True)]
        for busy in (0, BUSY_REGISTERS)
    )
    return Result(
        name="dispatch",
        value=calm[0].p50,
        floor=calm[1].p50,
        unit="ms, p50",
        direction="cost",
        details={
            "idle": _shown(calm),
            f"beside_{BUSY_REGISTERS}_busy": {"ratio": round(loaded[1].p50 / loaded[0].p50, 3), **_shown(loaded)},
        },
    )


def _p50(found: Delays) -> float:
    return found.p50


def _shown(found: Sequence[Delays]) -> dict[str, object]:
    accepted, floor, posted = found
    return {
        "p50_ms": [rounded(accepted.p50), rounded(floor.p50)],
        "p99_ms": [rounded(accepted.p99), rounded(floor.p99)],
        "from_post_p50_ms": rounded(posted.p50),
        "from_post_p99_ms": rounded(posted.p99),
    }
