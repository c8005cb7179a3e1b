"""Which driver stands behind a pinpad: the protocol it speaks, under the terminal profile that its owner named.

Profiles are files of their own, because a bank's codes are the bank's and not the service's; those that nobody
confirmed are unset in the default profile.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from actors.pinpad import PinpadSettings
from kassanet.config import Config, ConfigError
from schemas.pinpads import DriverName, PinpadSpec
from schemas.problems import FieldError
from transports.address import BadAddress, dialer_for
from transports.dc2 import Dc2Driver
from transports.link import Dialer
from transports.pinpad import PinpadDriver, Place
from transports.privatbank import PrivatBankDriver
from transports.privatbank.profile import Profile
from transports.serial import SerialDialer
from transports.smartsale.driver import SmartSaleDriver
from transports.smartsale.profile import TerminalProfile
from transports.smartsale.profiles import ProfileError, default_profile, load_profiles

Kinds = Mapping[DriverName, Mapping[str, PinpadDriver]]
"""Drivers by protocol and profile."""


class UnknownProfile(ValueError):
    """A pinpad whose driver or profile this configuration does not have; ``error`` names the field."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(f"{error.path} {error.message}")
        self.error = error


def pinpad_kinds(config: Config) -> Kinds:
    """Every driver under every profile of the configuration. Raises :class:`ConfigError` for a bad profile."""
    terminals = _smartsale(config.pinpads.smartsale)
    return {
        "smartsale": terminals,
        "dc2": {name: Dc2Driver(driver.profile) for name, driver in terminals.items()},
        "privatbank": _privatbank(config.pinpads.privatbank),
    }


def driver_of(kinds: Kinds, spec: PinpadSpec) -> PinpadDriver:
    """The driver of a pinpad. Raises :class:`UnknownProfile`."""
    profiles = kinds.get(spec.driver)
    if profiles is None:
        raise UnknownProfile(FieldError("driver", f"{spec.driver} is not served here", ", ".join(kinds)))
    driver = profiles.get(spec.profile)
    if driver is None:
        raise UnknownProfile(FieldError("profile", f"there is no profile {spec.profile}", ", ".join(profiles)))
    return driver


def dialer_of(spec: PinpadSpec) -> Dialer:
    """How the pinpad is reached. Raises :class:`BadAddress`."""
    dialer = dialer_for(spec.address, path="address")
    if isinstance(dialer, SerialDialer):
        return SerialDialer(spec.address.removeprefix("serial:"), spec.baud_rate)
    return dialer


def place_of(spec: PinpadSpec) -> Place:
    """Where it stands, as its driver takes it."""
    return Place(terminal_id=spec.terminal_id, wiring=spec.wiring, allow=spec.allow, device=spec.device)


def mistakes(kinds: Kinds, spec: PinpadSpec) -> list[FieldError]:
    """Why a pinpad cannot be made as it is wanted."""
    errors = []
    for step in (lambda: driver_of(kinds, spec), lambda: dialer_of(spec)):
        try:
            step()
        except (UnknownProfile, BadAddress) as wrong:
            errors.append(wrong.error)
    if spec.allow and spec.wiring != "pkh":
        errors.append(FieldError("allow", "has no meaning in the wiring kph", "wiring pkh, or no allow"))
    return errors + _currencies(kinds, spec)


def _currencies(kinds: Kinds, spec: PinpadSpec) -> list[FieldError]:
    """A protocol without currencies knows one alone: a pinpad that is asked for others could never charge."""
    driver = kinds.get(spec.driver, {}).get(spec.profile)
    if not isinstance(driver, PrivatBankDriver) or spec.currencies == (driver.currency,):
        return []
    return [FieldError("currencies", "are not what this terminal takes", f'["{driver.currency}"]')]


def pinpad_settings(config: Config) -> PinpadSettings:
    """What the configuration says about every pinpad, in the words of their actors."""
    said, offset = config.pinpads, config.register_zone.utcoffset(None)
    return PinpadSettings(
        patience=said.patience,
        settle_first=said.settle_first,
        settle_limit=said.settle_limit,
        clock_tolerance=said.clock_tolerance,
        settlement_pause=said.settlement_pause,
        utc_offset=offset.total_seconds() / 3600,
    )


def terminal_profile(kinds: Kinds, spec: PinpadSpec) -> TerminalProfile:
    """What a pinpad's operations are called in SA; those of another protocol are called by the default profile."""
    driver = driver_of(kinds, spec)
    return driver.profile if isinstance(driver, SmartSaleDriver | Dc2Driver) else default_profile()


def _smartsale(file: str | None) -> Mapping[str, SmartSaleDriver]:
    try:
        profiles = {"default": default_profile()} if file is None else load_profiles(Path(file))
    except ProfileError as wrong:
        raise ConfigError("pinpads.smartsale", "", [FieldError("", str(wrong))]) from None
    return {name: SmartSaleDriver(profile) for name, profile in profiles.items()}


def _privatbank(file: str | None) -> Mapping[str, PinpadDriver]:
    profiles = {"default": Profile()}
    if file is not None:
        try:
            tables = tomllib.loads(Path(file).read_text(encoding="utf-8"))
            profiles |= {name: msgspec.convert(table, Profile) for name, table in tables.items()}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
            raise ConfigError(file, "", [FieldError("", f"cannot be used: {wrong}")]) from None
    return {name: PrivatBankDriver(profile) for name, profile in profiles.items()}
