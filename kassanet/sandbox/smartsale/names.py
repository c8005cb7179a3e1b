"""How plans and scripts may name what a cash register asks for: by its kind, or by its operation code.

Two more things can be disturbed at a terminal: ``ack``, its own ACK of any request, and ``result_ack``, the cash
register's ACK of a result on its way to the terminal. The device ``host`` has the bank's operations, by name only.
"""

from typing import get_args

from kassanet.sandbox.smartsale.bank.messages import HostOperation
from kassanet.sandbox.smartsale.bank.server import NAME as HOST
from schemas.operations import OperationKind

ACK, RESULT_ACK = "ack", "result_ack"
_AT_TERMINALS = frozenset({ACK, RESULT_ACK, *get_args(OperationKind)})
_AT_HOST = frozenset(get_args(HostOperation))


def names_of(kind: OperationKind | None, code: int | None) -> tuple[str, ...]:
    """Every name of a request; one that no profile knows has only its code."""
    return tuple(name for name in (kind, None if code is None else str(code)) if name is not None)


def is_operation(name: str) -> bool:
    """Whether a plan may name an operation so, at one device or the other; any code will do, known or not."""
    return name.lower() in _AT_HOST or _is_at_terminals(name)


def can_fire(device: str, name: str) -> bool:
    """Whether a fault of this operation can ever happen at this device."""
    return name == "*" or (name.lower() in _AT_HOST if device == HOST else _is_at_terminals(name))


def _is_at_terminals(name: str) -> bool:
    return name.lower() in _AT_TERMINALS or (name.isascii() and name.isdigit() and len(name) <= 3)
