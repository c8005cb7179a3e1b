"""How many messages a second a supervised actor takes through ``ref.tell``, next to a bare channel."""

import argparse
from functools import partial
from time import process_time

import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import Actor, ChildSpec, Ref, Supervisor
from bench.duel import duel
from bench.floor_mailbox import messages_a_second as floor
from bench.neighbours import neighbours
from bench.result import NotReal, Result

TARGET = 0.6


class Sink(Actor):
    """Handles by doing nothing, like the floor's handler."""

    async def receive(self, message: object) -> object:
        pass


class Counter(Actor):
    """Proves that what is told is handled."""

    seen = 0

    async def receive(self, message: object) -> object:
        Counter.seen += 1
        return None


async def _told(actor: type[Actor], messages: int, burst: int) -> float:
    tree = Supervisor("root", children=[ChildSpec("sink", actor, capacity=burst)])
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await wait_all_tasks_blocked()
        taken = await _tell_all(tree.ref("sink"), messages, burst)
        tree.stop()
    return messages / taken


async def _tell_all(ref: Ref, messages: int, burst: int) -> float:
    begun = process_time()
    for _ in range(messages // burst):
        for _ in range(burst):
            ref.tell("a message")
        while ref.depth:
            await trio.lowlevel.checkpoint()
    return process_time() - begun


def subject(messages: int, burst: int) -> float:
    return trio.run(partial(_told, Sink, messages, burst))


def prove(burst: int) -> None:
    Counter.seen = 0
    trio.run(partial(_told, Counter, 10 * burst, burst))
    if Counter.seen != 10 * burst:
        raise NotReal(f"{10 * burst} messages were told and {Counter.seen} handled")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=204_800)
    parser.add_argument("--rounds", type=int, default=7)


def run(options: argparse.Namespace) -> Result:
    prove(1024)
    deep = duel(partial(subject, options.messages, 1024), partial(floor, options.messages, 1024), options.rounds)
    shallow = duel(partial(subject, options.messages, 64), partial(floor, options.messages, 64), options.rounds)
    return Result(
        name="mailbox",
        value=deep.subject,
        floor=deep.floor,
        unit="tells/CPU-s",
        target=TARGET,
        details={
            "median_ratio": deep.median_ratio,
            "ratio_at_capacity_64": round(shallow.subject / shallow.floor, 3),
            "neighbours": neighbours("tells"),
        },
    )
