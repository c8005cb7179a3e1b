"""Section 5: what the register tells about itself, its fiscal storage, its clock, and the restart."""

from datetime import datetime
from typing import Annotated

from transports.terminalfa.commands.request import Anything, Nothing, Request, command
from transports.terminalfa.layouts import Tag, Wire
from transports.terminalfa.values import (
    U8,
    U16,
    U32,
    Address,
    AnyText,
    Bool,
    Day,
    Dt5,
    Inn,
    Moment,
    Padded,
    Rnm,
)


class TextAnswer(Wire, frozen=True):
    text: AnyText


class StatusAnswer(Wire, frozen=True):
    """``extra`` is missing from the maker's document and sent by real devices: 21 or 22 bytes."""

    serial: Annotated[str, Padded(12)]
    clock: Moment
    fatal_error: Bool
    printer: U8
    fn_present: Bool
    fn_phase: U8
    extra: U8 | None = None


class SerialAnswer(Wire, frozen=True):
    serial: Annotated[str, Padded(12)]


class ValidityAnswer(Wire, frozen=True):
    expires: Day
    reregistrations_left: U8
    reregistrations_done: U8


class FnStatusAnswer(Wire, frozen=True):
    """``phase`` and ``current_document`` as section 8 lists them; 30 bytes."""

    phase: U8
    current_document: U8
    document_data: Bool
    shift_is_open: Bool
    flags: U8
    last_document_at: Moment
    fn: Annotated[str, Padded(16)]
    last_fd: U32


class RegistrationAnswer(Wire, frozen=True):
    """The parameters the register is registered with; 35 bytes."""

    rnm: Rnm
    inn: Inn
    modes: U8
    tax_systems: U8
    agents: U8


class AddressesAnswer(Wire, frozen=True):
    """In network order: two live drivers against the maker's document."""

    ip: Address
    mask: Address
    gateway: Address


class ExchangeAnswer(Wire, frozen=True):
    """Documents waiting for the fiscal data operator; 13 bytes."""

    exchange_status: U8
    reading_state: U8
    unsent: U16
    first_fd: U32
    first_at: Moment


class CountAnswer(Wire, frozen=True):
    count: U16


class WidthAnswer(Wire, frozen=True):
    characters: U8


class ClockAnswer(Wire, frozen=True):
    clock: Annotated[datetime | None, Tag(30000, Dt5())]


@command(0x01)
class ReadStatus(Request[StatusAnswer], frozen=True):
    pass


@command(0x02)
class ReadSerial(Request[SerialAnswer], frozen=True):
    pass


@command(0x03)
class ReadFirmware(Request[TextAnswer], frozen=True):
    pass


@command(0x04)
class ReadModel(Request[TextAnswer], frozen=True):
    pass


@command(0x05)
class ReadFnSerial(Request[TextAnswer], frozen=True):
    pass


@command(0x06)
class ReadFnFirmware(Request[TextAnswer], frozen=True):
    pass


@command(0x07)
class ReadValidity(Request[ValidityAnswer], frozen=True):
    pass


@command(0x08)
class ReadFnStatus(Request[FnStatusAnswer], frozen=True):
    pass


@command(0x09)
class ReadFnErrors(Request[Anything], frozen=True):
    pass


@command(0x0A)
class ReadRegistration(Request[RegistrationAnswer], frozen=True):
    pass


@command(0x0B)
class ReadConfigurationVersion(Request[TextAnswer], frozen=True):
    pass


@command(0x0E)
class ReadAddresses(Request[AddressesAnswer], frozen=True):
    pass


@command(0x50)
class ReadExchange(Request[ExchangeAnswer], frozen=True):
    pass


@command(0x32)
class CountUnconfirmed(Request[CountAnswer], frozen=True):
    """Documents without a receipt of the operator."""


@command(0xBB)
class ReadLineWidth(Request[WidthAnswer], frozen=True):
    pass


@command(0x73)
class ReadClock(Request[ClockAnswer], frozen=True):
    pass


@command(0x72)
class SetClock(Request[Nothing], frozen=True):
    clock: Annotated[datetime | None, Tag(30000, Dt5())]


@command(0xEF)
class Restart(Request[Nothing], frozen=True):
    """Known from two drivers, not from the maker's document."""
