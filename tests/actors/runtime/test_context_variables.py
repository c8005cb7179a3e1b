"""An actor does not inherit the context of whoever started it: a request's id must not mark its lines for ever."""

from contextvars import ContextVar

import trio
from trio.testing import MockClock

from actors.runtime import Actor, ChildSpec, Supervisor

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class Curious(Actor):
    """Notes what it finds."""

    found: str | None = "nothing looked yet"

    async def started(self) -> None:
        Curious.found = request_id.get()


async def test_an_actor_starts_in_a_context_of_its_own(autojump_clock: MockClock) -> None:
    root = Supervisor("root")
    async with trio.open_nursery() as nursery:
        await nursery.start(root.run)
        request_id.set("of the request in hand")
        await root.branch("root").start_child(ChildSpec("curious", Curious))
        assert Curious.found is None
        root.stop()
