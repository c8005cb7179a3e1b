"""The actors that play in these tests. ``Player`` writes what happens to it into a shared log."""

from collections.abc import Callable
from typing import Any

import msgspec
import trio

from actors.runtime import Actor, ChildSpec, Down
from schemas.messages import Request


class Say(Request[str], frozen=True):
    """Answered with its text; handled in ``seconds``."""

    text: str
    seconds: float = 0.0


class Crash(Request[None], frozen=True):
    """Handled by crashing."""

    text: str = "as asked"


class Refuse(Request[None], frozen=True):
    """Handled by raising a declared outcome."""


class Leave(Request[None], frozen=True):
    """The actor stops itself."""


class Refused(Exception):
    """A declared outcome of ``Player``."""


class Wall(msgspec.Struct):
    """What happened, in order; ``at`` is the clock when it did."""

    lines: list[str] = msgspec.field(default_factory=list)
    times: list[float] = msgspec.field(default_factory=list)

    def write(self, line: str) -> None:
        self.lines.append(line)
        self.times.append(trio.current_time())

    def times_of(self, line: str) -> list[float]:
        return [time for each, time in zip(self.lines, self.times, strict=True) if each == line]


class Player(Actor):
    """Says on the wall when it starts, receives, reconciles and stops."""

    answers = (Refused,)

    def __init__(self, wall: Wall, name: str, *, start: float = 0.0, stop: float = 0.0, broken: int = 0) -> None:
        self.wall = wall
        self.name = name
        self.start = start
        self.stop = stop
        self.broken = broken

    async def started(self) -> None:
        if self.wall.lines.count(f"{self.name} breaks") < self.broken:
            self.wall.write(f"{self.name} breaks")
            raise RuntimeError("broken at start")
        if self.start:
            await trio.sleep(self.start)
        self.wall.write(f"{self.name} up")

    async def receive(self, message: object) -> object:
        self.wall.write(f"{self.name} takes {getattr(message, 'text', type(message).__name__)}")
        match message:
            case Say(text, seconds):
                await trio.sleep(seconds)
                return text
            case Crash(text):
                raise RuntimeError(text)
            case Refuse():
                raise Refused("not today")
            case Leave():
                self.context.stop()
        return None

    async def parked(self, message: object) -> object:
        self.wall.write(f"{self.name} reconciles {getattr(message, 'text', message)}")
        return "reconciled"

    async def stopping(self) -> None:
        if self.stop:
            await trio.sleep(self.stop)
        self.wall.write(f"{self.name} down")


class Watcher(Actor):
    """Monitors the actors it is told to, and keeps what it hears."""

    def __init__(self, heard: list[Down]) -> None:
        self.heard = heard

    async def receive(self, message: object) -> object:
        if isinstance(message, Down):
            self.heard.append(message)
        else:
            assert isinstance(message, Monitor)
            ref = self.context.registry.whereis(message.name)
            assert ref is not None
            (self.context.monitor if message.on else self.context.unmonitor)(ref)
        return None


class Monitor(Request[None], frozen=True):
    name: str
    on: bool = True


def player(wall: Wall, name: str, *, factory: Callable[..., Actor] = Player, **options: Any) -> ChildSpec:  # noqa: ANN401
    """A spec for a player; options of the player and of the spec together."""
    own = {key: options.pop(key) for key in ("start", "stop", "broken") if key in options}
    return ChildSpec(name, lambda: factory(wall, name, **own), **options)
