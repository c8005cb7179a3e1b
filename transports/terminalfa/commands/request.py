"""What a command is: a struct with a code, and the struct of its answer.

A reply carries neither a command code nor a number, so the only thing that ties it to a command is its length:
:func:`decode_reply` raises :class:`Malformed` for one that this command cannot have, and the outcome is *unknown*.
"""

import typing
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from transports.terminalfa.errors import refusal
from transports.terminalfa.frames import MAX_DATA, Frame, encode_frame
from transports.terminalfa.layouts import Wire
from transports.terminalfa.values import Bytes, Malformed, Unfit

DONE, FAILED = 0x00, 0x01


class Nothing(Wire, frozen=True):
    """No data at all."""


class Anything(Wire, frozen=True):
    """Data that the protocol does not describe."""

    data: Bytes = b""


Answer = TypeVar("Answer", bound=Wire)
RequestType = TypeVar("RequestType", bound="type[Request[Any]]")


class Request(Wire, Generic[Answer], frozen=True):
    """A command whose answer is an ``Answer``."""

    CODE: ClassVar[int]
    ANSWER: ClassVar[type[Wire]]


class UnknownCommand(Malformed):
    """A command code that this protocol does not have."""


COMMANDS: dict[int, type[Request[Any]]] = {}


def command(code: int) -> Callable[[RequestType], RequestType]:
    """Give a request its code and enter it in :data:`COMMANDS`."""

    def enter(request: RequestType) -> RequestType:
        assert code not in COMMANDS, f"{code:02X} twice"
        request.CODE = code
        bases = vars(request)["__orig_bases__"]
        request.ANSWER = next(typing.get_args(base)[0] for base in bases if typing.get_origin(base) is Request)
        COMMANDS[code] = request
        return request

    return enter


def encode_request(request: Request[Any]) -> bytes:
    """The whole frame; raises :class:`Unfit` when a value or the sum of them cannot be carried."""
    return _frame(request.CODE, request.encode())


def encode_reply(reply: Wire) -> bytes:
    """The whole frame of a command that was done; raises :class:`Unfit`."""
    return _frame(DONE, reply.encode())


def encode_failure(code: int) -> bytes:
    """The whole frame of a command that failed with an error code."""
    return encode_frame(FAILED, bytes((code,)))


def decode_request(frame: Frame) -> Request[Any]:
    """The command in a frame; raises :class:`UnknownCommand`, :class:`Missing` or another :class:`Malformed`."""
    if frame.head not in COMMANDS:
        raise UnknownCommand(f"no command {frame.head:02X}")
    return COMMANDS[frame.head].decode(frame.data)


def decode_reply(request: Request[Answer], frame: Frame) -> Answer:
    """The answer to ``request``; raises :class:`Refused` for an error code, :class:`Malformed` for no answer to it."""
    if frame.head == DONE:
        return typing.cast("Answer", request.ANSWER.decode(frame.data))
    if frame.head == FAILED and len(frame.data) == 1:
        raise refusal(frame.data[0])
    raise Malformed(f"result {frame.head:02X} with {len(frame.data)} bytes")


def _frame(head: int, data: bytes) -> bytes:
    if len(data) > MAX_DATA:
        raise Unfit(f"takes {len(data)} bytes", f"at most {MAX_DATA} bytes of data in a command")
    return encode_frame(head, data)
