"""A tree for each test, on a clock that jumps to the next deadline as soon as everybody sleeps."""

from collections.abc import Awaitable
from inspect import iscoroutinefunction
from pathlib import Path
from random import Random
from typing import Any, Protocol

import pytest
import trio
from trio.abc import Clock
from trio.testing import MockClock

from actors.runtime import Backoff, Supervisor
from actors.runtime.specs import AnySpec


class Grow(Protocol):
    def __call__(self, *children: AnySpec, **options: Any) -> Awaitable[Supervisor]: ...  # noqa: ANN401  passed on


HERE = Path(__file__).parent
STEADY = Backoff(first=1.0, factor=2.0, limit=8.0, jitter=0.0)
"""Restarts after 1, 2, 4 and 8 seconds exactly."""


def on_a_virtual_clock(main: Any, *, clock: Clock | None, instruments: Any) -> Any:  # noqa: ANN401  as trio.run
    return trio.run(main, clock=clock or MockClock(autojump_threshold=0), instruments=instruments)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every async test here begins at 0 and jumps; none can forget to ask for it."""
    for item in items:
        if item.path.is_relative_to(HERE) and iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.trio(run=on_a_virtual_clock))


@pytest.fixture
def grow(nursery: trio.Nursery) -> Grow:
    """Starts a tree that is stopped with the test."""

    async def start(*children: AnySpec, **options: Any) -> Supervisor:  # noqa: ANN401  passed on
        tree = Supervisor("root", children=children, **{"backoff": STEADY, "random": Random(1), **options})
        await nursery.start(tree.run)
        return tree

    return start
