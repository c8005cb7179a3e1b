"""Commands of ``/fs/cmd``: what is asked, whether it must be signed, and what kind of answer comes.

Numbers travel as text, as the service's own examples have them.
"""

import datetime
from typing import ClassVar

import msgspec
from msgspec import Struct, field

from schemas.prro_answers import (
    DocumentAnswer,
    DocumentInfo,
    DocumentsAnswer,
    LastShiftTotalsAnswer,
    ObjectsAnswer,
    OperatorsAnswer,
    RegistrarState,
    ServerStateAnswer,
    ShiftsAnswer,
)
from transports.prro.answers import BadAnswer, decode_json


class Command(Struct, frozen=True, kw_only=True, rename="pascal", tag=True, tag_field="Command", omit_defaults=True):
    """A command. With ``timestamp`` and ``timeout`` (milliseconds) the server drops it when its clock is past both.

    ``answer`` is None where a signed document comes instead of JSON.
    """

    signed: ClassVar[bool] = True
    answer: ClassVar[type[Struct] | None] = None

    uid: str = field(name="UID")
    timestamp: datetime.datetime | None = None
    timeout: int | None = None


class ServerState(Command, frozen=True, kw_only=True):
    """Is it there?"""

    signed = False
    answer = ServerStateAnswer


class Objects(Command, frozen=True, kw_only=True):
    """Units and registers that the signer may work with."""

    answer = ObjectsAnswer


class Operators(Command, frozen=True, kw_only=True):
    """Cashiers of the entity that the signing certificate names."""

    answer = OperatorsAnswer


class TransactionsRegistrarState(Command, frozen=True, kw_only=True):
    """A register's shift, numbers and offline session.

    When offline documents are about to be delivered, the session and seed they were made with must be named.
    """

    answer = RegistrarState

    num_fiscal: str
    offline_session_id: int | None = None
    offline_seed: int | None = None
    include_tax_object: bool | None = None


class Check(Command, frozen=True, kw_only=True):
    """A check, signed by the server. ``original``: as the seller sent it."""

    signed = False

    registrar_num_fiscal: str
    num_fiscal: str
    original: bool = False
    set_timestamp: bool = False


class CheckExt(Command, frozen=True, kw_only=True):
    """A check as ``type`` says: 0 availability, 1 XML, 2 signed by the server, 3 text, 4 by the sender, 5 by both."""

    signed = False
    answer = DocumentAnswer

    registrar_num_fiscal: str
    num_fiscal: str
    type: int = 0
    set_timestamp: bool = False
    acquire_cabinet_url: bool = False


class ZRep(Command, frozen=True, kw_only=True):
    """A Z report, signed by the server."""

    registrar_num_fiscal: str
    num_fiscal: str
    original: bool = False
    set_timestamp: bool = False


class ZRepExt(Command, frozen=True, kw_only=True):
    """A Z report as ``type`` says, as for :class:`CheckExt`."""

    answer = DocumentAnswer

    registrar_num_fiscal: str
    num_fiscal: str
    type: int = 0
    set_timestamp: bool = False


class Shifts(Command, frozen=True, kw_only=True):
    """Shifts of a period. ``shift_id`` alone is what newer installations take instead, according to one client."""

    answer = ShiftsAnswer

    num_fiscal: str
    since: datetime.datetime | None = field(default=None, name="From")
    until: datetime.datetime | None = field(default=None, name="To")
    shift_id: str | None = None


class Documents(Command, frozen=True, kw_only=True):
    """Documents of a shift, named by its id or by the fiscal number of its opening."""

    answer = DocumentsAnswer

    num_fiscal: str
    shift_id: str | None = None
    open_shift_fiscal_num: str | None = None


class LastShiftTotals(Command, frozen=True, kw_only=True):
    """The server's draft of the Z report."""

    answer = LastShiftTotalsAnswer

    num_fiscal: str


class DocumentInfoByLocalNum(Command, frozen=True, kw_only=True):
    """Whether a document is registered: the call that settles a lost answer."""

    answer = DocumentInfo

    num_fiscal: str
    num_local: str


class DeviceRegister(Command, frozen=True, kw_only=True):
    """Seen in one client of newer installations, not in the service's text; whether it is signed is a guess."""

    device_id: str


COMMANDS: dict[str, type[Command]] = {
    kind.__name__: kind
    for kind in (
        ServerState,
        Objects,
        Operators,
        TransactionsRegistrarState,
        Check,
        CheckExt,
        ZRep,
        ZRepExt,
        Shifts,
        Documents,
        LastShiftTotals,
        DocumentInfoByLocalNum,
        DeviceRegister,
    )
}


def encode_command(command: Command) -> bytes:
    return msgspec.json.encode(command)


def decode_command(data: bytes) -> Command:
    """Raises :class:`transports.prro.answers.BadAnswer` when it is none of the known ones."""
    try:
        head = msgspec.json.decode(data, type=_Head)
    except ValueError as error:
        raise BadAnswer(f"not a command: {error}") from None
    kind = COMMANDS.get(head.command)
    if kind is None:
        raise BadAnswer(f"no command is called {head.command!r}")
    return decode_json(data, kind)


class _Head(Struct):
    command: str = field(name="Command")
