"""The mediator: keeps channels, billings and routes, and the actors of billings, as the fleet keeps registers.

A change is durable first, then here, then an actor is started or stopped. An asker who hangs up leaves no change half
done.
"""

import time
from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from random import Random

import msgspec
import structlog
import trio

from actors.journal import Reader
from actors.payments import Billing, BillingDesk, BillingSettings, Client, Outcomes
from actors.runtime import ChildSpec, Ref, Supervisor
from kassanet.channels.bringing import Bringing
from kassanet.channels.cashier import Cashier
from kassanet.channels.integrations import Integrations
from kassanet.channels.kinds import billing_dialect, file_settings
from kassanet.channels.setup import Parts, Setup, Spec
from kassanet.fleet import Fleet
from schemas.payment_records import PartKind, PaymentFilter, RemovePart, SavePart
from schemas.problems import problem
from schemas.routes import BillingSpec, ChannelSpec
from transports.channels.billings.client import BillingClient

CHECKS = 32
"""Connections to a billing beside those that credit: channels ask about accounts while they wait."""

log = structlog.get_logger("kassanet.payments")
_encode = msgspec.json.Encoder().encode


def billing_client(spec: BillingSpec) -> Client:
    """Over HTTP, in the billing's dialect."""
    password = None if spec.password is None else f"{spec.user or ''}:{spec.password}"
    return BillingClient(
        spec.url, billing_dialect(spec), timeout=spec.timeout, password=password, connections=spec.parallel + CHECKS
    )


class Mediator:
    """``fixed`` are the parts of the configuration, ``zone`` that of the times that billings are told."""

    def __init__(
        self,
        root: Supervisor,
        fleet: Fleet,
        reader: Reader,
        *,
        fixed: Parts | None = None,
        zone: tzinfo | None = None,
        clock: Callable[[], float] = time.time,
        random: Random | None = None,
        client: Callable[[BillingSpec], Client] = billing_client,
    ) -> None:
        self.setup = Setup(self._inn_of, fixed, Integrations(fleet))
        self.desks: dict[str, BillingDesk] = {}
        self._root = root
        self._fleet = fleet
        self._reader = reader
        self._journal = root.ref("journal")
        self._outcomes = Outcomes()
        self._clock = clock
        self._random = random or Random()
        self._client = client
        self._settings = BillingSettings() if zone is None else BillingSettings(zone=zone)
        self._changing = trio.Lock()
        self.cashier = Cashier(self.setup, self.desks, fleet, self._journal, reader, self._outcomes, self._actor, clock)

    async def start(self) -> None:
        """Read what there is and start an actor for every billing; the fleet has been started."""
        self.setup.load(await self._reader.call(lambda store: store.payment_parts()))
        for spec in self.setup.parts.billings.values():
            await self._start(spec)

    async def stop(self) -> None:
        """Close the connections to billings; their actors have ended."""
        for desk in self.desks.values():
            await desk.aclose()

    async def save(self, kind: PartKind, spec: Spec, *, new: bool) -> None:
        """Make or replace a part; raises ``ProblemError`` 409 or 422, naming what stands in the way."""
        with trio.CancelScope(shield=True):
            async with self._changing:
                if new and spec.name in self.setup.parts.of(kind):
                    raise problem(409, "exists", f"There is a {kind} {spec.name} already.")
                if isinstance(spec, ChannelSpec):
                    await self._must_be_free(spec, new=new)
                parts = self.setup.tried(kind, spec.name, spec)
                await self._journal.ask(SavePart(kind, spec.name, _encode(spec), self._clock()))
                await self._adopt(kind, spec.name, parts)

    async def remove(self, kind: PartKind, name: str) -> None:
        """Raises ``ProblemError``, and Conflict ``in_use`` for a billing that has payments to decide about."""
        with trio.CancelScope(shield=True):
            async with self._changing:
                if name not in self.setup.parts.of(kind):
                    raise problem(404, "not-found", f"There is no {kind} {name}.")
                parts = self.setup.tried(kind, name, None)
                await self._journal.ask(RemovePart(kind, name, self._clock()))
                await self._adopt(kind, name, parts)

    async def _must_be_free(self, spec: ChannelSpec, *, new: bool) -> None:
        """A payment is known by its channel's name for ever: under it no other organisation may count from one again.

        Neither may a channel take the name of an integration's, whose notices would come to it then.
        """
        wanted = PaymentFilter(channel=spec.name, limit=1)
        rows = await self._reader.call(lambda store: store.payments(wanted))
        if rows and rows[0].inn != spec.inn:
            raise problem(409, "name-used", f"Payments of another organisation came over a channel named {spec.name}.")
        if new and self.setup.channel(spec.name) is not None:
            raise problem(409, "exists", f"An integration's notices come to {spec.name} already.")

    def bringing(self, channel: ChannelSpec) -> Bringing:
        """For one file over a channel of kind ``file``; an organisation knows its own transfers by its INN."""
        rules = file_settings(channel)
        if rules.own_inn is None:
            rules = msgspec.structs.replace(rules, own_inn=channel.inn)
        return Bringing(self.cashier, self._journal, self._reader, channel, rules)

    async def _adopt(self, kind: PartKind, name: str, parts: Parts) -> None:
        self.setup.adopt(parts)
        if kind == "billing":
            await self._stop(name)
            if name in parts.billings:
                await self._start(parts.billings[name])

    async def _start(self, spec: BillingSpec) -> None:
        desk = BillingDesk(spec.name, self._client(spec), self._clock, self._random)
        self.desks[spec.name] = desk
        if not spec.is_active:
            return
        settings = msgspec.structs.replace(self._settings, parallel=spec.parallel)
        make = partial(self._make, desk, settings)
        await self._root.branch("tasks").start_child(ChildSpec(f"billing/{spec.name}", make, kind="billing"))

    async def _stop(self, name: str) -> None:
        if self._actor(name) is not None:
            await self._root.branch("tasks").stop_child(f"billing/{name}")
        desk = self.desks.pop(name, None)
        if desk is not None:
            await desk.aclose()

    def _make(self, desk: BillingDesk, settings: BillingSettings) -> Billing:
        return Billing(
            desk,
            self._journal,
            self._reader,
            self._outcomes,
            self._fleet.ring,
            settings,
            clock=self._clock,
            random=self._random,
        )

    def _actor(self, name: str) -> Ref | None:
        return self._root.registry.whereis(f"billing/{name}")

    def _inn_of(self, circuit_id: int) -> str | None:
        row = self._fleet.circuits.get(circuit_id)
        return None if row is None else row.inn
