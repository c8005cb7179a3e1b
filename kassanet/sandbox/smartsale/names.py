"""How plans and scripts may name what a cash register asks for: by its kind, or by its operation code.

Three more things can be disturbed: ``ack``, the terminal's own ACK of any request; ``result_ack``, the cash register's
ACK of a result on its way to the terminal; and at the device ``host`` the bank's operations.
"""

from typing import get_args

from kassanet.sandbox.smartsale.bank.messages import HostOperation
from schemas.operations import OperationKind

ACK, RESULT_ACK = "ack", "result_ack"
KINDS: frozenset[str] = frozenset(get_args(OperationKind))
_ALL = KINDS | {ACK, RESULT_ACK, *get_args(HostOperation)}


def names_of(kind: OperationKind | None, code: int | None) -> tuple[str, ...]:
    """Every name of a request; one that no profile knows has only its code."""
    return tuple(name for name in (kind, None if code is None else str(code)) if name is not None)


def is_operation(name: str) -> bool:
    """Whether a plan may name an operation so; any code will do, known or not."""
    return name.lower() in _ALL or (name.isascii() and name.isdigit() and len(name) <= 3)
