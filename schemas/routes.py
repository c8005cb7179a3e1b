"""Channels, billings and routes: who may pay in, who is credited, and what receipt a payment makes.

They are said the same way over HTTP and in TOML. A route is found by the channel and by patterns of the account that
can be compared with each other, so that two routes for one payment are found out when they are made and not when the
payment comes.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schemas.payment_records import Policy
from schemas.receipts import Agent, Customer, Inn, Item, Kopecks, Method, Subject, Supplier, TaxSystem, Vat

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,47}\Z")]
"""The name of a channel, a billing or a route."""

AccountPattern = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,64}\Z")]
"""``*`` stands for any characters, ``?`` for one, everything else for itself."""

Network = Annotated[str, Meta(min_length=2, max_length=64)]
Seconds = Annotated[float, Meta(gt=0, le=600)]
ChannelKind = Literal["osmp", "sberbank", "paykeeper", "yookassa", "robokassa", "json", "api", "file"]
BillingKind = Literal["osmp", "sberbank", "json"]

SECRET_SETTINGS = frozenset({"secret", "password2", "password"})
"""Keys of ``settings`` that only administrators are shown."""


class _Said(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What people write: an unknown field is a mistake worth naming."""


class ChannelSpec(_Said, frozen=True, kw_only=True):
    """A way in. ``settings`` are those of its dialect.

    * ``allow``: networks that may speak to it. Acquirers that publish their addresses have those by default.
    * ``user`` and ``password``: HTTP Basic. Dialects that sign nothing need one of the three, or ``open``.
    * ``client_certificate``: that the client must show in TLS (or to a trusted proxy): its SHA-256 fingerprint in hex,
      or its subject by RFC 4514, ``CN=bank.example,O=Bank``.
    * ``deadline``: seconds until the channel must have its answer; a billing that is later is answered for as
      *temporary*.
    """

    name: Slug
    kind: ChannelKind
    inn: Inn
    allow: tuple[Network, ...] = ()
    user: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    password: Annotated[str, Meta(min_length=8, max_length=128)] | None = None
    client_certificate: Annotated[str, Meta(min_length=4, max_length=512)] | None = None
    open: bool = False
    deadline: Seconds = 10.0
    settings: dict[str, Any] = {}
    is_active: bool = True


class BillingSpec(_Said, frozen=True, kw_only=True):
    """A billing to be asked. ``timeout`` in seconds for one exchange, ``parallel`` exchanges at a time."""

    name: Slug
    kind: BillingKind
    url: Annotated[str, Meta(pattern=r"^https?://[!-~]+\Z", max_length=1024)]
    user: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    password: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    timeout: Seconds = 10.0
    parallel: Annotated[int, Meta(ge=1, le=256)] = 8
    settings: dict[str, Any] = {}
    is_active: bool = True


class TemplateItem(_Said, frozen=True, kw_only=True):
    """A line of the receipt. ``{account}``, ``{service}``, ``{txn_id}`` in ``name`` are filled in.

    ``sum`` in kopecks is fixed; the one item without it takes what is left.
    """

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    vat: Vat
    method: Method = "full_payment"
    subject: Subject = "service"
    sum: Annotated[int, Meta(ge=1)] | None = None
    measurement_unit: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    agent: Agent | None = None
    supplier: Supplier | None = None


class ReceiptTemplate(_Said, frozen=True, kw_only=True):
    """What receipt a payment makes. ``payment`` is how it was paid.

    ``copy_to`` gets the copy where the channel does not tell the payer's address.
    """

    tax_system: TaxSystem
    items: Annotated[tuple[TemplateItem, ...], Meta(min_length=1, max_length=10)]
    payment: Literal["cash", "cashless", "prepaid"] = "cashless"
    agent: Agent | None = None
    supplier: Supplier | None = None
    copy_to: Customer | None = None
    additional_check_props: Annotated[str, Meta(min_length=1, max_length=16)] | None = None


class RouteSpec(_Said, frozen=True, kw_only=True):
    """From a channel, for accounts and services, to a billing, to a circuit.

    ``services`` empty takes every service. A ``fallback`` route is asked only where no other takes the payment.
    """

    name: Slug
    channel: Slug
    inn: Inn
    account: AccountPattern = "*"
    services: tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...] = ()
    fallback: bool = False
    policy: Policy = "credit_then_fiscalize"
    billing: Slug | None = None
    circuit: Annotated[int, Meta(ge=1)] | None = None
    receipt: ReceiptTemplate | None = None
    is_active: bool = True


class Explained(Struct, frozen=True, omit_defaults=True):
    """What would become of a payment: the route that takes it, or why none does; and the receipt it makes."""

    channel: str
    account: str
    sum: Kopecks
    route: RouteSpec | None
    why: str
    items: tuple[Item, ...] = ()
    receipt: Any = None


class Node(Struct, frozen=True, omit_defaults=True):
    """A place of the topology: a channel, a billing, a circuit or a register."""

    id: str
    kind: Literal["channel", "billing", "circuit", "register"]
    title: str
    state: str = ""
    is_active: bool = True


class Edge(Struct, frozen=True, omit_defaults=True):
    """A way between two places; ``route`` names the route that makes it."""

    source: str
    target: str
    route: str | None = None
    policy: str | None = None


class Topology(Struct, frozen=True):
    """The graph that a dashboard draws."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
