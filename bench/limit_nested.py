"""Sales at 200 software registers: till, cash desk, signing agent, time stamp, tax service, and back to the till.

Each is a process of its own and everything between them is HTTP. Every till sells as soon as it is answered, for the
rate; then each now and then, for what an unhurried buyer waits. The floor is the sum of the parts, each measured alone
in the same run: two bare HTTP requests (till to desk, desk to agent), a signature with its time stamp, three commits,
and the bare exchanges with the tax service, whose simulated one verifies two signatures and makes a third. Rate and
floor are of processor time, all processes together: the machine is shared, by them and by others.
"""

import argparse
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple

from bench import http_client
from bench.floor_fiscal import Door, ReadySigned, must_be_registered
from bench.processes import cpu_seconds, running
from bench.result import NotReal, Result, rounded
from bench.tax_estate import TaxEstate
from bench.tax_tills import sell
from kassanet.store.sqlite.connection import connect, prepare_writer
from schemas.prro import OpenShift
from tests.ports import free_ports
from transports.dstu.signing import time_stamp_request

ROUNDS = 300
COMMITS = 3
"""The document before it is sent, its outcome, and the signature at the agent."""

REQUESTS = 2
REQUEST = b"POST /empty HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Part(NamedTuple):
    """Milliseconds of processor time, and by the clock (the median)."""

    cpu: float
    wall: float

    def times(self, count: int) -> "Part":
        return Part(count * self.cpu, count * self.wall)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registers", type=int, default=200)
    parser.add_argument("--keys", type=int, default=10, help="cashiers, each with a key of their own")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--calm", type=float, default=10.0, help="seconds between two sales of a calm till")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as name:
        estate = TaxEstate(Path(name), options.registers, options.keys, spare=1)
        with estate.tax_service() as tax, estate.agent() as agent:
            parts = _parts(estate, tax.pid)
            with estate.service() as service:
                estate.build()
                estate.everywhere({"kind": "open_shift"}, "open")
                processes = {"tax_service": tax.pid, "agent": agent.pid, "cash_desk": service.pid}
                before = {name: cpu_seconds(pid) for name, pid in processes.items()}
                hurried = sell(estate.port, estate.token, estate.paths, options.seconds)
                used = {name: cpu_seconds(pid) - before[name] for name, pid in processes.items()}
                calm = sell(estate.port, estate.token, estate.paths, 2 * options.calm, options.calm)
        _must_be_booked(estate, hurried.sales + calm.sales)
    return Result(
        name="nested",
        value=hurried.sales / sum(used.values()),
        unit="sales/CPU-s",
        floor=1000 / sum(part.cpu for part in parts.values()),
        details={
            "registers_keys": [options.registers, options.keys],
            "sales_s": rounded(hurried.rate),
            "p50_p99_ms": [rounded(hurried.p50), rounded(hurried.p99)],
            "calm_sales_s": rounded(calm.rate),
            "calm_p50_p99_ms": [rounded(calm.p50), rounded(calm.p99)],
            "sum_of_parts_ms": rounded(sum(part.wall for part in parts.values())),
            "cpu_ms_a_sale": {name: rounded(1000 * each / hurried.sales) for name, each in used.items()},
            "parts_cpu_ms": {name: rounded(part.cpu) for name, part in parts.items()},
        },
    )


def _parts(estate: TaxEstate, tax: int) -> dict[str, Part]:
    """Each alone, one after another."""
    maker = ReadySigned(estate.folder / "keys", estate.container(0))
    place, last = estate.registers, ROUNDS + 2
    messages = [maker.message(OpenShift(), place, 1), *(maker.sale(place, number) for number in range(2, last))]
    ticket = maker.signer.sign(bytes(400), datetime.now(UTC))
    request = time_stamp_request(ticket, maker.signer.scheme.digest).encoded
    whole, authority = _each(lambda: maker.sale(place, 1)), _each(lambda: maker.stamps(request))
    waiting = iter(messages)
    with Door(estate.tax_port) as door:
        stamp = _each(lambda: door.stamp(request), tax)
        document = _each(lambda: must_be_registered(door.document(next(waiting))), tax)
    return {
        "http_requests": _bare_request(estate.folder).times(REQUESTS),
        # What `sale` does for the authority, too, is measured over HTTP.
        "signing": Part(whole.cpu - authority.cpu, whole.wall - authority.wall),
        "commits": _commit(estate.folder, messages[1]).times(COMMITS),
        "stamp_over_http": stamp,
        "document_over_http_and_its_ticket": document,
    }


def _bare_request(folder: Path) -> Part:
    port = free_ports()
    with running(["bench.floor_post", str(port)], folder / "floor.log") as process:
        assert process.stdout is not None
        process.stdout.readline()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            http_client.ask(connection, REQUEST)
            return _each(lambda: http_client.ask(connection, REQUEST), process.pid)


def _commit(folder: Path, row: bytes) -> Part:
    database = folder / "floor.db"
    database.touch()
    connection = connect(database, 2.0)
    prepare_writer(connection)
    connection.execute("CREATE TABLE documents (id INTEGER PRIMARY KEY, signed BLOB)")

    def once() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO documents (signed) VALUES (?)", (row,))
        connection.execute("COMMIT")

    try:
        return _each(once)
    except sqlite3.Error as error:
        raise NotReal(f"the floor itself failed: {error}") from error
    finally:
        connection.close()


def _each(once: Callable[[], object], pid: int | None = None) -> Part:
    """Our processor time, with that of the process ``pid`` who answers."""
    took = []
    cpu = process_time() + (0.0 if pid is None else cpu_seconds(pid))
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        once()
        took.append(1000 * (time.perf_counter() - begun))
    cpu = process_time() + (0.0 if pid is None else cpu_seconds(pid)) - cpu
    return Part(1000 * cpu / ROUNDS, median(took))


def _must_be_booked(estate: TaxEstate, sales: int) -> None:
    booked = estate.lines(lambda line: (line["doctype"], line["subtype"]) == (0, 0))
    if len(booked) != sales or any(line["offline"] for line in booked):
        raise NotReal(f"{sales} sales were answered, {len(booked)} are in the tax service's books")
