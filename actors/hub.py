"""The hub: where every actor's state change goes, and where anyone may look without disturbing an actor.

Publishing is a plain call that never waits, so a register cannot be slowed by who watches it. What happened is kept as
a conflated log: each thing stands in it once, at its newest change. So whoever was away for a moment gets the present
state of what changed meanwhile, however often it changed, and a log as long as the estate is large forgets nothing.

Changes are numbered from 1 in an *epoch*: a new one at each start, and whenever it is not certain that everything
was told (:meth:`Hub.renew`). A number of another epoch says nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from secrets import token_hex

from msgspec import Struct

LOG = 16_384
"""Things a topic's log can hold: more than an estate has registers."""

PASSING = 1024
"""The same for what passes through (receipts, payments): only the newest are remembered."""


class Change:
    """The newest change of one thing. ``state`` None: it is gone.

    ``circuit`` is whose it is, None for nobody's; what belongs to no circuit may belong to the organisation ``inn``.

    ``wire`` is the change as those who carry it encoded it: once, for all of them.
    """

    __slots__ = ("circuit", "inn", "key", "number", "state", "topic", "wire")

    def __init__(
        self, number: int, topic: str, key: str, circuit: int | None, state: Struct | None, inn: str | None = None
    ) -> None:
        self.number = number
        self.topic = topic
        self.key = key
        self.circuit = circuit
        self.inn = inn
        self.state = state
        self.wire: bytes | None = None


class _Topic:
    """``floor``: changes up to this number may have been forgotten."""

    __slots__ = ("current", "floor", "log", "passing")

    def __init__(self, floor: int, passing: bool) -> None:
        self.current: dict[str, Change] = {}
        self.log: OrderedDict[tuple[str, int | None, str | None], Change] = OrderedDict()
        self.floor = floor
        self.passing = passing

    def add(self, change: Change) -> None:
        place = (change.key, change.circuit, change.inn)
        self.log[place] = change
        self.log.move_to_end(place)
        if len(self.log) > (PASSING if self.passing else LOG):
            dropped = self.log.popitem(last=False)[1]
            self.floor = dropped.number
            if self.passing and self.current.get(dropped.key) is dropped:
                del self.current[dropped.key]


class Hub:
    """Last known states by topic (``kkt``, ``circuit``, …) and key. Single-threaded: call it from the Trio thread."""

    def __init__(self) -> None:
        self.epoch = token_hex(4)
        self.number = 0
        self._topics: dict[str, _Topic] = {}
        self._listeners: list[Callable[[], None]] = []
        self._followed: dict[str, int] = {}

    # -- telling ----------------------------------------------------------------------------------

    def publish(
        self, topic: str, key: str, state: Struct, *, circuit: int | None = None, inn: str | None = None
    ) -> None:
        """Keep ``state`` as the newest of ``key``.

        ``circuit``, or the organisation ``inn``, decides who may see it: without one, only who may see everything.
        """
        board = self._board(topic)
        former = board.current.get(key)
        if former is not None and (former.circuit, former.inn) != (circuit, inn):
            self.forget(topic, key)
        self._add(board, topic, key, circuit, state, inn)

    def forget(self, topic: str, key: str) -> None:
        """The thing is gone."""
        board = self._board(topic)
        former = board.current.get(key)
        if former is not None:
            self._add(board, topic, key, former.circuit, None, former.inn)

    def passed(
        self, topic: str, states: Iterable[tuple[str, Struct]], circuit: int | None, inn: str | None = None
    ) -> None:
        """Things of which only the newest matter. While nobody follows the topic they are not even looked at."""
        board = self._board(topic, passing=True)
        if topic in self._followed:
            for key, state in states:
                self._add(board, topic, key, circuit, state, inn)
            return
        self.number += 1
        board.floor = self.number
        board.log.clear()
        board.current.clear()

    def renew(self) -> None:
        """Begin a new epoch: something may have happened that was not told, so nobody can go on from a number."""
        self.epoch = token_hex(4)
        for board in self._topics.values():
            board.floor = self.number
        self._ring()

    # -- looking ----------------------------------------------------------------------------------

    def last(self, topic: str, key: str) -> Struct | None:
        board = self._topics.get(topic)
        change = board.current.get(key) if board is not None else None
        return change.state if change is not None else None

    def all(self, topic: str) -> dict[str, Struct]:
        """A copy: it stays as it is while actors go on."""
        return {change.key: change.state for change in self.present(topic) if change.state is not None}

    def present(self, topic: str) -> Sequence[Change]:
        """What exists now."""
        board = self._topics.get(topic)
        return tuple(board.current.values()) if board is not None else ()

    def since(self, topic: str, number: int) -> Sequence[Change] | None:
        """The newest change of everything that changed after ``number``, oldest first; None when that is too old."""
        board = self._topics.get(topic)
        if board is None:
            return ()
        if number < board.floor or number > self.number:
            return None
        found = list(takewhile(lambda change: change.number > number, reversed(board.log.values())))
        found.reverse()
        return found

    # -- listening --------------------------------------------------------------------------------

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change; the returned call ends it. A listener must not wait."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def follow(self, topic: str) -> None:
        """Let what passes through this topic be kept, until as many calls of :meth:`unfollow`."""
        self._board(topic, passing=True)
        self._followed[topic] = self._followed.get(topic, 0) + 1

    def unfollow(self, topic: str) -> None:
        self._followed[topic] -= 1
        if not self._followed[topic]:
            del self._followed[topic]

    def _board(self, topic: str, *, passing: bool = False) -> _Topic:
        board = self._topics.get(topic)
        if board is None:
            board = self._topics[topic] = _Topic(self.number if passing else 0, passing)
        return board

    def _add(
        self,
        board: _Topic,
        topic: str,
        key: str,
        circuit: int | None,
        state: Struct | None,
        inn: str | None = None,
    ) -> None:
        self.number += 1
        change = Change(self.number, topic, key, circuit, state, inn)
        if state is None:
            board.current.pop(key, None)
        else:
            board.current[key] = change
        board.add(change)
        self._ring()

    def _ring(self) -> None:
        for listener in tuple(self._listeners):
            listener()
