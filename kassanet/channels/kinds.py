"""Which dialect stands behind a kind of channel or billing, and what its settings may be."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from kassanet.edge.settings import Network, parse_networks
from kassanet.statements.selection import SelectionRules
from schemas.routes import BillingKind, BillingSpec, ChannelKind, ChannelSpec
from transports.channels import robokassa, yookassa
from transports.channels.billings.osmp import OsmpBilling, OsmpBillingSettings
from transports.channels.billings.plain_json import JsonBilling, JsonBillingSettings
from transports.channels.billings.sberbank import SberbankBilling, SberbankBillingSettings
from transports.channels.billings.verdict import BillingDialect
from transports.channels.dialect import Dialect
from transports.channels.osmp import Osmp, OsmpSettings
from transports.channels.paykeeper import PayKeeper, PayKeeperSettings
from transports.channels.plain_json import PlainJson, PlainJsonSettings
from transports.channels.robokassa import Robokassa, RobokassaSettings
from transports.channels.sberbank import Sberbank, SberbankSettings
from transports.channels.yookassa import YooKassa, YooKassaSettings


class FileSettings(SelectionRules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of selection, and the one ``profile`` of registries that this channel brings, where it is not to be
    found out.
    """

    profile: str | None = None


Make = tuple[type[Any], Callable[[Any], Any]]

_CHANNELS: Mapping[ChannelKind, Make] = {
    "osmp": (OsmpSettings, Osmp),
    "sberbank": (SberbankSettings, Sberbank),
    "paykeeper": (PayKeeperSettings, PayKeeper),
    "yookassa": (YooKassaSettings, YooKassa),
    "robokassa": (RobokassaSettings, Robokassa),
    "json": (PlainJsonSettings, PlainJson),
}
_BILLINGS: Mapping[BillingKind, Make] = {
    "osmp": (OsmpBillingSettings, OsmpBilling),
    "sberbank": (SberbankBillingSettings, SberbankBilling),
    "json": (JsonBillingSettings, JsonBilling),
}
_PUBLISHED: Mapping[ChannelKind, tuple[str, ...]] = {
    "yookassa": yookassa.ADDRESSES,
    "robokassa": robokassa.ADDRESSES,
}
UNSIGNED: frozenset[ChannelKind] = frozenset({"osmp", "sberbank"})
"""Dialects whose requests anybody could write."""

WITHOUT_ENDPOINT: frozenset[ChannelKind] = frozenset({"api", "file"})


def channel_dialect(spec: ChannelSpec) -> "Dialect[Any] | YooKassa | None":
    """None for a channel that has no endpoint. Raises ValueError for settings that its dialect does not know."""
    if spec.kind == "api" and spec.settings:
        raise ValueError("a channel of kind api has no settings")
    if spec.kind in WITHOUT_ENDPOINT:
        file_settings(spec)
        return None
    made: Dialect[Any] | YooKassa = _made(_CHANNELS[spec.kind], spec.settings)
    return made


def file_settings(spec: ChannelSpec) -> FileSettings:
    """How files that come over this channel are read. Raises ValueError."""
    try:
        return msgspec.convert(spec.settings, FileSettings)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def billing_dialect(spec: BillingSpec) -> BillingDialect:
    """Raises ValueError for settings that its dialect does not know."""
    made: BillingDialect = _made(_BILLINGS[spec.kind], spec.settings)
    return made


def allowed_networks(spec: ChannelSpec) -> tuple[Network, ...]:
    """Who may speak to the channel; empty for everybody. Raises ValueError."""
    return parse_networks(spec.allow or ("" if spec.open else _PUBLISHED.get(spec.kind, ())))


def _made(make: Make, settings: Mapping[str, Any]) -> Any:  # noqa: ANN401 - by the table above
    kind, dialect = make
    try:
        return dialect(msgspec.convert(settings, kind))
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
