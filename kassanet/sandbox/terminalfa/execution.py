"""A command from its frame to its answer: decoding, refusing, and the time that a document takes.

What was begun is carried to its end, whether anybody still waits for the answer or not. The one thing that ends it is
the power: it is cut by a fault before the commit or right behind it, or by whoever holds the device.
"""

from collections.abc import Callable
from typing import Any

import trio
from msgspec import Struct

from kassanet.sandbox.fiscal_storage import Document, FnError
from kassanet.sandbox.terminalfa import handlers
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, Failure
from kassanet.sandbox.terminalfa.handling import HANDLERS, Pending
from kassanet.sandbox.terminalfa.tape import receipt_lines
from transports.terminalfa.commands import (
    COMMANDS,
    Request,
    UnknownCommand,
    decode_request,
    encode_failure,
    encode_reply,
)
from transports.terminalfa.frames import Frame
from transports.terminalfa.layouts import Wire, slots
from transports.terminalfa.values import Malformed, Missing, Text

assert handlers.__all__, "importing the package fills the table of handlers"

RESTART, PAYMENT = 0xEF, 0x2D
FFD12 = frozenset({0x82, 0x83, 0x84, 0x85, 0x96, 0xE1, 0xE2, 0xE3})
JAM = 3


class Outcome(Struct, frozen=True):
    """A reply frame, and the document that its command committed. ``restarts`` once the reply has left."""

    reply: bytes
    document: Document | None = None
    restarts: bool = False

    @property
    def fd(self) -> int | None:
        """The number of the document, if the command made one."""
        return None if self.document is None else self.document.fd


async def execute(device: Device, frame: Frame, committed: Callable[[Document], None] | None = None) -> Outcome:
    """Execute one command. ``committed`` is called right behind the storage's commit, before the answer is made."""
    try:
        request = _decode(device, frame)
        result = HANDLERS[frame.head](device, request)
        if isinstance(result, Pending):
            return await _make(device, result, committed)
        return Outcome(encode_reply(result), restarts=frame.head == RESTART)
    except Failure as failure:
        return Outcome(encode_failure(failure.code))
    except FnError as error:
        return Outcome(encode_failure(device.recall(error)))


async def _make(device: Device, pending: Pending, committed: Callable[[Document], None] | None) -> Outcome:
    """Print a document; the storage commits in the middle of it. What forbids it already now is refused at once."""
    device.demand_health()
    device.fn.check(device.fn.current, device.now())
    settings = device.settings
    seconds = settings.document_seconds * pending.share
    await trio.sleep(seconds * settings.commit_at)
    document = device.commit(pending.draft)
    if committed is not None:
        committed(document)
    await trio.sleep(seconds * (1 - settings.commit_at))
    if pending.prints and device.jams:
        device.jams, device.printer = False, JAM
        return Outcome(encode_failure(Code.PRINTER), document)
    _print(device, pending, document)
    return Outcome(encode_reply(pending.answer(document)), document)


def _print(device: Device, pending: Pending, document: Document) -> None:
    if pending.prints:
        device.paper.print([*pending.tape, *receipt_lines(device, document)])
        device.paper.print_buffer()


def _decode(device: Device, frame: Frame) -> Request[Any]:
    """The command, or the refusal for what is wrong with its bytes."""
    if frame.head in FFD12:
        _demand_ffd12(device)
    try:
        request = decode_request(frame)
    except UnknownCommand:
        raise Failure(Code.UNKNOWN_COMMAND) from None
    except Missing:
        raise Failure(Code.TAX_SYSTEM if frame.head == PAYMENT else Code.NOT_ALL_PASSED) from None
    except Malformed:
        raise Failure(_malformed(frame.head)) from None
    if _has_long_text(request):
        raise Failure(Code.TLV_TOO_BIG)
    return request


def _demand_ffd12(device: Device) -> None:
    if not device.settings.ffd12:
        raise Failure(Code.UNKNOWN_COMMAND)
    if not device.settings.activated:
        raise Failure(Code.NOT_ACTIVATED)


def _malformed(code: int) -> Code:
    """Positional data is wrong by its length, TLVs by their format."""
    layout = slots(COMMANDS[code])
    return Code.FORMAT if layout and layout[0].tag else Code.LENGTH


def _has_long_text(wire: Wire) -> bool:
    """Whether a text is over its limit; the codec reads it as it came."""
    for slot in slots(type(wire)):
        value = getattr(wire, slot.name)
        if isinstance(value, Wire):
            if _has_long_text(value):
                return True
        elif isinstance(value, str) and isinstance(slot.codec, Text) and len(value) > slot.codec.limit:
            return True
    return False
