"""How the device's commands are told apart: a table of handlers by command code.

A handler answers at once, or hands back a :class:`Pending` document: then printing takes its time, and the fiscal
storage commits in the middle of it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from kassanet.sandbox.fiscal_storage import Document, Draft
from kassanet.sandbox.terminalfa.device import Device
from transports.terminalfa.commands import Request
from transports.terminalfa.layouts import Wire


class Pending(NamedTuple):
    """A document that is ready to be made, and what is answered and printed once it is.

    ``share`` of the device's time for a document is what this one takes; ``prints`` false keeps it off the paper.
    """

    draft: Draft
    answer: Callable[[Document], Wire]
    tape: Sequence[str] = ()
    share: float = 1.0
    prints: bool = True


Handler = Callable[[Device, Any], Wire | Pending]
HANDLERS: dict[int, Handler] = {}

HandlerType = TypeVar("HandlerType", bound=Handler)


def handles(*requests: type[Request[Any]]) -> Callable[[HandlerType], HandlerType]:
    """Enter a handler for one or more commands."""

    def enter(handler: HandlerType) -> HandlerType:
        for request in requests:
            assert request.CODE not in HANDLERS, f"{request.CODE:02X} twice"
            HANDLERS[request.CODE] = handler
        return handler

    return enter
