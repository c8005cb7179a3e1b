"""Changes that are made to their end, whoever hangs up meanwhile: the disk and the memory must not disagree."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import trio

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def to_the_end(change: Callable[Arguments, Awaitable[Answer]]) -> Callable[Arguments, Awaitable[Answer]]:
    """An asker who hangs up leaves no change half done: on disk and not in memory, or in memory without its actor."""

    @wraps(change)
    async def shielded(*arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
        with trio.CancelScope(shield=True):
            answer = await change(*arguments, **named)
        return answer  # noqa: RET504 - for mypy a cancel scope may swallow the return

    return shielded
