"""Both halves of the link between servers, as the service builds them: sites that dial in, and our own uplink."""

import ssl
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path
from random import Random

import trio
from quart import Blueprint

from actors.hub import Hub
from actors.journal import Reader
from actors.runtime import ChildSpec, Supervisor
from kassanet.config import Config, ConfigError
from kassanet.edge.auth import TokenBook
from kassanet.edge.receipts_export import export_blueprint
from kassanet.edge.sites import sites_blueprint
from kassanet.fleet import Fleet
from kassanet.sites.commands import SiteCommands
from kassanet.sites.sites import Sites
from kassanet.uplink.actor import Uplink
from kassanet.uplink.desk import UplinkDesk
from schemas.problems import FieldError
from schemas.site_link import LARGEST
from transports.uplink import dialled, tls_context

DIAL_SECONDS = 15.0
"""Time to open a link."""


class Links:
    """Made before the edge, started when the fleet is. Raises :class:`ConfigError` for a file that cannot be used."""

    def __init__(
        self, config: Config, root: Supervisor, fleet: Fleet, reader: Reader, hub: Hub, tokens: TokenBook
    ) -> None:
        self._config = config
        self._root = root
        self._fleet = fleet
        self._reader = reader
        self._hub = hub
        self._token = _token(config)
        self._tls = _tls(config)
        self.sites = Sites(fleet, root.ref("journal"), reader, hub, tokens, time.time)
        self.commands = SiteCommands(self.sites)

    def blueprints(self) -> tuple[Blueprint, ...]:
        limits = (self._config.limits.line, self._config.limits.import_body)
        return (
            sites_blueprint(self.sites, self.commands, self._config.edge_settings().trust),
            export_blueprint(self.sites, self.commands, self._inn_of, limits),
        )

    async def start(self) -> None:
        """Sites are shown as they were last known, and may dial in; our own uplink dials out."""
        await self.sites.start()
        if self._config.uplink.url is not None:
            desk = UplinkDesk(
                self._config.uplink, self._token, self._tls, self._fleet, self._root.ref("journal"), self._reader,
                self._hub, time.time, self.sites.identity, version("kassanet"),
            )  # fmt: skip
            dial = partial(
                dialled, self._config.uplink.url, self._token, self._tls, within=DIAL_SECONDS, largest=LARGEST
            )
            await self._root.branch("tasks").start_child(ChildSpec("uplink", lambda: Uplink(desk, dial, Random())))

    async def keep(self, stop: trio.Event) -> None:
        """Run beside the server: what is known of sites is kept, and they hear of a stop."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.sites.keep_saving)
            await stop.wait()
            self.sites.stop()

    def _inn_of(self, circuit_id: int) -> str:
        return self._fleet.circuit(circuit_id).inn


def check_uplink(config: Config) -> None:
    """Look whether the files of ``[uplink]`` can be used. Raises :class:`ConfigError`."""
    _token(config)
    _tls(config)


def _token(config: Config) -> str:
    file = config.uplink.token_file
    if config.uplink.url is None or file is None:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable("uplink.token_file", file, error) from None


def _tls(config: Config) -> ssl.SSLContext | None:
    file = config.uplink.ca_file
    if config.uplink.url is None:
        return None
    try:
        return tls_context(config.uplink.url, None if file is None else Path(file))
    except OSError as error:  # ssl's own errors are among these
        raise _unusable("uplink.ca_file", str(file), error) from None


def _unusable(path: str, file: str, error: Exception) -> ConfigError:
    reason = getattr(error, "strerror", None) or str(error)
    return ConfigError("configuration", "", [FieldError(path, f"{file} cannot be used: {reason}", "a readable file")])
