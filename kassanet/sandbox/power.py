"""The power switch: what runs on a device ends when its power is cut, and nothing starts before it is back."""

from collections.abc import Iterator
from contextlib import contextmanager

import trio


class Power:
    """Off from :meth:`cut` until the time given there, or until :meth:`restore`; on Trio's clock."""

    def __init__(self) -> None:
        self._off_until = float("-inf")
        self._running: set[trio.CancelScope] = set()
        self._restored = trio.Event()

    @property
    def is_off(self) -> bool:
        return trio.current_time() < self._off_until

    def cut(self, seconds: float) -> None:
        """End everything that runs on this power, at its next checkpoint."""
        self._off_until = trio.current_time() + seconds
        for scope in self._running:
            scope.cancel()

    def restore(self) -> None:
        """On again at once."""
        self._off_until = float("-inf")
        self._restored.set()
        self._restored = trio.Event()

    async def restored(self) -> None:
        """Wait until the device is on again."""
        while self.is_off:  # another cut may have moved the moment
            with trio.move_on_at(self._off_until):
                await self._restored.wait()

    @contextmanager
    def on(self) -> Iterator[trio.CancelScope]:
        """Run a body on this power: it is cancelled, quietly, when the power is cut."""
        with trio.CancelScope() as scope:
            self._running.add(scope)
            try:
                yield scope
            finally:
                self._running.discard(scope)
