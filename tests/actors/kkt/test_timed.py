"""A timed register answers as the one inside does, and each command is told with its outcome and its time."""

from typing import Any

import pytest
import trio
import trio.testing

from actors.kkt.timed import TimedRegister
from transports.register import Lost, Refused, Register, Unreachable


class Slow:
    """Answers every command after two seconds with its name, or fails with what it was given."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any command
        async def command(*arguments: object) -> tuple[str, *tuple[object, ...]]:
            await trio.sleep(2)
            if self.failure is not None:
                raise self.failure
            return name, *arguments

        return command


COMMANDS: list[tuple[str, tuple[Any, ...]]] = [
    *((name, ()) for name in ("identify", "fn_status", "device_status", "ofd_status", "validity", "shift_status")),
    *((name, ("receipt", "mark")[: 2 if name == "prepare" else 1]) for name in ("prepare", "commit")),
    *((name, ("cashier",)) for name in ("open_shift", "close_shift")),
    *((name, (7,)) for name in ("document", "set_clock")),
    *((name, ()) for name in ("cancel", "x_report")),
    ("print_text", ("СЛИП",)),
]
SILENT = {"prepare", "cancel", "x_report", "print_text", "set_clock"}


def test_every_command_of_a_register_is_here() -> None:
    wanted = {name for name in vars(Register) if not name.startswith("_")}
    assert {name for name, _ in COMMANDS} == wanted - {"aclose"}


@pytest.mark.parametrize(("name", "arguments"), COMMANDS)
async def test_answers_pass_and_are_timed(
    name: str, arguments: tuple[Any, ...], autojump_clock: trio.testing.MockClock
) -> None:
    told: list[tuple[str, str, float]] = []
    register = TimedRegister(Slow(), lambda *said: told.append(said))
    answer = await getattr(register, name)(*arguments)
    assert answer == (None if name in SILENT else (name, *arguments))
    assert [(command, outcome, round(seconds, 3)) for command, outcome, seconds in told] == [(name, "done", 2.0)]


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Refused(1, "receipt", "no"), "refused"),
        (Unreachable(), "unreachable"),
        (Lost(), "lost"),
        (ZeroDivisionError(), "failed"),
    ],
)
async def test_failures_pass_too(failure: Exception, outcome: str, autojump_clock: trio.testing.MockClock) -> None:
    told: list[str] = []
    register = TimedRegister(Slow(failure), lambda command, said, seconds: told.append(said))
    with pytest.raises(type(failure)):
        await register.identify()
    assert told == [outcome]


async def test_a_cancelled_command_is_told(autojump_clock: trio.testing.MockClock) -> None:
    told: list[str] = []
    register = TimedRegister(Slow(), lambda command, said, seconds: told.append(said))
    with trio.move_on_after(1):
        await register.identify()
    assert told == ["cancelled"]
