"""Which coroutine performs which operation."""

from collections.abc import Awaitable, Callable

from kassanet.sandbox.smartsale.terminal.asked import Refuse
from kassanet.sandbox.smartsale.terminal.operations.emergency import void_last
from kassanet.sandbox.smartsale.terminal.operations.information import check_connection, read_card, tell_balance
from kassanet.sandbox.smartsale.terminal.operations.money import move_money
from kassanet.sandbox.smartsale.terminal.operations.reports import (
    copy_slip,
    print_full_report,
    print_short_report,
    settle,
)
from kassanet.sandbox.smartsale.terminal.reply import Reply, refusal
from kassanet.sandbox.smartsale.terminal.work import Work
from schemas.operations import OperationKind

OPERATIONS: dict[OperationKind, Callable[[Work], Awaitable[Reply]]] = {
    "payment": move_money,
    "void": move_money,
    "refund": move_money,
    "preauthorisation": move_money,
    "completion": move_money,
    "top_up": move_money,
    "cash_withdrawal": move_money,
    "emergency_void": void_last,
    "settlement": settle,
    "full_report": print_full_report,
    "short_report": print_short_report,
    "receipt_copy": copy_slip,
    "connection_check": check_connection,
    "balance": tell_balance,
    "card_data": read_card,
}


async def perform(work: Work) -> Reply:
    """Carry the operation out; a refusal is a result too."""
    kind = work.asked.kind
    try:
        if work.asked.malformed or kind is None:
            raise Refuse("ОПЕРАЦИЯ НЕ ПОДДЕРЖИВАЕТСЯ")
        return await OPERATIONS[kind](work)
    except Refuse as refuse:
        return refusal(work, refuse)
