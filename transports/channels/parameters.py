"""Parameters of a query or a form, read strictly: what two programs could read differently is refused.

A name given twice, a broken percent escape, text in another encoding or a control character could make a signature
cover one value and the payment another.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from schemas.payments import Outcome
from transports.channels.dialect import MOST_OF_A_REQUEST, Incoming, Unacceptable
from transports.channels.sums import kopecks

Value = TypeVar("Value")

MOST_PARAMETERS = 200
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TXN = re.compile(r"[0-9A-Za-z._:/-]{1,64}")
_ACCOUNT = re.compile(r"\S(?:.{0,62}\S)?")


def parameters(incoming: Incoming, encoding: str = "utf-8") -> dict[str, str]:
    """Everything that was sent, in query and form alike; raises :class:`Unacceptable`."""
    pieces = _split(incoming.query) + (_split(incoming.body) if incoming.method == "POST" else [])
    if len(pieces) > MOST_PARAMETERS:
        raise Unacceptable("bad_request", "", f"more than {MOST_PARAMETERS} parameters")
    found: dict[str, str] = {}
    for piece in pieces:
        raw_name, _, raw_value = piece.partition(b"=")
        name = _text(raw_name, encoding, "a parameter's name")
        if name in found:
            raise Unacceptable("bad_request", name, "given twice")
        found[name] = _text(raw_value, encoding, name)
    return found


def _split(text: bytes) -> list[bytes]:
    if len(text) > MOST_OF_A_REQUEST:
        raise Unacceptable("bad_request", "", f"longer than {MOST_OF_A_REQUEST} bytes")
    return [piece for piece in text.strip(b"\r\n").split(b"&") if piece]


def _text(raw: bytes, encoding: str, name: str) -> str:
    if _BROKEN_ESCAPE.search(raw):
        raise Unacceptable("bad_request", name, "a broken percent escape")
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode(encoding)
    except UnicodeDecodeError:
        raise Unacceptable("bad_request", name, f"not text in {encoding}") from None


class Fields:
    """Parameters by name, each taken once and checked; ``rest`` is what nobody asked for.

    ``wrong`` says for each parameter which outcome a wrong value has. ``txn_id``, once read, goes into every
    :class:`Unacceptable`, so that even a refusal names its payment.
    """

    def __init__(self, found: Mapping[str, str], wrong: Mapping[str, Outcome]) -> None:
        self._found = dict(found)
        self._wrong = wrong
        self.txn_id: str | None = None

    @property
    def rest(self) -> dict[str, str]:
        return self._found

    def refuse(self, name: str, message: str) -> Unacceptable:
        """The error to raise for a parameter."""
        return Unacceptable(self._wrong.get(name, "bad_request"), name, message, self.txn_id)

    def optional(self, name: str) -> str | None:
        """The value; None where it is absent or empty."""
        value = self._found.pop(name, None) or None
        if value is not None and _CONTROL.search(value):
            raise self.refuse(name, "control characters")
        return value

    def needed(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            raise self.refuse(name, "is needed")
        return value

    def one_of(self, name: str, known: Sequence[str]) -> str:
        value = self.needed(name)
        if value not in known:
            raise self.refuse(name, f"{value[:32]!r} is none of {', '.join(known)}")
        return value

    def txn(self, name: str) -> str:
        """The payment's number; everything after it is refused with it."""
        self.txn_id = self.other_txn(name)
        return self.txn_id

    def other_txn(self, name: str) -> str:
        value = self.needed(name)
        if _TXN.fullmatch(value) is None:
            raise self.refuse(name, f"{value[:70]!r} is not a payment's number")
        return value

    def account(self, name: str) -> str:
        value = self.needed(name)
        if _ACCOUNT.fullmatch(value) is None:
            raise self.refuse(name, "an account has 1 to 64 characters and no blanks around it")
        return value

    def sum(self, name: str, *, padded: bool = False) -> int:
        """Kopecks above zero."""
        amount = self.parsed(name, lambda text: kopecks(text, padded=padded))
        if amount == 0:
            raise self.refuse(name, "a payment is more than nothing")
        return amount

    def optional_sum(self, name: str) -> int | None:
        """Kopecks; None where absent. A ``check`` may name zero."""
        return self.parsed(name, kopecks) if self._found.get(name) else None

    def parsed(self, name: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(self.needed(name))
        except ValueError as error:
            raise self.refuse(name, str(error)) from None
