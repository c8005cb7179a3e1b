"""The floor of an ask: a bare memory channel there, a one-shot reply back, no deadline, nobody who could crash."""

from functools import partial
from time import process_time

import trio
from trio.testing import wait_all_tasks_blocked


class Question:
    """A message with its one-shot reply."""

    __slots__ = ("answered", "message", "value")

    def __init__(self, message: object) -> None:
        self.message = message
        self.answered = trio.Event()
        self.value: object = None


async def handle(message: object) -> object:
    """The least that can be awaited."""
    return message


async def answer(channel: trio.MemoryReceiveChannel[Question]) -> None:
    async with channel:
        while True:
            question = await channel.receive()
            question.value = await handle(question.message)
            question.answered.set()


async def _asks_a_second(asks: int) -> float:
    send, receive = trio.open_memory_channel[Question](64)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer, receive)
        await wait_all_tasks_blocked()
        begun = process_time()
        for _ in range(asks):
            question = Question("a question")
            send.send_nowait(question)
            await question.answered.wait()
        taken = process_time() - begun
        nursery.cancel_scope.cancel()
    return asks / taken


def asks_a_second(asks: int) -> float:
    """Round trips for each second of processor time, one asker."""
    return trio.run(partial(_asks_a_second, asks))
