"""The configuration: one TOML file, none needed, checked as a whole before anything starts.

Every mistake is told at once, with its line, its key and what was expected; an unknown key is a mistake, because a
misspelt setting that is silently ignored is found out on the day it was needed.
"""

import tomllib
from datetime import time, timedelta, timezone
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from kassanet.edge.settings import EdgeSettings, Network, ServerSettings, Trust, parse_networks
from kassanet.located import locate
from kassanet.prro_config import PrroSection
from kassanet.toml_lines import line_of
from kassanet.uplink.settings import UplinkSection
from schemas.problems import FieldError
from schemas.receipts import Vat
from schemas.routes import BillingSpec, ChannelSpec, RouteSpec, Slug

Seconds = Annotated[float, Meta(gt=0, le=10**7)]
Networks = tuple[Annotated[str, Meta(min_length=2, max_length=64)], ...]
Byte = Annotated[int, Meta(ge=0, le=255)]


class _Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file."""


class Limits(_Section, frozen=True):
    """``[limits]``: what one client may ask of the service. Sizes in bytes, ``stall`` in seconds.

    ``stall`` is how long a client may refuse to read its answer; ``import_body`` is the bound for NDJSON. ``rate`` is
    how many requests a second one token may make, after ``burst`` at once (an NDJSON body is one request). Unless it is
    set nobody is counted: whoever asks too much of the service as a whole hears 503 in any case.
    """

    body: Annotated[int, Meta(ge=1024)] = 2**20
    import_body: Annotated[int, Meta(ge=1024)] = 2**30
    line: Annotated[int, Meta(ge=1024)] = 2**18
    connections: Annotated[int, Meta(ge=1)] = 4096
    stall: Seconds = 30.0
    rate: Annotated[float, Meta(gt=0, le=10**6)] | None = None
    burst: Annotated[int, Meta(ge=1, le=10**6)] = 100


class Tls(_Section, frozen=True):
    """``[tls]``: HTTPS without a proxy. PEM files: the chain, the service's certificate first, and its key.

    Both or none. They may be replaced while the service runs. Relative paths are of the working directory.

    ``client_ca`` (PEM) are authorities of certificates that channels may demand of their clients; nobody else needs
    one. Behind a proxy ``client_header`` tells which one it saw; only ``trusted_proxies`` are believed.
    """

    certificate: Annotated[str, Meta(min_length=1)] | None = None
    key: Annotated[str, Meta(min_length=1)] | None = None
    client_ca: Annotated[str, Meta(min_length=1)] | None = None
    client_header: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}\Z")] | None = None


class Poll(_Section, frozen=True):
    """``[poll]``: seconds between two readings of an idle register: its state, and its slower health data."""

    state: Seconds = 10.0
    health: Seconds = 60.0


class Shifts(_Section, frozen=True):
    """``[shifts]``: when shifts are closed without being asked.

    A shift is closed when it is ``max_age`` hours old, or at ``close_at`` (HH:MM by the register's clock) where set;
    each register draws its own moment in ``spread`` minutes, before the age and after the time, so that an estate
    never closes all at once.
    """

    close_at: Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")] | None = None
    max_age: Annotated[float, Meta(gt=0, lt=24)] = 23.5
    spread: Annotated[float, Meta(ge=0, le=720)] = 30.0

    @property
    def closing_time(self) -> time | None:
        """``close_at`` as a time of day."""
        return None if self.close_at is None else time.fromisoformat(self.close_at)


class Callbacks(_Section, frozen=True):
    """``[callbacks]``: notices to integrators. ``allow`` lists networks that are reachable though not public.

    ``timeout`` is for one try, and the waits between tries double from ``first_wait`` to ``longest_wait`` (seconds).
    After ``tries`` (by default about three days) a notice is left to be retried by hand.
    """

    allow: Networks = ()
    timeout: Seconds = 10.0
    parallel: Annotated[int, Meta(ge=1, le=1024)] = 16
    first_wait: Seconds = 5.0
    longest_wait: Seconds = 3600.0
    tries: Annotated[int, Meta(ge=1)] = 80


class Retention(_Section, frozen=True):
    """``[retention]``: days after which the content of finished receipts is dropped; none keeps it for ever."""

    receipts: Annotated[float, Meta(gt=0)] | None = None


class Pinpads(_Section, frozen=True):
    """``[pinpads]``: files of terminal profiles by driver, and what holds for every pinpad. Times in seconds.

    ``patience`` is how long an operation may wait for its turn. An unknown outcome is looked into after
    ``settle_first``, then in growing pauses of at most ``settle_limit``. ``clock_tolerance`` is how far a terminal's
    clock may be from ours. A settlement that failed is tried again after ``settlement_pause``. Relative paths are of
    the working directory.
    """

    smartsale: Annotated[str, Meta(min_length=1)] | None = None
    privatbank: Annotated[str, Meta(min_length=1)] | None = None
    patience: Seconds = 120.0
    settle_first: Seconds = 1.0
    settle_limit: Seconds = 25.0
    clock_tolerance: Seconds = 300.0
    settlement_pause: Seconds = 600.0


class Dc2(_Section, frozen=True):
    """``[dc2]``: DUALConnector's HTTP service over our pinpads, off without a ``port`` (theirs is 9015).

    It asks for no token, so only ``networks`` are served. ``devices`` says which pinpad a till means by ``"COM3"`` or
    ``"10.0.0.7:9000"``; ``pinpad`` is for a till that names none.
    """

    port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    networks: Networks = ("127.0.0.0/8", "::1/128")
    pinpad: Annotated[int, Meta(ge=1)] | None = None
    devices: dict[Annotated[str, Meta(min_length=1, max_length=255)], Annotated[int, Meta(ge=1)]] = {}


class Sales(_Section, frozen=True):
    """``[sales]``: how long pinpad and register are kept while a customer pays, and the pinpad for the receipt after
    that; after a stop, no card is asked for when a sale is older than ``patience``. Times in seconds.
    """

    charge_seconds: Seconds = 300.0
    hold_seconds: Seconds = 60.0
    patience: Seconds = 120.0


class WatchedFolder(_Section, frozen=True):
    """``[[payments.folders]]``: bank files put there are brought over ``channel``; a look ``every`` so many seconds."""

    path: Annotated[str, Meta(min_length=1)]
    channel: Slug
    every: Annotated[float, Meta(gt=0, le=86_400)] = 10.0


class PaymentsSection(_Section, frozen=True):
    """``[payments]``: channels, billings and routes that are not to be changed over HTTP (``[[payments.routes]]`` …).

    ``profiles`` is a folder of registry profiles; one of the same name replaces a ready one.
    """

    channels: tuple[ChannelSpec, ...] = ()
    billings: tuple[BillingSpec, ...] = ()
    routes: tuple[RouteSpec, ...] = ()
    profiles: Annotated[str, Meta(min_length=1)] | None = None
    folders: tuple[WatchedFolder, ...] = ()


class DeviceType(_Section, frozen=True):
    """``[devices.NAME]``: what registers of a type speak, and the code that each VAT rate has for them (tag 1199).

    An empty ``vat`` leaves the driver's own table, which is that of the protocol's specification.
    """

    driver: Literal["terminalfa"]
    ffd: Literal["1.05", "1.2"] = "1.05"
    vat: dict[Vat, Byte] = {}


DEVICES = {"terminalfa": DeviceType("terminalfa", "1.05"), "pkfa12": DeviceType("terminalfa", "1.2")}
"""The types known without configuration; the file adds to them or redefines one."""


class Config(_Section, frozen=True):
    """The whole file. ``settle_after`` is how long a silent register may still be working on a command (seconds)."""

    data: Annotated[str, Meta(min_length=1)] = "kassanet-data"
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    shutdown: Seconds = 10.0
    utc_offset: Annotated[str, Meta(pattern=r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]\Z")] = "+03:00"
    settle_after: Annotated[float, Meta(ge=0, le=3600)] = 25.0
    frs_auth: Literal["token", "trusted-net"] = "token"
    trusted_networks: Networks = ()
    trusted_role: Literal["admin", "operator", "viewer"] = "operator"
    trusted_proxies: Networks = ()
    limits: Limits = Limits()
    tls: Tls = Tls()
    poll: Poll = Poll()
    shifts: Shifts = Shifts()
    callbacks: Callbacks = Callbacks()
    retention: Retention = Retention()
    pinpads: Pinpads = Pinpads()
    sales: Sales = Sales()
    dc2: Dc2 = Dc2()
    payments: PaymentsSection = PaymentsSection()
    prro: PrroSection = PrroSection()
    uplink: UplinkSection = UplinkSection()
    devices: dict[Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,32}\Z")], DeviceType] = {}

    @property
    def device_types(self) -> dict[str, DeviceType]:
        """Every known type by name."""
        return DEVICES | self.devices

    @property
    def register_zone(self) -> timezone:
        """The zone that the registers' clocks show."""
        offset = timedelta(hours=int(self.utc_offset[1:3]), minutes=int(self.utc_offset[4:6]))
        return timezone(-offset if self.utc_offset[0] == "-" else offset)

    @property
    def callback_networks(self) -> tuple[Network, ...]:
        """The networks that callbacks may reach though they are not public."""
        return parse_networks(self.callbacks.allow)

    @property
    def dc2_networks(self) -> tuple[Network, ...]:
        """Who may use the DC2 service."""
        return parse_networks(self.dc2.networks)

    def server_settings(self) -> ServerSettings:
        """What :func:`kassanet.edge.server.serve` takes."""
        return ServerSettings(
            host=self.host,
            port=self.port,
            shutdown_seconds=self.shutdown,
            stall_seconds=self.limits.stall,
            most_connections=self.limits.connections,
            certificate=None if self.tls.certificate is None else Path(self.tls.certificate),
            key=None if self.tls.key is None else Path(self.tls.key),
            clients=None if self.tls.client_ca is None else Path(self.tls.client_ca),
            clients_optional=True,
        )

    def dc2_settings(self) -> ServerSettings:
        """The same for the DC2 service, which clients of that time reach without TLS."""
        return ServerSettings(
            host=self.dc2.host,
            port=self.dc2.port or 0,
            shutdown_seconds=self.shutdown,
            stall_seconds=self.limits.stall,
            most_connections=self.limits.connections,
        )

    def edge_settings(self) -> EdgeSettings:
        """What :func:`kassanet.edge.application.make_app` takes."""
        trusted = parse_networks(self.trusted_networks) if self.frs_auth == "trusted-net" else ()
        proxies = parse_networks(self.trusted_proxies)
        trust = Trust(trusted, proxies, self.trusted_role, self.tls.client_header)
        return EdgeSettings(self.limits.body, trust, self.limits.rate, self.limits.burst)


class ConfigError(Exception):
    """The configuration cannot be used; ``errors`` name the places, the message all of them on one line."""

    def __init__(self, file: str, text: str, errors: list[FieldError]) -> None:
        super().__init__("; ".join(_told(file, text, error) for error in errors))
        self.errors = errors


def load(path: Path | None) -> Config:
    """Read and check the file; no path gives the defaults. Raises :class:`ConfigError`."""
    if path is None:
        return Config()
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ConfigError(str(path), "", [FieldError("", f"cannot be read: {reason}")]) from None


def parse(text: str, file: str = "configuration") -> Config:
    """Check the text of a file called ``file``. Raises :class:`ConfigError`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, "", [FieldError("", f"is not TOML: {error}")]) from None
    errors = locate(Config, raw)
    if not errors:
        config = msgspec.convert(raw, Config)
        errors = _contradictions(config)
        if not errors:
            return config
    raise ConfigError(file, text, errors)


def check_certificate(config: Config, path: Path | None) -> None:
    """Load the certificate and its key, for a failure that names the line. Raises :class:`ConfigError`.

    Not part of :func:`load`, because other commands read the same file and need not be able to read the key.
    """
    if config.tls.certificate is None or config.tls.key is None:
        return
    from kassanet.edge.tls import Certificate, CertificateRefused

    try:
        Certificate(Path(config.tls.certificate), Path(config.tls.key), config.server_settings().clients, optional=True)
    except CertificateRefused as refused:
        text = path.read_text(encoding="utf-8") if path is not None else ""
        error = replace(refused.error, path=refused.error.path.replace("tls.clients", "tls.client_ca"))
        raise ConfigError(str(path or "configuration"), text, [error]) from None


def check_section(config: Config) -> None:
    """What holds for the file holds for options over it. Raises :class:`ConfigError`."""
    errors = [*locate(Config, msgspec.to_builtins(config)), *_contradictions(config)]
    if errors:
        raise ConfigError("options", "", errors)


def _contradictions(config: Config) -> list[FieldError]:
    """What the types cannot say."""
    errors = [
        *_bad_networks("trusted_networks", config.trusted_networks),
        *_bad_networks("dc2.networks", config.dc2.networks),
        *_bad_networks("trusted_proxies", config.trusted_proxies),
        *_bad_networks("callbacks.allow", config.callbacks.allow),
    ]
    if config.frs_auth == "trusted-net" and not config.trusted_networks:
        errors.append(FieldError("trusted_networks", "is empty", 'networks, because frs_auth = "trusted-net"'))
    if config.callbacks.longest_wait < config.callbacks.first_wait:
        errors.append(FieldError("callbacks.longest_wait", "is shorter than first_wait", "at least first_wait"))
    if config.shifts.spread / 60 >= config.shifts.max_age:
        errors.append(FieldError("shifts.spread", "is longer than a shift", "minutes, well below max_age"))
    errors += _bad_tls(config.tls)
    for kind in ("channels", "billings", "routes"):
        names = [part.name for part in getattr(config.payments, kind)]
        for index, name in enumerate(names):
            if name in names[:index]:
                errors.append(FieldError(f"payments.{kind}[{index}].name", f"{name} is taken", "another name"))
    errors += _bad_uplink(config.uplink)
    if config.limits.line > config.limits.import_body:
        errors.append(FieldError("limits.line", "is larger than import_body", "at most import_body"))
    return errors


def _bad_tls(said: Tls) -> list[FieldError]:
    errors = []
    for given, missing in (("certificate", "key"), ("key", "certificate")):
        if getattr(said, given) is not None and getattr(said, missing) is None:
            errors.append(FieldError(f"tls.{given}", f"stands without a {missing}", "both, or none"))
    if said.client_ca is not None and said.certificate is None:
        errors.append(FieldError("tls.client_ca", "stands without a certificate", "certificate and key too"))
    return errors


def _bad_uplink(said: UplinkSection) -> list[FieldError]:
    needed = ("site", "token_file") if said.url is not None else ()
    expected = "both site and token_file, because there is a url"
    errors = [FieldError(f"uplink.{name}", "missing", expected) for name in needed if getattr(said, name) is None]
    if said.longest_wait < said.first_wait:
        errors.append(FieldError("uplink.longest_wait", "is shorter than first_wait", "at least first_wait"))
    return errors


def _bad_networks(path: str, texts: Networks) -> list[FieldError]:
    errors = []
    for index, text in enumerate(texts):
        try:
            parse_networks([text])
        except ValueError:
            errors.append(FieldError(f"{path}[{index}]", "is no network", "an address or a network like 10.0.0.0/8"))
    return errors


def _told(file: str, text: str, error: FieldError) -> str:
    line = line_of(text, error.path)
    place = f"{file}:{line}" if line else file
    wanted = f" (expected {error.expected})" if error.expected else ""
    return f"{place}: {error.path + ' ' if error.path else ''}{error.message}{wanted}"
