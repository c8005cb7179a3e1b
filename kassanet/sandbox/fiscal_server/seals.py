"""Who signed what: the only things that the simulated server must know of a signature.

With real DSTU signatures it is :mod:`kassanet.sandbox.fiscal_server.dstu`. Tests and benches whose subject is not the
cryptography use :class:`PlainSeals`, envelopes that anybody can make.
"""

from typing import Protocol

import msgspec
from msgspec import Struct


class BrokenSeal(Exception):
    """No signed message, or one whose signature does not hold. The text says what is wrong."""


class Signatory(Struct, frozen=True):
    """Who signed. ``tins`` are the numbers that the certificate names."""

    key_id: str
    name: str = ""
    tins: tuple[str, ...] = ()


class Opened(Struct, frozen=True):
    """A message whose signature holds."""

    content: bytes
    signatory: Signatory
    stamped: bool
    objections: tuple[str, ...] = ()
    """What the tax service would mind about its form, in words; a missing time stamp is not among them."""


class Seals(Protocol):
    """Opens what clients signed and signs what the server answers."""

    def open(self, message: bytes) -> Opened:
        """Raises :class:`BrokenSeal`."""

    def seal(self, content: bytes) -> bytes: ...


class _Envelope(Struct, frozen=True):
    signatory: Signatory
    stamped: bool
    content: bytes


_MAGIC = b"PLAIN1 "
_SERVER = Signatory("0" * 64, "Фіскальний сервер")


class PlainSeals:
    """Envelopes without any cryptography, for tests and benches only."""

    def open(self, message: bytes) -> Opened:
        if not message.startswith(_MAGIC):
            raise BrokenSeal("not an envelope")
        try:
            found = msgspec.msgpack.decode(message[len(_MAGIC) :], type=_Envelope)
        except ValueError as error:
            raise BrokenSeal(f"not an envelope: {error}") from None
        return Opened(found.content, found.signatory, found.stamped)

    def seal(self, content: bytes) -> bytes:
        return plain_envelope(content, _SERVER, stamped=False)


def plain_envelope(content: bytes, signatory: Signatory, *, stamped: bool = True) -> bytes:
    """What a client of :class:`PlainSeals` sends instead of a signature."""
    return _MAGIC + msgspec.msgpack.encode(_Envelope(signatory, stamped, content))


def plain_content(message: bytes) -> bytes:
    """The content of an envelope; raises ``ValueError``."""
    try:
        return PlainSeals().open(message).content
    except BrokenSeal as error:
        raise ValueError(str(error)) from None
