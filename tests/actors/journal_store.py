"""Stores for tests of the journal: one that answers from memory, fails on demand, and waits where a test wants it."""

import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from actors.store import StoreUnavailable
from schemas.moved import ReceiptMoved
from schemas.records import Write


class Note(Write[str], frozen=True):
    """A write that is answered with its text, or fails where the text begins with ``bad``."""

    text: str


class Gate:
    """Closed, it holds up whoever passes in a thread."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.waiting = threading.Event()

    def close(self) -> None:
        self._open.clear()
        self.waiting.clear()

    def open(self) -> None:
        self._open.set()

    def pass_through(self) -> None:
        self.waiting.set()
        assert self._open.wait(60), "nobody opened the gate"


class Disk(msgspec.Struct):
    """What outlives a store: what was committed, what is wrong, and how often it was opened and closed."""

    batches: list[list[str]] = []
    trouble: StoreUnavailable | None = None
    doubts: list[str] = []
    opened: int = 0
    closed: int = 0
    users: int = 0
    gate: Gate = msgspec.field(default_factory=Gate)
    mistake: Exception | None = None


class FakeStore:
    """``actors.store.Store`` over a :class:`Disk`; notices when it is used from two threads at once."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._must_work()
        disk.opened += 1

    def commit(self, writes: Sequence[Write[Any]]) -> list[object]:
        disk = self._disk
        disk.users += 1
        assert disk.users == 1, "two threads in the store"
        try:
            disk.gate.pass_through()
            self._must_work()
            if disk.mistake is not None:
                mistake, disk.mistake = disk.mistake, None
                raise mistake
            notes = [write.text for write in writes if isinstance(write, Note)]
            disk.batches.append(notes)
            return [ValueError(text) if text.startswith("bad") else text for text in notes]
        finally:
            disk.users -= 1

    def take_moved(self) -> list[ReceiptMoved]:
        return []

    def recover(self) -> None:
        self._must_work()

    def doubt(self, reason: str) -> None:
        self._disk.doubts.append(reason)

    def close(self) -> None:
        assert self._disk.users == 0, "closed under a commit"
        self._disk.closed += 1

    def _must_work(self) -> None:
        if self._disk.trouble is not None:
            raise self._disk.trouble
