"""Two thousand who connect to the live stream and leave, each in one of the ways in which clients leave.

The service is whole, with a register that changes all the while; afterwards everything is as it was: objects, tasks,
actors, descriptors, memory.
"""

import gc
import io
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import trio

from kassanet import logs
from tests.kassanet.edge.conversation import UPGRADE
from tests.kassanet.service.premises import Premises, premises

VISITS = 2000
AT_ONCE = 20
PATIENCE = 60.0
OBJECTS = 5
"""Of each kind that may remain, however many came: what is held until the next of its kind comes."""

BLOCKS = 10_000
"""Of memory likewise; one connection alone is hundreds. trio tidies its heap of deadlines only now and then."""

Leave = Callable[[trio.SocketStream], Awaitable[None]]


def frame(text: bytes, opcode: int = 0x81) -> bytes:
    """A client's frame of at most 125 bytes, with a mask of zeros."""
    return bytes((opcode, 0x80 | len(text))) + bytes(4) + text


SUBSCRIBE = frame(b'{"op":"subscribe","topics":["kkt","actors"]}')


async def at_the_door(stream: trio.SocketStream) -> None:
    """Nothing is awaited, not even the answer to the upgrade."""


async def silently(stream: trio.SocketStream) -> None:
    await stream.receive_some()


async def politely(stream: trio.SocketStream) -> None:
    await stream.send_all(SUBSCRIBE)
    await stream.receive_some()
    await stream.send_all(frame((1000).to_bytes(2, "big"), 0x88))
    while await stream.receive_some(2**16):
        pass


async def unread(stream: trio.SocketStream) -> None:
    """Leaves a reset behind: what was sent has not been read."""
    await stream.send_all(SUBSCRIBE)
    await trio.sleep(0.01)


async def in_the_middle_of_a_word(stream: trio.SocketStream) -> None:
    await stream.send_all(SUBSCRIBE[:20])


async def with_nonsense(stream: trio.SocketStream) -> None:
    await stream.send_all(b"\xff" * 40)
    await stream.receive_some()


async def with_a_command(stream: trio.SocketStream) -> None:
    await stream.send_all(frame(b'{"op":"command","id":1,"target":"kkt/10.0.0.1:1","name":"x_report"}'))
    await stream.receive_some()


WAYS: tuple[Leave, ...] = (
    at_the_door, silently, politely, unread, in_the_middle_of_a_word, with_nonsense, with_a_command,
)  # fmt: skip


async def crowd(place: Premises, token: str, visits: int) -> None:
    """So many visits, some at a time; returns when the service has noticed that everybody has gone."""
    upgrade = UPGRADE % b"/api/v1/stream"
    upgrade = upgrade[:-2] + f"Authorization: Bearer {token}\r\n\r\n".encode()
    assert place.service is not None
    port = int(place.service.addresses[0].rpartition(":")[2])

    async def visit(numbers: range) -> None:
        for number in numbers:
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            async with stream:
                await stream.send_all(upgrade)
                with trio.move_on_after(5):
                    await WAYS[number % len(WAYS)](stream)

    async with trio.open_nursery() as nursery:
        for first in range(AT_ONCE):
            nursery.start_soon(visit, range(first, visits, AT_ONCE))


def ours() -> Counter[str]:
    """Objects of our own classes, of trio's tasks and of the server's connections, by kind."""
    gc.collect()
    kinds = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    wanted = (
        "kassanet.",
        "actors.",
        "trio._core._run.Task",
        "trio._core._run.Nursery",
        "hypercorn.",
        "quart",
        "wsproto.",
        "h11.",
    )
    return Counter({kind: count for kind, count in kinds.items() if kind.startswith(wanted)})


def held() -> tuple[int, int, int]:
    """Tasks, descriptors, and blocks of memory."""
    tasks = trio.lowlevel.current_statistics().tasks_living
    return tasks, len(os.listdir("/proc/self/fd")), sys.getallocatedblocks()


async def calm(tasks: int) -> None:
    """Until no more tasks live than that: connections linger for a second."""
    with trio.fail_after(PATIENCE):
        while trio.lowlevel.current_statistics().tasks_living > tasks:  # noqa: ASYNC110 - nobody is told
            await trio.sleep(0.05)


async def actors(place: Premises, token: str) -> list[str]:
    async with place.client(token) as client:
        tree = (await client.get("/api/v1/actors")).json()
    return names(tree)


def names(node: dict[str, object]) -> list[str]:
    children = node.get("children") or []
    assert isinstance(children, list)
    return [str(node["name"]), *(name for child in children for name in names(child))]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged meanwhile, as in life."""
    stream = io.StringIO()
    logs.configure("error", stream)
    yield stream
    logs.configure("info", io.StringIO())


async def test_a_crowd_leaves_nothing_behind(tmp_path: Path, log: io.StringIO) -> None:
    async with premises(tmp_path) as place:
        assert place.service is not None
        token = place.token("operator")
        shown = await actors(place, token)
        quiet = trio.lowlevel.current_statistics().tasks_living + 2
        await crowd(place, token, 10 * len(WAYS))  # what is made once is made now
        await calm(quiet)
        before, (tasks, descriptors, blocks) = ours(), held()
        await crowd(place, token, VISITS)
        await calm(tasks)
        after, (_, descriptors_after, blocks_after) = ours(), held()
        assert {kind: count for kind, count in (after - before).items() if count > OBJECTS} == {}
        assert descriptors_after <= descriptors + OBJECTS  # a register is polled meanwhile, a connection each time
        assert blocks_after - blocks < BLOCKS
        assert await actors(place, token) == shown
    assert '"level":"error"' not in log.getvalue()  # a stranger's nonsense is no failure of ours
