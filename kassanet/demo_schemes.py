"""What stands where in each scheme of the demonstration: billings, channels with their players' habits, routes.

* ``registrar``: the billing has its channels and tells of every payment; kassanet makes the receipts.
* ``translator``: channels pay here, one billing is asked, the receipt follows what it credited.
* ``combined``: two organisations with a circuit each, two billings, channels of every kind, a billing that tells, and
  statements that are put into a folder.
"""

from typing import Any, Literal

from msgspec import Struct

from kassanet.demo_shop import INN
from kassanet.sandbox.billing.channel_command import SECRET as CHANNEL_SECRET
from kassanet.sandbox.billing.command_line import SECRET as BILLING_SECRET
from kassanet.sandbox.billing.playing import Habits

SchemeName = Literal["registrar", "translator", "combined"]
OTHER_INN = "5190114620"
"""A second made-up organisation; its check digits are right."""

FAULTS = (
    {"do": "delay", "on": "pay", "p": 0.05, "seconds": 1.5},
    {"do": "drop_reply", "on": "pay", "p": 0.02, "seconds": 0.5},
    {"do": "cut_reply", "on": "pay", "p": 0.02},
    {"do": "error:03", "p": 0.03},
    {"do": "power_cycle", "on": "pay", "p": 0.004, "seconds": 12.0},
)
"""What goes wrong with the billings of the demonstration: they are slow, lose answers, and are away for a while."""

_NETWORK = Habits(checks=0.5, deaf=0.1, echoes=0.1, cancels=0.04)
_BANK = Habits(checks=0.7, deaf=0.1, echoes=0.05)
_ACQUIRER = Habits(deaf=0.15, echoes=0.15)


class ChannelSet(Struct, frozen=True):
    """A channel, and who plays it: ``api`` a billing that tells, ``file`` a bank that puts statements into a folder."""

    name: str
    kind: str
    inn: str = INN
    habits: Habits = Habits()
    settings: dict[str, Any] = {}


class RouteSet(Struct, frozen=True):
    """A route of the channel ``channel``; the receipt's template and the circuit are its organisation's."""

    name: str
    channel: str
    billing: str | None = None
    policy: str = "credit_then_fiscalize"
    account: str = "*"
    fallback: bool = False


class Scheme(Struct, frozen=True):
    """``billings`` are kinds by name; the first of ``inns`` has all registers where it is the only one."""

    billings: dict[str, str]
    channels: tuple[ChannelSet, ...]
    routes: tuple[RouteSet, ...]
    inns: tuple[str, ...] = (INN,)


_SIGNED = {"paykeeper": {"secret": CHANNEL_SECRET}, "json": {"secret": CHANNEL_SECRET}}
_CHANNELS = (
    ChannelSet("terminals", "osmp", habits=_NETWORK),
    ChannelSet("sberbank", "sberbank", habits=_BANK),
    ChannelSet("paykeeper", "paykeeper", habits=_ACQUIRER, settings=_SIGNED["paykeeper"]),
    ChannelSet("yookassa", "yookassa", habits=_ACQUIRER),
    ChannelSet("robokassa", "robokassa", habits=_ACQUIRER, settings={"password2": CHANNEL_SECRET}),
    ChannelSet("program", "json", habits=_BANK, settings=_SIGNED["json"]),
)

SCHEMES: dict[SchemeName, Scheme] = {
    "registrar": Scheme(
        {},
        (ChannelSet("billing", "api"),),
        (RouteSet("told", "billing", policy="fiscalize_only"),),
    ),
    "translator": Scheme(
        {"main": "osmp"},
        _CHANNELS,
        tuple(RouteSet(channel.name, channel.name, "main") for channel in _CHANNELS),
    ),
    "combined": Scheme(
        {"main": "osmp", "television": "json"},
        (
            *_CHANNELS,
            ChannelSet("other-bank", "sberbank", OTHER_INN, _BANK),
            ChannelSet("other-billing", "api", OTHER_INN),
            ChannelSet("statements", "file", OTHER_INN),
        ),
        (
            RouteSet("terminals-tv", "terminals", "television", account="10000*"),
            RouteSet("terminals", "terminals", "main", fallback=True),
            RouteSet("sberbank", "sberbank", "main", "fiscalize_then_credit"),
            RouteSet("paykeeper", "paykeeper", policy="fiscalize_only"),
            RouteSet("yookassa", "yookassa", "television"),
            RouteSet("robokassa", "robokassa", "main"),
            RouteSet("program", "program", "main", "credit_only"),
            RouteSet("other-bank", "other-bank", "television"),
            RouteSet("other-told", "other-billing", policy="fiscalize_only"),
            RouteSet("statements", "statements", "main"),
        ),
        (INN, OTHER_INN),
    ),
}


def channel_said(channel: ChannelSet, api: str) -> dict[str, Any]:
    """As it is posted; ``api`` is where YooKassa is played. Only this machine may speak to it."""
    settings = dict(channel.settings)
    if channel.kind == "yookassa":
        settings |= {"shop_id": "100500", "secret": "test_sandbox-acquirer-secret", "api": api}
    said: dict[str, Any] = {"name": channel.name, "kind": channel.kind, "inn": channel.inn, "settings": settings}
    return said if channel.kind in ("api", "file") else {**said, "allow": ["127.0.0.0/8", "::1/128"]}


def billing_said(name: str, kind: str, port: int) -> dict[str, Any]:
    """As it is posted."""
    kinds: dict[str, dict[str, Any]] = {"json": {"secret": BILLING_SECRET}, "osmp": {"cancels": True}}
    return {
        "name": name,
        "kind": kind,
        "url": f"http://127.0.0.1:{port}/",
        "timeout": 3.0,
        "settings": kinds.get(kind, {}),
    }


def route_said(route: RouteSet, inn: str, circuit: int) -> dict[str, Any]:
    """As it is posted."""
    items = [{"name": "Услуги связи, л/с {account}", "vat": "none", "subject": "service"}]
    said: dict[str, Any] = {
        "name": route.name,
        "channel": route.channel,
        "inn": inn,
        "account": route.account,
        "fallback": route.fallback,
        "policy": route.policy,
    }
    if route.billing is not None:
        said["billing"] = route.billing
    if route.policy == "credit_only":
        return said
    return {**said, "circuit": circuit, "receipt": {"tax_system": "usn_income", "items": items}}
