"""The hub: where every actor's state change goes, and where anyone may look without disturbing an actor.

Publishing is a plain call that never waits, so a register cannot be slowed by who watches it.
"""

from collections.abc import Callable

from msgspec import Struct

Watcher = Callable[[str, str, Struct | None], None]


class Hub:
    """Last known states by topic (``kkt``, ``circuit``, …) and key. Single-threaded: call it from the Trio thread."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Struct]] = {}
        self._watchers: list[Watcher] = []

    def publish(self, topic: str, key: str, state: Struct) -> None:
        """Keep ``state`` as the newest of ``key`` and show it to the watchers."""
        self._states.setdefault(topic, {})[key] = state
        self._show(topic, key, state)

    def forget(self, topic: str, key: str) -> None:
        """The thing is gone; watchers see ``None``."""
        if self._states.get(topic, {}).pop(key, None) is not None:
            self._show(topic, key, None)

    def last(self, topic: str, key: str) -> Struct | None:
        return self._states.get(topic, {}).get(key)

    def all(self, topic: str) -> dict[str, Struct]:
        """A copy: it stays as it is while actors go on."""
        return dict(self._states.get(topic, {}))

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher(topic, key, state)`` at every change; the returned call ends it. A watcher must not wait."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _show(self, topic: str, key: str, state: Struct | None) -> None:
        for watcher in tuple(self._watchers):
            watcher(topic, key, state)
