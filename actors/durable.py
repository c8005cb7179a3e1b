"""Writes that must become durable: asked again until they are on disk.

What a register did cannot be taken back because a disk is full, so whoever holds such a fact keeps asking. Every
write answers its replay as it answered the first time.
"""

from typing import TypeVar

import structlog
import trio

from actors.runtime import ActorCrashed, AskTimedOut, Overloaded, Ref
from actors.store import StoreUnavailable
from schemas.records import Write

Answer = TypeVar("Answer")

RETRY = 1.0
"""Seconds between tries."""

NOT_WRITTEN = (StoreUnavailable, Overloaded, AskTimedOut, ActorCrashed)
"""Answers after which it is not known whether the write is on disk."""

log = structlog.get_logger(__name__)


async def durably(journal: Ref, write: Write[Answer]) -> Answer:
    """Raises what the store holds against the write (Conflict, NotFound), never that it is away."""
    while True:
        try:
            return await journal.ask(write, timeout=60.0)
        except NOT_WRITTEN as reason:
            log.warning("journal_retry", write=type(write).__name__, reason=str(reason))
            await trio.sleep(RETRY)
