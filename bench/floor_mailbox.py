"""The floor of a mailbox: a trio memory channel, drained by hand, with a ready-made envelope and an empty handler.

Nothing can be supervised, addressed, expired or answered here: it is what passing a message costs in itself.
"""

from functools import partial
from time import process_time

import trio
from trio.testing import wait_all_tasks_blocked

ENVELOPE = ("a message", None)


async def handle(envelope: object) -> None:
    """The least that can be awaited."""


async def drain(channel: trio.MemoryReceiveChannel[object]) -> None:
    """Takes a scheduler turn only when nothing is left."""
    async with channel:
        while True:
            await handle(await channel.receive())
            try:
                while True:
                    await handle(channel.receive_nowait())
            except trio.WouldBlock:
                pass


async def _messages_a_second(messages: int, burst: int) -> float:
    send, receive = trio.open_memory_channel[object](burst)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(drain, receive)
        await wait_all_tasks_blocked()
        begun = process_time()
        for _ in range(messages // burst):
            for _ in range(burst):
                send.send_nowait(ENVELOPE)
            while send.statistics().current_buffer_used:
                await trio.lowlevel.checkpoint()
        taken = process_time() - begun
        nursery.cancel_scope.cancel()
    return messages / taken


def messages_a_second(messages: int, burst: int) -> float:
    """Messages for each second of processor time; ``burst`` are sent between two turns of the scheduler."""
    return trio.run(partial(_messages_a_second, messages, burst))
