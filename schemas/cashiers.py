"""Cashiers: who may ask for documents of software registers, and how they came to be known here.

A cashier is a person (or a shop that sells by itself) with a signing key at an agent. The agent signs a packet that
names both, this service checks the signature and answers a token; whoever bears it acts as that cashier.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from schemas.prro_shown import CashierName, KeyId
from schemas.prro_values import Tin

Login = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+\Z")]
Password = Annotated[str, Meta(min_length=8, max_length=256)]
Developer = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+\Z")]
RegisterNumbers = Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(max_length=1000)]
Packet = Annotated[bytes, Meta(min_length=1, max_length=1 << 16)]

REGISTRATION: Literal["cashier"] = "cashier"


class CashierRefused(Exception):
    """``code`` is a stable word for programs, the text is for people and holds nothing secret. Nothing was changed.

    ``malformed-packet``, ``bad-signature``, ``certificate-not-valid``, ``tin-mismatch``, ``key-mismatch``,
    ``stale-packet``, ``wrong-login``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Registration(Struct, frozen=True, kw_only=True):
    """What an agent signs to make a cashier known, JSON in the tax service's style of names; it holds no secret.

    ``uid`` is the sender's own and good for one registration, ``timestamp`` says when it was made. ``key`` is
    ``AGENT/KEY`` as this service knows the key that signs. No ``registers``: every one that this key signs for.
    """

    registration: Literal["cashier"] = field(name="Registration", default=REGISTRATION)
    uid: Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[\x21-\x7e]+\Z")] = field(name="UID")
    timestamp: Annotated[datetime, Meta(tz=True)] = field(name="Timestamp")
    tin: Tin = field(name="Tin")
    name: CashierName = field(name="Name")
    key: KeyId = field(name="Key")
    registers: RegisterNumbers = field(name="Registers", default=())


class SignedRegistration(Struct, frozen=True):
    """A registration as it was signed: ``packet`` is what a registration takes, ``said`` what is in it."""

    packet: bytes
    said: Registration


class NewCashier(Struct, frozen=True, forbid_unknown_fields=True):
    """A registration: ``packet`` is the signed :class:`Registration`. ``login`` and ``password`` let the cashier sign
    in for temporary tokens; ``developer`` is whose program works for it.
    """

    packet: Packet
    developer: Developer | None = None
    login: Login | None = None
    password: Password | None = None

    def __repr__(self) -> str:
        return "NewCashier(…)"


class Cashier(Struct, frozen=True, omit_defaults=True):
    """A cashier as it is known. ``tin`` is the organisation's, ``key_id`` is ``AGENT/KEY``; no ``registers``: all."""

    id: int
    name: str
    tin: str
    key_id: str
    registered_at: datetime
    registers: tuple[int, ...] = ()
    developer: str | None = None
    login: str | None = None
    revoked_at: datetime | None = None

    def may_use(self, register: int, tin: str, key_id: str) -> bool:
        """Whether a register of this fiscal number, organisation and key is one that this cashier works at."""
        return (tin, key_id) == (self.tin, self.key_id) and (not self.registers or register in self.registers)


class RegisteredCashier(Struct, frozen=True):
    """The answer to a registration: ``token`` is shown this once."""

    cashier: Cashier
    token: str

    def __repr__(self) -> str:
        return f"RegisteredCashier({self.cashier.id})"


class SignedIn(Struct, frozen=True):
    """A temporary token and until when it is good."""

    token: str
    until: datetime
    cashier: Cashier

    def __repr__(self) -> str:
        return f"SignedIn({self.cashier.id})"
