"""How many asks a second one supervised actor answers, with the default time-out, next to a bare one-shot reply."""

import argparse
from functools import partial
from time import process_time

import trio

from actors.runtime import Actor, ChildSpec, Supervisor
from bench.duel import duel
from bench.floor_ask import asks_a_second as floor
from bench.neighbours import neighbours
from bench.result import NotReal, Result
from schemas.messages import Request

TARGET = 0.8


class Echo(Request["Echo"], frozen=True):
    """Is answered with itself."""

    text: str


class Parrot(Actor):
    """Answers like the floor's handler: with what was said."""

    async def receive(self, message: object) -> object:
        return message


async def _asked(asks: int) -> float:
    tree = Supervisor("root", children=[ChildSpec("parrot", Parrot)])
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        ref, echo = tree.ref("parrot"), Echo("a question")
        real = await ref.ask(echo) is echo and ref.depth == 0
        begun = process_time()
        for _ in range(asks):
            await ref.ask(echo)
        taken = process_time() - begun
        tree.stop()
    if not real:
        raise NotReal("the answer is not what the handler returned")
    return asks / taken


def subject(asks: int) -> float:
    return trio.run(partial(_asked, asks))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--asks", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)


def run(options: argparse.Namespace) -> Result:
    found = duel(partial(subject, options.asks), partial(floor, options.asks), options.rounds)
    return Result(
        name="ask",
        value=found.subject,
        floor=found.floor,
        unit="asks/CPU-s",
        target=TARGET,
        details={"median_ratio": found.median_ratio, "neighbours": neighbours("asks")},
    )
