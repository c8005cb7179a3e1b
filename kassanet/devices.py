"""Device types: the name an integrator writes (``terminalfa``, ``pkfa12``), and the driver that stands behind it.

Which driver and which FFD version a type means is a setting, because a vendor's documents do not settle it for every
model; the defaults say what is known.
"""

from collections.abc import Mapping
from typing import Protocol

from actors.kkt import KktSettings
from kassanet.config import Config, DeviceType
from transports.link import Dialer
from transports.register import Driver, Register
from transports.terminalfa.driver import TerminalFaDriver
from transports.terminalfa.settings import TerminalFaSettings


class DeviceKind(Driver, Protocol):
    """A driver that also makes the client of one register."""

    def register(self, dialer: Dialer) -> Register: ...


def device_kinds(config: Config) -> Mapping[str, DeviceKind]:
    """Every type of the configuration by its name."""
    return {name: _kind(device) for name, device in config.device_types.items()}


def _kind(device: DeviceType) -> DeviceKind:
    settings = TerminalFaSettings(ffd=device.ffd)
    if device.vat:
        settings = TerminalFaSettings(ffd=device.ffd, vat=dict(device.vat))
    return TerminalFaDriver(settings)


def kkt_settings(config: Config) -> KktSettings:
    """What the configuration says about every register, in the words of their actors."""
    offset = config.register_zone.utcoffset(None)
    return KktSettings(
        poll_interval=config.poll.state,
        health_interval=config.poll.health,
        settle_after=config.settle_after,
        shift_max_age=config.shifts.max_age * 3600,
        shift_spread=config.shifts.spread * 60,
        shift_close_at=config.shifts.close_at,
        utc_offset=offset.total_seconds() / 3600,
    )
