"""PayKeeper as integrators of cloud registers know it: an integration of a circuit is a channel without further set-up.

``param1`` names the shop, ``param2`` is its secret. What a notice does not say may stand in further parameters:
``param3`` the tax system (needed where the circuit's registers are registered for several), ``param4`` the VAT rate
(none), ``param5`` the name of what was sold; values that mean nothing here are others' and are passed over. The shop
sends its notices to ``/channels/paykeeper-{id of the integration}``, or to ``/channels/{param1}`` where that is a name.
"""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from kassanet.fleet import Fleet
from schemas.receipts import TaxSystem, Vat
from schemas.routes import ChannelSpec, ReceiptTemplate, RouteSpec, TemplateItem
from schemas.rows import StoredIntegration

PAYKEEPER = "paykeeper"
SOLD = "Оплата {service}, {account}"

_BITS: tuple[TaxSystem, ...] = ("osn", "usn_income", "usn_income_outcome", "envd", "esn", "patent")
"""Tag 1062: bit n of what a register is registered for."""

_NAMES: dict[str, TaxSystem] = {name: name for name in _BITS}
_RATES: dict[str, Vat] = {rate: rate for rate in get_args(Vat)}


class Unfinished(Exception):
    """The integration lacks something without which no receipt can be made; says what."""


class Integrations:
    """The integrations of a fleet as channels, looked up at each notice: switching one takes effect at once."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def channel(self, name: str) -> ChannelSpec | None:
        """The channel of that name, where an active integration is it. Two of one shop are none: whose would it be?"""
        rows = [row for row in self._fleet.integrations.values() if _serves(row)]
        found = [row for row in rows if _name(row) == name] or [row for row in rows if row.param1 == name]
        if len(found) != 1:
            return None
        (row,) = found
        inn = self._fleet.circuit(row.circuit_id).inn
        return ChannelSpec(name=_name(row), kind="paykeeper", inn=inn, settings={"secret": row.param2})

    def route(self, channel: str) -> RouteSpec | None:
        """The one route of such a channel: to its circuit, and to no billing. Raises :class:`Unfinished`."""
        row = next((row for row in self._fleet.integrations.values() if _serves(row) and _name(row) == channel), None)
        if row is None:
            return None
        params: Mapping[str, Any] = msgspec.json.decode(row.params or b"{}")
        return RouteSpec(
            name=channel,
            channel=channel,
            inn=self._fleet.circuit(row.circuit_id).inn,
            policy="fiscalize_only",
            circuit=row.circuit_id,
            receipt=self._template(row, params),
        )

    def _template(self, row: StoredIntegration, params: Mapping[str, Any]) -> ReceiptTemplate:
        vat = _RATES.get(str(params.get("param4")), "none")
        item = TemplateItem(name=str(params.get("param5") or SOLD)[:128], vat=vat)
        return ReceiptTemplate(tax_system=self._tax_system(row, str(params.get("param3"))), items=(item,))

    def _tax_system(self, row: StoredIntegration, said: str) -> TaxSystem:
        if said in _NAMES:
            return _NAMES[said]
        states = [self._fleet.state(kkt.eip) for kkt in self._fleet.kkts_of(row.circuit_id)]
        masks = {state.identity.tax_systems for state in states if state is not None and state.identity is not None}
        known = [name for bit, name in enumerate(_BITS) if any(mask >> bit & 1 for mask in masks)]
        if len(known) != 1:
            told = ", ".join(known) or "nothing known"
            raise Unfinished(f"param3 of integration {row.id} must name the tax system: the registers are for {told}")
        return known[0]


def place_of(row: StoredIntegration) -> str:
    """The id of its place in the topology: that of a channel where it is one."""
    return f"channel/{_name(row)}" if row.type == PAYKEEPER else f"integration/{row.id}"


def _serves(row: StoredIntegration) -> bool:
    return row.type == PAYKEEPER and bool(row.is_active) and bool(row.param1) and bool(row.param2)


def _name(row: StoredIntegration) -> str:
    return f"paykeeper-{row.id}"
