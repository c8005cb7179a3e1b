"""Agents and suppliers on the wire: of the whole receipt (``2C``) where that is possible, else on every item.

``2C`` has no place for the supplier's name and ИНН. An agent whose supplier has them is therefore stated on each item
that has none of its own, which says the same and loses nothing.
"""

import typing
from typing import Any

from msgspec import Struct

from schemas.receipts import Agent, AgentType, Item, ReceiptRequest, Supplier

AGENTS: dict[AgentType, int] = {
    name: 1 << bit
    for bit, name in enumerate(typing.get_args(AgentType))  # bits of 1057 and 1222: the schema keeps their order
}
PHONES = "phones[0]"
"""Lists of numbers are in the schema for other registers; this one takes the first, and objects to more."""

_OF_AGENT = {
    "agent": "type",
    "agent_operation": "paying_agent.operation",
    "agent_phone": f"paying_agent.{PHONES}",
    "receiver_phone": f"receive_payments_operator.{PHONES}",
    "transfer_phone": f"money_transfer_operator.{PHONES}",
    "transfer_name": "money_transfer_operator.name",
    "transfer_address": "money_transfer_operator.address",
    "transfer_inn": "money_transfer_operator.inn",
}
_OF_SUPPLIER = {"supplier_phone": PHONES, "supplier_name": "name", "supplier_inn": "inn"}


class AgentData(Struct, frozen=True):
    """Agent and supplier of an item or of the whole receipt, each with the path it came from."""

    agent: Agent | None
    supplier: Supplier | None
    agent_path: str = "agent"
    supplier_path: str = "supplier"

    def fields(self) -> dict[str, Any]:
        """The fields of the command that are said, by name."""
        said: dict[str, Any] = {}
        if self.agent is not None:
            said = {name: _value(self.agent, path) for name, path in _OF_AGENT.items()}
            said["agent"] = AGENTS[self.agent.type]
        if self.supplier is not None:
            said |= {name: _value(self.supplier, path) for name, path in _OF_SUPPLIER.items()}
        return {name: value for name, value in said.items() if value is not None}

    def path(self, name: str) -> str | None:
        """Where in the receipt the field of a command came from; None when it is no agent's."""
        if name in _OF_AGENT:
            return f"{self.agent_path}.{_OF_AGENT[name]}"
        return f"{self.supplier_path}.{_OF_SUPPLIER[name]}" if name in _OF_SUPPLIER else None


def agent_of_receipt(receipt: ReceiptRequest) -> AgentData | None:
    """What ``2C`` says; None when there is no agent, or one that ``2C`` cannot express."""
    supplier = receipt.supplier
    if receipt.agent is None or (supplier is not None and (supplier.name or supplier.inn)):
        return None
    return AgentData(receipt.agent, supplier)


def agent_of_item(receipt: ReceiptRequest, item: Item, path: str) -> AgentData:
    """The item's own agent and supplier, else those of the receipt unless ``2C`` says them for all items."""
    whole = receipt if agent_of_receipt(receipt) is None else None
    return AgentData(
        item.agent or (whole.agent if whole else None),
        item.supplier or (whole.supplier if whole else None),
        f"{path}.agent" if item.agent else "agent",
        f"{path}.supplier" if item.supplier else "supplier",
    )


def _value(holder: object, path: str) -> object:
    for name in path.removesuffix("[0]").split("."):
        if holder is None:
            return None
        holder = getattr(holder, name)
    if isinstance(holder, tuple):
        return holder[0] if holder else None
    return holder
