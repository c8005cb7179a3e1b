"""Agents: which flags a register takes, and when the data beside them is missing or contradicts itself.

The maker's error list names the refusals (38, 3E, 3F, 53, 56, 59) without saying when they come; these are the plain
readings of their names. What the format demands of each kind of agent beyond that is left to the format's own checks.
"""

from typing import Protocol

from kassanet.sandbox.terminalfa.failures import Code, demand
from kassanet.sandbox.terminalfa.rnm import inn_is_plausible

AGENT_FIELDS = (
    "agent_operation",
    "agent_phone",
    "receiver_phone",
    "transfer_phone",
    "transfer_name",
    "transfer_address",
    "transfer_inn",
)
SUPPLIER_FIELDS = ("supplier_phone", "supplier_name", "supplier_inn")


class AgentData(Protocol):
    """What an item (``2B``, ``96``) or the whole receipt (``2C``) says of an agent."""

    @property
    def agent(self) -> int | None: ...


class Agents:
    """The agents of one receipt. ``registered`` is the mask the register is registered with."""

    def __init__(self, registered: int, most_items: int) -> None:
        self._registered = registered
        self._most_items = most_items
        self._items = 0
        self._flags: set[int] = set()
        self._orphaned = False
        self._incomplete = False
        self._whole: AgentData | None = None

    def pass_item(self, item: AgentData) -> None:
        """Check and note an item's agent."""
        self._check(item)
        demand(self._items + bool(item.agent) <= self._most_items, Code.TOO_MANY_AGENT_ITEMS)
        if item.agent:
            self._items += 1
            self._flags.add(item.agent)
            self._incomplete |= not _says(item, AGENT_FIELDS + SUPPLIER_FIELDS)
        else:
            self._orphaned |= _says(item, AGENT_FIELDS)

    def pass_whole(self, receipt: AgentData) -> None:
        """Check and note the agent of the whole receipt: once, and not against the items' own."""
        demand(self._whole is None, Code.PASSED_ALREADY)
        demand(bool(receipt.agent), Code.AGENT_FLAG)
        self._check(receipt)
        demand(not self._flags - {receipt.agent}, Code.AGENT_CONFLICT)
        self._whole = receipt

    def check_complete(self) -> None:
        """Before the commit: data needs a flag, and a flag needs data, on the item or for the whole receipt."""
        demand(self._whole is not None or not self._orphaned, Code.AGENT_INCOMPLETE)
        whole = self._whole is not None and _says(self._whole, AGENT_FIELDS + SUPPLIER_FIELDS)
        demand(whole or not self._incomplete, Code.AGENT_INCOMPLETE)

    def _check(self, data: AgentData) -> None:
        flag = data.agent or 0
        demand(not flag or bool(self._registered), Code.ONLY_FOR_AGENTS)
        demand(flag & (flag - 1) == 0 and flag & ~self._registered == 0, Code.AGENT_FLAG)
        for name in ("transfer_inn", "supplier_inn"):
            inn = getattr(data, name, None)
            demand(not inn or inn_is_plausible(inn), Code.AGENT_STRUCTURE)


def _says(data: AgentData, names: tuple[str, ...]) -> bool:
    return any(getattr(data, name, None) is not None for name in names)
