"""Payments through the mediator: a channel's ``pay``, the billing's credit, the answer, and the receipt on a register.

Fifty channels each send a payment as soon as the last is answered, for the rate; then one a second each, for what is
added to the latency of a billing that is not overrun. Five billings credit; a hundred registers fiscalize meanwhile.
The floor are the same channels asking the same billings themselves. At the end the books of all are compared: every
payment that was answered stands in a ledger once, and on one register once.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles

import msgspec
from msgspec import Struct

from bench.estate import Estate
from bench.payment_setup import make
from bench.processes import last_line, running
from bench.result import NotReal, Result, rounded
from tests.ports import free_ports

FISCALIZED_WITHIN = 300.0
CALM = 1.0
"""Seconds between two payments of a channel that does not overrun anybody."""
CALM_FIRST = 1001
"""Numbers of payments that the first players did not use."""


class Played(Struct):
    """``rate`` in payments a second, latencies in milliseconds."""

    payments: int
    rate: float
    p50: float
    p99: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--channels", type=int, default=50)
    parser.add_argument("--billings", type=int, default=5)
    parser.add_argument("--registers", type=int, default=100)
    parser.add_argument("--document-seconds", type=float, default=0.5)


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as name:
        folder = Path(name)
        with billings(folder / "floor", options.billings) as ports:
            urls = [f"http://127.0.0.1:{ports[number % len(ports)]}/" for number in range(options.channels)]
            floor = played(folder, options.seconds, urls)
            calm_floor = played(folder, options.seconds, urls, CALM, CALM_FIRST)
        ours, calm, fiscalized_in = _ours(folder, options)
    return Result(
        name="translator",
        value=ours.rate,
        floor=floor.rate,
        unit="payments/s",
        details={
            "channels_billings_registers": [options.channels, options.billings, options.registers],
            "p50_ms": [rounded(calm.p50), rounded(calm_floor.p50)],
            "p99_ms": [rounded(calm.p99), rounded(calm_floor.p99)],
            "p50_added_ms": rounded(calm.p50 - calm_floor.p50),
            "p99_added_ms": rounded(calm.p99 - calm_floor.p99),
            "calm_payments_s": rounded(calm.rate),
            "overrun_p50_p99_ms": [rounded(ours.p50), rounded(ours.p99)],
            "payments": ours.payments + calm.payments,
            "all_fiscalized_after_s": rounded(fiscalized_in),
        },
    )


def _ours(folder: Path, options: argparse.Namespace) -> tuple[Played, Played, float]:
    with ExitStack() as stack:
        ports = stack.enter_context(billings(folder / "ours", options.billings))
        estate = Estate(folder, options.registers)  # now, so that it finds other ports
        stack.enter_context(estate.sandbox(options.document_seconds))
        stack.enter_context(estate.service())
        estate.build()
        _set_up(estate, ports, options.channels)
        urls = [f"{estate.url}/channels/channel-{number}" for number in range(options.channels)]
        ours = played(folder, options.seconds, urls)
        taken = _fiscalized(estate, ours.payments)
        calm = played(folder, options.seconds, urls, CALM, CALM_FIRST)
        _fiscalized(estate, ours.payments + calm.payments)
    _judge(folder / "ours", estate, ours.payments + calm.payments)
    return ours, calm, taken


def _fiscalized(estate: Estate, payments: int) -> float:
    """Seconds until so many receipts are in the registers' books."""
    begun = time.perf_counter()
    while _receipts(estate) < payments:
        if time.perf_counter() - begun > FISCALIZED_WITHIN:
            raise NotReal(f"{_receipts(estate)} of {payments} payments were fiscalized")
        time.sleep(0.2)
    return time.perf_counter() - begun


def _set_up(estate: Estate, ports: Sequence[int], channels: int) -> None:
    for number, port in enumerate(ports):
        said = {"name": f"billing-{number}", "kind": "osmp", "url": f"http://127.0.0.1:{port}/", "parallel": 16}
        make(estate, "billings", said)
    for number in range(channels):
        name, billing = f"channel-{number}", f"billing-{number % len(ports)}"
        make(estate, "channels", {"name": name, "kind": "osmp", "open": True, "deadline": 60.0})
        make(estate, "routes", {"name": name, "channel": name, "billing": billing})


@contextmanager
def billings(folder: Path, count: int) -> Iterator[list[int]]:
    """Simulated billings, each a process; their ports."""
    first = free_ports(count)
    with ExitStack() as stack:
        for number in range(count):
            words = ["kassanet", "sandbox", "billing", "--kind=osmp", f"--port={first + number}"]
            words += [f"--state={folder}", f"--name={number}"]
            process = stack.enter_context(running(words, folder.with_suffix(".log")))
            assert process.stdout is not None
            if not process.stdout.readline().startswith(b"ready"):
                raise NotReal(f"a billing did not start: {last_line(folder.with_suffix('.log'))}")
        yield [first + number for number in range(count)]


def played(folder: Path, seconds: float, urls: Sequence[str], pause: float = 0.0, first: int = 1) -> Played:
    """What the channels experienced."""
    log = folder / "players.log"
    with running(["bench.translator_players", str(seconds), str(pause), str(first), *urls], log) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
    if not said:
        raise NotReal(f"a channel failed: {last_line(log)}")
    found = json.loads(said)
    latencies: list[float] = found["latencies"]
    cuts = quantiles(latencies, n=100)
    return Played(len(latencies), len(latencies) / found["seconds"], cuts[49], cuts[98])


def _receipts(estate: Estate) -> int:
    return sum(file.read_bytes().count(b'"kind":"sell"') for file in estate.books)


def _judge(folder: Path, estate: Estate, payments: int) -> None:
    credits_ = Counter(
        msgspec.json.decode(line)["txn_id"]
        for file in folder.glob("billing-*.jsonl")
        for line in file.read_bytes().splitlines()
    )
    receipts = _receipts(estate)
    if len(credits_) != payments or set(credits_.values()) != {1} or receipts != payments:
        raise NotReal(f"{payments} payments, {sum(credits_.values())} credits, {receipts} receipts")
