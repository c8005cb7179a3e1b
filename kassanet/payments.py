"""The mediator as the service builds it: parts of the configuration, routes over HTTP, its beginning and its end."""

import time
from functools import partial
from pathlib import Path

from quart import Blueprint

from actors.hub import Hub
from actors.journal import Reader
from actors.runtime import Actor, ChildSpec, Supervisor
from kassanet.channels.looking import Looker
from kassanet.channels.mediator import Mediator
from kassanet.channels.setup import Parts, check
from kassanet.channels.standing import BillingWatch
from kassanet.channels.watching import FolderWatch
from kassanet.config import Config, ConfigError
from kassanet.edge.channels import channels_blueprint
from kassanet.edge.payments import payments_blueprint
from kassanet.edge.payments_import import ImportSettings, imports_blueprint
from kassanet.edge.routes import routes_blueprint
from kassanet.fleet import Fleet
from kassanet.statements.profile import Profile, load_profiles, ready_profiles
from schemas.problems import FieldError, ProblemError


class Payments:
    """Made before the edge, started when the fleet is."""

    def __init__(self, config: Config, root: Supervisor, fleet: Fleet, reader: Reader, hub: Hub) -> None:
        said = config.payments
        self._hub = hub
        fixed = Parts(
            {spec.name: spec for spec in said.channels},
            {spec.name: spec for spec in said.billings},
            {spec.name: spec for spec in said.routes},
        )
        _check_configured(fixed)
        self.mediator = Mediator(root, fleet, reader, fixed=fixed, zone=config.register_zone)
        self._looker = Looker()
        self._folders = said.folders
        self._root = root
        self._fleet = fleet
        self._reader = reader
        self._trust = config.edge_settings().trust
        profiles = known_profiles(said.profiles)
        self._imports = ImportSettings(Path(config.data), config.limits.import_body, profiles)

    def blueprints(self) -> tuple[Blueprint, ...]:
        journal = self._root.ref("journal")
        return (
            channels_blueprint(self.mediator, self._looker, self._trust, time.time),
            routes_blueprint(self.mediator, self._fleet, self._reader),
            payments_blueprint(self.mediator, journal, self._reader, time.time),
            imports_blueprint(self.mediator, journal, self._reader, self._imports, time.time),
        )

    async def start(self) -> None:
        """Routes lead somewhere now, and billings are asked about what they still have to decide."""
        await self._root.branch("tasks").start_child(ChildSpec("connections", lambda: _Connections(self)))
        await self.mediator.start()
        await self._root.branch("tasks").start_child(ChildSpec("billings", self._billings, kind="billings"))
        for number, watched in enumerate(self._folders):
            make = partial(self._watch, Path(watched.path), watched.channel, watched.every)
            await self._root.branch("tasks").start_child(ChildSpec(f"folder/{number}", make, kind="folder"))

    def _billings(self) -> BillingWatch:
        return BillingWatch(self.mediator, self._reader, self._hub)

    def _watch(self, path: Path, channel: str, every: float) -> FolderWatch:
        return FolderWatch(self.mediator, self._root.ref("journal"), path, channel, self._imports.profiles, every)

    async def aclose(self) -> None:
        await self.mediator.stop()
        await self._looker.aclose()


def _check_configured(fixed: Parts) -> None:
    """Raises ``ConfigError`` that names what does not fit together."""
    try:
        check(fixed, None)
    except ProblemError as error:
        told = error.problem
        why = "; ".join(f"{one.path} {one.message}" for one in told.errors)
        said = FieldError("payments", f"cannot be: {told.detail} {why}".rstrip())
        raise ConfigError("configuration", "", [said]) from None


class _Connections(Actor):
    """Started before the billings' actors, so it stops after them: then nobody uses their connections any more."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    async def stopping(self) -> None:
        await self._payments.aclose()


def known_profiles(folder: str | None) -> tuple[Profile, ...]:
    """Those that come with kassanet, and those of a folder; raises :class:`kassanet.statements.profile.BadProfile`."""
    own = () if folder is None else load_profiles(Path(folder))
    names = {profile.name for profile in own}
    return (*own, *(profile for profile in ready_profiles() if profile.name not in names))
