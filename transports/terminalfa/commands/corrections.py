"""Section 6.3: a correction, ``25`` → ``2E`` → [``3F``] → ``26``. It has no items."""

from typing import Annotated

from transports.terminalfa.commands import tags
from transports.terminalfa.commands.request import Nothing, Request, command
from transports.terminalfa.layouts import Nested, Tag, Wire
from transports.terminalfa.values import U8, U16, U32, Money, Uint, Vln


class Basis(Wire, frozen=True, kw_only=True):
    """Why: tag 1174. The maker's document misprints 1179 as 1023; captured frames have 1179."""

    name: tags.BasisName | None = None
    date: tags.BasisDate
    number: tags.BasisNumber | None = None


class CorrectionAnswer(Wire, frozen=True):
    number: U16
    fd: U32
    fpd: U32


@command(0x25)
class BeginCorrection(Request[Nothing], frozen=True):
    pass


@command(0x2E)
class PassCorrection(Request[Nothing], frozen=True, kw_only=True):
    """1102…1107 are the *taxable* sums here, not the tax; together they equal the five payments."""

    cashier: tags.Cashier | None = None
    cashier_inn: tags.CashierInn | None = None
    by_order: Annotated[int, Tag(1173, Uint(1))]
    basis: Annotated[Basis, Tag(1174, Nested(Basis))]
    tax_system: tags.TaxSystem
    cash: tags.Cash = 0
    cashless: tags.Cashless = 0
    prepaid: tags.Prepaid = 0
    credit: tags.Credit = 0
    counter: tags.Counter = 0
    vat20: Annotated[int, Tag(1102, Vln())] = 0
    vat10: Annotated[int, Tag(1103, Vln())] = 0
    vat0: Annotated[int, Tag(1104, Vln())] = 0
    no_vat: Annotated[int, Tag(1105, Vln())] = 0
    vat120: Annotated[int, Tag(1106, Vln())] = 0
    vat110: Annotated[int, Tag(1107, Vln())] = 0


@command(0x3F)
class PassCorrectionVending(Request[Nothing], frozen=True):
    address: tags.SettlementAddress
    place: tags.SettlementPlace
    machine_number: tags.MachineNumber


@command(0x26)
class CommitCorrection(Request[CorrectionAnswer], frozen=True):
    """``kind`` 1 or 3 only. (A VAT byte behind the sum was removed in configuration 1.0.18.)"""

    kind: U8
    total: Money
