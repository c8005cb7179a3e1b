"""Section 5: what the register tells about itself. All of it answers at once and changes nothing but the clock."""

from kassanet.sandbox.fiscal_storage import Phase
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, Failure, demand
from kassanet.sandbox.terminalfa.handling import handles
from transports.terminalfa.commands import Anything, Nothing
from transports.terminalfa.commands.information import (
    AddressesAnswer,
    ClockAnswer,
    CountAnswer,
    CountUnconfirmed,
    ExchangeAnswer,
    FnStatusAnswer,
    ReadAddresses,
    ReadClock,
    ReadConfigurationVersion,
    ReadExchange,
    ReadFirmware,
    ReadFnErrors,
    ReadFnFirmware,
    ReadFnSerial,
    ReadFnStatus,
    ReadLineWidth,
    ReadModel,
    ReadRegistration,
    ReadSerial,
    ReadStatus,
    ReadValidity,
    RegistrationAnswer,
    Restart,
    SerialAnswer,
    SetClock,
    StatusAnswer,
    TextAnswer,
    ValidityAnswer,
    WidthAnswer,
)

MODEL = "Terminal-FA"
FIRMWARE = "1.0.32"
FN_FIRMWARE = "fn_v_1_1_2"
EXCHANGE_IDLE = 2
"""The exchange status that a captured register answered; its meaning is the maker's own."""

LINE_WIDTH = 42
U16_MAX = 0xFFFF


@handles(ReadStatus)
def read_status(device: Device, _: ReadStatus) -> StatusAnswer:
    storage = device.storage
    return StatusAnswer(
        device.serial,
        device.now(),
        device.fatal_error,
        device.printer,
        storage is not None,
        storage.phase if storage is not None else 0,
        0 if device.settings.status_bytes == 22 else None,
    )


@handles(ReadSerial)
def read_serial(device: Device, _: ReadSerial) -> SerialAnswer:
    return SerialAnswer(device.serial)


@handles(ReadFirmware, ReadConfigurationVersion)
def read_firmware(_: Device, __: ReadFirmware | ReadConfigurationVersion) -> TextAnswer:
    return TextAnswer(FIRMWARE)


@handles(ReadModel)
def read_model(_: Device, __: ReadModel) -> TextAnswer:
    return TextAnswer(MODEL)


@handles(ReadFnSerial)
def read_fn_serial(device: Device, _: ReadFnSerial) -> TextAnswer:
    return TextAnswer(device.fn.serial)


@handles(ReadFnFirmware)
def read_fn_firmware(device: Device, _: ReadFnFirmware) -> TextAnswer:
    demand(device.storage is not None, Code.NO_FN)
    return TextAnswer(FN_FIRMWARE)


@handles(ReadValidity)
def read_validity(device: Device, _: ReadValidity) -> ValidityAnswer:
    expires = device.fn.expires
    if expires is None:
        raise Failure(Code.FN_NOT_REGISTERED)
    return ValidityAnswer(expires.date(), device.fn.reregistrations_left, device.fn.registrations - 1)


@handles(ReadFnStatus)
def read_fn_status(device: Device, _: ReadFnStatus) -> FnStatusAnswer:
    storage = device.fn
    return FnStatusAnswer(
        storage.phase,
        storage.current,
        storage.has_data,
        storage.shift.is_open,
        storage.flags(device.now()),
        storage.last_at,
        storage.serial,
        storage.last_fd,
    )


@handles(ReadFnErrors)
def read_fn_errors(device: Device, _: ReadFnErrors) -> Anything:
    demand(device.storage is not None, Code.NO_FN)
    return Anything(bytes(device.fn_errors))


@handles(ReadRegistration)
def read_registration(device: Device, _: ReadRegistration) -> RegistrationAnswer:
    kept = device.registration
    return RegistrationAnswer(kept.rnm, kept.inn, kept.modes, kept.tax_systems, kept.agents)


@handles(ReadAddresses)
def read_addresses(device: Device, _: ReadAddresses) -> AddressesAnswer:
    network = device.memory.state.network
    return AddressesAnswer(network.ip or "0.0.0.0", network.mask or "0.0.0.0", network.gateway or "0.0.0.0")


@handles(ReadExchange)
def read_exchange(device: Device, _: ReadExchange) -> ExchangeAnswer:
    first = device.fn.first_unsent
    if first is None:
        return ExchangeAnswer(EXCHANGE_IDLE, 0, 0, 0, None)
    return ExchangeAnswer(EXCHANGE_IDLE, 0, min(device.fn.unsent, U16_MAX), first.fd, first.at)


@handles(CountUnconfirmed)
def count_unconfirmed(device: Device, _: CountUnconfirmed) -> CountAnswer:
    return CountAnswer(min(device.fn.unsent, U16_MAX))


@handles(ReadLineWidth)
def read_line_width(_: Device, __: ReadLineWidth) -> WidthAnswer:
    return WidthAnswer(LINE_WIDTH)


@handles(ReadClock)
def read_clock(device: Device, _: ReadClock) -> ClockAnswer:
    return ClockAnswer(device.now())


@handles(SetClock)
def set_clock(device: Device, request: SetClock) -> Nothing:
    """With the shift closed, and never before the last document: its time could not be followed."""
    if request.clock is None:
        raise Failure(Code.TIME)
    if device.storage is not None and device.storage.phase is Phase.FISCAL:
        demand(not device.storage.shift.is_open, Code.TIME)
        demand(device.storage.last_at is None or request.clock >= device.storage.last_at, Code.TIME)
    device.set_clock(request.clock)
    return Nothing()


@handles(Restart)
def restart(_: Device, __: Restart) -> Nothing:
    """The answer still leaves; the execution then switches off and on."""
    return Nothing()
