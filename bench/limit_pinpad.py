"""What the whole service adds to a card payment, next to a bare loop at the same terminal; then 200 pinpads at once.

The till posts a payment and waits for its outcome; in between lie five durable steps (accepted, intent, result,
acknowledged, ended) and the terminal's own time. The bare loop, in turns with it, shows the terminal's own
time. With 200 pinpads in one process, every terminal is busy all the time.
"""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from subprocess import PIPE, Popen
from subprocess import run as run_process
from sys import executable

import msgspec
import trio
from msgspec import Struct

from bench import http_client
from bench.pinpads import Counter
from bench.processes import cpu_seconds
from bench.result import NotReal, Result, rounded

MANY = 200
AMOUNT = 1200
FIRST = 500_000
"""Numbers of the bare loop's payments, far from those that the service gives: a terminal takes each only once."""

TARGET = 0.95
ADDED_MS = 75.0
"""Some 40 ms of it wait until the terminal's network has confirmed the acknowledgement of the result."""


class Seen(Struct):
    """Milliseconds a payment, as tills saw them, and processor milliseconds for each."""

    p50: float
    p99: float
    cpu: float
    payments: int
    seconds: float


class Paid(Struct):
    """As much as is looked at of an answer."""

    status: str
    reason: str | None = None


def measure(folder: Path, count: int, card_seconds: float, payments: int, rounds: int) -> tuple[Seen, Seen]:
    """The service and the bare loop at the same terminals, in turns; each terminal takes ``payments`` a round."""
    counter = Counter(folder, count, card_seconds)
    ours, floors = [], []
    with counter.terminals(), counter.estate.service() as service:
        counter.build()
        for number in range(rounds):
            ours.append(_service_round(counter, service, number, payments))
            floors.append(_floor_round(counter, FIRST + number * payments, payments))
        if counter.approved() != 2 * rounds * payments * count:
            raise NotReal("the bank's ledger counts other payments than were made")
    return min(ours, key=_p50), min(floors, key=_p50)


def _p50(seen: Seen) -> float:
    return seen.p50


def _service_round(counter: Counter, service: Popen[bytes], number: int, payments: int) -> Seen:
    before, begun = cpu_seconds(service.pid), time.perf_counter()
    took = trio.run(partial(_tills, counter, f"round-{number}", payments))
    seconds = time.perf_counter() - begun
    return _seen(took, cpu_seconds(service.pid) - before, seconds)


def _floor_round(counter: Counter, first: int, payments: int) -> Seen:
    begun = time.perf_counter()
    words = [executable, "-m", "bench.floor_pinpad", *map(str, (counter.port, counter.count, first, payments, AMOUNT))]
    done = run_process(words, stdout=PIPE, check=True)
    seconds = time.perf_counter() - begun
    return _seen(msgspec.json.decode(done.stdout, type=list[float]), 0.0, seconds)


def _seen(took: list[float], cpu: float, seconds: float) -> Seen:
    p99 = quantiles(took, n=100)[98] if len(took) > 1 else took[0]
    return Seen(1000 * median(took), 1000 * p99, 1000 * cpu / len(took), len(took), seconds)


async def _tills(counter: Counter, prefix: str, payments: int) -> list[float]:
    took: list[float] = []
    async with trio.open_nursery() as nursery:
        for pinpad in counter.pinpads:
            nursery.start_soon(_till, counter, pinpad, prefix, payments, took)
    return took


async def _till(counter: Counter, pinpad: int, prefix: str, payments: int, took: list[float]) -> None:
    stream = await trio.open_tcp_stream("127.0.0.1", counter.estate.port)
    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
    async with stream:
        for number in range(payments):
            key = f"{prefix}-{pinpad}-{number}"
            begun = time.perf_counter()
            await stream.send_all(_request(counter, pinpad, key))
            _check(await _answer(stream))
            took.append(time.perf_counter() - begun)


def _request(counter: Counter, pinpad: int, key: str) -> bytes:
    body = msgspec.json.encode({"external_id": key, "kind": "payment", "amount": AMOUNT})
    return http_client.post(f"/api/v1/pinpads/{pinpad}/operations?wait=120", counter.estate.token, body)


async def _answer(stream: trio.SocketStream) -> bytes:
    received = b""
    while not http_client.whole(received):
        piece = await stream.receive_some()
        if not piece:
            raise NotReal("the server closed the connection")
        received += piece
    return received


def _check(answer: bytes) -> None:
    if http_client.status(answer) not in (200, 202):
        raise NotReal(f"not accepted: {answer[:300]!r}")
    paid = msgspec.json.decode(answer[answer.find(b"\r\n\r\n") + 4 :], type=Paid)
    if paid.status != "approved":
        raise NotReal(f"a payment ended as {paid.status}: {paid.reason}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--card-seconds", type=float, default=1.0, help="how long a customer takes (1)")
    parser.add_argument("--payments", type=int, default=8, help="at the single terminal in a round (8)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--many", type=int, default=MANY, help="pinpads at once in one process (200)")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as name:
        folder = Path(name)
        one, floor = measure(folder / "one", 1, options.card_seconds, options.payments, options.rounds)
        many, floor_of_many = measure(folder / "many", options.many, 4 * options.card_seconds, 3, 1)
    return Result(
        name="pinpad",
        value=one.p50,
        floor=floor.p50,
        unit="ms a payment",
        direction="cost",
        target=TARGET,
        limits={"added ms": (one.p50 - floor.p50, ADDED_MS)},
        details={
            "added_ms_p50": rounded(one.p50 - floor.p50),
            "cpu_ms_a_payment": rounded(one.cpu),
            f"with_{options.many}_pinpads": _shown(many, floor_of_many),
        },
    )


def _shown(ours: Seen, floor: Seen) -> dict[str, object]:
    return {
        "ratio": round(floor.p50 / ours.p50, 3),
        "p50_ms": [rounded(ours.p50), rounded(floor.p50)],
        "p99_ms": [rounded(ours.p99), rounded(floor.p99)],
        "payments_a_second": rounded(ours.payments / ours.seconds),
        "cpu_ms_a_payment": rounded(ours.cpu),
    }
