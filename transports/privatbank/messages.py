"""What is said: requests and answers of one envelope, and amounts as the terminal writes them."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from transports.privatbank.frames import encode


class Answer(Struct, frozen=True):
    """``params`` are kept as they came: terminals differ in what they tell. ``error`` missing is not "no error"."""

    method: str
    step: int | str = 0
    params: dict[str, Any] = {}
    error: bool | None = None
    errorDescription: str | None = None  # noqa: N815 - the wire's own name


class Unreadable(Exception):
    """Bytes that are no answer of this protocol."""


_DECODER = msgspec.json.Decoder(Answer)
_AMOUNT = re.compile(r"([0-9]{1,10})(?:[.,]([0-9]{1,2}))?")


def request(method: str, **params: str) -> bytes:
    """A request as it travels: compact JSON and its zero."""
    said: dict[str, object] = {"method": method, "step": 0}  # an integer, and always 0 (part 1, section 2)
    return encode(msgspec.json.encode(said | {"params": params} if params else said))


def read_answer(data: bytes) -> Answer:
    """Raises :class:`Unreadable`."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None


def write_amount(kopecks: int) -> str:
    """``1200`` → ``"12.00"``."""
    return f"{kopecks // 100}.{kopecks % 100:02}"


def read_amount(text: object) -> int | None:
    """Kopecks of ``"12.00"``, ``"12,5"`` or ``"12"``; None for anything else."""
    found = _AMOUNT.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
