"""Commands to a register by hand: one way, whether they come over HTTP or over the live stream."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from kassanet.edge.auth import Access
from kassanet.edge.visibility import visible_kkt
from kassanet.fleet import Fleet
from schemas.commands import CloseShift, NotInRotation, OpenShift, PrintReport, PrintText
from schemas.kkt import ShiftDocument
from schemas.messages import Request
from schemas.problems import problem
from transports.register import Lost, Refused, Unreachable

PATIENCE = 60.0
"""Seconds a command by hand waits: for the document in hand, and then for its own."""


class ByHand(Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of a command to a register."""

    cashier: str | None = None


_SHIFT_COMMANDS: dict[str, Callable[[str | None], Request[ShiftDocument]]] = {
    "open_shift": OpenShift,
    "close_shift": CloseShift,
    "z_report": CloseShift,
}


COMMANDS = (*_SHIFT_COMMANDS, "x_report")
"""Everything that a register can be told by hand."""


@contextmanager
def _told_as_problems() -> Iterator[None]:
    try:
        yield
    except NotInRotation as reason:
        raise problem(409, "not-in-rotation", f"{reason}.") from None
    except Refused as refusal:
        raise problem(409, "refused-by-register", f"The register refused: {refusal}.") from None
    except Unreachable as reason:
        raise problem(503, "unreachable", f"The register does not answer: {reason}.") from None
    except Lost as reason:
        raise problem(504, "outcome-unknown", f"The answer was lost; read the state first: {reason}.") from None


def check_may_command(access: Access, fleet: Fleet, eip: str) -> None:
    """Raises 403 or 404: comes before a command's arguments are even looked at."""
    access.require("operator")
    visible_kkt(access, fleet, eip)


async def by_hand(
    fleet: Fleet, eip: str, command: str, arguments: ByHand, patience: float = PATIENCE
) -> ShiftDocument | None:
    """Let the register do it; None where there is nothing to tell. Raises problems; rights are checked before."""
    actor = fleet.actor(eip)
    with _told_as_problems():
        if command in _SHIFT_COMMANDS:
            return await actor.ask(_SHIFT_COMMANDS[command](arguments.cashier), timeout=patience)
        if command == "x_report":
            await actor.ask(PrintReport(), timeout=patience)
            return None
    raise problem(404, "not-found", f"Registers know no command {command}; they know {', '.join(COMMANDS)}.")


async def print_by_hand(fleet: Fleet, eip: str, text: str) -> None:
    """Print lines on a register, between its documents. Raises problems; rights are checked before."""
    with _told_as_problems():
        await fleet.actor(eip).ask(PrintText(text), timeout=PATIENCE)
