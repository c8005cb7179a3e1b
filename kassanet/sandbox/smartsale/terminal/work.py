"""One operation in hand: the request, the customer at the terminal, and both lines while it lasts."""

from collections.abc import Awaitable, Callable

import trio

from kassanet.sandbox.smartsale.bank import Answer, Demand
from kassanet.sandbox.smartsale.cards import Scenario
from kassanet.sandbox.smartsale.names import names_of
from kassanet.sandbox.smartsale.terminal import banking
from kassanet.sandbox.smartsale.terminal.asked import Asked, Refuse
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.journal import INTERRUPTED, NO_LINK, REFUSED, Entry
from kassanet.sandbox.smartsale.terminal.line import Line
from kassanet.sandbox.smartsale.terminal.way import CashWay, OwnWay, Way
from transports.smartsale.fields import OPERATION, SCREEN
from transports.smartsale.message import Message

DIALOG = 52
PIN_TRIES = 3


Answered = Callable[[Entry, Answer], Awaitable[None]]


class Work:
    """What an operation works with. ``answered`` is called as soon as the bank's answer is in, before it is journalled:
    the moment at which a power cut hurts most.
    """

    def __init__(self, terminal: Terminal, line: Line, asked: Asked, answered: Answered) -> None:
        self.terminal = terminal
        self.line = line
        self.asked = asked
        self.answered = answered
        self.way = self._way()

    def _way(self) -> Way:
        terminal, settings = self.terminal, self.terminal.settings
        if terminal.dialer is not None:
            return OwnWay(terminal.dialer, settings.connect_seconds)
        return CashWay(self.line, terminal.bank, settings.poll_seconds)

    # -- the bank

    async def ask(self, demand: Demand) -> Answer:
        """Raises NoLink or NoAnswer."""
        await self.show("СВЯЗЬ С БАНКОМ")
        return await banking.ask(self.terminal, self.way, demand)

    async def tell_leftovers(self) -> None:
        """Before anything new: refuses while the bank cannot be told of what was."""
        if self.terminal.left_open() and not await banking.tell_leftovers(self.terminal, self.way):
            raise Refuse("НЕТ СВЯЗИ С БАНКОМ", NO_LINK)

    # -- the customer

    async def card(self) -> Scenario:
        """A card is presented, and its PIN entered; refuses when that comes to nothing."""
        asked, settings = self.asked, self.terminal.settings
        scenario = self.terminal.customers.next(asked.amount, *names_of(asked.kind, asked.operation))
        await self.show("ВСТАВЬТЕ КАРТУ")
        if scenario.act == "no_card":
            await trio.sleep(settings.card_timeout)
            raise Refuse("ИСТЕКЛО ВРЕМЯ ОЖИДАНИЯ КАРТЫ", INTERRUPTED)
        await trio.sleep(settings.card_seconds + (settings.slow_seconds if scenario.act == "slow" else 0))
        if scenario.act == "cancelled":
            raise Refuse("ОТМЕНЕНО КЛИЕНТОМ", INTERRUPTED)
        await self._pin(scenario)
        if scenario.act == "removed":
            raise Refuse("КАРТА ИЗВЛЕЧЕНА", INTERRUPTED)
        return scenario

    async def _pin(self, scenario: Scenario) -> None:
        wrong = {"pin_wrong": 1, "pin_blocked": PIN_TRIES}.get(scenario.act, 0)
        if not wrong and (self.asked.amount or 0) < self.terminal.settings.pin_above:
            return
        for attempt in range(min(wrong + 1, PIN_TRIES)):
            await self.show("ВВЕДИТЕ ПИН" if not attempt else "НЕВЕРНЫЙ ПИН, ПОВТОРИТЕ")
            await trio.sleep(self.terminal.settings.pin_seconds)
        if wrong == PIN_TRIES:
            raise Refuse("ПИН ЗАБЛОКИРОВАН", REFUSED, "75")

    async def show(self, text: str) -> None:
        """Tell the cash register what the screen says, where this terminal does so."""
        if self.terminal.settings.dialogs:
            await self.line.ask(Message.of({OPERATION: DIALOG, SCREEN: text}))
