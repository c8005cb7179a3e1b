"""Section 7.4: the register's own settings. A set command changes what it names and leaves the rest."""

from typing import TypeVar

import msgspec
from msgspec.structs import fields, replace

from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, Failure
from kassanet.sandbox.terminalfa.handling import handles
from transports.terminalfa.commands import Nothing
from transports.terminalfa.commands.settings import (
    Control,
    KeyServer,
    MarkingServer,
    Network,
    Ofd,
    Printing,
    ReadControl,
    ReadKeyServer,
    ReadMarkingServer,
    ReadNetwork,
    ReadOfd,
    ReadPrinting,
    SetControl,
    SetKeyServer,
    SetMarkingServer,
    SetNetwork,
    SetOfd,
    SetPrinting,
)

Group = TypeVar("Group", bound=msgspec.Struct)


@handles(ReadNetwork)
def read_network(device: Device, _: ReadNetwork) -> Network:
    return device.memory.state.network


@handles(SetNetwork)
def set_network(device: Device, request: SetNetwork) -> Nothing:
    return _keep(device, network=_merged(device.memory.state.network, request))


@handles(ReadOfd)
def read_ofd(device: Device, _: ReadOfd) -> Ofd:
    return device.memory.state.ofd


@handles(SetOfd)
def set_ofd(device: Device, request: SetOfd) -> Nothing:
    return _keep(device, ofd=_merged(device.memory.state.ofd, request))


@handles(ReadPrinting)
def read_printing(device: Device, _: ReadPrinting) -> Printing:
    return device.memory.state.printing


@handles(SetPrinting)
def set_printing(device: Device, request: SetPrinting) -> Nothing:
    return _keep(device, printing=_merged(device.memory.state.printing, request))


@handles(ReadControl)
def read_control(device: Device, _: ReadControl) -> Control:
    return device.memory.state.control


@handles(SetControl)
def set_control(device: Device, request: SetControl) -> Nothing:
    """Kept and shown; where the simulated device listens is for whoever started it to say."""
    return _keep(device, control=_merged(device.memory.state.control, request))


@handles(ReadMarkingServer)
def read_marking_server(device: Device, _: ReadMarkingServer) -> MarkingServer:
    return device.memory.state.marking_server


@handles(SetMarkingServer)
def set_marking_server(device: Device, request: SetMarkingServer) -> Nothing:
    return _keep(device, marking_server=_merged(device.memory.state.marking_server, request))


@handles(ReadKeyServer)
def read_key_server(device: Device, _: ReadKeyServer) -> KeyServer:
    return device.memory.state.key_server


@handles(SetKeyServer)
def set_key_server(device: Device, request: SetKeyServer) -> Nothing:
    return _keep(device, key_server=_merged(device.memory.state.key_server, request))


def _merged(kept: Group, request: msgspec.Struct) -> Group:
    said = {field.name: getattr(request, field.name) for field in fields(kept)}
    return replace(kept, **{name: value for name, value in said.items() if value is not None})


def _keep(device: Device, **changes: msgspec.Struct) -> Nothing:
    try:
        device.memory.change(**changes)
    except OSError as error:
        raise Failure(Code.SETTINGS) from error
    return Nothing()
