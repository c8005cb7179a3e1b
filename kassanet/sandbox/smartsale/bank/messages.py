"""What terminal and host say to each other: a protocol of this sandbox, opaque to everything in between.

::

    LEN (2, big-endian) | message (MessagePack) | CRC32 of it (4, big-endian)

Binary on purpose, with lengths and check sums: a cash register that carries these bytes for a pinpad and changes, drops
or doubles one of them is found out. A demand carries what a real one would and nobody but the bank may keep: the whole
card number, track 2 and a PIN block.
"""

import zlib
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

HostOperation = Literal[
    "payment",
    "void",
    "refund",
    "preauthorisation",
    "completion",
    "top_up",
    "cash_withdrawal",
    "balance",
    "settlement",
    "reversal",
    "emergency_void",
    "echo",
]
"""``reversal``: the terminal takes back by itself what no cash register acknowledged; ``emergency_void``: the cash
register asked for that; ``echo``: is anybody there?
"""

MOST_BYTES = 8192
_HEAD, _CHECK = 2, 4


class Totals(Struct, frozen=True, array_like=True):
    """What a batch comes to, in kopecks: debits are taken from cards, credits given to them."""

    debit_amount: int = 0
    debit_count: int = 0
    credit_amount: int = 0
    credit_count: int = 0


class Demand(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A terminal's message. ``stan`` numbers the transaction within a batch; that of a settlement is the batch's own.

    * ``rrn`` and ``auth`` name the original of a void, refund or completion; a reversal has its original's ``stan``.
    * ``pan``, ``track2`` and ``pin_block`` are the card's; ``issuer`` is the response code that its test issuer gives.
    * ``offline``: the card was charged already, without the bank; it is told afterwards.
    """

    op: HostOperation
    tid: str
    stan: int
    amount: int = 0
    currency: str = "643"
    rrn: str | None = None
    auth: str | None = None
    pan: str | None = None
    track2: str | None = None
    pin_block: bytes | None = None
    issuer: str = "00"
    offline: bool = False
    totals: Totals | None = None


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The host's word. ``code`` is the response code, ``00`` for approval; ``10`` approves only ``amount``.

    ``at`` is the host's local time, ``YYYYMMDDhhmmss``. What was not entered in the ledger has no ``rrn``.
    """

    code: str
    rrn: str | None
    at: str
    auth: str | None = None
    amount: int = 0
    balance: int | None = None
    totals: Totals | None = None


class BadMessage(Exception):
    """Bytes that are no message: the connection cannot be used any more."""


_Message = TypeVar("_Message")

_ENCODER = msgspec.msgpack.Encoder()
_DEMANDS = msgspec.msgpack.Decoder(Demand)
_ANSWERS = msgspec.msgpack.Decoder(Answer)


def encode_demand(demand: Demand) -> bytes:
    return _framed(_ENCODER.encode(demand))


def encode_answer(answer: Answer) -> bytes:
    return _framed(_ENCODER.encode(answer))


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(_HEAD, "big") + message + zlib.crc32(message).to_bytes(_CHECK, "big")


class HostDecoder:
    """Bytes in, whole messages out, in whatever pieces the bytes come. Raises :class:`BadMessage`."""

    def __init__(self) -> None:
        self._buffer = b""

    def demands(self, data: bytes) -> list[Demand]:
        return [_decoded(_DEMANDS, message) for message in self._messages(data)]

    def answers(self, data: bytes) -> list[Answer]:
        return [_decoded(_ANSWERS, message) for message in self._messages(data)]

    def _messages(self, data: bytes) -> list[bytes]:
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> bytes | None:
        length = int.from_bytes(self._buffer[:_HEAD], "big")
        if length > MOST_BYTES:
            raise BadMessage(f"a message of {length} bytes")
        end = _HEAD + length + _CHECK
        if len(self._buffer) < max(end, _HEAD):
            return None
        message, check = self._buffer[_HEAD : end - _CHECK], self._buffer[end - _CHECK : end]
        self._buffer = self._buffer[end:]
        if zlib.crc32(message).to_bytes(_CHECK, "big") != check:
            raise BadMessage("the check sum is wrong: bytes were changed on their way")
        return message


def _decoded(decoder: msgspec.msgpack.Decoder[_Message], message: bytes) -> _Message:
    try:
        return decoder.decode(message)
    except msgspec.MsgspecError as error:
        raise BadMessage(str(error)) from error
