"""Which channels, billings and routes there are, kept so that every payment has one way and knows it.

A change is tried on the whole before it is kept: a route that meets another, or that names what is not there, is
refused with both named. Those from the configuration file cannot be changed over HTTP, and their names are taken.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

import httpx
import msgspec
import structlog

from kassanet.channels.kinds import UNSIGNED, allowed_networks, billing_dialect, channel_dialect
from kassanet.channels.patterns import matches, meet
from kassanet.channels.template import receipt_of
from kassanet.edge.client_certificates import Shown, wanted
from kassanet.edge.settings import Network
from schemas.payment_records import PartKind, StoredPart
from schemas.payments import Pay
from schemas.problems import FieldError, ProblemError, problem
from schemas.receipts import ReceiptRequest
from schemas.routes import BillingSpec, ChannelSpec, RouteSpec
from transports.channels.dialect import Dialect
from transports.channels.yookassa import YooKassa

log = structlog.get_logger("kassanet.payments")

Spec: TypeAlias = ChannelSpec | BillingSpec | RouteSpec
KINDS: Mapping[PartKind, type[Any]] = {"channel": ChannelSpec, "billing": BillingSpec, "route": RouteSpec}
CircuitInn = Callable[[int], str | None]
"""The INN of a circuit; None where there is no such circuit."""


class Guests(Protocol):
    """Channels that are not made here, each with its one route: integrations of circuits."""

    def channel(self, name: str) -> ChannelSpec | None: ...

    def route(self, channel: str) -> RouteSpec | None: ...


class Parts(msgspec.Struct, frozen=True):
    """Everything that there is, by name."""

    channels: Mapping[str, ChannelSpec] = {}
    billings: Mapping[str, BillingSpec] = {}
    routes: Mapping[str, RouteSpec] = {}

    def of(self, kind: PartKind) -> Mapping[str, Any]:
        return {"channel": self.channels, "billing": self.billings, "route": self.routes}[kind]

    def put(self, kind: PartKind, name: str, spec: Spec | None) -> "Parts":
        """With one made, replaced or (None) gone."""
        changed = {key: value for key, value in self.of(kind).items() if key != name}
        if spec is not None:
            changed[name] = spec
        return msgspec.structs.replace(self, **{f"{kind}s": changed})


class Setup:
    """The parts at work. ``circuit_inn`` is asked about circuits; ``fixed`` are those of the configuration.

    ``guests`` are asked where no channel, or no route, was made.
    """

    def __init__(self, circuit_inn: CircuitInn, fixed: Parts | None = None, guests: Guests | None = None) -> None:
        self.fixed = fixed or Parts()
        self.parts = self.fixed
        self._circuit_inn = circuit_inn
        self._guests = guests
        self._sleeping: dict[str, RouteSpec] = {}
        self._by_channel: dict[str, list[RouteSpec]] = {}
        self._dialects: dict[str, Dialect[Any] | YooKassa] = {}
        self._networks: dict[str, tuple[Network, ...]] = {}
        self._certificates: dict[str, Shown] = {}

    def load(self, stored: Iterable[StoredPart]) -> None:
        """Take what the store holds; the configuration's parts win.

        A part that fits no more (the configuration changed under it) is left out and logged: one wrong route must not
        keep the others from working. A configured route whose circuit is not there yet sleeps until it is made. Raises
        :class:`ProblemError` where the configuration itself does not fit.
        """
        check(self.fixed, None)
        self._sleeping = dict(self.fixed.routes)
        parts = self._woken(msgspec.structs.replace(self.fixed, routes={}))
        for route in self._sleeping.values():
            log.error("payment_route_sleeps", route=route.name, circuit=route.circuit, inn=route.inn)
        for part in sorted(stored, key=lambda part: part.kind):  # routes come last: they need the others
            try:
                spec = msgspec.json.decode(part.body, type=KINDS[part.kind])
                wider = parts if part.name in parts.of(part.kind) else parts.put(part.kind, part.name, spec)
                check(wider, self._circuit_inn)
            except (ProblemError, msgspec.MsgspecError) as error:
                log.error("payment_part_left_out", kind=part.kind, name=part.name, reason=str(error))
            else:
                parts = wider
        self._adopt(parts)

    def wake(self) -> None:
        """To be called now and then: configured routes whose circuit has been made begin to work."""
        if self._sleeping:
            woken = self._woken(self.parts)
            if woken is not self.parts:
                self._adopt(woken)

    def _woken(self, parts: Parts) -> Parts:
        for route in tuple(self._sleeping.values()):
            if not _needs_circuit(route) or self._circuit_inn(route.circuit or 0) == route.inn:
                try:
                    wider = parts.put("route", route.name, route)
                    check(wider, self._circuit_inn)
                except ProblemError as error:
                    log.error("payment_part_left_out", kind="route", name=route.name, reason=str(error))
                else:
                    parts = wider
                del self._sleeping[route.name]
        return parts

    def tried(self, kind: PartKind, name: str, spec: Spec | None) -> Parts:
        """Everything, with this change; raises :class:`ProblemError` 409 or 422 and changes nothing."""
        if name in self.fixed.of(kind):
            raise problem(409, "configured", f"The {kind} {name} stands in the configuration file: change it there.")
        parts = self.parts.put(kind, name, spec)
        check(parts, self._circuit_inn)
        return parts

    def adopt(self, parts: Parts) -> None:
        """What was tried is durable now."""
        self._adopt(parts)

    def route(self, channel: str, account: str, service: str | None) -> RouteSpec | None:
        """The route that takes a payment: of all that could, fallbacks come last."""
        routes = self._by_channel.get(channel)
        if routes is None:
            return None if self._guests is None else self._guests.route(channel)
        return next((route for route in routes if _takes(route, account, service)), None)

    def routes_of(self, channel: str) -> list[RouteSpec]:
        return self._by_channel.get(channel, [])

    def channel(self, name: str) -> ChannelSpec | None:
        """A channel that was made, or a guest."""
        made = self.parts.channels.get(name)
        return made if made is not None or self._guests is None else self._guests.channel(name)

    def dialect(self, channel: ChannelSpec) -> Dialect[Any] | YooKassa | None:
        """None where it has no endpoint."""
        return self._dialects.get(channel.name) or channel_dialect(channel)

    def networks(self, channel: str) -> tuple[Network, ...]:
        return self._networks.get(channel, ())

    def certificate(self, channel: str) -> Shown | None:
        """What its clients must show; None for nothing."""
        return self._certificates.get(channel)

    def _adopt(self, parts: Parts) -> None:
        check(parts, self._circuit_inn)
        self.parts = parts
        self._by_channel = {}
        for route in sorted(parts.routes.values(), key=lambda route: (route.fallback, route.name)):
            if route.is_active:
                self._by_channel.setdefault(route.channel, []).append(route)
        made = {name: channel_dialect(spec) for name, spec in parts.channels.items()}
        self._dialects = {name: dialect for name, dialect in made.items() if dialect is not None}
        self._networks = {name: allowed_networks(spec) for name, spec in parts.channels.items()}
        demands = ((name, spec.client_certificate) for name, spec in parts.channels.items())
        self._certificates = {name: wanted(text) for name, text in demands if text is not None}


def check(parts: Parts, circuit_inn: CircuitInn | None) -> None:
    """Whether everything fits together; raises :class:`ProblemError` that names what does not.

    Without ``circuit_inn`` circuits are not looked at: a configuration is read before there are any.
    """
    for channel in parts.channels.values():
        _check_channel(channel)
    for billing in parts.billings.values():
        _check_billing(billing)
    for route in parts.routes.values():
        _check_route(route, parts, circuit_inn)
    _check_overlaps(list(parts.routes.values()))


def _check_channel(spec: ChannelSpec) -> None:
    try:
        channel_dialect(spec)
    except ValueError as error:
        raise _invalid(f"channel {spec.name}", "settings", str(error)) from None
    try:
        networks = allowed_networks(spec)
    except ValueError as error:
        raise _invalid(f"channel {spec.name}", "allow", str(error)) from None
    if (spec.user is None) != (spec.password is None):
        raise _invalid(f"channel {spec.name}", "password", "user and password stand together")
    _check_certificate(spec)
    known = networks or spec.password is not None or spec.client_certificate is not None
    if spec.kind in UNSIGNED and not known and not spec.open:
        told = f"{spec.kind} signs nothing: give allow, user and password, or client_certificate, or say open"
        raise _invalid(f"channel {spec.name}", "allow", told)


def _check_certificate(spec: ChannelSpec) -> None:
    try:
        if spec.client_certificate is not None:
            wanted(spec.client_certificate)
    except ValueError:
        told = "is neither 64 hexadecimal digits nor a subject like CN=bank.example,O=Bank"
        raise _invalid(f"channel {spec.name}", "client_certificate", told) from None


def _check_billing(spec: BillingSpec) -> None:
    try:
        url = httpx.URL(spec.url)
        if not url.host or not 0 < (url.port or 80) <= 65535:
            raise httpx.InvalidURL("it names no host and port that could be reached")
    except (httpx.InvalidURL, ValueError) as error:
        raise _invalid(f"billing {spec.name}", "url", str(error)) from None
    try:
        billing_dialect(spec)
    except ValueError as error:
        raise _invalid(f"billing {spec.name}", "settings", str(error)) from None


def _check_route(route: RouteSpec, parts: Parts, circuit_inn: CircuitInn | None) -> None:
    where = f"route {route.name}"
    channel = parts.channels.get(route.channel)
    if channel is None:
        raise dangling(where, f"channel {route.channel}")
    if channel.inn != route.inn:
        raise dangling(where, f"channel {route.channel}, which is of INN {channel.inn}")
    if (route.policy != "fiscalize_only") != (route.billing is not None):
        needs = "asks no billing" if route.policy == "fiscalize_only" else "needs a billing"
        raise _invalid(where, "billing", f"policy {route.policy} {needs}")
    if route.billing is not None and route.billing not in parts.billings:
        raise dangling(where, f"billing {route.billing}")
    if not _needs_circuit(route):
        return
    if route.circuit is None or route.receipt is None:
        raise _invalid(where, "circuit", f"policy {route.policy} needs circuit and receipt")
    _check_template(where, route)
    inn = route.inn if circuit_inn is None else circuit_inn(route.circuit)
    if inn is None:
        raise dangling(where, f"circuit {route.circuit}")
    if inn != route.inn:
        raise dangling(where, f"circuit {route.circuit}, which is of INN {inn}")


def _needs_circuit(route: RouteSpec) -> bool:
    return route.policy != "credit_only"


def _check_template(where: str, route: RouteSpec) -> None:
    assert route.receipt is not None
    if sum(item.sum is None for item in route.receipt.items) != 1:
        raise _invalid(where, "receipt.items", "one item, and only one, has no sum and takes what is left")


def _check_overlaps(routes: list[RouteSpec]) -> None:
    active = [route for route in routes if route.is_active]
    for place, one in enumerate(active):
        for other in active[place + 1 :]:
            if _overlap(one, other):
                raise problem(
                    409,
                    "overlap",
                    f"Routes {one.name} and {other.name} would both take a payment: accounts {one.account!r} and"
                    f" {other.account!r} of channel {one.channel}. Make them differ, or one a fallback.",
                )


def _overlap(one: RouteSpec, other: RouteSpec) -> bool:
    if (one.channel, one.fallback) != (other.channel, other.fallback):
        return False
    if one.services and other.services and not set(one.services) & set(other.services):
        return False
    return meet(one.account, other.account)


def _takes(route: RouteSpec, account: str, service: str | None) -> bool:
    return (not route.services or service in route.services) and matches(route.account, account)


def explain(setup: Setup, channel: str, pay: Pay) -> tuple[RouteSpec | None, str, ReceiptRequest | None]:
    """The route of a payment, in words why, and the receipt that it would make.

    Raises :class:`kassanet.channels.integrations.Unfinished` for an integration that lacks something.
    """
    found = setup.channel(channel)
    if found is None:
        return None, f"there is no channel {channel}", None
    channel = found.name
    route = setup.route(channel, pay.account, pay.service)
    if route is None:
        return None, "; ".join(_why_not(setup, channel, pay)) or f"no active route begins at channel {channel}", None
    kind = "fallback route" if route.fallback else "route"
    why = f"{kind} {route.name} takes accounts {route.account!r}"
    if route.services:
        why += f" of {', '.join(route.services)}"
    if route.receipt is None or route.policy == "credit_only":
        return route, f"{why}; it makes no receipt", None
    return route, why, receipt_of(route.receipt, pay, f"payment:{channel}:{pay.txn_id}")


def _why_not(setup: Setup, channel: str, pay: Pay) -> Iterator[str]:
    for route in setup.routes_of(channel):
        if matches(route.account, pay.account):
            yield f"route {route.name} takes only services {', '.join(route.services)}, not {pay.service}"
        else:
            yield f"route {route.name} takes only accounts {route.account!r}"


def _invalid(where: str, path: str, message: str) -> ProblemError:
    return problem(422, "invalid", f"The {where} cannot work.", (FieldError(path, message),))


def dangling(where: str, what: str) -> ProblemError:
    """A part leads to what is not there, or not for it."""
    return problem(409, "dangling", f"The {where} leads to {what}: there is no such thing for it.")
