"""Where alarms come from in this service: live states on the hub, the store, the journal. New kinds are added here."""

from collections.abc import Iterable, Sequence

from actors.availability import Availability
from actors.hub import Hub
from actors.journal import Reader
from kassanet.edge.alarms import Source
from kassanet.edge.alarms_rules import (
    Zone,
    of_agent,
    of_billing,
    of_circuit,
    of_journal,
    of_key,
    of_pinpad,
    of_prro,
    of_receipt,
    of_register,
    of_site,
)
from schemas.agents import AgentState, KeyState
from schemas.alarms import Raised
from schemas.circuits import CircuitState
from schemas.kkt import KktState
from schemas.payments_live import BillingLive
from schemas.pinpads import PinpadState
from schemas.prro_commands import PrroState
from schemas.rows import ReceiptFilter
from schemas.sites import SiteState

MOST_RECEIPTS = 200
"""Receipts in manual that ring each for itself; where there are more, nobody counts them one by one."""


def sources(hub: Hub, reader: Reader, availability: Availability, zone: Zone) -> Sequence[Source]:
    """Everything that can raise an alarm, in the order in which it is asked."""

    async def registers(now: float) -> Iterable[Raised]:
        states = (state for state in hub.all("kkt").values() if isinstance(state, KktState))
        return [raised for state in states for raised in of_register(state, now, zone)]

    async def circuits(now: float) -> Iterable[Raised]:
        states = (state for state in hub.all("circuit").values() if isinstance(state, CircuitState))
        return [raised for state in states for raised in of_circuit(state, now)]

    async def receipts(now: float) -> Iterable[Raised]:
        wanted = ReceiptFilter(status="manual", limit=MOST_RECEIPTS)
        return [of_receipt(row) for row in await reader.call(lambda store: store.receipts(wanted))]

    async def pinpads(now: float) -> Iterable[Raised]:
        states = (state for state in hub.all("pinpads").values() if isinstance(state, PinpadState))
        return [raised for state in states for raised in of_pinpad(state)]

    async def prros(now: float) -> Iterable[Raised]:
        states = (state for state in hub.all("prro").values() if isinstance(state, PrroState))
        return [raised for state in states for raised in of_prro(state, now)]

    async def agents(now: float) -> Iterable[Raised]:
        told = (state for state in hub.all("agents").values() if isinstance(state, AgentState))
        keys = (state for state in hub.all("keys").values() if isinstance(state, KeyState))
        return [*(each for state in told for each in of_agent(state)), *(each for key in keys for each in of_key(key))]

    async def billings(now: float) -> Iterable[Raised]:
        states = (state for state in hub.all("billings").values() if isinstance(state, BillingLive))
        return [raised for state in states for raised in of_billing(state, now)]

    async def sites(now: float) -> Iterable[Raised]:
        states = (state for state in hub.all("sites").values() if isinstance(state, SiteState))
        return [raised for state in states for raised in of_site(state)]

    async def journal(now: float) -> Iterable[Raised]:
        return list(of_journal(availability.reason))

    return registers, circuits, receipts, pinpads, prros, agents, billings, sites, journal
