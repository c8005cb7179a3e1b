"""Serial round trips a second through our stream and codec, over a pseudo-terminal, next to a bare descriptor loop.

One round trip is a WAIT out and an approval of 85 bytes back, decoded frame by frame. The other end is the same bare
loop in a process of its own for both. A real line of 115200 baud carries some 120 of these a second.
"""

import argparse
import os
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter

import trio

from bench.duel import duel
from bench.floor_serial import round_trips_a_second as floor
from bench.processes import die_with_parent, stop
from bench.result import NotReal, Result, rounded
from transports.serial import SerialDialer
from transports.smartsale.fields import AMOUNT, AUTH_CODE, CURRENCY, OPERATION, PAN, RESPONSE_CODE, RRN, STATUS
from transports.smartsale.fields import TERMINAL_ID as TERMINAL
from transports.smartsale.frames import Frame, FrameDecoder
from transports.smartsale.message import Message

TARGET = 0.3
LINE = 115_200 / 10
"""Bytes a second of a real line: eight bits with a start and a stop bit."""

REQUEST = Message.of({OPERATION: 21}).frame()
ANSWER = Message.of(
    {
        AMOUNT: 1200,
        CURRENCY: 643,
        PAN: "************1234",
        AUTH_CODE: "A12345",
        RRN: "632612345678",
        RESPONSE_CODE: "00",
        OPERATION: 1,
        TERMINAL: "50101700",
        STATUS: 1,
    }
).frame()


async def _round_trips(path: str, count: int) -> float:
    stream = await SerialDialer(path).dial()
    decoder = FrameDecoder()
    begun = perf_counter()
    for _ in range(count):
        await stream.send_all(REQUEST)
        events = decoder.feed(await stream.receive_some())
        while not events:
            events = decoder.feed(await stream.receive_some())
    taken = perf_counter() - begun
    await stream.aclose()
    if not isinstance(events[-1], Frame) or Message.decode(events[-1].body).get(STATUS) != 1:
        raise NotReal(f"the answer was {events}")
    return count / taken


def subject(path: str, count: int) -> float:
    return trio.run(partial(_round_trips, path, count))


@contextmanager
def line() -> Iterator[str]:
    """The path of a pseudo-terminal whose other end answers; it stays open between two users."""
    master, slave = os.openpty()
    tty.setraw(slave)
    words = ["-m", "bench.serial_peer", str(master), str(len(REQUEST)), ANSWER.hex()]
    peer = subprocess.Popen(
        [sys.executable, *words],
        pass_fds=(master,),
        preexec_fn=die_with_parent,  # noqa: PLW1509  a bench has no threads alive when it starts a process
    )
    try:
        yield os.ttyname(slave)
    finally:
        stop(peer)
        os.close(slave)
        os.close(master)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=5000, help="round trips in a round (5000)")
    parser.add_argument("--rounds", type=int, default=7)


def run(options: argparse.Namespace) -> Result:
    with line() as path:
        found = duel(
            partial(subject, path, options.count),
            partial(floor, path, REQUEST, len(ANSWER), options.count),
            options.rounds,
        )
    on_the_line = (len(REQUEST) + len(ANSWER)) / LINE
    return Result(
        name="serial",
        value=found.subject,
        floor=found.floor,
        unit="round trips/s",
        target=TARGET,
        details={
            "median_ratio": found.median_ratio,
            "added_us": rounded(1e6 * (1 / found.subject - 1 / found.floor)),
            "us_on_a_line_of_115200_baud": rounded(1e6 * on_the_line),
        },
    )
