"""What is wrong with a request before anybody is asked to present a card."""

from kassanet.sandbox.smartsale.terminal.asked import ROUBLES, Asked, Refuse
from kassanet.sandbox.smartsale.terminal.device import Terminal

DUPLICATE = "94"


def check_terminal(terminal: Terminal, asked: Asked) -> None:
    """A request without a terminal id is taken where it moves no money; one with another's never is."""
    if asked.terminal_id not in (None, terminal.tid):
        raise Refuse("НЕВЕРНЫЙ НОМЕР ТЕРМИНАЛА")


def check_money(terminal: Terminal, asked: Asked) -> int:
    """The amount in kopecks, where the request may move it."""
    check_terminal(terminal, asked)
    if asked.terminal_id is None:
        raise Refuse("НЕ УКАЗАН ТЕРМИНАЛ")
    if asked.currency != ROUBLES:
        raise Refuse("ВАЛЮТА НЕ ПОДДЕРЖИВАЕТСЯ")
    if not asked.amount:
        raise Refuse("НЕВЕРНАЯ СУММА")
    if asked.number in terminal.journal.by_cash_number:
        raise Refuse("ПОВТОР НОМЕРА ОПЕРАЦИИ", code=DUPLICATE)
    return asked.amount
