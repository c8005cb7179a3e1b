"""When something happens that a file of lines asks for: which device, which exchange, the how-manieth time.

Fault plans and scripts of customers say it with the same words, and are read and counted alike.
"""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct


class PlanError(Exception):
    """A file of lines that cannot be used; the text names the file, the line and the key."""


class Occasion(Struct, frozen=True, forbid_unknown_fields=True):
    """What every line says. At most one of ``nth``, ``every``, ``p``; none of them means always."""

    do: str
    device: str = "*"
    on: str = "*"
    nth: int | None = None
    every: int | None = None
    p: float | None = None

    def check_when(self) -> None:
        """Raises ValueError with the reason when there is no such time."""
        if sum(value is not None for value in (self.nth, self.every, self.p)) > 1:
            raise ValueError("only one of `nth`, `every`, `p` can be given")
        if (self.nth or 1) < 1 or (self.every or 1) < 1 or 0 in (self.nth, self.every):
            raise ValueError("`nth` and `every` count from 1")
        if self.p is not None and not 0 <= self.p <= 1:
            raise ValueError("`p` is a probability from 0 to 1")

    def check_where(
        self, devices: Collection[str] | None, names: Callable[[str], bool] | None, called: tuple[str, str]
    ) -> None:
        """The same for the device and the exchange; ``called`` is what people call those two."""
        if devices is not None and self.device != "*" and self.device not in devices:
            raise ValueError(f"no {called[0]} is called {self.device!r}")
        if names is not None and self.on != "*" and not names(self.on):
            raise ValueError(f"no {called[1]} is called {self.on!r}")

    def concerns(self, names: Collection[str]) -> bool:
        """Whether an exchange goes by the name that is meant."""
        return self.on == "*" or self.on.lower() in names


Line = TypeVar("Line", bound=Occasion)


class Occasions(Generic[Line]):
    """Lines of one device, each with its own count and its own chances."""

    def __init__(self, lines: Sequence[Line], seeds: Sequence[str]) -> None:
        self._lines = lines
        self._seen = [0] * len(lines)
        self._chances = [random.Random(seed) for seed in seeds]

    def happening(self, fits: Callable[[Line], bool]) -> Iterator[int]:
        """The places of the lines whose time has come, all of those that fit being counted."""
        return iter([place for place, line in enumerate(self._lines) if fits(line) and self._count(place, line)])

    def _count(self, place: int, line: Line) -> bool:
        self._seen[place] += 1
        if line.nth is not None:
            return self._seen[place] == line.nth
        if line.every is not None:
            return self._seen[place] % line.every == 0
        return line.p is None or self._chances[place].random() < line.p


def load_lines(path: Path, kind: type[Line], check: Callable[[Line], None]) -> list[Line]:
    """Read a file of lines; raises :class:`PlanError`. Empty lines are passed over."""
    lines = []
    for number, text in enumerate(path.read_bytes().splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = msgspec.json.decode(text, type=kind)
            check(line)
        except ValueError as error:  # msgspec's errors are ValueErrors and name the key
            raise PlanError(f"{path}:{number}: {error}") from error
        lines.append(line)
    return lines
