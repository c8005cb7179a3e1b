"""Fault plans: what goes wrong, at which device, on which command, and how often.

A plan is a file of JSON lines, read once and checked whole, because a misspelt fault that never fires would make a
test pass that proves nothing. Counting is for each device and each line of the plan by itself, and chance is seeded
by device and line, so a run can be repeated.

What each fault does to an exchange (N is ``at``, S is ``seconds``):

=================  ====================================================================================================
``cut_request``    the connection is closed after N bytes of the request were read; the command is not executed
``cut_reply``      the command is executed; the connection is closed after N bytes of the reply
``drop_reply``     the command is executed, nothing is answered; the connection stays open for S seconds (30)
``delay``          the command is executed; the reply comes S seconds (1) later
``bad_crc``        the command is executed; the CRC of the reply is wrong
``split``          the reply comes in two pieces: N bytes (2), S seconds (0.05) of silence, the rest
``duplicate``      the reply is sent twice
``power_cycle``    the device restarts and refuses connections for S seconds (1); N = 0: before the command is executed,
                   N = 1 (the usual): after the document was committed, before its answer
``error:XX``       the device answers the error without executing anything
=================  ====================================================================================================

A kind of device may know actions beyond these; it hands them to :meth:`FaultPlan.load`.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from kassanet.sandbox.occasions import Occasion, Occasions, load_lines

ACTIONS = {
    "cut_request": (0, 0.0),
    "cut_reply": (0, 0.0),
    "drop_reply": (0, 30.0),
    "delay": (0, 1.0),
    "bad_crc": (0, 0.0),
    "split": (2, 0.05),
    "duplicate": (0, 0.0),
    "power_cycle": (1, 1.0),
}
"""Each action with what ``at`` and ``seconds`` are when the plan does not say."""

_ERROR = re.compile(r"error:([0-9A-Fa-f]{2})")


class Fault(Struct, frozen=True):
    """One fault to inject. ``error`` is the code to answer when ``action`` is ``error``."""

    action: str
    at: int = 0
    seconds: float = 0.0
    error: int = 0


class Line(Occasion, frozen=True, forbid_unknown_fields=True):
    """One line of a plan as it is written."""

    at: int | None = None
    seconds: float | None = None

    def fault(self, actions: Mapping[str, tuple[int, float]] = ACTIONS) -> Fault:
        """Raises ValueError with the reason when the line asks for something that does not exist."""
        error = _ERROR.fullmatch(self.do)
        if error:
            return Fault("error", self.at or 0, error=int(error[1], 16))
        if self.do not in actions:
            raise ValueError(f"`do` is {self.do!r}, known are {', '.join(actions)}, error:XX")
        at, seconds = actions[self.do]
        at = at if self.at is None else self.at
        seconds = seconds if self.seconds is None else self.seconds
        if at < 0 or seconds < 0:
            raise ValueError("`at` and `seconds` cannot be negative")
        if self.do == "power_cycle" and at > 1:
            raise ValueError("`at` of a power_cycle is 0 (before the commit) or 1 (after it)")
        return Fault(self.do, at, seconds)

    def check(
        self,
        devices: Collection[str] | None,
        commands: Callable[[str], bool] | None,
        actions: Mapping[str, tuple[int, float]] = ACTIONS,
    ) -> None:
        """Raises ValueError with the reason when the line can never fire."""
        self.fault(actions)
        self.check_when()
        self.check_where(devices, commands, ("device", "command"))


class DeviceFaults:
    """The part of a plan that concerns one device, with its own counters."""

    def __init__(
        self,
        lines: Sequence[Line],
        seeds: Sequence[str] = (),
        actions: Mapping[str, tuple[int, float]] = ACTIONS,
    ) -> None:
        self._faults = [line.fault(actions) for line in lines]
        self._occasions = Occasions(lines, seeds or [str(place) for place in range(len(lines))])

    def choose(self, *names: str) -> Fault | None:
        """The fault for the next exchange with a command that goes by ``names``; the plan's first line wins."""
        first = next(self._occasions.happening(lambda line: line.concerns(names)), None)
        return None if first is None else self._faults[first]


class FaultPlan:
    """All lines of a plan. ``seed`` makes the chances of ``p`` other ones; ``actions`` are those the devices know."""

    def __init__(
        self, lines: Sequence[Line] = (), seed: int = 0, actions: Mapping[str, tuple[int, float]] = ACTIONS
    ) -> None:
        self.lines = tuple(lines)
        self._seed = seed
        self._actions = actions

    @classmethod
    def load(
        cls,
        path: Path,
        seed: int = 0,
        devices: Collection[str] | None = None,
        commands: Callable[[str], bool] | None = None,
        actions: Mapping[str, tuple[int, float]] = ACTIONS,
    ) -> "FaultPlan":
        """Read a plan; raises :class:`PlanError` naming file, line and key. Empty lines are passed over.

        ``devices`` are the names that exist, ``commands`` tells whether a command's name or code exists.
        """
        lines = load_lines(path, Line, lambda line: line.check(devices, commands, actions))
        return cls(lines, seed, actions)

    def for_device(self, *names: str) -> DeviceFaults:
        """What concerns the device that goes by any of ``names`` (number, address)."""
        concerned = [
            (line, f"{self._seed}/{names[0]}/{index}")
            for index, line in enumerate(self.lines)
            if line.device in ("*", *names)
        ]
        return DeviceFaults([line for line, _ in concerned], [seed for _, seed in concerned], self._actions)
