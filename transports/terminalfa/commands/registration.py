"""Section 7.2: registration and closing of the fiscal storage, and their FFD 1.2 fragments (section 11)."""

from typing import Annotated

from transports.terminalfa.commands import tags
from transports.terminalfa.commands.request import Anything, Nothing, Request, command
from transports.terminalfa.layouts import Tag, Wire
from transports.terminalfa.values import U8, U32, Bytes, Inn, Padded, Raw, Rnm, Text


class FiscalAnswer(Wire, frozen=True):
    fd: U32
    fpd: U32


@command(0x12)
class BeginRegistration(Request[Nothing], frozen=True):
    """``reason`` 0 first, 1 change of the fiscal storage, 2 another."""

    reason: U8


@command(0x16)
class PassRegistration(Request[Nothing], frozen=True, kw_only=True):
    user_name: Annotated[str, Tag(1048, Text(256))] | None = None
    address: tags.SettlementAddress | None = None
    place: tags.SettlementPlace | None = None
    cashier: tags.Cashier | None = None
    cashier_inn: tags.CashierInn | None = None
    ofd_inn: Annotated[str, Tag(1017, Padded(12))] | None = None
    ofd_name: Annotated[str, Tag(1046, Text(256))] | None = None
    sender_email: Annotated[str, Tag(1117, Text(64))] | None = None
    machine_number: tags.MachineNumber | None = None
    agents: tags.Agent | None = None
    undocumented: Annotated[bytes, Tag(9999, Raw())] | None = None


@command(0x13)
class CommitRegistration(Request[FiscalAnswer], frozen=True):
    """``reason`` only for a re-registration."""

    inn: Inn
    rnm: Rnm
    tax_systems: U8
    reason: U8 | None = None


@command(0x14)
class BeginFnClosing(Request[Nothing], frozen=True):
    pass


@command(0x17)
class PassFnClosing(Request[Nothing], frozen=True):
    cashier: tags.Cashier | None = None
    inn: tags.CashierInn | None = None


@command(0x15)
class CommitFnClosing(Request[FiscalAnswer], frozen=True):
    """The answer is not described; FD and FPD as for every other document is an inference."""


@command(0x40)
class ResetTestFn(Request[Anything], frozen=True):
    """Only for a test fiscal storage (МГМ)."""

    confirmation: U8 = 0x16


@command(0xE1)
class BeginRegistration12(Request[Anything], frozen=True):
    """FFD 1.2; its data is not known."""

    data: Bytes = b""


@command(0xE2)
class PassRegistration12(Request[Anything], frozen=True):
    """FFD 1.2; the only known sender looks unfinished, so the bytes are the caller's."""

    data: Bytes = b""


@command(0xE3)
class CommitRegistration12(Request[Anything], frozen=True):
    """FFD 1.2; ИНН and РНМ as in ``13``, which is an inference."""

    inn: Inn
    rnm: Rnm
